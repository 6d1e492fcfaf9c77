"""Kills worker, engine and pages in turn at random moments, and compares the weights with those of an unbroken run.

`python -m mnist_core.bench.load.kills --kills 20`
"""

import argparse
import asyncio
import itertools
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, wait_until
from mnist_core.bench.load.bars import exit_code, verdict
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

VICTIMS = ("worker", "engine", "pages")
# Dropout, turned images and a new order each epoch: all that is random has to come back.
SETTINGS = {
    "recipe": "digit-detection",
    "network": "conv:16:5:relu,maxpool:2,conv:32:3:relu,maxpool:2,dropout:0.3,flatten,dense:10:softmax",
    "rotation": "5",
    "batch_size": "64",
}
RUN_SECONDS = 240.0
VICTIM_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """What became of a run whose victim was killed."""

    victim: str  # one of `VICTIMS`
    moment: float  # when it was killed, in seconds after the click on Start
    epochs: int  # finished by then
    state: str  # at the end
    seconds: float  # from the click to its end
    different: tuple[str, ...]  # the names of the arrays that differ from the unbroken run's


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    settings = SETTINGS | {"data": options.data, "epochs": str(options.epochs), "data_share": str(options.share)}

    def measure(home: Path) -> bool:
        lab = _Lab(AppProcess.start(home), settings)
        try:
            outcomes = list(_break_runs(lab, options))
        finally:
            lab.app.end()
        ended = all(outcome.state == "done" for outcome in outcomes)
        same = not any(outcome.different for outcome in outcomes)
        return verdict({"every run ended": ended, "with the weights of the unbroken run, bit for bit": same})

    return exit_code(measure)


def _break_runs(lab: "_Lab", options: argparse.Namespace) -> Iterator[Outcome]:
    chance = random.Random(options.seed)
    asyncio.run(lab.train())  # waits for the engine's start
    unbroken, duration = asyncio.run(lab.train())
    print(f"The unbroken run took {duration:.1f} s. Seed {options.seed}.\n{_HEADER}", flush=True)
    for victim in itertools.islice(itertools.cycle(VICTIMS), options.kills):
        outcome = None
        while outcome is None:
            moment = chance.uniform(0.05, 0.95) * duration
            outcome = asyncio.run(lab.break_run(victim, moment, unbroken))
        print(_line(outcome), flush=True)
        yield outcome


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.load.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how many runs are broken (20)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    parser.add_argument("--data", default="mnist", help="what is trained on (mnist)")
    parser.add_argument("--share", type=float, default=0.3, help="the share of it (0.3)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of a run (5)")
    return parser.parse_args(arguments)


class _Lab:
    """An app with its engine, some part of which is killed now and then."""

    def __init__(self, app: AppProcess, settings: dict[str, str]) -> None:
        self.app, self.settings = app, settings

    async def _start(self, session: AppClient) -> tuple[Run, float]:
        await session.visit("train", **self.settings)
        start = time.perf_counter()
        await session.press("Start")
        return run_folders.all_runs()[0], start

    async def train(self) -> tuple[Run, float]:
        """Returns the ended run, and how long that took."""
        async with open_session(self.app.address) as session:
            run, start = await self._start(session)
            await session.watch(lambda page: run.stored_status().finished, RUN_SECONDS)
            return run, time.perf_counter() - start

    async def break_run(self, victim: str, moment: float, unbroken: Run) -> Outcome | None:
        """Kills the victim at a moment, and goes on as the app does; None where the run was over."""
        async with open_session(self.app.address) as session:
            run, start = await self._start(session)
            await asyncio.sleep(max(start + moment - time.perf_counter(), 0))
            moment, status = time.perf_counter() - start, run.stored_status()
            if status.finished:
                return None
            self._kill(victim)
        async with open_session(self.app.address) as session:
            await session.visit("train", run=run.id)
            await session.watch(lambda page: run.stored_status().finished, RUN_SECONDS)
        seconds, state = time.perf_counter() - start, run.stored_status().state
        return Outcome(victim, moment, status.epoch, state, seconds, _different(unbroken, run))

    def _kill(self, victim: str) -> None:
        app = self.app
        if victim == "pages":
            app.process.kill()
            app.process.wait()
            self.app = AppProcess.start(app.home, app.port)
            return
        find = app.trainer if victim == "worker" else app.engine
        wait_until(find, VICTIM_SECONDS, f"the {victim} to be there")
        process: psutil.Process | None = find()
        assert process
        process.kill()


def _different(one: Run, other: Run) -> tuple[str, ...]:
    """The arrays of two last checkpoints that are not the same, but for the time that training took."""
    first, second = one.read_checkpoint() or {}, other.read_checkpoint() or {}
    names = sorted((first.keys() | second.keys()) - {"epoch_seconds"})
    return tuple(name for name in names if not _same(first.get(name), second.get(name)))


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return False
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


_HEADER = "killed    at       epochs done  ended    after     weights"


def _line(outcome: Outcome) -> str:
    weights = f"DIFFERENT: {', '.join(outcome.different[:3])}" if outcome.different else "the same"
    return (
        f"{outcome.victim:8}  {outcome.moment:5.1f} s  {outcome.epochs:11}  {outcome.state:7}  {outcome.seconds:5.1f} s"
        f"   {weights}"
    )


if __name__ == "__main__":
    sys.exit(main())
