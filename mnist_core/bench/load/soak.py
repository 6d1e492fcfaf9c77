"""An hour of a class: pupils draw, runs follow each other, visitors come and go; does memory stay as it is?

`python -m mnist_core.bench.load.soak --minutes 60 --out memory.csv`
"""

import argparse
import asyncio
import contextlib
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

from mnist_core.bench import drawings
from mnist_core.bench.app_client import open_session
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.bench.load import crowd
from mnist_core.bench.load.bars import exit_code, verdict
from mnist_core.formatting import count
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders

PAGES = ("", "explore", "train", "evaluate", "draw", "models")
VISIT_SECONDS = 5.0
RUN_SECONDS = 300.0
# Of what a process holds on average: more growth in an hour is a leak.
MOST_GROWTH = 0.1
PROCESSES = ("pages", "engine", "worker")
COLUMNS = ("minutes", *(f"{name}_{kind}_mb" for name in PROCESSES for kind in ("rss", "uss")), "runs", "drawings")

Sample = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)

    def measure(home: Path) -> bool:
        with running_app(home) as app:
            soak = _Soak(app, options)
            asyncio.run(soak.run())
        return _report(soak)

    return exit_code(measure)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.load.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--sessions", type=int, default=10, help="how many pupils draw (10)")
    parser.add_argument("--every", type=float, default=3.0, help="seconds from a pupil's drawing to the next (3)")
    parser.add_argument(
        "--sample", type=float, default=30.0, help="seconds from one look at the memory to the next (30)"
    )
    parser.add_argument("--strokes", type=Path, help="a file of pen strokes to draw (default: ten plain digits)")
    parser.add_argument("--data", default="mnist", help="what is trained on (mnist)")
    parser.add_argument("--share", type=float, default=0.3, help="the share of it (0.3)")
    parser.add_argument("--out", type=Path, default=Path("memory.csv"), help="the table to write (memory.csv)")
    return parser.parse_args(arguments)


class _Soak:
    """Everything that goes on at once, and what was seen of it."""

    def __init__(self, app: AppProcess, options: argparse.Namespace) -> None:
        self.app, self.options = app, options
        self.samples: list[Sample] = []
        self.answers = crowd.Answers()
        self.runs, self.problems = 0, list[str]()

    async def run(self) -> None:
        tasks = [asyncio.create_task(work()) for work in (self._draw, self._train, self._visit, self._sample)]
        try:
            done, _ = await asyncio.wait(tasks, timeout=60 * self.options.minutes, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _draw(self) -> None:
        strokes = drawings.load(self.options.strokes)
        async with crowd.gathered(self.app.address, self.options.sessions) as pupils:
            while True:
                self.answers.add(await crowd.draw(pupils, strokes, self.options.every, 10 * self.options.every))

    async def _train(self) -> None:
        settings = {"recipe": "quick", "data": self.options.data, "data_share": str(self.options.share)}
        async with open_session(self.app.address) as session:
            while True:
                await session.visit("train", **settings)
                await session.press("Start")
                run = run_folders.all_runs()[0]
                await session.watch(lambda page, run=run: run.stored_status().finished, RUN_SECONDS)  # type: ignore[misc]
                self.runs += 1
                if run.stored_status().state != "done":
                    self.problems.append(status_words.sentence(run.stored_status()))

    async def _visit(self) -> None:
        while True:
            async with open_session(self.app.address) as session:
                for page in PAGES:
                    await session.visit(page)
                    self.problems += session.exceptions()
                    await asyncio.sleep(VISIT_SECONDS)

    async def _sample(self) -> None:
        start = time.monotonic()
        while True:
            sample = {"minutes": (time.monotonic() - start) / 60, "runs": self.runs}
            self.samples.append(sample | {"drawings": len(self.answers.seconds)} | _memory(self.app))
            _write(self.options.out, self.samples)
            await asyncio.sleep(self.options.sample)


def _memory(app: AppProcess) -> Sample:
    found: Sample = {}
    processes = (app.process, app.engine(), app.trainer())
    for name, process in zip(PROCESSES, processes, strict=True):
        if process is None:
            continue
        with contextlib.suppress(psutil.Error):  # it may end just now
            memory = process.memory_full_info()
            found |= {f"{name}_rss_mb": memory.rss / 1e6, f"{name}_uss_mb": memory.uss / 1e6}
    return found


def _write(path: Path, samples: list[Sample]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({name: round(value, 2) for name, value in sample.items()} for sample in samples)


def _report(soak: _Soak) -> bool:
    answers = soak.answers
    print(f"{count(len(answers.seconds))} drawings, p95 {answers.percentile(95):.3f} s; {soak.runs} runs")
    bars = {f"nothing went wrong {[*answers.errors, *soak.problems][:3] or ''}": not (answers.errors or soak.problems)}
    for name in PROCESSES:
        slope, mean = _slope(soak.samples, f"{name}_uss_mb")
        print(f"{name:8} {mean:7.0f} MB of its own, {slope:+7.1f} MB an hour over the last two thirds")
        bars[f"{name}: grows by less than {MOST_GROWTH:.0%} an hour"] = slope <= MOST_GROWTH * mean
    return verdict(bars)


def _slope(samples: list[Sample], column: str) -> tuple[float, float]:
    """In MB an hour over the last two thirds, and the mean there; NaN without two samples."""
    last = [sample for sample in samples[len(samples) // 3 :] if column in sample]
    if len(last) < 2:
        return float("nan"), float("nan")
    hours = [sample["minutes"] / 60 for sample in last]
    values = [sample[column] for sample in last]
    return float(np.polyfit(hours, values, 1)[0]), float(np.mean(values))


if __name__ == "__main__":
    sys.exit(main())
