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

from mnist_core.data import corrections, sources, uploads
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.data.sources import MissingDataError
from mnist_core.errors import InputError, LabError
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    import numpy as np

    from mnist_core.evaluation.evaluation import Evaluation
    from mnist_core.evaluation.label_fit import Doubt
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
    """Adds `--data`, and what may be said of it, which `data_name` puts together."""
    parser.add_argument("--data", default=default, help=f"{text} (default {default})" if default else text)
    add_labels_in_names(parser)
    add_correction(parser)


def add_correction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--correct", metavar="HOW", help=f"change what was read: {corrections.EXPECTED}")


def add_labels_in_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels-in-names",
        action="store_true",
        help="the names of the pictures hold their labels, as 7_0012.png or img_0012_label7.png",
    )


def data_name(options: argparse.Namespace) -> str:
    """What `--data` names, with what else was said of it; empty where it is not given."""
    if options.correct and not options.data:
        raise InputError("--correct changes what --data names; give both.")
    return named(options.data, options) if options.data else ""


def named(name: str, options: argparse.Namespace) -> str:
    """The name of data with what was said of the names of its pictures, and what `--correct` asks for."""
    if options.labels_in_names and name in sources.BUILT_IN:
        raise InputError(f"The data {name} has no pictures with names; leave --labels-in-names away, or give a path.")
    base, correction = corrections.parted(name)
    more = corrections.parsed(options.correct) if options.correct else corrections.NOTHING
    return corrections.replaced(base + LABELS_IN_NAMES * options.labels_in_names, correction.then(more))


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
    """Loads data; MNIST that is not on this machine is downloaded with a progress bar.

    Squares of another size are prepared the way that reads better, which its source tells.
    """
    data = _load_data(name)
    if not data.resized:
        return data
    from mnist_core.evaluation import preparation

    with contextlib.suppress(LabError):  # without a shipped model it stays as it is read
        return preparation.of_dataset(data, sources.load, shipped_classifier())
    return data


def load_told(name: str) -> Dataset:
    """As `load_data`, and says on stderr how squares of another size were prepared."""
    data = load_data(name)
    if data.resized:
        print(f"{data.title}: {data.source}.", file=sys.stderr)
    return data


def prepared(digits: Digits) -> Digits:
    """Squares of another size the way that reads better, which their note tells."""
    if digits.standing is None:
        return digits
    from mnist_core.evaluation import preparation

    with contextlib.suppress(LabError):
        return preparation.of_digits(digits, shipped_classifier())
    return digits


def _load_data(name: str) -> Dataset:
    try:
        return sources.load(name)
    except MissingDataError:
        _download()
        return sources.load(name)


def load_labelled(name: str, *judged: Run) -> Digits:
    """Loads what runs shall be judged by (`LABELLED`), of which none has learned; says on stderr what to know of it."""
    from mnist_core.evaluation import judging

    ways = judging.Sources(load_told, lambda name: prepared(uploads.read_named(name)))
    digits = judging.labelled(judging.data_for(name, judged, ways), "'predict'")
    tell(digits, *judged)
    if digits.labels is not None:
        tell_doubt(digits.images, digits.labels, name)
    return digits


def tell_doubt(images: "np.ndarray", labels: "np.ndarray", name: str) -> None:
    """Says on stderr where the labels of data do not seem to fit; `advice` says what may be done."""
    if found := doubt(images, labels):
        print(advice(found, name), file=sys.stderr)


def doubt(images: "np.ndarray", labels: "np.ndarray") -> "Doubt | None":
    """What the shipped model has to say against labels; without one nothing can be said."""
    from mnist_core.evaluation import label_fit

    with contextlib.suppress(LabError):
        return label_fit.doubt(images, labels, shipped_classifier())
    return None


def shipped_classifier() -> "Classifier":
    return classifier_of(run_folders.find(run_folders.SHIPPED_MODEL), os.cpu_count())


def advice(found: "Doubt", name: str) -> str:
    """What speaks against the labels of data, and the option that puts them right where one is known."""
    if not found.correction:
        return found.sentence
    whole = corrections.parted(name)[1].then(found.correction)
    return f"{found.sentence} " + (f"'--correct {whole}' makes them so." if whole else "Leave '--correct' out.")


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
