"""Measures how sheets of digits are read: `python -m mnist_core.bench.sheets --strokes pen_strokes.jsonl.gz`.

Digits of writers that no model has learned from, each sheet of one hand, are laid out as grids, rows of different
length, columns and slanted rows, and read as strokes, as simulated photographs, and as the same photographs stored
lying on their left side, on their right one or upside down in turn. Printed is the share of digits that are read right
and in their place, a row and a number in it; beside them, that of single digits and of single rows.
"""

import argparse
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_core.bench.entry import start
from mnist_core.data import stroke_files
from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.photographs import photograph_sheet, random_paper
from mnist_core.inference import reading
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading import Reading
from mnist_core.preprocessing.strokes import Strokes, paint
from mnist_core.runs import run_folders

SEED = 2026
WAYS = "strokes", "photographs", "when they lie"
# Heights of digits are told from their writer's median; these are gaps, in such heights.
GAP = (0.12, 0.5)
ROW_PITCH = (1.3, 1.9)
JITTER = 0.05
TILTS = (-8.0, 8.0)
PERSPECTIVE = 0.03
PHOTOGRAPH_HEIGHT = (55, 110)
PENS = (0.07, 0.12)
# In which ways a photograph may lie.
LYING = Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180


def _grid(random: np.random.Generator) -> list[int]:
    return [5] * 5


def _ragged(random: np.random.Generator) -> list[int]:
    return [int(number) for number in random.integers(1, 7, random.integers(2, 5))]


def _column(random: np.random.Generator) -> list[int]:
    return [1] * int(random.integers(2, 7))


def _row(random: np.random.Generator) -> list[int]:
    return [int(random.integers(3, 7))]


# How many digits each row has, and how far it falls to the right, in degrees at most.
KINDS: dict[str, tuple[Callable[[np.random.Generator], list[int]], float]] = {
    "grid 5 × 5": (_grid, 0),
    "rows of different length": (_ragged, 0),
    "slanted rows": (_ragged, 10),
    "columns": (_column, 0),
    "diagonals": (_row, 20),
}
CONTROLS: dict[str, tuple[Callable[[np.random.Generator], list[int]], float]] = {
    "single digits": (lambda random: [1], 0),
    "one row": (lambda random: [int(random.integers(2, 6))], 0),
}


def sheet(
    drawn: Handwriting, lengths: Sequence[int], slant: float, random: np.random.Generator
) -> tuple[Strokes, tuple[str, ...]]:
    """Lays digits of one writer, chosen at random, out in rows.

    Args:
        drawn: The digits to choose from.
        lengths: How many digits each row has.
        slant: By how much the rows fall to the right, in degrees; a digit itself stays upright.
        random: Decides all else.

    Returns:
        The strokes, in units of the writer's median height, and the digits of each row.
    """
    of_writer = np.flatnonzero(drawn.writers == random.choice(np.unique(drawn.writers)))
    height = float(np.median([np.ptp(np.concatenate(drawn.strokes[index])[:, 1]) for index in of_writer]))
    strokes: Strokes = []
    truth, top, pitch = [], 0.0, random.uniform(*ROW_PITCH)
    gap = random.uniform(*GAP)
    # Columns of a grid stand below each other; other rows begin where they like.
    cell = 0.9 + gap if len(set(lengths)) == 1 and len(lengths) > 1 else 0.0
    for length in lengths:
        chosen = random.choice(of_writer, length)
        left = 0.0
        for place, index in enumerate(chosen):
            digit = [stroke / height for stroke in drawn.strokes[index]]
            points = np.concatenate(digit)
            low, size = points.min(axis=0), np.ptp(points, axis=0)
            x = place * cell + (0.9 - size[0]) / 2 if cell else left
            y = top - size[1] / 2 + random.normal(0, JITTER) + np.tan(np.deg2rad(slant)) * (x + size[0] / 2)
            strokes += [stroke - low + np.array([x, y]) for stroke in digit]
            left = x + size[0] + gap
        truth.append("".join(str(drawn.labels[index]) for index in chosen))
        top += pitch
    return strokes, tuple(truth)


