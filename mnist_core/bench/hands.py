"""How well a model reads hands that it never saw: `python -m mnist_core.bench.hands best --strokes FILE …`.

Of each file of strokes the drawings that nothing learns from are read, as the Draw page reads them: those of each site
that is held back, and those of held-back writers elsewhere. Digits and signs are told apart by their labels. With
`--mnist-writers FILE`, which says who wrote MNIST, its test images are judged for census staff and pupils apart. Of
several runs, such as those of five seeds, the means follow with their intervals.
"""

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mnist_core.bench.entry import start
from mnist_core.data import mnist_writers, sources, stroke_files
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import Handwriting
from mnist_core.errors import InputError
from mnist_core.evaluation.significance import wilson
from mnist_core.files import npz
from mnist_core.formatting import count, percent
from mnist_core.inference import reading
from mnist_core.inference.calibration import calibration_error
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading import Reading
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.runs import run_folders

# By which `--signs` chooses.
SEED = 7
# An error with this probability is one that nobody is warned of.
SURE = 0.9
GROUPS = {mnist_writers.STAFF: "census staff", mnist_writers.PUPILS: "high-school pupils"}


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


def with_fewer_signs(drawn: Handwriting, signs: int) -> Handwriting:
    """All digits of some drawings and so many of their signs, the same ones each time."""
    is_digit = drawn.labels != NO_DIGIT
    fewer = np.random.default_rng(SEED).permutation(np.flatnonzero(~is_digit))[:signs]
    return drawn.chosen(np.sort(np.concatenate([np.flatnonzero(is_digit), fewer])))


@dataclass(frozen=True)
class Group:
    """What a model made of the test images that one group of people wrote."""

    images: int  # how many
    writers: int  # how many people
    right: float  # accuracy, whatever the verdict is
    least: float  # the 95 % interval of it (Wilson), which takes each image for one of its own
    most: float
    refused: float  # share of the images for which no sure digit is given


def by_group(classifier: Classifier, dataset: Dataset, path: Path) -> dict[str, Group]:
    """Judges the test images of MNIST by who wrote them, which an `.npz` file says in the order of the images.

    Raises InputError if the file lacks `test_writer` or `test_group`, or is not about so many images.
    """
    writers, groups = npz.read(path, ("test_writer", "test_group"), mnist_writers.LARGEST)
    expected = dataset.test_labels.shape
    if writers.shape != expected or groups.shape != expected:
        raise InputError(
            f"{path.name} names the writers of {count(writers.size)} images and the groups of {count(groups.size)}; "
            f"expected {count(len(dataset.test_labels))} of each."
        )
    probabilities = classifier.calibrated(dataset.test_images)
    right = probabilities.argmax(axis=1) == dataset.test_labels
    refused = classifier.calibration.refuses(probabilities)
    found = {}
    for number in np.unique(groups).tolist():
        mine = groups == number
        least, most = wilson(int(right[mine].sum()), int(mine.sum()))
        found[GROUPS.get(number, f"group {number}")] = Group(
            int(mine.sum()), len(np.unique(writers[mine])), _share(right[mine]), least, most, _share(refused[mine])
        )
    return found


@dataclass(frozen=True)
class Spread:
    """One figure over several runs."""

    mean: float
    half: float  # half the width of its 95 % interval by Student's t; NaN of fewer than two runs


def spread(values: Sequence[float]) -> Spread:
    """Returns the mean of a figure over runs, of which each counts as one drawing of chance."""
    from scipy import stats  # seconds to load, for those who compare runs

    number = len(values)
    if number < 2:
        return Spread(_share(np.array(values)), float("nan"))
    error = float(np.std(values, ddof=1)) / math.sqrt(number)
    return Spread(float(np.mean(values)), float(stats.t.ppf(0.975, number - 1)) * error)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.hands", description=__doc__)
    parser.add_argument("runs", nargs="+", metavar="run", help="run ids, or names of shipped models")
    parser.add_argument("--strokes", type=Path, nargs="+", default=[], help="files of strokes")
    parser.add_argument("--mnist-writers", type=Path, help="an .npz file that says who wrote MNIST's digits")
    parser.add_argument(
        "--signs", type=int, help="of the signs of each group so many, chosen by chance; all if not given"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a group")
    options = parser.parse_args()
    if not (options.strokes or options.mnist_writers):
        parser.error("name files of strokes with --strokes, or MNIST's writers with --mnist-writers")
    by_name: dict[str, list[Hands | Group]] = defaultdict(list)
    for run in options.runs:
        for name, found in _of_run(run, options.strokes, options.mnist_writers, options.signs):
            by_name[name].append(found)
            more = {"run": run} if len(options.runs) > 1 else {}
            line = f"{run}: " if more else ""
            line += _line(name, found) if isinstance(found, Hands) else _group_line(name, found)
            print(json.dumps(more | {"group": name} | asdict(found)) if options.json else line, flush=True)
    if len(options.runs) > 1:
        for name, all_found in by_name.items():
            figures = {key: spread([asdict(one)[key] for one in all_found]) for key in asdict(all_found[0])}
            means = {"runs": len(options.runs), "group": name} | {key: asdict(one) for key, one in figures.items()}
            print(json.dumps(means) if options.json else _means_line(name, len(options.runs), figures))


def _of_run(
    run: str, strokes: Sequence[Path], writers: Path | None, signs: int | None
) -> Iterator[tuple[str, Hands | Group]]:
    classifier = Classifier(run_folders.find(run).model_path)
    for name, drawn in (group for path in strokes for group in groups(path)):
        yield name, measure(classifier, drawn if signs is None else with_fewer_signs(drawn, signs))
    if writers:
        for name, group in by_group(classifier, sources.load("mnist"), writers).items():
            yield f"MNIST, {name}", group


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


def _group_line(name: str, found: Group) -> str:
    return (
        f"{name}: {count(found.images)} test images of {count(found.writers)} people, right "
        f"{percent(found.right)} ({percent(found.least)} to {percent(found.most)}), doubted {percent(found.refused)}"
    )


def _means_line(name: str, number: int, figures: Mapping[str, Spread]) -> str:
    """Puts shares over several runs into a line; how many digits, signs or people there are is in theirs."""
    shares = [
        f"{key.replace('_', ' ')} {percent(one.mean)} ± {100 * one.half:.2f}"
        for key, one in figures.items()
        if key not in ("digits", "signs", "images", "writers", "least", "most") and not math.isnan(one.mean)
    ]
    return f"mean of {number} runs, {name}: {', '.join(shares)}"


if __name__ == "__main__":
    start(main)
