"""Measures the way of digits on paper into the collection: `python -m mnist_core.bench.class_sheets --strokes FILE`.

The sheet that the lab prints is filled in with digits of writers whom no model learns from, photographed on a desk
(simulated: in perspective, any way up, with shade, blur and grain), and read. Printed is the share of the boxes found
among those that were written in, how many empty ones were taken for written, and how many digits the model reads right,
on the paper and as the strokes that are kept of them.
"""

import argparse
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_core.bench.entry import start
from mnist_core.data.stroke_files import Handwriting, read_handwriting
from mnist_core.data.synthetic.class_sheets import fill, photographed
from mnist_core.errors import InputError
from mnist_core.formatting import count, percent
from mnist_core.inference import class_sheets
from mnist_core.inference.classifier import Classifier
from mnist_core.presentation import class_sheet
from mnist_core.runs import run_folders

SEED = 2026
DOTS_AN_INCH = 150


@dataclass(frozen=True)
class RoundTrip:
    """What came back of some sheets."""

    sheets: int  # how many
    lost: int  # sheets of which nothing came back
    written: int  # boxes with a digit
    found: int  # of these
    empty_found: int  # empty boxes in which something was found
    right: int  # digits found that the model reads right on the paper
    kept_right: int  # and as the strokes that are kept


def measure(classifier: Classifier, drawn: Handwriting, number: int, seed: int = SEED) -> RoundTrip:
    """Prints, fills in, photographs and reads so many sheets, the same ones each time."""
    page = np.asarray(Image.open(io.BytesIO(class_sheet.picture(DOTS_AN_INCH))).convert("L"))
    counts = np.zeros(6, int)
    for place in range(number):
        random = np.random.default_rng([seed, place])
        filled = fill(page, drawn, random)
        written = set(filled.written)
        try:
            sheet = class_sheets.read(photographed(filled.page, random), classifier)
        except InputError:
            sheet = None
        if sheet is None or not sheet.is_printed:
            counts += [1, len(written), 0, 0, 0, 0]
            continue
        found = {(digit.row, digit.column) for digit in sheet.digits}
        rows = np.array([digit.row for digit in sheet.digits])
        kept = classifier.calibrated(np.array([digit.image for digit in sheet.digits])).argmax(axis=1)
        read = np.array([int(np.argmax(digit.answer.probabilities)) for digit in sheet.digits])
        right, kept_right = int((read == rows).sum()), int((kept == rows).sum())
        counts += [0, len(written), len(found & written), len(found - written), right, kept_right]
    return RoundTrip(number, *counts.tolist())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.class_sheets", description=__doc__)
    parser.add_argument("--strokes", type=Path, required=True, help="drawings of writers, .jsonl or .jsonl.gz")
    parser.add_argument("--model", default=run_folders.SHIPPED_MODEL, help="a run id or a shipped model")
    parser.add_argument("--sheets", type=int, default=40, help="how many sheets (40)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the sheets ({SEED})")
    options = parser.parse_args()
    _, held_back = read_handwriting(options.strokes).split()
    classifier = Classifier(run_folders.find(options.model).model_path)
    trip = measure(classifier, held_back, options.sheets, options.seed)
    total = max(trip.found + trip.empty_found, 1)
    print(
        f"{count(trip.sheets)} sheets, {count(trip.lost)} not found; of {count(trip.written)} boxes written in, "
        f"{percent(trip.found / trip.written)} found, {count(trip.empty_found)} empty ones taken for written; "
        f"read right on paper {percent(trip.right / total)}, as strokes {percent(trip.kept_right / total)}"
    )


if __name__ == "__main__":
    start(main)
