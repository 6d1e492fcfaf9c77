"""Who asks: the same browser is the same person, as far as fairness and what is one's own go."""

import hashlib
import secrets

import streamlit as st

from mnist_core.access.actor import Actor
from mnist_core.ui import visitor

COOKIE = "_streamlit_xsrf"


def actor() -> Actor:
    """Returns who sits at this browser, as the core asks for it."""
    return Actor(owner(), visitor.address(), visitor.on_this_machine())


def owner() -> str:
    """Returns a name for whoever sits at this browser: 16 hexadecimal digits that say nothing about the person.

    It comes from the token that Streamlit gives each browser against forged requests, so that a reload or a second tab
    is the same person. A browser without the cookie gets a name for as long as its session lasts.
    """
    token = _token(st.context.cookies.get(COOKIE) or "")
    if token is None:
        token = st.session_state.setdefault("owner", secrets.token_bytes(16))
    return hashlib.sha256(token).hexdigest()[:16]


def _token(cookie: str) -> bytes | None:
    """Returns what stays the same in the cookie, which Streamlit masks differently with each page, or None."""
    # private: only Streamlit can tell what its own cookie holds.
    from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

    return decode_xsrf_token_string(cookie)[0] or None
