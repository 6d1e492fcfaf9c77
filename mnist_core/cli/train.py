"""Training in the foreground, and what was trained."""

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import Timeout

from mnist_core import environment
from mnist_core.cli.frame import command, interrupt_stops, load_data, native_notes_hidden, print_json
from mnist_core.config.network import count_parameters
from mnist_core.config.recipes import RECIPES, from_address
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.errors import InputError, LabError
from mnist_core.formatting import duration, percent, several
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.training import continuation, keras_import, setup


def add(commands: Any) -> None:
    """Adds the commands."""
    train = command(commands, "train", _train, "train in the foreground; Ctrl-C keeps what there is")
    train.add_argument("--data", default="mnist", help="mnist, digits-8x8, collection or a path (default mnist)")
    train.add_argument("--recipe", default="quick", help=f"one of {', '.join(RECIPES)}, or your own (default quick)")
    train.add_argument("--network", help="other layers, such as conv:16:3:relu,maxpool:2,flatten,dense:10:softmax")
    for name in SETTINGS:
        words = name.replace("_", " ")
        train.add_argument(f"--{words.replace(' ', '-')}", dest=name, help=f"{words} (default: the recipe's)")
    train.add_argument("--tensorboard", action="store_true", help="write event files, for tensorboard --logdir")

    longer = command(commands, "continue", _continue, "train a finished run for more epochs, as a new run")
    longer.add_argument("run", help="the id of a run that has ended")
    longer.add_argument("--epochs", type=int, required=True, help="how many more")

    events = command(commands, "tensorboard", _tensorboard, "write a run's event files, for tensorboard --logdir")
    events.add_argument("run", help="a run id, or the name of a shipped model")
    events.add_argument("folder", type=Path, help="a new folder for them")

    command(commands, "runs", _runs, "list the runs, the newest first, and the shipped models")


def _train(options: argparse.Namespace) -> None:
    environment.check_training()
    named = {name: getattr(options, name) for name in ("recipe", "network", *SETTINGS)}
    config = from_address({name: value for name, value in named.items() if value is not None})
    dataset = load_data(options.data)
    config, reference = setup.settle(config, dataset)  # what is missing is wrong input, not a failed run
    about = {"tensorboard": True} if options.tensorboard else {}
    _train_in_foreground(dataset, options.json, lambda: run_folders.create(config, reference, about=about))


def _continue(options: argparse.Namespace) -> None:
    environment.check_training()
    before = run_folders.find(options.run)
    continuation.longer(before, options.epochs)
    dataset = setup.data_of(before)
    _train_in_foreground(dataset, options.json, lambda: continuation.create(before, options.epochs))


def _train_in_foreground(dataset: Dataset, as_json: bool, create: Callable[[], Run]) -> None:
    with native_notes_hidden():
        import mnist_core.training  # noqa: F401 — seconds to load; a Ctrl-C in them leaves nothing behind
    run = create()
    print(f"Training {run.config().recipe} on {dataset.title} …", file=sys.stderr)
    try:
        with run.lock():
            status = _train_with_bar(run.config(), dataset, run)
    except Timeout:
        raise LabError(f"The engine has taken the run {run.id} up; the Train page shows it.") from None
    if status.state == "failed":
        raise LabError(status_words.sentence(status))
    _print_result(run, status, dataset, as_json)


def _print_result(run: Run, status: Status, dataset: Dataset, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "run": run.id,
                "state": status.state,
                "test_accuracy": status.test_accuracy,
                "test_loss": status.test_loss,
                "epochs": status.epoch,
                "seconds": round(status.seconds, 2),
                "parameters": count_parameters(run.config().layers),
            }
        )
        return
    print(status_words.sentence(status) or f"Trained {several(status.epoch, 'epoch')} in {duration(status.seconds)}.")
    print(f"run {run.id}")
    print(f"test accuracy {percent(status.test_accuracy)}, loss {status.test_loss:.4f} on {dataset.title}")


def _tensorboard(options: argparse.Namespace) -> None:
    environment.check_training("TensorBoard")
    run, folder = run_folders.find(options.run), options.folder
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; name a new folder for the event files.")
    with native_notes_hidden():
        from mnist_core.training import event_files
    try:
        epochs = event_files.write_run(run, folder)
    except OSError as error:
        raise LabError(f"{folder} cannot be written ({error}); choose another place.") from None
    if options.json:
        print_json({"run": run.id, "folder": str(folder), "epochs": epochs})
    else:
        print(f"{several(epochs, 'epoch')} written; see them with: tensorboard --logdir {folder}")


def _train_with_bar(config: TrainConfig, dataset: Dataset, run: Run) -> Status:
    from tqdm import tqdm

    keras_import.load()
    from mnist_core.training import loop

    with tqdm(total=1000, bar_format="{l_bar}{bar}| {elapsed} {postfix}", leave=False) as bar:

        def show(status: Status) -> None:
            bar.set_postfix_str(f"epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}", refresh=False)
            bar.update(round(1000 * status.progress) - bar.n)

        with interrupt_stops(lambda: run.request("stop")):
            return loop.train(config, dataset, run, show)


def _runs(options: argparse.Namespace) -> None:
    rows = [_run_row(run) for run in [*run_folders.all_runs(), *run_folders.shipped_runs()]]
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
        "reason": status_words.sentence(status),
        "epoch": status.epoch,
        "epochs": status.epochs,
        "seconds": status.seconds,
        "test_accuracy": status.test_accuracy if known else None,
        "test_loss": status.test_loss if known else None,
    }
