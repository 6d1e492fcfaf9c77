"""Classify pictures or strokes, one JSON object a line."""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core.cli import frame
from mnist_core.data import stroke_files
from mnist_core.errors import InputError
from mnist_core.runs import run_folders

if TYPE_CHECKING:
    from mnist_core.inference.answer import Answer
    from mnist_core.inference.classifier import Classifier
    from mnist_core.inference.reading import Reading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="PNG or JPEG; with --strokes JSON lines, .gz too")
    parser.add_argument("--strokes", action="store_true", help='files hold {"strokes": [[[x, y], …], …]} lines')
    parser.add_argument("--model", default=run_folders.SHIPPED_MODEL, help="a run id or a shipped model")


def command(options: argparse.Namespace) -> None:
    from mnist_core.inference import reading

    classifier = frame.classifier_of(run_folders.find(options.model))
    for name in options.files:
        path = Path(name)
        if options.strokes:
            for line, value in stroke_files.read_lines(path):
                strokes = stroke_files.strokes_of_line(value, f"{path.name}, line {line}")
                frame.print_json(_reading_row(reading.read_strokes(strokes, classifier)))
        else:
            frame.print_json({"file": name} | _reading_row(_read_picture(path, classifier)))


def _reading_row(read: "Reading") -> dict[str, Any]:
    row = _answer_row(read.answer)
    if read.parts:
        row["number"] = read.number
        row["digits"] = [_answer_row(part.answer) | {"box": dataclasses.astuple(part.box)} for part in read.parts]
    return row


def _answer_row(answer: "Answer") -> dict[str, Any]:
    return {name: getattr(answer, name) for name in ("digit", "probability", "probabilities", "verdict")}


def _read_picture(path: Path, classifier: "Classifier") -> "Reading":
    from mnist_core.inference import reading

    try:
        return reading.read_picture(path.read_bytes(), classifier)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a PNG or JPEG file.") from None
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
