"""How well a model reads hands that it never saw: `python -m mnist_core.bench.hands best --strokes FILE …`.

Of each file of strokes the drawings that nothing learns from are read, as the Draw page reads them: those of each site
that is held back, and those of held-back writers elsewhere. Digits and signs are told apart by their labels.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mnist_core.data import stroke_files
from mnist_core.data.stroke_files import Handwriting
from mnist_core.formatting import count, percent
from mnist_core.inference import reading
from mnist_core.inference.calibration import calibration_error
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading import Reading
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.runs import run_folders

# An error with this probability is one that nobody is warned of.
SURE = 0.9


@dataclass(frozen=True)
class Hands:
    """What a model made of the drawings of some people."""

    digits: int  # how many
    shown: float  # share of the digits that is given as the one right digit
    right: float  # the same whatever the verdict is: the most probable digit is the right one
    doubted: float  # share of the digits that is given as unsure or as no digit
    split: float  # share of the digits that is given as several
    sure_errors: float  # share of the errors whose probability is 0.9 or more
    calibration_error: float  # expected calibration error in 15 bins
    signs: int  # how many signs that are no digits
    called_a_digit: float  # share of the signs that is given as a digit, or as a number; NaN without signs


def measure(classifier: Classifier, drawn: Handwriting) -> Hands:
    """Reads drawings by the path of the Draw page; raises nothing where digits or signs are missing, but says NaN."""
    read = [reading.read_strokes(strokes, classifier) for strokes in drawn.strokes]
    is_digit = drawn.labels != NO_DIGIT
    digits = [one for one, digit in zip(read, is_digit, strict=True) if digit]
    signs = [one for one, digit in zip(read, is_digit, strict=True) if not digit]
    labels = drawn.labels[is_digit]
    probabilities = np.array([one.answer.probabilities for one in digits]).reshape(-1, CLASSES)
    right = np.array([one.answer.digit for one in digits]) == labels
    wrong = np.array([one.answer.probability >= SURE for one in digits])[~right]
    return Hands(
        len(digits),
        _share([one.shown == str(label) for one, label in zip(digits, labels, strict=True)]),
        _share(right),
        _share([one.answer.verdict in ("unsure", "not a digit") for one in digits]),
        _share([bool(one.parts) for one in digits]),
        _share(wrong),
        calibration_error(probabilities, labels) if digits else float("nan"),
        len(signs),
        _share([is_given(one) for one in signs]),
    )


def is_given(one: Reading) -> bool:
    """Whether a digit is given without a doubt, or a number."""
    return bool(one.parts) or one.answer.verdict == "digit"


def _share(values: "np.ndarray | list[bool]") -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def groups(path: Path) -> Iterator[tuple[str, Handwriting]]:
    """Yields what of a file nothing learned from: each held-back site, and the held-back writers of the others."""
    _, held_back = stroke_files.read_handwriting(path, signs=True).split()
    away = held_back.of_sites(*stroke_files.HELD_BACK_SITES)
    for site in stroke_files.HELD_BACK_SITES:
        chosen = held_back.chosen(held_back.of_sites(site))
        if len(chosen):
            yield f"{path.name}, site {site}", chosen
    if not away.all():
        yield f"{path.name}, writers", held_back.chosen(~away)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.hands", description=__doc__)
    parser.add_argument("run", help="a run id, or the name of a shipped model")
    parser.add_argument("--strokes", type=Path, nargs="+", required=True, help="files of strokes")
    parser.add_argument("--json", action="store_true", help="print one JSON object a group")
    options = parser.parse_args()
    classifier = Classifier(run_folders.find(options.run).model_path)
    for name, drawn in (group for path in options.strokes for group in groups(path)):
        found = measure(classifier, drawn)
        print(json.dumps({"group": name} | asdict(found)) if options.json else _line(name, found), flush=True)


def _line(name: str, found: Hands) -> str:
    parts = [name]
    if found.digits:
        parts.append(
            f"{count(found.digits)} digits, shown right {percent(found.shown)}, right {percent(found.right)}, "
            f"doubted {percent(found.doubted)}, split {percent(found.split)}, sure errors "
            f"{percent(found.sure_errors, 0)}, calibration error {percent(found.calibration_error)}"
        )
    if found.signs:
        parts.append(f"{count(found.signs)} signs, called a digit {percent(found.called_a_digit, 1)}")
    return ": ".join([parts[0], "; ".join(parts[1:])])


if __name__ == "__main__":
    main()
