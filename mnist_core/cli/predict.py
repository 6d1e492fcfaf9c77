"""Read digits without labels: a table, or Kaggle's submission.csv."""

import argparse
import os
import sys
from pathlib import Path

from mnist_core.cli import frame
from mnist_core.data import corrections
from mnist_core.data.corrections import NOTHING
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.formatting import several
from mnist_core.runs import run_folders


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a table such as Kaggle's test.csv, an IDX file of images, an .npz, a zip or folder of pictures, pictures "
        "of one digit each, or any other form that the lab reads",
    )
    frame.add_correction(parser)
    parser.add_argument("--submission", metavar="FILE", help="write the answers as Kaggle wants them: ImageId,Label")


def command(options: argparse.Namespace) -> None:
    from mnist_core.evaluation.predictions import Predictions  # SciPy: an engine's start would wait for it

    run, paths = run_folders.find(options.run), [Path(name) for name in options.files]
    target = Path(options.submission) if options.submission else None
    if target and any(_same(target, path) for path in paths):
        raise InputError(f"The submission would replace {target}, which is to be read; name another file.")
    correction = corrections.parsed(options.correct) if options.correct else NOTHING
    digits = frame.prepared(frame.read_apart(paths).corrected(correction))
    frame.tell(digits)
    if digits.labels is not None:
        print("There are labels too, not used here; 'evaluate RUN --data FILE' judges by them.", file=sys.stderr)
    predictions = Predictions.of(digits, frame.classifier_of(run, os.cpu_count()))
    if target:
        _write(target, predictions.submission())
    if options.json:
        for row in predictions.rows():
            frame.print_json(row)
    elif target:
        print(f"{predictions.sentence()}\n{several(len(digits), 'answer')} written to {target}")
    else:
        print(predictions.table_csv(), end="")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _write(path: Path, text: str) -> None:
    try:
        atomic.write_bytes(path, text.encode())
    except OSError as error:
        raise LabError(f"The submission cannot be written to {path} ({error.strerror}); name another file.") from None
