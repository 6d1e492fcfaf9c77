"""Training in the foreground, and what was trained."""

import argparse
import math
import signal
import sys
from typing import Any

from filelock import Timeout

from mnist_core import datasets, runs
from mnist_core.cli.frame import command, load_data, native_notes_hidden, print_json
from mnist_core.config import RECIPES, SETTINGS, TrainConfig, from_address
from mnist_core.datasets import Dataset
from mnist_core.errors import LabError
from mnist_core.layers import count_parameters
from mnist_core.phrases import count, duration, percent
from mnist_core.runs import Run, Status


def add(commands: Any) -> None:
    """Adds the commands."""
    train = command(commands, "train", _train, "train in the foreground; Ctrl-C keeps what there is")
    train.add_argument("--data", default="mnist", help="mnist, digits-8x8, collection or a path (default mnist)")
    train.add_argument("--recipe", default="quick", help=f"one of {', '.join(RECIPES)} (default quick)")
    train.add_argument("--network", help="other layers, such as conv:16:3:relu,maxpool:2,flatten,dense:10:softmax")
    for name in SETTINGS:
        words = name.replace("_", " ")
        train.add_argument(f"--{words.replace(' ', '-')}", dest=name, help=f"{words} (default: the recipe's)")

    command(commands, "recipes", _recipes, "list the recipes")
    command(commands, "runs", _runs, "list the runs, the newest first, and the shipped models")


def _train(options: argparse.Namespace) -> None:
    named = {name: getattr(options, name) for name in ("recipe", "network", *SETTINGS)}
    config = from_address({name: value for name, value in named.items() if value is not None})
    dataset = load_data(options.data)
    config, reference = datasets.settle(config, dataset)  # what is missing is wrong input, not a failed run
    print(f"Training {config.recipe} on {dataset.title} …", file=sys.stderr)
    with native_notes_hidden():
        import mnist_core.training  # noqa: F401 — seconds to load; a Ctrl-C in them leaves nothing behind
    run = runs.create(config, reference)
    try:
        with run.lock():
            status = _train_with_bar(config, dataset, run)
    except Timeout:
        raise LabError(f"The engine has taken the run {run.id} up; the Train page shows it.") from None
    if status.state == "failed":
        raise LabError(status.reason)
    result = {
        "run": run.id,
        "state": status.state,
        "test_accuracy": status.test_accuracy,
        "test_loss": status.test_loss,
        "epochs": status.epoch,
        "seconds": round(status.seconds, 2),
        "parameters": count_parameters(config.layers),
    }
    if options.json:
        print_json(result)
    else:
        print(status.reason or f"Trained {status.epoch} epochs in {duration(status.seconds)}.")
        print(f"run {run.id}")
        print(f"test accuracy {percent(status.test_accuracy)}, loss {status.test_loss:.4f} on {dataset.title}")


def _train_with_bar(config: TrainConfig, dataset: Dataset, run: Run) -> Status:
    from tqdm import tqdm

    from mnist_core import training

    with tqdm(total=1000, bar_format="{l_bar}{bar}| {elapsed} {postfix}", leave=False) as bar:

        def show(status: Status) -> None:
            bar.set_postfix_str(f"epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}", refresh=False)
            bar.update(round(1000 * status.progress) - bar.n)

        with _InterruptStops(run):
            return training.train(config, dataset, run, show)


class _InterruptStops:
    """While this is entered, the first Ctrl-C asks the run to stop and keep; a second one ends the program."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        self._previous = signal.signal(signal.SIGINT, self._stop)

    def _stop(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._previous)
        self._run.request("stop")

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._previous)


def _recipes(options: argparse.Namespace) -> None:
    if options.json:
        print_json(
            {name: recipe.config.to_json() | {"published": recipe.published} for name, recipe in RECIPES.items()}
        )
        return
    for name, recipe in RECIPES.items():
        published = f"published: {recipe.published}" if recipe.published else "the lab's own"
        print(f"{name:22}{count(count_parameters(recipe.config.layers)):>10} parameters, {published}")
        print(f"    {recipe.description}")


def _runs(options: argparse.Namespace) -> None:
    rows = [_run_row(run) for run in [*runs.all_runs(), *runs.shipped_runs()]]
    if options.json:
        print_json(rows)
        return
    for row in rows:
        print(
            f"{row['run']:52}{row['state']:9}{percent(row['test_accuracy'] or math.nan):>9}  {row['reason']}".rstrip()
        )


def _run_row(run: Run) -> dict[str, Any]:
    status = run.status()
    known = not math.isnan(status.test_accuracy)
    return {
        "run": run.id,
        "state": status.state,
        "reason": status.reason,
        "epoch": status.epoch,
        "epochs": status.epochs,
        "seconds": status.seconds,
        "test_accuracy": status.test_accuracy if known else None,
        "test_loss": status.test_loss if known else None,
    }
