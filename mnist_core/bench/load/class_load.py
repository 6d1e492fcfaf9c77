"""A class on one machine: thirty sessions draw while a run trains, or queue thirty runs.

`python -m mnist_core.bench.load.class_load --strokes pen_strokes.jsonl.gz`, and the same with `--runs`.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.bench.load import crowd
from mnist_core.bench.load.bars import exit_code, verdict
from mnist_core.bench.load.crowd import Answers
from mnist_core.errors import LabError
from mnist_core.formatting import count, percent
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

EPOCHS = 300
REPORT_SECONDS = 60.0
QUEUE_SECONDS = 600.0
MOST_ANSWER_SECONDS = 0.6
MOST_LOST = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)

    def measure(home: Path) -> bool:
        with running_app(home) as app:
            return asyncio.run((_queue if options.runs else _load)(app, options))

    return exit_code(measure)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.load.class_load", description=__doc__)
    parser.add_argument("--runs", action="store_true", help="queue a run from each session instead of drawing")
    parser.add_argument("--sessions", type=int, default=30, help="how many pupils (default 30)")
    add_phases(parser, rounds=4)
    return parser.parse_args(arguments)


def add_phases(parser: argparse.ArgumentParser, rounds: int) -> None:
    """Adds how pupils draw, how long, and beside what is trained."""
    parser.add_argument("--every", type=float, default=3.0, help="seconds from a pupil's drawing to the next (3)")
    parser.add_argument("--strokes", type=Path, help="a file of pen strokes to draw (default: ten plain digits)")
    parser.add_argument(
        "--rounds", type=int, default=rounds, help=f"how often a quiet and a busy phase alternate ({rounds})"
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="how long a phase lasts (15)")
    parser.add_argument("--data", default="mnist", help="what is trained on (mnist)")
    parser.add_argument("--recipe", default="digit-detection", help="what is trained (digit-detection)")


# --- Drawing beside a run ----------------------------------------------------------------------------------------


async def _load(app: AppProcess, options: argparse.Namespace) -> bool:
    strokes = drawings.load(options.strokes)
    async with open_session(app.address) as teacher, crowd.gathered(app.address, options.sessions) as pupils:
        run = await start_run(teacher, options)
        await crowd.draw(pupils, strokes, options.every, options.every)  # warms up what is loaded once
        quiet, busy, answers = [], [], Answers()
        before, own = processor_seconds(app), time.process_time()
        for _ in range(options.rounds):
            start = await mark(run)
            await asyncio.sleep(options.seconds)
            middle = await mark(run)
            answers.add(await crowd.draw(pupils, strokes, options.every, options.seconds))
            end = await mark(run)
            quiet.append(speed(start, middle))
            busy.append(speed(middle, end))
        used, own = processor_seconds(app) - before, time.process_time() - own
        run.request("stop", by=COMMAND_LINE)
    return _report_load(answers, quiet, busy, used, own)


async def start_run(teacher: AppClient, options: argparse.Namespace) -> Run:
    await teacher.visit("train", recipe=options.recipe, data=options.data, epochs=str(EPOCHS))
    await teacher.press("Start")
    await teacher.watch(lambda page: bool(page.charts()), 120)
    return run_folders.all_runs()[0]


@dataclass(frozen=True)
class Mark:
    """How many images a run has trained on at a moment, by `time.perf_counter`."""

    seconds: float
    images: float


async def mark(run: Run) -> Mark:
    """Waits for the trainer's next report, so that the moment is exact."""
    before = run.stored_status().progress
    deadline = time.perf_counter() + REPORT_SECONDS
    while (status := run.stored_status()).progress == before:
        if status.finished or time.perf_counter() > deadline:
            raise LabError(f"The run does not go on: {status.state}. {status_words.sentence(status)}")
        await asyncio.sleep(0.01)
    return Mark(time.perf_counter(), status.progress * status.epochs * status.steps * run.config().batch_size)


