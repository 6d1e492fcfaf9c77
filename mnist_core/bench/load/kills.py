"""Kills trainer, engine, app, and all of them at once, at random moments; is everything as it was without the kills?

`python -m mnist_core.bench.load.kills --kills 100`: each kill breaks a run of its own, two of five at any moment from
the click on Start to the run's end, the others within the writing of a checkpoint, of the model and of its evaluation.
Afterwards nobody does more than start the app again and open the page. Compared are the weights with those of an
unbroken run, bit for bit.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import psutil
from websockets.exceptions import ConnectionClosed

from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, wait_until
from mnist_core.bench.load import crowd
from mnist_core.bench.load.aftermath import Household, faults_of_words, leftovers, said
from mnist_core.bench.load.bars import exit_code, outcome
from mnist_core.data.collection.store import Collection
from mnist_core.errors import LabError
from mnist_core.presentation import status_words
from mnist_core.runs.run import Run

VICTIMS = ("trainer", "engine", "app", "all")
# No divisor of the number of victims, so that each of them meets each moment.
AIMS = ("any", "any", "checkpoint", "export", "evaluation")
# Dropout, turned images and a new order each epoch: all that is random has to come back.
SETTINGS = {
    "recipe": "digit-detection",
    "network": "conv:16:5:relu,maxpool:2,conv:32:3:relu,maxpool:2,dropout:0.3,flatten,dense:10:softmax",
    "rotation": "5",
    "batch_size": "64",
}
RUN_SECONDS = 240.0
VICTIM_SECONDS = 60.0
AIM_SECONDS = 60.0
LOOK_SECONDS = 0.0005
LOOKS = 50
# A write of these small files takes about as long; the kill falls somewhere within it.
WRITE_SECONDS = 0.004
MOST_AIMED = 3
MOST_TRIES = 8


@dataclass(frozen=True)
class Broken:
    """What became of a run whose victim was killed."""

    victim: str  # one of `VICTIMS`
    aim: str  # one of `AIMS`
    moment: float  # when it was killed, in seconds after the click on Start
    writing: str  # what was being written then, empty for nothing
    state: str  # at the end
    seconds: float  # from the kill to its end
    again: bool  # whether there was no run yet, so that Start had to be pressed once more
    different: tuple[str, ...]  # the names of the arrays that differ from the unbroken run's
    untrue: tuple[str, ...]  # what the status said meanwhile, and should not have


@dataclass
class Home:
    """What was found in one home when all was over."""

    broken: list[Broken] = field(default_factory=list)
    kept: int = 0  # drawings that the page said it had kept
    found: int = 0  # drawings in the collection
    runs_lost: list[str] = field(default_factory=list)
    remained: list[str] = field(default_factory=list)  # orphans and zombies
    zombies: int = 0  # the most that were there after a kill
    leftovers: list[str] = field(default_factory=list)
    half_made: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)

    def measure(home: Path) -> bool:
        print(f"Seed {options.seed}, {options.labs} labs beside each other.\n{_HEADER}", flush=True)
        start = time.monotonic()
        with ThreadPoolExecutor(options.labs) as pool, _ending():
            homes = list(pool.map(lambda number: _break_runs(home / f"lab-{number}", number, options), _labs(options)))
        return _report(homes, options.kills, time.monotonic() - start)

    return exit_code(measure)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mnist_core.bench.load.kills",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=100, help="how many runs are broken (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    parser.add_argument("--data", default="digits-8x8", help="what is trained on (digits-8x8)")
    parser.add_argument("--share", type=float, default=1.0, help="the share of it (1.0)")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of a run (3)")
    parser.add_argument("--labs", type=int, default=2, help="how many apps with a home of their own are broken (2)")
    return parser.parse_args(arguments)


_ended = threading.Event()


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """Lets the labs end with the block, wherever they are."""
    try:
        yield
    finally:
        _ended.set()


def _labs(options: argparse.Namespace) -> range:
    return range(max(1, min(options.labs, options.kills)))


def plan(kills: int, lab: int, labs: int) -> list[tuple[str, str]]:
    """Victim and aim of each kill of one of several labs; together every victim has an equal share."""
    pairs = list(itertools.islice(zip(itertools.cycle(VICTIMS), itertools.cycle(AIMS), strict=False), kills))
    size, rest = divmod(kills, labs)
    start = lab * size + min(lab, rest)
    return pairs[start : start + size + (lab < rest)]


def _break_runs(folder: Path, number: int, options: argparse.Namespace) -> Home:
    chance = random.Random(f"{options.seed}-{number}")
    settings = SETTINGS | {"data": options.data, "epochs": str(options.epochs), "data_share": str(options.share)}
    lab = _Lab(folder, settings, chance, options.epochs)
    try:
        asyncio.run(lab.train())  # waits for the engine's start
        unbroken, duration = asyncio.run(lab.train())
        for victim, aim in plan(options.kills, number, len(_labs(options))):
            if _ended.is_set():
                raise LabError("It was asked to end.")
            broken = None
            for turn in range(MOST_TRIES):  # a write may be over between two looks
                at = aim if turn < MOST_AIMED else "any"
                broken = broken or asyncio.run(lab.break_run(victim, at, duration, unbroken))
            if broken is None:
                raise LabError(f"In {MOST_TRIES} runs no moment came to kill {victim} ({aim}).")
            print(_line(broken), flush=True)
            lab.found.broken.append(broken)
        return lab.close()
    finally:
        lab.app.end()
        lab.household.end()


class _Lab:
    """An app with its engine, some part of which is killed now and then."""

    def __init__(self, folder: Path, settings: dict[str, str], chance: random.Random, epochs: int) -> None:
        self.app = AppProcess.start(folder)
        self.household = Household(folder)
        self.settings, self.chance, self.epochs = settings, chance, epochs
        self.strokes = drawings.load()
        self.known: set[str] = set()
        self.found = Home()

    @property
    def runs(self) -> Path:
        return self.app.home / "runs"

    async def train(self) -> tuple[Run, float]:
        """Returns the ended run, and how long that took."""
        async with open_session(self.app.address) as session:
            await session.visit("train", **self.settings)
            start = time.perf_counter()
            await session.press("Start")
            run = Run(self.runs / parse_qs(session.query)["run"][0])
            self.known.add(run.id)
            await session.watch(lambda page: run.stored_status().finished, RUN_SECONDS)
            return run, time.perf_counter() - start

    async def break_run(self, victim: str, aim: str, duration: float, unbroken: Run) -> Broken | None:
        """Kills the victim at a moment, and goes on as a person does; None where the run was over."""
        async with contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(open_session(self.app.address))
            await session.visit("train", **self.settings)
            beside = [asyncio.create_task(session.press("Start")), asyncio.create_task(self._keep())]
            start = time.perf_counter()
            written = await asyncio.to_thread(self._wait_for_moment, aim, duration)
            run = self._new_run()
            if (run and run.stored_status().state == "done") or written is None:
                await asyncio.gather(*beside)
                await self._see_to_its_end(run)
                return None
            moment, killed = time.perf_counter() - start, time.perf_counter()
            await asyncio.to_thread(self._kill, victim)
            if victim in ("app", "all"):
                await asyncio.gather(*beside, return_exceptions=True)
            else:
                await asyncio.gather(*beside)
        run, again, untrue = await self._recover()
        state = run.stored_status().state
        self.household.look()
        self.found.zombies = max(self.found.zombies, len(self.household.zombies(self.app)))
        return Broken(
            victim,
            aim,
            moment,
            written,
            state,
            time.perf_counter() - killed,
            again,
            different(unbroken, run),
            tuple(untrue),
        )

    async def _see_to_its_end(self, run: Run | None) -> None:
        if run := run or self._new_run():
            self.known.add(run.id)
            async with open_session(self.app.address) as session:
                await session.visit("train", run=run.id)
                await session.watch(lambda page: run.stored_status().finished, RUN_SECONDS)

    async def _recover(self) -> tuple[Run, bool, list[str]]:
        """Opens the page again, and watches the run to its end; where there is none, presses Start again."""
        run = self._new_run()
        async with open_session(self.app.address) as session:
            again = run is None or run.stored_status().problem == "incomplete"
            if again:
                if run:
                    self.found.half_made.append(run.id)
                    self.known.add(run.id)
                await session.visit("train", **self.settings)
                await session.press("Start")
                run = Run(self.runs / parse_qs(session.query)["run"][0])
            assert run
            self.known.add(run.id)
            await session.visit("train", run=run.id)
            seen: dict[str, None] = {}

            def over(page: AppClient, run: Run = run) -> bool:
                stored, status = run.stored_status(), run.status()  # in this order: it may end between the two
                # The run goes on by itself: what calls it dead, or asks for a press of a button, is not true.
                if status.state == "failed" or (stored.finished and stored.problem):
                    seen[f"{status.state}: {status_words.sentence(status)}"] = None
                seen.update(dict.fromkeys(faults_of_words(said(page), self.app.home)))
                return run.stored_status().finished

            await session.watch(over, RUN_SECONDS)
        return run, again, list(seen)

    async def _keep(self) -> None:
        """Draws a digit and keeps it, somewhere near the kill."""
        label = self.chance.randrange(10)
        await asyncio.sleep(self.chance.uniform(0, 1.5))
        with contextlib.suppress(LabError, ConnectionClosed, TimeoutError, OSError):
            async with open_session(self.app.address) as session:
                await session.visit("draw")
                await crowd.keep(session, self.strokes[label], label)
                self.found.kept += 1

    def _new_run(self) -> Run | None:
        names = [path.name for path in self.runs.iterdir()] if self.runs.is_dir() else []
        return next((Run(self.runs / name) for name in sorted(names) if name not in self.known), None)

    def _wait_for_moment(self, aim: str, duration: float) -> str | None:
        """Waits until it is time to kill; returns what is being written then, or None where the run ended before."""
        if aim == "any":
            time.sleep(self.chance.uniform(0.0, 0.97) * duration)
            run = self._new_run()
            return writing(run.folder) if run else ""
        deadline, turn = time.monotonic() + AIM_SECONDS, self.chance.randrange(2 if aim == "checkpoint" else 1)
        while (run := self._new_run()) is None:
            if time.monotonic() > deadline:
                return None
            time.sleep(LOOK_SECONDS)
        before = ""
        while run.stored_status().state not in ("done", "stopped") and time.monotonic() < deadline:
            for _ in range(LOOKS):
                now = writing(run.folder)
                if now == aim and before != aim:
                    turn -= 1
                    if turn < 0:
                        time.sleep(self.chance.uniform(0, WRITE_SECONDS))
                        return now
                before = now
                time.sleep(LOOK_SECONDS)
        return None

    def _kill(self, victim: str) -> None:
        app = self.app
        finders: dict[str, Callable[[], psutil.Process | None]] = {
            "trainer": app.trainer,
            "engine": app.engine,
            "app": lambda: psutil.Process(app.process.pid),
        }
        names = ("trainer", "engine", "app") if victim == "all" else (victim,)
        if victim != "all":  # together, whoever is not there at the moment needs no killing
            wait_until(finders[victim], VICTIM_SECONDS, f"the {victim} to be there")
        for process in [finders[name]() for name in names]:
            with contextlib.suppress(psutil.NoSuchProcess):
                if process:
                    process.kill()
        if "app" in names:
            app.process.wait()
            self.app = AppProcess.start(app.home, app.port)

    def close(self) -> Home:
        """Starts everything once more, and says what is left, and what is missing."""
        self.found.remained = self.household.remain(self.app)
        self.app.end()
        self.found.remained += self.household.remain(None)
        self.app = AppProcess.start(self.app.home, self.app.port)
        asyncio.run(self.train())
        home = self.app.home
        self.found.leftovers = [str(path) for path in leftovers(home)]
        left = set(self.found.half_made)
        self.found.half_made = [name for name in left if (self.runs / name).exists()]
        runs = [Run(self.runs / name) for name in sorted(self.known - left)]
        self.found.runs_lost = [run.id for run in runs if run.stored_status().state != "done"]
        self.found.found = Collection(f"sqlite:///{home / 'collection.sqlite'}").count()
        return self.found


def writing(folder: Path) -> str:
    """Which of the aims is being written in a run folder at this moment; `other` for anything else."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 (a hundred thousand times, while the writes last milliseconds)
    except OSError:
        return ""
    written = {Path(name).suffix for name in names if name.startswith(".writing-")}
    if not written:
        return ""
    if written & {".keras", ".tflite"}:
        return "export"
    if ".npz" in written:
        return "evaluation" if "model.tflite" in names else "checkpoint"
    return "other"


