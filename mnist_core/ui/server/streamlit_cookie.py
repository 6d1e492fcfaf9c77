"""The token that Streamlit gives each browser against forged requests: by it a browser is known that has no pass."""

import hashlib
from collections.abc import Mapping

COOKIE = "_streamlit_xsrf"


def owner(cookies: Mapping[str, str]) -> str:
    """Returns a name for a browser, 16 hexadecimal digits that say nothing about the person; empty without the cookie.

    Raises nothing, whatever the cookie holds.
    """
    token = _token(cookies.get(COOKIE) or "")
    return name_of(token) if token else ""


def name_of(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()[:16]


def _token(cookie: str) -> bytes | None:
    """Returns what stays the same in the cookie, which Streamlit masks differently with each page, or None."""
    # private: only Streamlit can tell what its own cookie holds.
    from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

    return decode_xsrf_token_string(cookie)[0] or None
