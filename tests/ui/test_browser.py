import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME


def show_owner() -> None:
    import streamlit as st

    from mnist_core.ui import browser

    st.text(browser.owner())


def shown(test: AppTest) -> str:
    return str(test.run().text[0].value)


def session_of(monkeypatch: pytest.MonkeyPatch, cookie: str = "") -> str:
    """The owner in a session of its own, of a browser that sends this cookie."""
    cookies = {XSRF_COOKIE_NAME: cookie} if cookie else {}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda context: cookies))
    return shown(AppTest.from_function(show_owner, default_timeout=30))


def test_a_reload_in_the_same_browser_is_the_same_person(monkeypatch: pytest.MonkeyPatch) -> None:
    first, again = (generate_xsrf_token_string(b"A" * 16, 1_700_000_000) for _ in range(2))
    assert first != again, "the mask is another each time"
    owner = session_of(monkeypatch, first)
    assert session_of(monkeypatch, again) == session_of(monkeypatch, f'"{first}"') == owner
    assert session_of(monkeypatch, generate_xsrf_token_string(b"B" * 16)) != owner
    assert len(owner) == 16 and set(owner) <= set("0123456789abcdef")


@pytest.mark.parametrize("cookie", ["", "nonsense", "2|zz|zz|now", "2|00000000||1"])
def test_without_a_usable_cookie_the_session_is_the_person(monkeypatch: pytest.MonkeyPatch, cookie: str) -> None:
    owner = session_of(monkeypatch, cookie)
    assert session_of(monkeypatch, cookie) != owner
    test = AppTest.from_function(show_owner, default_timeout=30)
    assert shown(test) == shown(test)
