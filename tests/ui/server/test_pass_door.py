"""Each browser gets a pass of its own, and the teacher's link another; scripts and other sites get none."""

import asyncio
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from mnist_core.classroom import passes
from mnist_core.classroom.passes import BROWSER_COOKIE, TEACHER_COOKIE
from mnist_core.ui.server import streamlit_cookie
from mnist_core.ui.server.pass_door import PassDoor


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("page")(scope, receive, send)


def asked(path: str, query: str = "", scheme: str = "http", **headers: str) -> tuple[int, dict[str, str], str]:
    """Returns the status, the headers, and the body of the answer."""
    wanted = {"accept": "text/html", "host": "localhost"} | headers
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": scheme,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in wanted.items()],
    }
    heard: list[Message] = []

    async def send(message: Message) -> None:
        heard.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(PassDoor(page)(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in heard[0]["headers"]}
    return heard[0]["status"], found, heard[1]["body"].decode()


def value(headers: dict[str, str], name: str) -> str:
    given, *attributes = headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} < set(attributes), "no script reads it, no other site sends it"
    assert given.startswith(f"{name}=")
    return given.removeprefix(f"{name}=")


def test_the_link_makes_a_teacher_and_leaves_the_address() -> None:
    status, headers, _ = asked("/train", f"recipe=quick&token={passes.token()}&present=1")
    assert (status, headers["location"]) == (303, "/train?recipe=quick&present=1")
    assert headers["cache-control"] == "no-store"
    assert passes.is_teacher(value(headers, TEACHER_COOKIE))


def test_over_https_the_pass_goes_over_nothing_else() -> None:
    _, headers, _ = asked("/", f"token={passes.token()}", "https")
    assert headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize("query", ["token=", "token=no", "token=%00", "token=a&token=b"])
def test_a_wrong_token_is_a_sentence_and_no_pass(query: str) -> None:
    status, headers, body = asked("/", query)
    assert status == 403 and "set-cookie" not in headers
    assert body == (
        "This is not, or no longer, the teacher's link of this lab. The lab shows it where it was started.\n"
    )


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "/https://evil.example"])
def test_the_link_leads_nowhere_else(path: str) -> None:
    _, headers, _ = asked(path, f"token={passes.token()}")
    assert headers["location"].startswith("/") and not headers["location"].startswith(("//", "/\\"))


def test_a_browser_gets_one_pass_and_keeps_it() -> None:
    _, headers, body = asked("/draw")
    assert body == "page"
    given = value(headers, BROWSER_COOKIE)
    assert passes.owner_of(given)
    assert "set-cookie" not in asked("/draw", cookie=f"{BROWSER_COOKIE}={given}")[1]
    forged = asked("/draw", cookie=f"{BROWSER_COOKIE}=0123456789abcdef")[1]
    assert passes.owner_of(value(forged, BROWSER_COOKIE)) not in ("", "0123456789abcdef")


def test_who_came_before_there_were_passes_stays_the_same_person() -> None:
    cookie = generate_xsrf_token_string(b"A" * 16)
    _, headers, _ = asked("/", cookie=f"{streamlit_cookie.COOKIE}={cookie}")
    assert passes.owner_of(value(headers, BROWSER_COOKIE)) == streamlit_cookie.name_of(b"A" * 16)


def test_what_belongs_to_a_page_needs_no_pass() -> None:
    for path, accept in (("/_stcore/health", "text/html"), ("/static/a.js", "*/*"), ("/train", "application/json")):
        assert "set-cookie" not in asked(path, accept=accept)[1]
