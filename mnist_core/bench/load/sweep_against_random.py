"""What pruning is worth: a sweep that searches and prunes against as many random trials that all go to their end.

`python -m mnist_core.bench.load.sweep_against_random --share 0.2 --epochs 5`: same engine, recipe, space and number of
trials, by turns. Compared are the training seconds and epochs of all trials together, and the accuracies.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from mnist_core.access.actor import Actor
from mnist_core.bench.load.bars import verdict
from mnist_core.config import recipes
from mnist_core.data import sources
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.sweeps import results, trial_tasks
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.engine.sweeps.sweep import Plan, Sweep
from mnist_core.errors import LabError
from mnist_core.formatting import duration, percent

SPACE = ("learning_rate=0.0001..0.03:log", "batch_size=16,32,64,128")
MOST_TIME = 0.5


@dataclass(frozen=True)
class Result:
    """What came of a sweep."""

    name: str
    trials: int  # that went to their end
    epochs: int  # of all trials together
    seconds: float  # of training, of all trials together
    best_validation: float  # the highest accuracy
    best_test: float  # of that trial
    median_validation: float  # of all trials that went to their end
    median_test: float


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as home:
        os.environ["MNIST_HOME"] = options.home or home
        dataset = sources.load(options.data)
        config = recipes.from_address({"recipe": options.recipe})
        config = dataclasses.replace(config, epochs=options.epochs, data_share=options.share)
        plan = Plan(config, Space.parse(options.space or SPACE), options.trials, seed=options.seed)
        random = dataclasses.replace(plan, method="random", pruning=False)
        with _engine():
            # Two owners: the queue takes their trials in turn, so that other work on the machine slows both alike.
            engine = EngineConnection()
            sweeps = [
                trial_tasks.start(engine, plan, dataset, Actor("search", on_this_machine=True)),
                trial_tasks.start(engine, random, dataset, Actor("random", on_this_machine=True)),
            ]
            _wait(sweeps)
        searched, drawn = _result("search, pruned", sweeps[0]), _result("random, to the end", sweeps[1])
    print(json.dumps([dataclasses.asdict(searched), dataclasses.asdict(drawn)]), file=sys.stderr)
    bars = {
        f"test accuracy of its best: {percent(searched.best_test)}, above the median of the random trials, "
        f"{percent(drawn.median_test)}": searched.best_test > drawn.median_test,
        f"training time: {searched.seconds / drawn.seconds:.2f} of theirs, at most {MOST_TIME:g}": (
            searched.seconds <= MOST_TIME * drawn.seconds
        ),
    }
    return 0 if verdict(bars) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--recipe", default="simple-cnn")
    parser.add_argument("--space", action="append", help=f"default {' '.join(SPACE)}")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.2, help="of the training images")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", help="keep the sweeps in this folder")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _engine() -> Iterator[None]:
    command = [sys.executable, "-m", "mnist_core", "engine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise LabError("The engine did not start; 'python -m mnist_core engine' says why.")
            yield
        finally:
            process.terminate()


def _wait(sweeps: list[Sweep]) -> None:
    while not all(trial.ended for sweep in sweeps for trial in sweep.trials()):
        time.sleep(1)


def _result(name: str, sweep: Sweep) -> Result:
    trials = sweep.trials()
    finished = [trial for trial in trials if trial.state == "done"]
    best = results.best(trials)
    if best is None:
        raise LabError(f"No trial of '{name}' went to its end; {sweep.folder} says why.")
    tests = {trial.number: sweep.run(trial.number).status().test_accuracy for trial in finished}
    result = Result(
        name,
        len(finished),
        sum(trial.epoch for trial in trials),
        sum(trial.seconds for trial in trials),
        best.accuracy,
        tests[best.number],
        median(trial.accuracy for trial in finished),
        median(tests.values()),
    )
    print(
        f"{name:20}{result.epochs:4} epochs in {duration(result.seconds)}; "
        f"best: validation {percent(result.best_validation)}, test {percent(result.best_test)}; "
        f"median of {result.trials}: validation {percent(result.median_validation)}, "
        f"test {percent(result.median_test)}"
    )
    return result


if __name__ == "__main__":
    sys.exit(main())