def speed(start: Mark, end: Mark) -> float:
    return (end.images - start.images) / (end.seconds - start.seconds)


def processor_seconds(app: AppProcess) -> float:
    times = app.process.cpu_times()
    return times.user + times.system


def _report_load(answers: Answers, quiet: list[float], busy: list[float], used: float, own: float) -> bool:
    number = max(len(answers.seconds), 1)
    median, slow, slowest = (answers.percentile(share) for share in (50, 95, 100))
    alone, beside = statistics.median(quiet), statistics.median(busy)
    lost = 1 - beside / alone
    print(f"answers     {count(number)}: median {median:.3f} s, p95 {slow:.3f} s, slowest {slowest:.3f} s")
    print(f"errors      {len(answers.errors)} {answers.errors[:3] or ''}")
    print(f"training    {alone:,.0f} images/s alone, {beside:,.0f} beside them: {percent(lost, 1)} lost")
    print(f"by round    {' '.join(f'{1 - two / one:.1%}' for one, two in zip(quiet, busy, strict=True))}")
    print(f"processor   {1000 * used / number:.1f} ms a drawing in the app, {1000 * own / number:.1f} ms here")
    return verdict(
        {
            f"p95 of the answers at most {MOST_ANSWER_SECONDS} s": slow <= MOST_ANSWER_SECONDS,
            "no error": not answers.errors,
            f"training loses at most {percent(MOST_LOST, 0)}": lost <= MOST_LOST,
        }
    )


# --- Queueing runs -----------------------------------------------------------------------------------------------


async def _queue(app: AppProcess, options: argparse.Namespace) -> bool:
    """Every session presses Start while a run of the teacher's trains and a second one of hers waits."""
    async with AsyncExitStack() as stack:
        teacher = await stack.enter_async_context(open_session(app.address))
        pupils = [await stack.enter_async_context(open_session(app.address)) for _ in range(options.sessions)]
        first = await start_run(teacher, options)
        await _queue_run(teacher, options)
        second = run_folders.all_runs()[0]
        await asyncio.gather(*(_queue_run(pupil, options) for pupil in pupils))
        first.request("stop", by=COMMAND_LINE)
        waiting = [run for run in reversed(run_folders.all_runs()) if run.id != first.id]
        started = await _watch_until_ended(waiting)
    return _report_queue(waiting, started, second.id, options.sessions)


async def _queue_run(session: AppClient, options: argparse.Namespace) -> None:
    await session.visit("train", recipe=options.recipe, data=options.data, epochs="1", data_share="0.05")
    await session.press("Start")


async def _watch_until_ended(everything: list[Run]) -> list[str]:
    """Returns the runs' ids in the order in which their training began."""
    started: list[str] = []
    deadline = time.monotonic() + QUEUE_SECONDS
    while time.monotonic() < deadline:
        statuses = {run.id: run.stored_status() for run in everything}
        begun = [name for name, status in statuses.items() if status.state != "queued" and name not in started]
        started += begun
        if all(status.finished for status in statuses.values()):
            return started
        await asyncio.sleep(0.05)
    raise LabError(f"Of {len(everything)} runs only {len(started)} began within {QUEUE_SECONDS:.0f} s.")


def _report_queue(waiting: list[Run], started: list[str], second: str, sessions: int) -> bool:
    states = Counter(run.status().state for run in waiting)
    owners = {run.description().owner for run in waiting}
    pupils = [name for name in started if name != second]
    print(f"runs        {len(waiting)}: {', '.join(f'{number} {state}' for state, number in states.items())}")
    print(f"owners      {len(owners)}")
    print(f"order       the teacher's second run began as number {started.index(second) + 1} of {len(started)}")
    return verdict(
        {
            "each session has its run": len(pupils) == sessions and len(owners) == sessions + 1,
            "all runs are done": states == {"done": len(waiting)},
            "first come, first served": pupils == sorted(pupils),
            "nobody's second run before another's first": started[-1] == second,
        }
    )


if __name__ == "__main__":
    sys.exit(main())