def sheets(drawn: Handwriting, kind: str, number: int, seed: int = SEED) -> Iterator[tuple[Strokes, tuple[str, ...]]]:
    """Yields so many sheets of a kind, the same ones each time."""
    lengths, slant = (KINDS | CONTROLS)[kind]
    random = np.random.default_rng([seed, list(KINDS | CONTROLS).index(kind)])
    for _ in range(number):
        yield sheet(drawn, lengths(random), random.uniform(-slant, slant), random)


def as_photograph(strokes: Strokes, random: np.random.Generator) -> bytes:
    """Paints a sheet and photographs it, tilted and in perspective, with shade, shadow, blur and grain."""
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = random.uniform(*PHOTOGRAPH_HEIGHT)
    # Room for the corners that the tilt turns out of the picture.
    side = int(1.35 * float(extent.max()) * scale + 2 * scale)
    placed = [(stroke - low - extent / 2) * scale + side / 2 for stroke in strokes]
    ink = paint(placed, side, side, random.uniform(*PENS) * scale, 2)
    paper = replace(random_paper(random), tilt=random.uniform(*TILTS), blur=random.uniform(0, 1))
    return photograph_sheet(ink, paper, PERSPECTIVE, random)


def lying(picture: bytes, way: Image.Transpose) -> bytes:
    """Turns a picture, and says nowhere that it is."""
    turned = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.transpose(way).save(turned, "PNG")
    return turned.getvalue()


def right_in_place(truth: Sequence[str], found: Reading) -> int:
    """Counts the digits that are read right, in their row and at their place in it."""
    read = found.numbers or (found.shown,)
    return sum(
        digit == other
        for row, other_row in zip(truth, read, strict=False)
        for digit, other in zip(row, other_row, strict=False)
    )


def _read(strokes: Strokes, picture: bytes, way_to_lie: Image.Transpose, classifier: Classifier) -> tuple[Reading, ...]:
    """Reads a sheet in each of `WAYS`."""
    return (
        reading.read_strokes(strokes, classifier),
        reading.read_picture(picture, classifier),
        reading.read_picture(lying(picture, way_to_lie), classifier),
    )


def measure(classifier: Classifier, drawn: Handwriting, number: int, seed: int = SEED) -> dict[str, dict[str, float]]:
    """Returns the share of digits right and in their place, by kind, as strokes, as photographs and as lying ones."""
    found: dict[str, dict[str, float]] = {}
    for kind in KINDS | CONTROLS:
        random = np.random.default_rng(seed)
        all_digits = 0
        right = dict.fromkeys(WAYS, 0)
        for place, (strokes, truth) in enumerate(sheets(drawn, kind, number, seed)):
            all_digits += sum(map(len, truth))
            picture = as_photograph(strokes, random)
            read = _read(strokes, picture, LYING[place % len(LYING)], classifier)
            for way, one in zip(WAYS, read, strict=True):
                right[way] += right_in_place(truth, one)
        found[kind] = {way: right[way] / all_digits for way in WAYS}
    return found


def main() -> None:
    """Prints a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=Path, required=True, help="drawings of writers, .jsonl or .jsonl.gz")
    parser.add_argument("--model", default=run_folders.SHIPPED_MODEL, help="a run id or a shipped model")
    parser.add_argument("--each", type=int, default=60, help="how many sheets of each kind")
    parser.add_argument("--seed", type=int, default=SEED, help="of the sheets")
    options = parser.parse_args()
    _, held_back = stroke_files.read_handwriting(options.strokes).split()
    classifier = Classifier(run_folders.find(options.model).model_path)
    print(f"{'digits right and in their place':32}" + "".join(f"{way:>15}" for way in WAYS))
    for kind, shares in measure(classifier, held_back, options.each, options.seed).items():
        print(f"{kind:32}" + "".join(f"{shares[way]:>15.1%}" for way in WAYS))


if __name__ == "__main__":
    start(main)
