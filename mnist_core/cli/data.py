"""Data, and the drawings that people labelled."""

import argparse
import gzip
from pathlib import Path
from typing import Any

from mnist_core.cli.frame import command, load_data, print_json
from mnist_core.data import sources, stroke_files
from mnist_core.data.dataset import describe
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.formatting import count, several


def add(commands: Any) -> None:
    """Adds the commands."""
    data = command(commands, "data", _data, "list the data, or fetch and describe one")
    data.add_argument("name", nargs="?", help="mnist (downloaded if it is not here), digits-8x8 or a path")

    collection = command(commands, "collection", _collection, "count the drawings that people labelled")
    verbs = collection.add_subparsers(metavar="[export|delete]")
    export = command(verbs, "export", _export_collection, "write the drawings as data that the lab reads")
    export.add_argument("file", metavar="FILE", help="a new file named .jsonl.gz or .jsonl")
    remove = command(verbs, "delete", _delete_drawings, "delete drawings for good")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("--id", type=int, action="append", metavar="NUMBER", help="this drawing; may be given again")
    which.add_argument("--all", action="store_true", help="all of them")
    remove.add_argument("--yes", action="store_true", help="really do it")


def _data(options: argparse.Namespace) -> None:
    if options.name:
        dataset = load_data(options.name)
        described = {part: describe(*arrays) for part, arrays in dataset.parts().items()}
        if options.json:
            print_json(
                dataset.reference()
                | {"source": dataset.source}
                | {
                    part: {"images": what.images, "digits": what.class_counts.tolist()}
                    for part, what in described.items()
                }
            )
            return
        print(f"{dataset.title}: {dataset.source}\nSHA-256 of its pixels and labels {dataset.identity}")
        for part, what in described.items():
            print(f"{part}: {count(what.images)} images, of each digit {', '.join(map(str, what.class_counts))}")
        return
    path = sources.find_mnist()
    places = {
        "mnist": str(path) if path else "not here; 'python -m mnist_core data mnist' downloads it (11 MB)",
        "digits-8x8": "bundled with scikit-learn, needs no network",
        "collection": "the drawings that people labelled in this lab",
    }
    if options.json:
        print_json(places)
    else:
        for name, place in places.items():
            print(f"{name:12}{place}")
        print(f"{'PATH':12}an .npz as Keras has it, a folder of IDX files, Kaggle's train.csv, strokes as .jsonl.gz")


def _collection(options: argparse.Namespace) -> None:
    from mnist_core.data.collection.store import NO_DRAWINGS, Collection

    counts = Collection().counts()
    if options.json:
        print_json({"drawings": int(counts.sum()), "digits": counts.tolist()})
    elif counts.any():
        print(f"{several(int(counts.sum()), 'drawing')}, of each digit {', '.join(map(count, counts.tolist()))}")
    else:
        print(NO_DRAWINGS)


def _export_collection(options: argparse.Namespace) -> None:
    from mnist_core.data.collection.store import NO_DRAWINGS, Collection

    path = Path(options.file)
    if not path.name.endswith(stroke_files.SUFFIXES):
        raise InputError(f"{path.name} is no name for drawings; give it the ending .jsonl.gz, or .jsonl.")
    content = Collection().export()
    lines = gzip.decompress(content)
    if not lines:
        raise InputError(NO_DRAWINGS)
    try:
        atomic.write_bytes(path, content if path.suffix == ".gz" else lines)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
    number = lines.count(b"\n")
    if options.json:
        print_json({"file": str(path), "drawings": number})
    else:
        print(f"{several(number, 'drawing')} written to {path}")


def _delete_drawings(options: argparse.Namespace) -> None:
    from mnist_core.data.collection.store import Collection

    collection = Collection()
    if not options.yes:
        number = collection.count() if options.all else len(options.id)
        raise InputError(f"This deletes {several(number, 'drawing')} for good; add --yes to do it.")
    gone = collection.clear() if options.all else collection.delete(options.id)
    if not gone and not options.all:
        raise InputError(
            f"There is no drawing {', '.join(map(str, options.id))}; the Explore page shows their numbers."
        )
    if options.json:
        print_json({"deleted": gone})
    else:
        print(f"{several(gone, 'drawing')} deleted")
