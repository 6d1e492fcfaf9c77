"""Classify pictures or strokes, one JSON object a line."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.cli import frame
from mnist_core.data import stroke_files
from mnist_core.errors import InputError
from mnist_core.formatting import count, listed
from mnist_core.runs import run_folders

if TYPE_CHECKING:
    from mnist_core.inference.classifier import Classifier
    from mnist_core.inference.reading import Reading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="PNG or JPEG; with --strokes JSON lines, .gz too")
    parser.add_argument("--strokes", action="store_true", help='files hold {"strokes": [[[x, y], …], …]} lines')
    parser.add_argument("--model", default=run_folders.SHIPPED_MODEL, help="a run id or a shipped model")


def command(options: argparse.Namespace) -> None:
    from mnist_core.inference import reading
    from mnist_core.inference.reading_rows import reading_row

    classifier = frame.classifier_of(run_folders.find(options.model))
    if options.strokes:
        with frame.watch_lines("Reading drawings", 0) as advance:
            for path in map(Path, options.files):
                for line, value in stroke_files.read_lines(path):
                    strokes = stroke_files.strokes_of_line(value, f"{path.name}, line {line}")
                    frame.print_json(reading_row(reading.read_strokes(strokes, classifier)))
                    advance(1)
        return
    refused = []
    with frame.watch_lines("Reading pictures", len(options.files)) as advance:
        for name in options.files:
            try:
                frame.print_json({"file": name} | reading_row(_read_picture(Path(name), classifier)))
            except InputError as error:
                if len(options.files) == 1:
                    raise
                refused.append(name)
                frame.print_json({"file": name, "error": str(error)})
            advance(1)
    if refused:
        raise InputError(
            f"{count(len(refused))} of {count(len(options.files))} files could not be read, and their lines say why: "
            f"{listed(refused)}; the others are answered."
        )


def _read_picture(path: Path, classifier: "Classifier") -> "Reading":
    from mnist_core.inference import reading

    try:
        return reading.read_picture(path.read_bytes(), classifier)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a PNG or JPEG file.") from None
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
