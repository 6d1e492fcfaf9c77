"""A class at work: pupils draw, train, watch, judge, look around and upload, all at once; does memory stay as it is?

`python -m mnist_core.bench.load.soak`: twenty clients for a quarter of an hour; `--minutes 60` for a whole one.
"""

import argparse
import asyncio
import contextlib
import csv
import functools
import io
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import psutil
from websockets.exceptions import ConnectionClosed

from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.bench.load import crowd
from mnist_core.bench.load.aftermath import Household, errors_in
from mnist_core.bench.load.bars import exit_code, outcome
from mnist_core.data import sources
from mnist_core.errors import LabError
from mnist_core.formatting import count
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders

PAGES = ("", "explore", "train", "evaluate", "draw", "models")
VISIT_SECONDS = 5.0
RUN_SECONDS = 300.0
# Of twenty clients; what remains draws.
MIX = {"train": 1, "watch": 2, "evaluate": 3, "explore": 2, "upload": 2, "models": 1, "visit": 1, "keep": 1}
CLIENTS = 20
# What the first minutes load stays; from then on memory is to be flat.
SETTLED_MINUTES = 3.0
FLAT = 0.1
# A rate of an hour says nothing where less than half of one was measured.
HOURLY_MINUTES = 30.0
UPLOADED_IMAGES = 200
KEEP_SECONDS = 10.0
# Of what a process holds on average: more growth in an hour is a leak.
MOST_GROWTH = 0.1
PROCESSES = ("pages", "engine", "worker")
COLUMNS = ("minutes", *(f"{name}_{kind}_mb" for name in PROCESSES for kind in ("rss", "uss")), "runs", "drawings")

Sample = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)

    def measure(home: Path) -> bool:
        household = Household(home)
        with running_app(home) as app:
            soak = _Soak(app, options, household)
            asyncio.run(soak.run())
            remained = household.remain(app)
            logged = errors_in(home / "app.log")
        remained += household.remain(None)
        household.end()
        return _report(soak, remained, logged)

    return exit_code(measure)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.load.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0, help="how long (15)")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="how many, of all kinds together (20)")
    parser.add_argument("--every", type=float, default=3.0, help="seconds from a pupil's drawing to the next (3)")
    parser.add_argument(
        "--sample", type=float, default=10.0, help="seconds from one look at the memory to the next (10)"
    )
    parser.add_argument("--strokes", type=Path, help="a file of pen strokes to draw (default: ten plain digits)")
    parser.add_argument("--data", default="mnist", help="what is trained on (mnist)")
    parser.add_argument("--share", type=float, default=0.3, help="the share of it (0.3)")
    parser.add_argument("--out", type=Path, default=Path("memory.csv"), help="the table to write (memory.csv)")
    return parser.parse_args(arguments)


