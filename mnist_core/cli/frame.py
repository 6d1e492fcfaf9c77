"""What all commands share: their frame, output as JSON or lines, data, and quiet native libraries."""

import argparse
import contextlib
import functools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core.data import sources
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.data.sources import MissingDataError
from mnist_core.errors import InputError, LabError
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    from mnist_core.evaluation.evaluation import Evaluation
    from mnist_core.inference.classifier import Classifier

RUN = "a run id, or the name of a shipped model"
LABELLED = (
    "the test part of this data (all of it where it has none): a built-in name, or a file, folder or zip of any form "
    "that the lab reads"
)


def command(
    commands: Any, name: str, function: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    """Adds a command with its `--json`; `text` is a sentence that says what it does."""
    line = text[0].lower() + text[1:].removesuffix(".")
    parser: argparse.ArgumentParser = commands.add_parser(name, help=line, description=text)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(command=function)
    return parser


def add_data(parser: argparse.ArgumentParser, text: str, default: str | None = None) -> None:
    """Adds `--data`, whose help is `text`, and what may be said of its pictures (`with_names`)."""
    parser.add_argument("--data", default=default, help=text)
    add_labels_in_names(parser)


def add_labels_in_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels-in-names",
        action="store_true",
        help="the names of the pictures hold their labels, as 7_0012.png or img_0012_label7.png",
    )


def with_names(name: str, options: argparse.Namespace) -> str:
    """Returns the name of data with what was said of the names of its pictures."""
    if not options.labels_in_names:
        return name
    if name in sources.BUILT_IN:
        raise InputError(f"The data {name} has no pictures with names; leave --labels-in-names away, or give a path.")
    return name + LABELS_IN_NAMES


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def show(options: argparse.Namespace, value: Any, lines: Iterable[str]) -> None:
    """Prints what a command found: with `--json` the value as one line of JSON, otherwise the lines for people."""
    if options.json:
        print_json(value)
    else:
        for line in lines:
            print(line)


def tell(digits: Digits, *judged: Run) -> None:
    """Says on stderr what one should know of digits, and of runs judged by them, so that a program can read the result.

    Of the runs, that is how many of the images they learned from, where their own data is on this machine.
    """
    if digits.note:
        print(digits.note, file=sys.stderr)
    for name, reason in digits.left_out:
        print(f"left out: {name} ({reason})", file=sys.stderr)
    if not judged:
        return
    from mnist_core.evaluation import held_out

    load = functools.cache(sources.load)
    for run in judged:
        learner = "the model" if len(judged) == 1 else run.id
        with contextlib.suppress(LabError):
            known = held_out.learned(run, digits.images, digits.identity, load)
            if known:
                print(held_out.repetition(run, known, len(digits), learner), file=sys.stderr)


def load_data(name: str) -> Dataset:
    """Loads data; MNIST that is not on this machine is downloaded with a progress bar."""
    try:
        return sources.load(name)
    except MissingDataError:
        _download()
        return sources.load(name)


def load_labelled(name: str, *judged: Run) -> Digits:
    """Loads what runs shall be judged by (`LABELLED`), of which none has learned; says on stderr what to know of it."""
    from mnist_core.evaluation import judging

    digits = judging.labelled(judging.data_for(name, judged, judging.Sources(load_data)), "'predict'")
    tell(digits, *judged)
    _tell_doubt(digits)
    return digits


def _tell_doubt(digits: Digits) -> None:
    """Says on stderr where labels do not seem to fit; without a shipped model nothing can be said."""
    from mnist_core.evaluation import label_fit

    with contextlib.suppress(LabError):
        shipped = classifier_of(run_folders.find(run_folders.SHIPPED_MODEL), os.cpu_count())
        if digits.labels is not None and (sentence := label_fit.doubt(digits.images, digits.labels, shipped)):
            print(sentence, file=sys.stderr)


def judge(run: Run, digits: Digits) -> "Evaluation":
    """Judges a run on what `load_labelled` returned, with all cores."""
    from mnist_core.evaluation import judging

    return judging.judge(run, digits, lambda run, digits: judging.measure(classifier_of(run, os.cpu_count()), digits))


def _download() -> None:
    from tqdm import tqdm

    from mnist_core.data.download import download_mnist

    with tqdm(desc="MNIST", unit="B", unit_scale=True, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        download_mnist(show)


def classifier_of(run: Run, threads: int | None = None) -> "Classifier":
    """Returns a run's classifier; by default on one thread, as the pages have it."""
    with native_notes_hidden():
        from mnist_core.inference.classifier import Classifier

        return Classifier(run.model_path, threads) if threads else Classifier(run.model_path)


@contextlib.contextmanager
def native_notes_hidden() -> Iterator[None]:
    """Hides what TensorFlow and LiteRT write past Python when they load; the lab's errors are one line on stderr."""
    sys.stderr.flush()
    saved = os.dup(2)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


@contextlib.contextmanager
def interrupt_stops(stop: Callable[[], object]) -> Iterator[None]:
    """Lets the first Ctrl-C in the block call `stop`, which keeps what there is; a second one ends the program."""

    def heed(*_: object) -> None:
        signal.signal(signal.SIGINT, previous)
        stop()

    previous = signal.signal(signal.SIGINT, heed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
