"""Where the browser of this session is."""

import streamlit as st

FORWARDED = "X-Forwarded-For"


def address() -> str:
    """Returns the address of the browser, or of what stands before it; empty on the machine itself."""
    # What a proxy was told may be anything; what the last one saw itself stands at the end.
    if forwarded := st.context.headers.get(FORWARDED):
        return str(forwarded).rpartition(",")[2].strip()
    found = st.context.ip_address
    return found if isinstance(found, str) else ""  # a page without a server, as `AppTest` has it, has no address


def on_this_machine() -> bool:
    """Whether the browser runs on the machine of the app; behind a proxy nobody counts as that."""
    return not address()