class _Soak:
    """Everything that goes on at once, and what was seen of it."""

    def __init__(self, app: AppProcess, options: argparse.Namespace, household: Household) -> None:
        self.app, self.options, self.household = app, options, household
        self.samples: list[Sample] = []
        self.answers = crowd.Answers()
        self.runs, self.problems = 0, list[str]()
        self.done: Counter[str] = Counter()  # how often each kind of client has done what it does

    async def run(self) -> None:
        numbers = mix(self.options.clients)
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "train": self._train,
            "watch": self._watch,
            "evaluate": self._evaluate,
            "explore": self._explore,
            "upload": self._upload,
            "models": self._models,
            "visit": self._visit,
            "keep": self._keep,
        }
        tasks = [self._sample(), self._draw(numbers["draw"])]
        tasks += [self._repeat(name, works[name]) for name in works for _ in range(numbers[name])]
        running = [asyncio.ensure_future(task) for task in tasks]
        try:
            done, _ = await asyncio.wait(
                running, timeout=60 * self.options.minutes, return_when=asyncio.FIRST_EXCEPTION
            )
            for task in done:
                task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _repeat(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Lets a client do the same again and again; what goes wrong is noted, and it comes again."""
        while True:
            try:
                await work()
                self.done[name] += 1
            except (LabError, ConnectionClosed, TimeoutError, OSError) as error:
                self.problems.append(f"{name}: {' '.join(str(error).split())[:200] or type(error).__name__}")
                await asyncio.sleep(VISIT_SECONDS)

    def _note(self, name: str, session: AppClient) -> None:
        self.problems += [f"{name}: {words}" for words in session.exceptions()]

    async def _draw(self, number: int) -> None:
        strokes = drawings.load(self.options.strokes)
        async with crowd.gathered(self.app.address, number) as pupils:
            while True:
                self.answers.add(await crowd.draw(pupils, strokes, self.options.every, 10 * self.options.every))

    async def _keep(self) -> None:
        async with open_session(self.app.address) as session:
            await session.visit("draw")
            label = self.done["keep"] % 10
            await crowd.keep(session, drawings.load()[label], label)
        await asyncio.sleep(KEEP_SECONDS)

    async def _train(self) -> None:
        settings = {"recipe": "quick", "data": self.options.data, "data_share": str(self.options.share)}
        async with open_session(self.app.address) as session:
            await session.visit("train", **settings)
            await session.press("Start")
            run = run_folders.find(parse_qs(session.query)["run"][0])
            await session.watch(lambda page: run.stored_status().finished, RUN_SECONDS)
            self._note("train", session)
            self.runs += 1
            if run.stored_status().state != "done":
                self.problems.append(f"train: {status_words.sentence(run.stored_status())}")

    async def _watch(self) -> None:
        """Looks at the newest run, whoever started it, as the page shows it live."""
        async with open_session(self.app.address) as session:
            newest = run_folders.all_runs()[:1]
            await session.visit("train", **({"run": newest[0].id} if newest else {}))
            with contextlib.suppress(LabError):  # it looks for a while, and for nothing in particular
                await session.watch(lambda page: False, 4 * VISIT_SECONDS)
            self._note("watch", session)

    async def _evaluate(self) -> None:
        async with open_session(self.app.address) as session:
            await session.visit("evaluate")
            for view in ("Several models", "One model"):
                await asyncio.sleep(VISIT_SECONDS)
                await session.choose("View", view)
                self._note("evaluate", session)
            if not session.metric("Test accuracy"):
                raise LabError(" ".join(session.alerts()) or "The Evaluate page shows no test accuracy.")
            await asyncio.sleep(VISIT_SECONDS)

    async def _explore(self) -> None:
        async with open_session(self.app.address) as session:
            for data in ("digits-8x8", "mnist" if sources.find_mnist() else "digits-8x8"):
                await session.visit("explore", data=data)
                self._note("explore", session)
                await asyncio.sleep(VISIT_SECONDS)

    async def _upload(self) -> None:
        """Hands labelled digits over to be judged, and leaves the page."""
        async with open_session(self.app.address) as session:
            await session.visit("evaluate", data="upload")
            await session.upload("Labelled digits", "digits.npz", _uploaded())
            self._note("upload", session)
            if not session.metric("Test accuracy"):
                raise LabError(" ".join(session.alerts()) or "The uploaded digits are not judged.")
            await asyncio.sleep(VISIT_SECONDS)
            await session.visit("")

    async def _models(self) -> None:
        async with open_session(self.app.address) as session:
            await session.visit("models", run=run_folders.SHIPPED_MODEL)
            self._note("models", session)
            labels = [one.download_button.label for one in session.elements("download_button")]
            for label in labels[:2]:
                await session.download(label)
            await asyncio.sleep(VISIT_SECONDS)

    async def _visit(self) -> None:
        async with open_session(self.app.address) as session:
            for page in PAGES:
                await session.visit(page)
                self._note(f"visit {page}", session)
                await asyncio.sleep(VISIT_SECONDS)

    async def _sample(self) -> None:
        start = time.monotonic()
        while True:
            sample = {"minutes": (time.monotonic() - start) / 60, "runs": self.runs}
            self.samples.append(sample | {"drawings": len(self.answers.seconds)} | _memory(self.app))
            self.household.look()
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


def _report(soak: _Soak, remained: list[str], logged: list[str]) -> bool:
    answers, minutes = soak.answers, soak.samples[-1]["minutes"] if soak.samples else 0.0
    print(f"{count(len(answers.seconds))} drawings, p95 {answers.percentile(95):.3f} s; {soak.runs} runs")
    print(", ".join(f"{name} {number}×" for name, number in sorted(soak.done.items())))
    problems = [*answers.errors, *soak.problems]
    for words, number in Counter(problems).most_common(10):
        print(f"{number:5} × {words}")
    for words in logged:
        print(f"in the app's log: {words}")
    idle = [name for name, number in mix(soak.options.clients).items() if number and name not in ("draw", *soak.done)]
    bars = {
        f"no error {problems[:3] or ''}".strip(): not problems,
        f"no orphan, no zombie {remained[:3] or ''}".strip(): not remained,
        f"each kind of client did what it does {idle or ''}".strip(): bool(answers.seconds) and not idle,
    }
    flat = {}
    for name in PROCESSES:
        slope, mean = _slope(soak.samples, f"{name}_uss_mb")
        settled, most = flatness(soak.samples, f"{name}_uss_mb", SETTLED_MINUTES, name == "worker")
        flat[name] = {"settled_mb": settled, "most_mb": most}
        print(
            f"{name:8} {settled:7.0f} MB of its own from minute {SETTLED_MINUTES:g} on, {most:.0f} MB at most since; "
            f"{slope:+.1f} MB an hour over the last two thirds"
        )
        if minutes > SETTLED_MINUTES + 1:
            when = "between runs, " if name == "worker" else ""
            words = f"{name}: {when}{most:.0f} MB at most after {settled:.0f} MB from minute {SETTLED_MINUTES:g} on"
            bars[f"{words}, flat within {FLAT:.0%}"] = most <= (1 + FLAT) * settled
        if minutes >= HOURLY_MINUTES:
            bars[f"{name}: grows by less than {MOST_GROWTH:.0%} an hour"] = slope <= MOST_GROWTH * mean
    return outcome(
        "soak",
        bars,
        minutes=round(minutes, 1),
        clients=soak.options.clients,
        drawings=len(answers.seconds),
        p95=answers.percentile(95),
        runs=soak.runs,
        done=dict(soak.done),
        memory=flat,
        problems=problems[:20],
        logged=logged,
    )


def mix(clients: int) -> dict[str, int]:
    """How many clients there are of each kind; most of them draw."""
    numbers = {name: max(1, round(clients * number / CLIENTS)) for name, number in MIX.items()}
    return numbers | {"draw": max(1, clients - sum(numbers.values()))}


def flatness(samples: list[Sample], column: str, settled: float, between_runs: bool = False) -> tuple[float, float]:
    """The median in the minute from `settled` on, and the highest median of a later minute; NaN where there is none.

    Of what trains, `between_runs`, it is the least of so many minutes as it takes to settle: a run comes and goes.
    """
    window, typical = (settled, np.min) if between_runs else (1.0, np.median)
    windows: dict[int, list[float]] = {}
    for sample in samples:
        if column in sample and sample["minutes"] >= settled:
            windows.setdefault(int((sample["minutes"] - settled) / window), []).append(sample[column])
    found = {number: float(typical(values)) for number, values in windows.items()}
    if 0 not in found:
        return float("nan"), float("nan")
    return found[0], max(found.values())


@functools.cache
def _uploaded() -> bytes:
    """Labelled digits of scikit-learn as somebody may have them: an archive of NumPy arrays."""
    data = sources.load("digits-8x8")
    images, labels = data.test_images[:UPLOADED_IMAGES], data.test_labels[:UPLOADED_IMAGES]
    file = io.BytesIO()
    np.savez_compressed(file, x_test=images, y_test=labels, x_train=images, y_train=labels)
    return file.getvalue()


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
