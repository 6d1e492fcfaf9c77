"""Who a browser is, by the cookies that it sends, wherever they arrive."""

from collections.abc import Mapping

from mnist_core.classroom import passes
from mnist_core.ui.server import streamlit_cookie


def owner_of(cookies: Mapping[str, str]) -> str:
    """Returns a name for a browser, 16 hexadecimal digits: by its pass, else by Streamlit's token; empty without both.

    Raises nothing, whatever the cookies hold.
    """
    return passes.owner_of(cookies.get(passes.BROWSER_COOKIE) or "") or streamlit_cookie.owner(cookies)
