"""Where a visitor of the app sits."""

from urllib.parse import urlsplit

import streamlit as st

from mnist_core.ui.server import hosts

LOCAL = "127.0.0.1"
# With one of these, a proxy stands between the visitor and the app, whatever address it comes from.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def address() -> str:
    """Returns the visitor's network address, "127.0.0.1" for this machine.

    What a proxy says of its client counts only for the proxies that `$FORWARDED_ALLOW_IPS` names; else it is the
    proxy's own address, the same for all who come through it.
    """
    found = st.context.ip_address
    # Streamlit has None for this machine, and something else where no browser is (`AppTest`).
    return str((hosts.address(found) if isinstance(found, str) else None) or LOCAL)


def has_phone() -> bool:
    """Whether the visitor's browser says that it is a phone's; a tablet's is as wide as a small laptop's."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def on_this_machine() -> bool:
    """Whether the visitor's browser runs on the machine that serves the app, as far as can be told."""
    if any(name in st.context.headers for name in FORWARDED):
        return False
    host = urlsplit(f"//{st.context.headers.get('Host', 'localhost')}").hostname or ""
    return hosts.is_own(address()) and hosts.is_own(host)
