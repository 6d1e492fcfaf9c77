"""A class on one machine, and what it costs: pupils draw, or watch a run, alone or beside a run that trains.

`python -m mnist_core.bench.load.serving --pupils 60 --strokes pen_strokes.jsonl.gz`, the same with `--beside`, with
`--stored 300` runs that lie in the home, and `--watchers 30`, of one run.
"""

import argparse
import asyncio
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.bench.load import class_load, crowd
from mnist_core.bench.load.bars import exit_code, outcome
from mnist_core.bench.load.crowd import Answers
from mnist_core.formatting import count, percent
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

# Asked of two quiet cores: an answer alone and beside a run, the share of its speed that is left, a drawing's cost.
ALONE_SECONDS, BESIDE_SECONDS, LARGE_CLASS = 0.1, 0.5, 60
KEPT_BY_DRAWING, KEPT_BY_WATCHING = 0.85, 0.95
PROCESSOR_SECONDS = 0.012
TICK_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)

    def measure(home: Path) -> bool:
        store_runs(home, options.stored)
        with running_app(home) as app:
            return asyncio.run((_watch if options.watchers else _draw)(app, options))

    return exit_code(measure)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.load.serving", description=__doc__)
    parser.add_argument("--pupils", type=int, default=60, help="how many draw (60)")
    parser.add_argument("--watchers", type=int, default=0, help="how many watch a run instead of drawing")
    parser.add_argument("--beside", action="store_true", help="beside a run that trains")
    parser.add_argument("--stored", type=int, default=0, help="how many runs lie in the home before (0)")
    class_load.add_phases(parser, rounds=3)
    return parser.parse_args(arguments)


def store_runs(home: Path, number: int) -> None:
    """Puts so many runs with models into a home, each a copy of the shipped one."""
    shipped = run_folders.find(run_folders.SHIPPED_MODEL).folder
    for place in range(number):
        minute, second = divmod(place, 60)
        shutil.copytree(shipped, home / "runs" / f"20260101-{minute:04d}{second:02d}-000000-stored-{place:04x}")


# --- Drawing -----------------------------------------------------------------------------------------------------


async def _draw(app: AppProcess, options: argparse.Namespace) -> bool:
    strokes = drawings.load(options.strokes)
    async with AsyncExitStack() as stack:
        run = await _run_beside(app, options, stack) if options.beside else None
        pupils = await stack.enter_async_context(crowd.gathered(app.address, options.pupils))
        await crowd.draw(pupils, strokes, options.every, options.every)  # warms up what is loaded once
        answers, used, kept = Answers(), 0.0, list[float]()
        for _ in range(options.rounds):
            alone = await _speed(run, options.seconds)
            start, before = await _mark(run), class_load.processor_seconds(app)
            answers.add(await crowd.draw(pupils, strokes, options.every, options.seconds))
            used += class_load.processor_seconds(app) - before
            if start and run:
                kept.append(class_load.speed(start, await class_load.mark(run)) / alone)
    return _report_drawing(options, answers, used / max(len(answers.seconds), 1), kept)


def _report_drawing(options: argparse.Namespace, answers: Answers, cost: float, kept: list[float]) -> bool:
    median, slow = answers.percentile(50), answers.percentile(95)
    most = ALONE_SECONDS if not options.beside and options.pupils <= LARGE_CLASS else BESIDE_SECONDS
    print(f"answers     {count(len(answers.seconds))}: median {1000 * median:.0f} ms, p95 {1000 * slow:.0f} ms")
    print(f"processor   {1000 * cost:.1f} ms a drawing in the app")
    bars = {
        f"p95 of the answers at most {1000 * most:.0f} ms": slow <= most,
        f"at most {1000 * PROCESSOR_SECONDS:.0f} ms of processor time a drawing": cost <= PROCESSOR_SECONDS,
        f"no error {answers.errors[:3] or ''}".strip(): not answers.errors,
    }
    return outcome(
        "drawing",
        bars | _training(kept, KEPT_BY_DRAWING),
        pupils=options.pupils,
        stored=options.stored,
        median=median,
        p95=slow,
        processor=cost,
        training=kept,
    )


# --- Watching ----------------------------------------------------------------------------------------------------


async def _watch(app: AppProcess, options: argparse.Namespace) -> bool:
    async with AsyncExitStack() as stack:
        run = await _run_beside(app, options, stack)
        kept, late, ticks, used = list[float](), list[float](), 0, 0.0
        for _ in range(options.rounds):
            alone = await _speed(run, options.seconds)
            async with AsyncExitStack() as watching:
                watchers = [
                    await watching.enter_async_context(open_session(app.address)) for _ in range(options.watchers)
                ]
                for watcher in watchers:
                    await watcher.visit("train", run=run.id)
                start, before = await class_load.mark(run), class_load.processor_seconds(app)
                answered = await asyncio.gather(
                    *(_tick(watcher, place / len(watchers), options.seconds) for place, watcher in enumerate(watchers))
                )
                used += class_load.processor_seconds(app) - before
                kept.append(class_load.speed(start, await class_load.mark(run)) / alone)
            late += [seconds for one in answered for seconds in one if seconds > TICK_SECONDS]
            ticks += sum(map(len, answered))
        run.request("stop", by=COMMAND_LINE)
    print(f"ticks       {count(ticks)}, {len(late)} of them late; {1000 * used / ticks:.1f} ms of processor time each")
    return outcome(
        "watching",
        {"every tick on time": not late} | _training(kept, KEPT_BY_WATCHING),
        watchers=options.watchers,
        stored=options.stored,
        processor=used / ticks,
        late=len(late),
        ticks=ticks,
        training=kept,
    )


async def _tick(watcher: AppClient, phase: float, seconds: float) -> list[float]:
    """The seconds from when each tick was due to when its answer was there."""
    begun, answered = time.perf_counter() + phase * TICK_SECONDS, list[float]()
    while (due := begun + len(answered) * TICK_SECONDS) < begun + seconds:
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        await watcher.tick()
        answered.append(time.perf_counter() - due)
    return answered


# --- Beside a run ------------------------------------------------------------------------------------------------


async def _run_beside(app: AppProcess, options: argparse.Namespace, stack: AsyncExitStack) -> Run:
    teacher = await stack.enter_async_context(open_session(app.address))
    return await class_load.start_run(teacher, options)


async def _mark(run: Run | None) -> class_load.Mark | None:
    return await class_load.mark(run) if run else None


async def _speed(run: Run | None, seconds: float) -> float:
    """Images a second while nobody does anything."""
    if run is None:
        return float(np.nan)
    start = await class_load.mark(run)
    await asyncio.sleep(seconds)
    return class_load.speed(start, await class_load.mark(run))


def _training(kept: list[float], least: float) -> dict[str, bool]:
    if not kept:
        return {}
    share = statistics.median(kept)
    print(f"training    {percent(share, 1)} of its speed ({' '.join(f'{one:.3f}' for one in kept)})")
    return {f"training keeps {percent(least, 0)} of its speed": share >= least}


if __name__ == "__main__":
    sys.exit(main())
