"""How well numbers are read whose digits stand close: `python -m mnist_core.bench.numbers --strokes FILE`.

Numbers of two to five digits of one writer are laid side by side on a line as they were written, and read as strokes or
as painted pictures. Printed is the share of numbers that are read exactly right, by the gap between the digits. Tune
with `--writers learned --seed 7`; without these, the writers are those that nothing learns from.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mnist_core.bench.entry import start
from mnist_core.data import stroke_files
from mnist_core.data.stroke_files import Handwriting
from mnist_core.inference import reading
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.strokes import Strokes, paint
from mnist_core.presentation import pictures
from mnist_core.runs import run_folders

SEED = 2026
# Gaps between the pen's ways of neighbouring digits, as shares of their median height: nearer than a pen is wide, 0.06
# to 0.14, their ink touches.
GAPS = {"apart": (0.1, 0.4), "close or touching": (0.0, 0.1), "overlapping": (-0.08, 0.02)}
PENS = (0.06, 0.14)
PICTURE_HEIGHT = (60, 200)
AS = ("strokes", "pictures")


def rows_of_digits(
    drawn: Handwriting, number: int, gap: tuple[float, float], seed: int = SEED
) -> Iterator[tuple[Strokes, str]]:
    """Yields numbers of two to five digits of one writer each, side by side on a line as they were written."""
    random = np.random.default_rng(seed)
    for place in range(number):
        writer = random.choice(np.unique(drawn.writers))
        chosen = random.choice(np.flatnonzero(drawn.writers == writer), 2 + place % 4)
        points = [np.concatenate(drawn.strokes[index]) for index in chosen]
        height = float(np.median([np.ptp(one[:, 1]) for one in points]))
        strokes, left = [], 0.0
        for index, one in zip(chosen, points, strict=True):
            shift = np.array([left - one[:, 0].min(), 0])
            strokes += [stroke + shift for stroke in drawn.strokes[index]]
            left += float(np.ptp(one[:, 0])) + height * random.uniform(*gap)
        yield strokes, "".join(str(drawn.labels[index]) for index in chosen)


def as_picture(strokes: Strokes, random: np.random.Generator) -> bytes:
    """Paints strokes dark on light with a pen of 6 to 14 % of their height; returns a PNG file."""
    points = np.concatenate(strokes)
    low, (width, height) = points.min(axis=0), np.ptp(points, axis=0)
    scale, margin = random.uniform(*PICTURE_HEIGHT) / height, 40
    placed = [(stroke - low) * scale + margin for stroke in strokes]
    size = int(width * scale) + 2 * margin, int(height * scale) + 2 * margin
    return pictures.png(255 - paint(placed, *size, random.uniform(*PENS) * height * scale, 2))


def measure(
    classifier: Classifier, drawn: Handwriting, number: int, seed: int = SEED, ways: Sequence[str] = AS
) -> dict[str, dict[str, float]]:
    """Returns the share of numbers that are read exactly right, by way (of `AS`) and gap (of `GAPS`)."""
    found: dict[str, dict[str, float]] = {way: {} for way in ways}
    for name, gap in GAPS.items():
        random = np.random.default_rng(seed + 1)
        right: dict[str, list[bool]] = {way: [] for way in ways}
        for strokes, truth in rows_of_digits(drawn, number, gap, seed):
            picture = as_picture(strokes, random)
            for way in ways:
                read = (
                    reading.read_strokes(strokes, classifier)
                    if way == "strokes"
                    else reading.read_picture(picture, classifier)
                )
                right[way].append(read.shown == truth)
        for way in ways:
            found[way][name] = float(np.mean(right[way]))
    return found


def main() -> None:
    """Prints a line for each gap."""
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.numbers", description=__doc__)
    parser.add_argument("--strokes", type=Path, required=True, help="drawings of writers, .jsonl or .jsonl.gz")
    parser.add_argument("--model", default=run_folders.SHIPPED_MODEL, help="a run id or a shipped model")
    parser.add_argument("--each", type=int, default=400, help="how many numbers of each gap")
    parser.add_argument("--seed", type=int, default=SEED, help="of the numbers")
    parser.add_argument("--as", dest="ways", nargs="+", choices=AS, default=AS, help="what they are read as")
    parser.add_argument("--writers", choices=("learned", "held-back"), default="held-back")
    options = parser.parse_args()
    learned, held_back = stroke_files.read_handwriting(options.strokes).split()
    drawn = learned if options.writers == "learned" else held_back
    classifier = Classifier(run_folders.find(options.model).model_path)
    found = measure(classifier, drawn, options.each, options.seed, options.ways)
    print(f"{'numbers read right':20}" + "".join(f"{way:>12}" for way in options.ways))
    for gap in GAPS:
        print(f"{gap:20}" + "".join(f"{found[way][gap]:>12.1%}" for way in options.ways))


if __name__ == "__main__":
    start(main)
