"""Count the drawings that people labelled."""

import argparse
import gzip
from pathlib import Path

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import frame
from mnist_core.data import stroke_files
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.formatting import count, several
from mnist_core.mnist import NO_DIGIT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="[export|delete|sheet]")
    export = frame.command(verbs, "export", _export, "Write the drawings as data that the lab reads.")
    export.add_argument("file", metavar="FILE", help="a new file named .jsonl.gz or .jsonl")
    remove = frame.command(verbs, "delete", _delete, "Delete drawings for good.")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("--id", type=int, action="append", metavar="NUMBER", help="this drawing; may be given again")
    which.add_argument("--all", action="store_true", help="all of them")
    remove.add_argument("--yes", action="store_true", help="really do it")
    sheet = frame.command(verbs, "sheet", _sheet, "Write the sheet to print on which a class writes digits.")
    sheet.add_argument("file", metavar="FILE.pdf", help="a new file; the Explore page reads its photographs")


def command(options: argparse.Namespace) -> None:
    from mnist_core.data.collection.store import NO_DRAWINGS, Collection

    kept = Collection()
    counts, no_digit = kept.counts(), kept.count(NO_DIGIT)
    total = int(counts.sum()) + no_digit
    each = f"{several(total, 'drawing')}, of each digit {', '.join(map(count, counts.tolist()))}"
    value = {"drawings": total, "digits": counts.tolist(), "no_digit": no_digit}
    frame.show(options, value, [f"{each}; no digit: {count(no_digit)}" if total else NO_DRAWINGS])


def _export(options: argparse.Namespace) -> None:
    from mnist_core.data.collection.store import NO_DRAWINGS, Collection

    path = Path(options.file)
    if not path.name.endswith(stroke_files.SUFFIXES):
        raise InputError(f"{path.name} cannot be a file of drawings; give it the ending .jsonl.gz, or .jsonl.")
    content = Collection().export()
    lines = gzip.decompress(content)
    if not lines:
        raise InputError(NO_DRAWINGS)
    _write(path, content if path.suffix == ".gz" else lines)
    number = lines.count(b"\n")
    frame.show(options, {"file": str(path), "drawings": number}, [f"{several(number, 'drawing')} written to {path}"])


def _sheet(options: argparse.Namespace) -> None:
    from mnist_core.presentation import class_sheet

    path = Path(options.file)
    if path.suffix.lower() != ".pdf":
        raise InputError(f"{path.name} cannot be the sheet to print; give it the ending .pdf.")
    _write(path, class_sheet.render())
    frame.show(options, {"file": str(path)}, [f"The sheet to print was written to {path}"])


def _write(path: Path, content: bytes) -> None:
    try:
        atomic.write_bytes(path, content)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another place.") from None


def _delete(options: argparse.Namespace) -> None:
    from mnist_core.data.collection.store import Collection

    collection = Collection()
    if not options.yes:
        number = collection.count() if options.all else len(options.id)
        raise InputError(f"This deletes {several(number, 'drawing')} for good; add --yes to do it.")
    gone = collection.clear(by=COMMAND_LINE) if options.all else collection.remove(options.id, by=COMMAND_LINE)
    if not gone and not options.all:
        raise InputError(
            f"There is no drawing {', '.join(map(str, options.id))}; the Explore page shows their numbers."
        )
    frame.show(options, {"deleted": gone}, [f"{several(gone, 'drawing')} deleted"])
