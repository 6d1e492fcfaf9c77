"""List the data, or fetch and describe one."""

import argparse
from collections.abc import Iterator

from mnist_core.cli import frame
from mnist_core.data import readers, sources
from mnist_core.data.dataset import Dataset, Description, describe
from mnist_core.formatting import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="mnist (downloaded if it is not here), digits-8x8 or a path")
    frame.add_labels_in_names(parser)


def command(options: argparse.Namespace) -> None:
    if options.name:
        dataset = frame.load_data(frame.with_names(options.name, options))
        parts = {part: describe(*arrays) for part, arrays in dataset.parts().items()}
        described = {
            part: {"images": what.images, "digits": what.class_counts.tolist()} for part, what in parts.items()
        }
        value = dataset.reference() | {"source": dataset.source} | described
        frame.show(options, value, _description_lines(dataset, parts))
        return
    path = sources.find_mnist()
    places = {
        "mnist": str(path) if path else "not here; 'python -m mnist_core data mnist' downloads it (11 MB)",
        "digits-8x8": "bundled with scikit-learn, needs no network",
        "collection": "the drawings that people labelled in this lab",
    }
    any_path = readers.KINDS
    frame.show(options, places, (f"{name:12}{place}" for name, place in (places | {"PATH": any_path}).items()))


def _description_lines(dataset: Dataset, parts: dict[str, Description]) -> Iterator[str]:
    yield f"{dataset.title}: {dataset.source}\nSHA-256 of its pixels and labels {dataset.identity}"
    for part, what in parts.items():
        yield f"{part}: {count(what.images)} images, of each digit {', '.join(map(str, what.class_counts))}"
