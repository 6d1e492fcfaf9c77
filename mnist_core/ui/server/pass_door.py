"""The door where browsers get their passes: the teacher's by the teacher's link, everybody's with the first page."""

import logging
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.classroom import passes
from mnist_core.classroom.passes import BROWSER_COOKIE, TEACHER_COOKIE
from mnist_core.language import gettext
from mnist_core.ui.server import streamlit_cookie
from mnist_core.ui.server.refusal import refuse

logger = logging.getLogger(__name__)

TOKEN = "token"


class PassDoor:
    """Hands out cookies that scripts cannot read; what else is asked for passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _is_page(scope):
            return await self.app(scope, receive, send)
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(asked).get(TOKEN)
        if given is not None:
            return await self._take(given, asked, scope, receive, send)
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        if passes.owner_of(cookies.get(BROWSER_COOKIE, "")):
            return await self.app(scope, receive, send)
        # Who came before there were passes stays the same person.
        mine = _cookie(scope, BROWSER_COOKIE, passes.browser_pass(streamlit_cookie.owner(cookies)))

        async def send_with_pass(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message).append("set-cookie", mine)
            await send(message)

        return await self.app(scope, receive, send_with_pass)

    async def _take(self, given: str, asked: list[tuple[str, str]], scope: Scope, receive: Receive, send: Send) -> None:
        """Makes whoever has the token the teacher, and takes it out of the address."""
        if not passes.is_token(given):
            logger.warning("Somebody asked with a teacher's link that is none, or none any more")
            return await refuse(
                scope,
                receive,
                send,
                403,
                gettext(
                    "This is not, or no longer, the teacher's link of this lab. The lab shows it where it was started."
                ),
            )
        left = urlencode([(name, value) for name, value in asked if name != TOKEN])
        place = scope.get("root_path", "") + scope["path"]
        way = f"/{place.lstrip('/')}{'?' + left if left else ''}"
        answer = RedirectResponse(way, 303, {"Cache-Control": "no-store"})
        answer.headers.append("set-cookie", _cookie(scope, TEACHER_COOKIE, passes.teacher_pass()))
        return await answer(scope, receive, send)


def _is_page(scope: Scope) -> bool:
    """Whether a browser asks for one of the lab's pages, and not for what belongs to one."""
    wanted = Headers(scope=scope).get("accept", "")
    return "text/html" in wanted and not scope["path"].startswith(("/_stcore", "/static", "/media", "/component"))


def _cookie(scope: Scope, name: str, value: str) -> str:
    # Lax: a link in a message leads in, and another site's form does not.
    parts = [f"{name}={value}", "Path=/", f"Max-Age={passes.KEPT_DAYS * 24 * 3600}", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, *(["Secure"] if scope["scheme"] == "https" else [])])
