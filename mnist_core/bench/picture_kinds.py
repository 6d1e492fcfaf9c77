"""How well pictures of each kind are read: `python -m mnist_core.bench.picture_kinds --strokes FILE [--each 100]`.

The digits are those of the writers whom no model learns from.
"""

import argparse
from pathlib import Path

import numpy as np

from mnist_core.bench.entry import start
from mnist_core.bench.hands import is_given
from mnist_core.data.stroke_files import Handwriting, read_handwriting
from mnist_core.data.synthetic.picture_kinds import KINDS, make
from mnist_core.formatting import percent
from mnist_core.inference import reading
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders

SEED = 1


def measure(classifier: Classifier, drawn: Handwriting, kind: str, seed: int = SEED) -> dict[str, float]:
    """Reads one picture of a kind for each drawing; returns the shares `right`, `refused` and `sure and wrong`."""
    read = [
        reading.read_picture(make(kind, strokes, seed, number), classifier)
        for number, strokes in enumerate(drawn.strokes)
    ]
    right = np.array([one.shown == str(label) for one, label in zip(read, drawn.labels, strict=True)])
    given = np.array([is_given(one) for one in read])
    return {"right": right.mean(), "refused": (~given).mean(), "sure and wrong": (given & ~right).mean()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.picture_kinds", description=__doc__)
    parser.add_argument("kinds", nargs="*", default=[], help=f"some of: {'; '.join(KINDS)} (default: all)")
    parser.add_argument("--run", default=run_folders.SHIPPED_MODEL, help="the model (default: the shipped one)")
    parser.add_argument("--strokes", type=Path, required=True, help="a file of strokes")
    parser.add_argument("--each", type=int, default=100, help="how many pictures of each kind (100)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of sizes, places and light ({SEED})")
    options = parser.parse_args()
    unknown = [kind for kind in options.kinds if kind not in KINDS]
    if unknown:
        parser.error(f"there is no kind {'; '.join(unknown)}; there are {'; '.join(KINDS)}")
    _, held_back = read_handwriting(options.strokes).split()
    chosen = np.random.default_rng(options.seed).permutation(len(held_back))[: options.each]
    classifier = Classifier(run_folders.find(options.run).model_path)
    for kind in options.kinds or KINDS:
        found = measure(classifier, held_back.chosen(chosen), kind, options.seed)
        print(f"{kind:50}" + ", ".join(f"{name} {percent(share, 0)}" for name, share in found.items()), flush=True)


if __name__ == "__main__":
    start(main)
