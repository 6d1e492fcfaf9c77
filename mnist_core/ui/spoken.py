"""The language of a page: what a person chose, else the browser's own."""

import streamlit as st

from mnist_core import language
from mnist_core.language import SOURCE, languages
from mnist_core.ui import script_run

# The name in the address (`?lang=de`) and in the session's memory.
LANGUAGE = "lang"


def follow_address() -> None:
    """Takes over what a link says, and says it on the pages that follow."""
    named = st.query_params.get(LANGUAGE)
    if named in languages():
        st.session_state[LANGUAGE] = named
    elif chosen := st.session_state.get(LANGUAGE):
        st.query_params[LANGUAGE] = chosen


def choose() -> None:
    """Lets a person choose among the languages; what else was chosen on the page stays."""

    def switch() -> None:
        st.session_state[LANGUAGE] = st.query_params[LANGUAGE] = st.session_state[key]

    key = f"{LANGUAGE}-choice"
    st.session_state[key] = spoken()
    st.selectbox(
        "Language · Sprache",
        list(languages()),
        format_func=languages().__getitem__,
        key=key,
        on_change=switch,
        label_visibility="collapsed",
        width=120,
    )


def spoken() -> str:
    """The code of the language in which whoever looks at the page is answered."""
    if script_run.context() is None:
        return SOURCE
    chosen = st.session_state.get(LANGUAGE) or (st.context.locale or SOURCE).split("-")[0]
    return chosen if chosen in languages() else SOURCE


language.follow(spoken)
