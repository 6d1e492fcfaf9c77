"""Train in the foreground; Ctrl-C keeps what there is."""

import argparse
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from filelock import Timeout

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.checks import short
from mnist_core.cli import frame
from mnist_core.config.network import count_parameters
from mnist_core.config.recipes import DEFAULT_RECIPE, RECIPES, from_address
from mnist_core.config.train_config import SETTINGS, Setting
from mnist_core.data.dataset import Dataset
from mnist_core.data.sources import BUILT_IN
from mnist_core.errors import LabError
from mnist_core.formatting import duration, percent, several
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.training import keras_import, run_data


def add_arguments(parser: argparse.ArgumentParser) -> None:
    frame.add_data(parser, "mnist, digits-8x8, collection or a path", "mnist")
    names = f"one of {', '.join(RECIPES)}, or your own"
    parser.add_argument("--recipe", default=DEFAULT_RECIPE, help=f"{names} (default {DEFAULT_RECIPE})")
    parser.add_argument("--network", help="other layers, such as conv:16:3:relu,maxpool:2,flatten,dense:10:softmax")
    settings = parser.add_argument_group("settings", "By default those of the recipe.")
    usual = RECIPES[DEFAULT_RECIPE].config
    for setting in SETTINGS.values():
        value = short(getattr(usual, setting.name)) or "none"
        text = f"{in_words(setting)} ({DEFAULT_RECIPE}: {value})"
        settings.add_argument(f"--{setting.name.replace('_', '-')}", dest=setting.name, help=text)
    parser.add_argument("--tensorboard", action="store_true", help="write event files, for tensorboard --logdir")


def in_words(setting: Setting) -> str:
    """Says what a setting is and may be, for a help; argparse takes a single per cent sign for its own."""
    return f"{setting.about}; {setting.rule.words}".replace("%", "%%")


def command(options: argparse.Namespace) -> None:
    environment.check_training()
    named = {name: getattr(options, name) for name in ("recipe", "network", *SETTINGS)}
    config = from_address({name: value for name, value in named.items() if value is not None})
    name = frame.data_name(options)
    dataset = frame.load_told(name)
    if name not in BUILT_IN:
        frame.tell_doubt(dataset.train_images, dataset.train_labels, name)
    with frame.waiting("Looking at the data"):  # a second source is read whole
        config, reference = run_data.settle(config, dataset)  # what is missing is wrong input, not a failed run
    about = {"tensorboard": True} if options.tensorboard else {}
    in_foreground(options, dataset, lambda: run_folders.create(config, reference, about=about))


def in_foreground(options: argparse.Namespace, dataset: Dataset, create: Callable[[], Run]) -> None:
    """Trains the run that `create` makes once TensorFlow is loaded, and shows how it ended."""
    with frame.waiting("TensorFlow starts"), frame.native_notes_hidden():
        keras_import.load()  # takes seconds; a Ctrl-C in them leaves nothing behind
        from mnist_core.training import loop
    run = create()
    print(f"Training {run.config().recipe} on {dataset.title} …", file=sys.stderr)
    try:
        with run.lock():
            status = _with_bar(run, functools.partial(loop.train, run.config(), dataset, run))
    except Timeout:
        raise LabError(f"The engine has taken the run {run.id} up; the Train page shows it.") from None
    if status.state == "failed":
        raise LabError(status_words.sentence(status))
    frame.show(options, _as_json(run, status), _lines(run, status, dataset))


def _with_bar(run: Run, train: Callable[[Callable[[Status], None]], Status]) -> Status:
    with frame.bar("Training", 1000, layout="{l_bar}{bar}| {elapsed} {postfix}") as bar:

        def show(status: Status) -> None:
            bar.set_postfix_str(_doing(status), refresh=False)
            if status.problem == "disk-full":
                bar.write(status_words.sentence(status), file=sys.stderr)
            bar.update(round(1000 * status.progress) - bar.n)

        with frame.interrupt_stops(lambda: run.request("stop", by=COMMAND_LINE)):
            return train(show)


def _doing(status: Status) -> str:
    """Says what a trainer is at: before the first step it reads, paints and makes images."""
    if status.problem == "writing":
        return "writing and judging the model"
    return f"epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}" if status.steps else "making the images"


def _as_json(run: Run, status: Status) -> dict[str, Any]:
    return {
        "run": run.id,
        "state": status.state,
        "test_accuracy": status.test_accuracy,
        "test_loss": status.test_loss,
        "epochs": status.epoch,
        "seconds": round(status.seconds, 2),
        "parameters": count_parameters(run.config().layers),
    }


def _lines(run: Run, status: Status, dataset: Dataset) -> Iterator[str]:
    yield status_words.sentence(status) or f"Trained {several(status.epoch, 'epoch')} in {duration(status.seconds)}."
    yield f"run {run.id}"
    yield f"test accuracy {percent(status.test_accuracy)}, loss {status.test_loss:.4f} on {dataset.title}"
