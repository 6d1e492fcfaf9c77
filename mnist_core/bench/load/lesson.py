"""A lesson on one machine: pupils join and write while their board is open and a run trains.

`python -m mnist_core.bench.load.lesson --pupils 60 --strokes pen_strokes.jsonl.gz`
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.bench.drawings import Drawing
from mnist_core.bench.load.bars import exit_code, outcome
from mnist_core.bench.load.class_load import add_phases, mark, speed, start_run
from mnist_core.classroom import passes, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.write import MOST_EACH, Task
from mnist_core.errors import LabError

MOST_ANSWER_SECONDS = 0.3
MOST_BOARD_SECONDS = 2.0
LEAST_SPEED = 0.8  # of a run's own, while the class writes
NEWS = "digit_lab_news"
ELSEWHERE = {"X-Forwarded-For": "203.0.113.5"}  # so that a session is a pupil's


@dataclass
class Written:
    """What a class wrote, and how long it took."""

    joined: list[float] = field(default_factory=list)  # seconds from the link to the lesson
    answers: list[float] = field(default_factory=list)  # from "Hand in" to the page that follows
    board: list[float] = field(default_factory=list)  # from "Hand in" to the board that shows it
    errors: list[str] = field(default_factory=list)
    # What the board has not shown yet: when it was handed in, and when that was answered, by `time.perf_counter`.
    sent: list[tuple[float, float]] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.load.lesson", description=__doc__)
    parser.add_argument("--pupils", type=int, default=60, help="how many (60)")
    add_phases(parser, rounds=2)
    parser.set_defaults(every=30.0, seconds=60.0)
    options = parser.parse_args(arguments)

    def measure(home: Path) -> bool:
        with running_app(home) as app:
            return asyncio.run(_measure(app, options))

    return exit_code(measure)


async def _measure(app: AppProcess, options: argparse.Namespace) -> bool:
    activities = Activities(Lessons())
    lesson = activities.lessons.begin("bench", by=COMMAND_LINE)
    strokes, found = drawings.load(options.strokes), Written()
    async with (
        open_session(app.address) as teacher,
        open_session(app.address) as board,
        _class(app, lesson, options.pupils, found) as pupils,
    ):
        task = activities.start(lesson.id, write.KIND, Task(each=MOST_EACH).settings, by=COMMAND_LINE)
        for pupil in pupils:  # as the news of a step would have it
            await pupil.visit("join")
        await board.visit("class", lesson=str(lesson.id), board="1")
        run = await start_run(teacher, options)
        quiet, busy = [], []
        async with _watched(app, lesson, board, found):
            for _ in range(options.rounds):
                start = await mark(run)
                await asyncio.sleep(options.seconds / 4)
                middle = await mark(run)
                await _write(pupils, strokes, options.every, options.seconds, found)
                end = await mark(run)
                quiet.append(speed(start, middle))
                busy.append(speed(middle, end))
            await asyncio.sleep(2 * MOST_BOARD_SECONDS)
        run.request("stop", by=COMMAND_LINE)
    kept = len(activities.entries(task.id, by=COMMAND_LINE))
    return _report(found, kept, statistics.median(busy) / statistics.median(quiet))


@asynccontextmanager
async def _class(app: AppProcess, lesson: Lesson, number: int, found: Written) -> AsyncIterator[list[AppClient]]:
    """Pupils who have joined, each with cookies of their own."""
    async with AsyncExitStack() as stack:
        pupils = []
        for _ in range(number):
            cookies = {passes.BROWSER_COOKIE: passes.browser_pass()}
            pupil = await stack.enter_async_context(open_session(app.address, ELSEWHERE, cookies))
            start = time.perf_counter()
            await pupil.visit("join", code=lesson.code)
            await pupil.press("Join")
            found.joined.append(time.perf_counter() - start)
            found.errors += [*pupil.alerts(), *pupil.exceptions()]
            pupils.append(pupil)
        yield pupils


@asynccontextmanager
async def _watched(app: AppProcess, lesson: Lesson, board: AppClient, found: Written) -> AsyncIterator[None]:
    """Shows the board again after each piece of news, as its page does, and notes when what was sent is on it."""

    async def watch() -> None:
        address = f"{app.address.replace('http', 'ws', 1)}/class/news?lesson={lesson.id}"
        async with connect(address) as news:
            known, shown = 0, 0.0
            while True:
                changes = json.loads(await news.recv())[0]
                if changes == known:
                    continue
                await asyncio.sleep(max(0.0, shown + 0.5 - time.perf_counter()))  # as news.js waits
                known, shown = changes, time.perf_counter()
                await board.refresh(NEWS)
                now = time.perf_counter()
                # What was handed in before the board was asked is on it.
                found.board += [now - start for start, done in found.sent if done < shown]
                found.sent = [pair for pair in found.sent if pair[1] >= shown]

    task = asyncio.ensure_future(watch())
    try:
        yield
    finally:
        task.cancel()


async def _write(pupils: list[AppClient], strokes: list[Drawing], every: float, seconds: float, found: Written) -> None:
    """Lets each pupil write and hand in every few seconds, not all at the same moment."""
    end = time.perf_counter() + seconds

    async def pupil(number: int) -> None:
        due, session = time.perf_counter() + every * number / len(pupils), pupils[number]
        while due < end:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            try:
                await session.send_drawing(strokes[(number + session.drawn) % len(strokes)])
                start = time.perf_counter()
                await session.press("Hand in")
                found.answers.append(time.perf_counter() - start)
                found.sent.append((start, time.perf_counter()))
                found.errors += [*session.alerts(), *session.exceptions()]
            except (LabError, ConnectionClosed, TimeoutError) as error:
                found.errors.append(repr(error))
                return
            due += every

    await asyncio.gather(*(pupil(number) for number in range(len(pupils))))


def _report(found: Written, kept: int, share: float) -> bool:
    def p95(seconds: list[float]) -> float:
        return float(np.percentile(seconds, 95)) if seconds else float("nan")

    sent = len(found.answers)
    print(f"joined      median {statistics.median(found.joined):.2f} s, slowest {max(found.joined):.2f} s")
    print(f"handed in   {sent}: median {statistics.median(found.answers):.3f} s, p95 {p95(found.answers):.3f} s")
    print(f"on board    median {statistics.median(found.board):.2f} s later, p95 {p95(found.board):.2f} s")
    print(f"errors      {len(found.errors)} {found.errors[:3] or ''}")
    print(f"training    {share:.0%} of its own speed")
    return outcome(
        "lesson",
        {
            f"p95 of what is handed in at most {MOST_ANSWER_SECONDS} s": p95(found.answers) <= MOST_ANSWER_SECONDS,
            f"p95 until it is on the board at most {MOST_BOARD_SECONDS} s": p95(found.board) <= MOST_BOARD_SECONDS,
            "no error": not found.errors,
            "none lost": kept == sent,
            f"training keeps at least {LEAST_SPEED:.0%} of its speed": share >= LEAST_SPEED,
        },
        handed_in=sent,
        kept=kept,
        p95=p95(found.answers),
        p95_board=p95(found.board),
        training=share,
    )


if __name__ == "__main__":
    sys.exit(main())