def different(one: Run, other: Run) -> tuple[str, ...]:
    """The arrays of two last checkpoints that are not the same, but for the time that training took."""
    first, second = one.read_checkpoint() or {}, other.read_checkpoint() or {}
    names = sorted((first.keys() | second.keys()) - {"epoch_seconds"})
    return tuple(name for name in names if not _same(first.get(name), second.get(name))) or (
        () if names else ("there is none",)
    )


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return False
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


_HEADER = "killed   aimed at    after    within      ended   again in  weights"


def _line(broken: Broken) -> str:
    weights = f"DIFFERENT: {', '.join(broken.different[:3])}" if broken.different else "the same"
    again = "  (Start pressed again)" if broken.again else ""
    untrue = f"  SAID: {broken.untrue[0]}" if broken.untrue else ""
    return (
        f"{broken.victim:8} {broken.aim:11} {broken.moment:4.1f} s  {broken.writing or '–':10}  {broken.state:7} "
        f"{broken.seconds:5.1f} s  {weights}{again}{untrue}"
    )


def _report(homes: list[Home], kills: int, seconds: float) -> bool:
    broken = [one for home in homes for one in home.broken]
    print("\nkilled    runs  within a write  slowest")
    for victim in VICTIMS:
        those = [one for one in broken if one.victim == victim]
        slowest = max((one.seconds for one in those), default=0.0)
        print(f"{victim:9} {len(those):4}  {sum(bool(one.writing) for one in those):14}  {slowest:5.1f} s")
    within = Counter(one.writing for one in broken if one.writing)
    untrue = sorted({re.sub(r"[0-9]+", "…", words) for one in broken for words in one.untrue})
    for words in untrue:
        print(f"said while the run went on by itself: {words}")
    lost = [name for home in homes for name in home.runs_lost]
    remained = [name for home in homes for name in home.remained]
    left = [name for home in homes for name in home.leftovers]
    half = [name for home in homes for name in home.half_made]
    missing = sum(max(home.kept - home.found, 0) for home in homes)
    bars = {
        f"{kills} kills": len(broken) == kills,
        "every run ended by itself": all(one.state == "done" for one in broken),
        "with the weights of the unbroken run, bit for bit": not any(one.different for one in broken),
        f"no run lost {lost[:3] or ''}".strip(): not lost,
        "no drawing lost": not missing,
        f"no orphan, no zombie {remained[:3] or ''}".strip(): not remained,
        f"no temporary file left after the next start {left[:3] or ''}".strip(): not left,
        f"no half-made run left {half[:3] or ''}".strip(): not half,
        "every sentence true": not untrue,
    }
    return outcome(
        "kills",
        bars,
        kills=len(broken),
        within_writes=dict(within),
        seconds=round(seconds),
        slowest=round(max((one.seconds for one in broken), default=0.0), 1),
        drawings_kept=sum(home.kept for home in homes),
        drawings_found=sum(home.found for home in homes),
        most_zombies=max((home.zombies for home in homes), default=0),
        untrue=untrue,
    )


if __name__ == "__main__":
    sys.exit(main())
