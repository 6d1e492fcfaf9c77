"""Pages hear at once that something of their lesson has changed, and the lab knows who is there."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.classroom import passes
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.passes import BROWSER_COOKIE
from mnist_core.ui.server import news_door
from mnist_core.ui.server.news_door import NewsDoor

ADA = Actor("a" * 16, "203.0.113.2")


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Lesson:
    monkeypatch.setattr(news_door, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(news_door, "PRESENT_SECONDS", 0.3)
    return Lessons().begin("", by=COMMAND_LINE)


async def passed(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "passed"})


def scope(query: str, kind: str = "websocket", path: str = "/class/news", cookie: str = "") -> dict[str, Any]:
    found = {"type": kind, "path": path, "query_string": query.encode(), "headers": [(b"cookie", cookie.encode())]}
    return found | ({"method": "GET"} if kind == "http" else {})


async def listen(door: NewsDoor, query: str, until: Callable[[list[Message]], Any], **more: str) -> list[Message]:
    """Returns what a listener hears until `until` says that it leaves."""
    heard: list[Message] = []
    told = asyncio.Event()

    async def send(message: Message) -> None:
        heard.append(message)
        told.set()

    async def receive() -> Message:
        while not until(heard):
            told.clear()
            await asyncio.wait_for(told.wait(), 10)
        return {"type": "websocket.disconnect"}

    await asyncio.wait_for(door(scope(query, **more), receive, send), 20)
    return heard


def numbers(heard: list[Message]) -> list[list[int]]:
    return [json.loads(message["text"]) for message in heard if message["type"] == "websocket.send"]


def test_a_change_is_told_to_all_who_listen(lesson: Lesson) -> None:
    async def both() -> list[list[Message]]:
        door, query = NewsDoor(passed), f"lesson={lesson.id}"
        listening = [listen(door, query, lambda heard: (numbers(heard) or [[0, 0]])[-1] != [0, 0]) for _ in range(2)]
        waiting = [asyncio.ensure_future(one) for one in listening]
        await asyncio.sleep(0.2)
        await asyncio.to_thread(Lessons().freeze, lesson.id, True, by=COMMAND_LINE)
        return await asyncio.gather(*waiting)

    for heard in asyncio.run(both()):
        assert heard[0] == {"type": "websocket.accept"}
        assert numbers(heard)[0] == [0, 0] and numbers(heard)[-1] == [1, 1]


def test_something_is_said_also_where_nothing_changes(lesson: Lesson) -> None:
    heard = asyncio.run(listen(NewsDoor(passed), f"lesson={lesson.id}", lambda heard: len(numbers(heard)) > 2))
    assert numbers(heard) == [[0, 0]] * 3


def test_a_lesson_that_is_not_open_has_no_numbers(lesson: Lesson) -> None:
    heard = asyncio.run(listen(NewsDoor(passed), "lesson=999", numbers))
    assert numbers(heard) == [[-1, -1]]


def test_who_listens_is_present(lesson: Lesson) -> None:
    lessons = Lessons()
    ada = lessons.join(lesson.code, by=ADA)
    time.sleep(0.01)
    cookie = f"{BROWSER_COOKIE}={passes.browser_pass(ADA.owner)}"
    asyncio.run(listen(NewsDoor(passed), f"lesson={lesson.id}", lambda heard: len(numbers(heard)) > 2, cookie=cookie))
    (member,) = lessons.members(lesson.id, by=COMMAND_LINE)
    assert member.seen > ada.seen


def test_whoever_no_connection_reaches_may_ask(lesson: Lesson) -> None:
    heard = asyncio.run(listen(NewsDoor(passed), f"lesson={lesson.id}", bool, kind="http"))
    assert heard[0]["status"] == 200 and json.loads(heard[1]["body"]) == [0, 0]


@pytest.mark.parametrize("query", ["", "lesson=", "lesson=x", "lesson=-1", "lesson=" + "9" * 13, "lesson=%00"])
def test_a_question_that_is_none_is_refused(query: str) -> None:
    heard = asyncio.run(listen(NewsDoor(passed), query, bool, kind="http"))
    assert heard[0]["status"] == 400


def test_all_else_passes() -> None:
    assert asyncio.run(listen(NewsDoor(passed), "", bool, path="/_stcore/stream")) == [{"type": "passed"}]


def test_a_database_that_cannot_be_asked_ends_no_connection(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{tmp_path}")
    heard = asyncio.run(listen(NewsDoor(passed), f"lesson={lesson.id}", numbers))
    assert numbers(heard) == [[-1, -1]]
