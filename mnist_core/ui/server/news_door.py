"""The door by which pages hear at once that something of their lesson has changed, without asking again and again.

A page keeps one connection open, and one look at the database serves all of them. By it the lab knows who is there. It
says two numbers and nothing else, so that everybody may listen.
"""

import asyncio
import functools
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.database import place
from mnist_core.errors import LabError
from mnist_core.language import gettext
from mnist_core.ui import late
from mnist_core.ui.server import owners
from mnist_core.ui.server.refusal import refuse

if TYPE_CHECKING:
    from mnist_core.classroom.lessons import Lessons

logger = logging.getLogger(__name__)

PATH = "/class/news"
LOOK_SECONDS = 0.3  # between two looks at the database
PRESENT_SECONDS = 10.0  # how often it is noted who is there
LONGEST_NUMBER = 12
Told = TypeVar("Told")


class News:
    """What is known of all open lessons, and who listens; of one event loop."""

    def __init__(self) -> None:
        self._lessons: Lessons | None = None
        self._changes: dict[int, tuple[int, int]] = {}
        self._changed = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._present: Counter[str] = Counter()

    def enter(self, owner: str) -> None:
        """Somebody begins to listen."""
        self._present[owner] += 1
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    def leave(self, owner: str) -> None:
        self._present[owner] -= 1
        self._present += Counter()  # forgets those with none

    def of(self, lesson: int) -> tuple[int, int]:
        """How often a lesson has changed, and by the teacher's steps; twice -1 where it is not open."""
        return self._changes.get(lesson, (-1, -1))

    async def wait(self, seconds: float) -> None:
        """Until something may have changed, or so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def look(self) -> None:
        """Looks at the database once."""
        found = await asyncio.to_thread(self._ask, lambda lessons: lessons.changes())
        if found is not None and found != self._changes:
            self._changes = found
            self._changed.set()
            self._changed = asyncio.Event()

    async def _watch(self) -> None:
        """Looks as long as anybody listens."""
        noted = 0.0
        while self._present:
            await self.look()
            if time.monotonic() - noted > PRESENT_SECONDS:
                noted = time.monotonic()
                owners = [owner for owner in self._present if owner]
                await asyncio.to_thread(self._ask, functools.partial(_note, owners))
            await asyncio.sleep(LOOK_SECONDS)

    def _ask(self, question: "Callable[[Lessons], Told]") -> Told | None:
        """Asks the database; None where there is none yet, or it cannot be asked now."""
        if not place.is_there():
            return None
        try:
            self._lessons = self._lessons or _lessons()
            return question(self._lessons)
        except LabError:
            logger.info("The lessons cannot be looked at", exc_info=True)
            return None


def _lessons() -> "Lessons":
    with late.LOADING:
        from mnist_core.classroom.lessons import Lessons
    return Lessons()


def _note(owners: Sequence[str], lessons: "Lessons") -> None:
    lessons.note_present(owners)


class NewsDoor:
    """Answers those who want to hear of a lesson; all else passes. How many may listen, the doors before it say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.news: News | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not scope["path"].endswith(PATH):
            return await self.app(scope, receive, send)
        text = parse_qs(scope["query_string"].decode("latin-1")).get("lesson", [""])[0]
        if scope.get("method", "GET") != "GET" or not text.isdecimal() or len(text) > LONGEST_NUMBER:
            return await refuse(scope, receive, send, 400, gettext("There is no news here; open a page of the lab."))
        self.news = self.news or News()
        await self.news.look()
        if scope["type"] == "http":  # whoever no connection reaches asks
            answer = JSONResponse(self.news.of(int(text)), headers={"Cache-Control": "no-store"})
            return await answer(scope, receive, send)
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        owner = owners.owner_of(cookies)
        self.news.enter(owner)
        try:
            return await _tell(int(text), self.news, receive, send)
        finally:
            self.news.leave(owner)


async def _tell(lesson: int, news: News, receive: Receive, send: Send) -> None:
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await send({"type": "websocket.accept"})
        while not gone.done():
            # Also where nothing has changed: what stands between would end a silent connection.
            await send({"type": "websocket.send", "text": json.dumps(news.of(lesson))})
            waiting = asyncio.ensure_future(news.wait(PRESENT_SECONDS))
            await asyncio.wait([gone, waiting], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
    finally:
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    """What a listener says is not heard."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
