"""An app that is killed in the middle of a lesson: it goes on where it was, for the same people."""

import asyncio
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.bench import drawings
from mnist_core.bench.app_client import open_session
from mnist_core.bench.app_process import AppProcess
from mnist_core.classroom import bet, passes, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lessons
from mnist_core.classroom.passes import BROWSER_COOKIE
from mnist_core.classroom.write import Task

pytestmark = pytest.mark.long
ELSEWHERE = {"X-Forwarded-For": "203.0.113.5"}


def killed(app: AppProcess) -> AppProcess:
    app.process.kill()
    app.process.wait(20)
    return AppProcess.start(app.home, app.port)


def test_each_activity_goes_on_where_it_was(temporary_home: Path) -> None:
    activities = Activities(Lessons())
    lesson = activities.lessons.begin("8b", by=COMMAND_LINE)
    cookies = {BROWSER_COOKIE: passes.browser_pass()}
    app = AppProcess.start(temporary_home)

    async def take_part(code: str = "", hand_in: bool = False, button: str = "Hand in") -> str:
        async with open_session(app.address, ELSEWHERE, cookies) as pupil:
            await pupil.visit("join", **({"code": code} if code else {}))
            if code:
                await pupil.press("Join")
            if hand_in:
                await pupil.send_drawing(drawings.load(number=1)[0])
                await pupil.press(button)
            assert not pupil.exceptions() and not pupil.alerts()
            return " ".join(pupil.texts())

    try:
        first = asyncio.run(take_part(lesson.code))
        name = first.split("You are **")[1].split("**")[0]
        task = activities.start(lesson.id, write.KIND, Task((7,), 2).settings, by=COMMAND_LINE)
        asyncio.run(take_part(hand_in=True))
        app = killed(app)
        again = asyncio.run(take_part(hand_in=True))
        assert name in again and "1 of 2 done" not in again
        assert len(write.written(activities, task.id, by=COMMAND_LINE)) == 2
        asked = activities.start(lesson.id, bet.KIND, Question("How many?").settings, by=COMMAND_LINE)
        app = killed(app)
        assert name in asyncio.run(take_part())
        (member,) = activities.lessons.members(lesson.id, by=COMMAND_LINE)
        assert member.name == name and activities.lessons.lesson(lesson.id).activity == asked.id
    finally:
        app.end()
