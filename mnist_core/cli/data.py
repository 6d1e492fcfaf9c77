"""List the data, or fetch, describe and show one."""

import argparse
import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.cli import frame
from mnist_core.data import readers, sources, uploads
from mnist_core.data.dataset import Dataset, Description, describe
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.formatting import count, percent, several
from mnist_core.mnist import CLASSES
from mnist_core.presentation import first_images, pictures

if TYPE_CHECKING:
    from mnist_core.evaluation.label_fit import Doubt


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", help="mnist (downloaded if it is not here), digits-8x8, a path, or a file of digits to judge"
    )
    frame.add_labels_in_names(parser)
    frame.add_correction(parser)
    parser.add_argument("--png", metavar="FILE", help="write the first images with their labels as a picture")


def command(options: argparse.Namespace) -> None:
    if not options.name:
        given = {"--labels-in-names": options.labels_in_names, "--correct": options.correct, "--png": options.png}
        if without := [option for option, value in given.items() if value]:
            raise InputError(f"{without[0]} is about one of the data; give its name or path too.")
        _list(options)
        return
    name = frame.named(options.name, options)
    try:
        dataset = frame.load_data(name)
    except InputError:
        if not uploads.is_such(sources.path_of(name)):
            raise
        _show_digits(options, name, frame.prepared(uploads.read_named(sources.resolve(name))))
    else:
        _show_dataset(options, name, dataset)


def _list(options: argparse.Namespace) -> None:
    path = sources.find_mnist()
    places = {
        "mnist": str(path) if path else "not here; 'python -m mnist_core data mnist' downloads it (11 MB)",
        "digits-8x8": "bundled with scikit-learn, needs no network",
        "collection": "the drawings that people labelled in this lab",
    }
    any_path = readers.KINDS
    frame.show(options, places, (f"{name:12}{place}" for name, place in (places | {"PATH": any_path}).items()))


def _show_dataset(options: argparse.Namespace, name: str, dataset: Dataset) -> None:
    parts = {part: describe(*arrays) for part, arrays in dataset.parts().items()}
    described = {part: {"images": what.images, "digits": what.class_counts.tolist()} for part, what in parts.items()}
    value = dataset.reference() | {"source": dataset.source} | described
    digits = Digits(dataset.title, dataset.train_images, dataset.train_labels)
    first = Digits(dataset.title, *dataset.first(first_images.NUMBER))
    _show(options, name, value, _description_lines(dataset, parts), digits, first)


def _show_digits(options: argparse.Namespace, name: str, digits: Digits) -> None:
    frame.tell(digits)
    counts = None if digits.labels is None else np.bincount(digits.labels, minlength=CLASSES).tolist()
    value = {"name": name, "identity": digits.identity, "title": digits.title, "images": len(digits), "digits": counts}
    labelled = "without labels" if counts is None else f"of each digit {', '.join(map(str, counts))}"
    _show(options, name, value, [f"{digits.title}: {several(len(digits), 'image')}, {labelled}"], digits, digits)


def _show(
    options: argparse.Namespace, name: str, value: dict[str, Any], lines: Iterable[str], digits: Digits, first: Digits
) -> None:
    """Shows what is known of data, its first images, and whether a model that reads well agrees with the labels."""
    shown = first_images.telling((first.images, first.labels), (digits.images, digits.labels))
    if options.png:
        _write(Path(options.png), *shown[:2])
    found = None if digits.labels is None else frame.doubt(digits.images, digits.labels)
    value = value | {"doubt": found and found.sentence, "correct": found and str(found.correction)}
    frame.show(options, value, itertools.chain(lines, _first_lines(*shown), _fit_lines(name, digits, found)))


def _first_lines(images: np.ndarray, labels: np.ndarray | None, sentence: str) -> Iterator[str]:
    if (sys.stdout.encoding or "").lower().startswith("utf"):  # no other has Braille's dots
        yield f"\n{sentence}"
        yield from first_images.as_text(images, labels)


def _fit_lines(name: str, digits: Digits, found: "Doubt | None") -> Iterator[str]:
    if found:
        yield f"\n{frame.advice(found, name)}"
    elif digits.labels is not None:
        yield from _agreement(digits.images, digits.labels)


def _agreement(images: np.ndarray, labels: np.ndarray) -> Iterator[str]:
    from mnist_core.evaluation import label_fit

    try:
        share = label_fit.agreement(images, labels, frame.shipped_classifier())
    except LabError:
        return
    looked_at = count(min(len(images), label_fit.SAMPLE))
    yield f"\nA model that reads MNIST well agrees with {percent(share, 0)} of the labels (of {looked_at} images)."


def _write(path: Path, images: np.ndarray, labels: np.ndarray | None) -> None:
    try:
        atomic.write_bytes(path, pictures.png(first_images.as_picture(images, labels)))
    except OSError as error:
        raise LabError(f"The picture cannot be written to {path} ({error.strerror}); name another file.") from None


def _description_lines(dataset: Dataset, parts: dict[str, Description]) -> Iterator[str]:
    yield f"{dataset.title}: {dataset.source}\nSHA-256 of its pixels and labels {dataset.identity}"
    for part, what in parts.items():
        yield f"{part}: {several(what.images, 'image')}, of each digit {', '.join(map(str, what.class_counts))}"
