"""What "Train on us" mends, and what it forgets: `python -m mnist_core.bench.class_tuning --strokes FILE …`.

Classes are drawn of people that the shipped model never saw: each of them wrote each digit so often. One half of a
class is learned, the other judges before and after, as in a lesson; right is what the class would see as right. The
settings of `training.tuning` were chosen on the held-back people of the sites in `CHOSEN_ON` (`--chosen-on` shows
theirs), and are reported on all others. With `--control` the same training leaves the class's drawings out: what it
mends is due to more training and not to the class. `--signs FILE` says how often a letter is taken for a digit.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mnist_core import environment
from mnist_core.bench.entry import start
from mnist_core.classroom import tune
from mnist_core.classroom.write import NOT_READ
from mnist_core.data import sources, stroke_files
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import Handwriting
from mnist_core.engine import worker
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count, percent
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.training import tuning

CHOSEN_ON = ("app", "apa", "art", "ibm", "syn", "pri")
MENDED, FORGOTTEN, SECONDS = 0.3, 0.001, 90.0  # what is asked
MOST_SIGNS = 2000
DRAWS = 4000  # of the bootstrap


@dataclass(frozen=True)
class Outcome:
    """What became of one class."""

    seed: int
    judged: int  # how many drawings judged
    wrong_before: int  # how many of them were not given as the right digit
    wrong_after: int
    unlike_before: int  # of how many the most probable digit was another one, however sure
    unlike_after: int
    mnist_before: int  # how many test images were read right
    mnist_after: int
    signs_before: float  # share of the signs that are given as a digit; NaN without signs
    signs_after: float
    seconds: float  # from the press to the last figure, in a process that has TensorFlow loaded but for the first
    load: float  # how many processes wanted a core meanwhile


def pool(paths: Sequence[Path], chosen_on: bool) -> Handwriting:
    """Returns the digits of people from whom the shipped model has not learned, each with a number of their own.

    They are of the sites that the settings were chosen on, or of all others.
    """
    labels, writers, strokes = list[int](), list[int](), list[Strokes]()
    for place, path in enumerate(paths):
        _, held_back = stroke_files.read_handwriting(path).split()
        mine = held_back.chosen(held_back.of_sites(*CHOSEN_ON) == chosen_on)
        labels += mine.labels.tolist()
        writers += (mine.writers + 100_000 * place).tolist()
        strokes += mine.strokes
    return Handwriting(np.array(labels, np.int64), np.array(writers, np.int64), tuple(strokes))


def a_class(pool: Handwriting, people: int, each: int, seed: int) -> tuple[Handwriting, np.ndarray]:
    """Draws a class: people who wrote all ten digits, with so many of each; their numbers say who judges.

    Returns it with who everybody is in the pool, int64 `[N]`. Raises InputError where there are too few people.
    """
    random = np.random.default_rng([seed, 8])
    able = [writer for writer in np.unique(pool.writers) if len(set(pool.labels[pool.writers == writer])) == CLASSES]
    if len(able) < people:
        raise InputError(f"Only {count(len(able))} people wrote all digits, and {count(people)} are wanted.")
    chosen = random.permutation(able)[:people].tolist()
    found = [
        index
        for writer in chosen
        for digit in range(CLASSES)
        for index in random.permutation(np.flatnonzero((pool.writers == writer) & (pool.labels == digit)))[:each]
    ]
    drawn = pool.chosen(np.array(found))
    _, judging = tune.halves(chosen, seed)
    number_of = tuning.numbered(chosen, sorted(judging))
    numbers = np.array([number_of[writer] for writer in drawn.writers.tolist()], np.int64)
    return Handwriting(drawn.labels, numbers, drawn.strokes), drawn.writers


def measure(
    base: Run, dataset: Dataset, drawn: Handwriting, seed: int, signs: np.ndarray, control: bool
) -> tuple[Outcome, np.ndarray]:
    """Trains on a class; returns what came of it, and for each judging drawing whether it was wrong before and after.

    bool `[2, N]`. Raises InputError where the training failed.
    """
    began = time.monotonic()
    config = tuning.settings(base.config(), len(dataset.train_images), int((~drawn.held_back).sum()), seed)
    if control:
        config = tuning.without_drawings(config)
    run = tuning.create(base, config, dataset, drawn)
    with run.lock():
        status = worker.carry_out(run)
    answers = tuning.answers(run)
    if status.state != "done" or answers is None:
        raise InputError(f"The run {run.id} ended as {status.state}: {status.details}")
    judging = answers[[0, -1]][:, drawn.held_back]
    labels = drawn.labels[drawn.held_back]
    wrong = tune.readings(judging, Calibration.load(run.calibration_path)) != labels
    seconds = time.monotonic() - began
    unlike = judging.argmax(axis=2) != labels
    before, after = wrong.sum(axis=1).tolist()
    outcome = Outcome(
        seed=seed,
        judged=len(labels),
        wrong_before=before,
        wrong_after=after,
        unlike_before=int(unlike[0].sum()),
        unlike_after=int(unlike[1].sum()),
        mnist_before=_right(base),
        mnist_after=_right(run),
        signs_before=_called_digits(base, signs),
        signs_after=_called_digits(run, signs),
        seconds=round(seconds, 1),
        load=round(os.getloadavg()[0], 1),
    )
    return outcome, wrong


def _right(run: Run) -> int:
    evaluation = Evaluation.load(run.evaluation_path)
    return int((evaluation.predictions == evaluation.labels).sum())


def _called_digits(run: Run, images: np.ndarray) -> float:
    if not len(images):
        return float("nan")
    classifier = Classifier(run.model_path)
    return float(np.mean(tune.readings(classifier.probabilities(images), classifier.calibration) != NOT_READ))


def mended(wrong: np.ndarray, people: np.ndarray) -> tuple[float, float, float]:
    """Returns which share of the errors is gone, with a 95 % interval: people are drawn again, with all they wrote.

    Args:
        wrong: Which drawings were wrong before and after, bool `[2, N]`.
        people: Who drew them, int64 `[N]`.
    """
    _, who = np.unique(people, return_inverse=True)
    of_people = np.stack([np.bincount(who, one) for one in wrong])
    draws = np.random.default_rng(0).integers(0, of_people.shape[1], (DRAWS, of_people.shape[1]))
    before, after = of_people[:, draws].sum(axis=2)
    shares = 1 - after[before > 0] / before[before > 0]
    low, high = np.quantile(shares, [0.025, 0.975]) if len(shares) else (np.nan, np.nan)
    total = wrong.sum(axis=1)
    return float(1 - total[1] / total[0]) if total[0] else float("nan"), float(low), float(high)


def _signs(path: Path | None, chosen_on: bool) -> np.ndarray:
    """Paints signs of the people of whom `pool` takes the digits."""
    if path is None:
        return stroke_files.paint_all([])
    _, held_back = stroke_files.read_handwriting(path, signs=True).split()
    mine = held_back.of_sites(*CHOSEN_ON) == chosen_on
    held_back = held_back.chosen(mine & (held_back.labels == NO_DIGIT) & ~held_back.is_misleading)
    order = np.random.default_rng(0).permutation(len(held_back))[:MOST_SIGNS]
    return stroke_files.paint_all(held_back.chosen(order).strokes)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.bench.class_tuning", description=__doc__)
    parser.add_argument("--strokes", type=Path, nargs="+", required=True, help="files of strokes")
    parser.add_argument("--signs", type=Path, help="a file of strokes with letters and signs")
    parser.add_argument("--model", default=run_folders.SHIPPED_MODEL, help="the run that learns")
    parser.add_argument("--classes", type=int, default=5, help="how many classes are drawn")
    parser.add_argument("--people", type=int, default=30, help="of each class")
    parser.add_argument("--each", type=int, default=1, help="how often each digit is written")
    parser.add_argument("--chosen-on", action="store_true", help="the people that the settings were chosen on")
    parser.add_argument("--control", action="store_true", help="leave the class's drawings out")
    options = parser.parse_args()
    base, dataset = run_folders.find(options.model), sources.load("mnist")
    drawings, signs = pool(options.strokes, options.chosen_on), _signs(options.signs, options.chosen_on)
    # What is trained here is thrown away.
    with tempfile.TemporaryDirectory() as home:
        os.environ["MNIST_HOME"] = home
        environment.set_up_process()
        print_all(_each_class(base, dataset, drawings, signs, options))


def _each_class(
    base: Run, dataset: Dataset, drawings: Handwriting, signs: np.ndarray, options: argparse.Namespace
) -> Iterator[tuple[Outcome, np.ndarray, np.ndarray]]:
    for seed in range(1, options.classes + 1):
        drawn, people = a_class(drawings, options.people, options.each, seed)
        outcome, wrong = measure(base, dataset, drawn, seed, signs, options.control)
        yield outcome, wrong, people[drawn.held_back]


def print_all(found: Iterator[tuple[Outcome, np.ndarray, np.ndarray]]) -> None:
    """Prints a line of JSON for each class as it comes, and then what holds for all."""
    outcomes, wrong, people = list[Outcome](), list[np.ndarray](), list[np.ndarray]()
    for outcome, of_class, who in found:
        print(json.dumps(asdict(outcome)), flush=True)
        outcomes.append(outcome)
        wrong.append(of_class)
        people.append(who)
    share, low, high = mended(np.concatenate(wrong, axis=1), np.concatenate(people))
    before, after = (sum(getattr(one, name) for one in outcomes) for name in ("wrong_before", "wrong_after"))
    unlike = [sum(getattr(one, name) for one in outcomes) for name in ("unlike_before", "unlike_after")]
    lost = float(np.mean([one.mnist_before - one.mnist_after for one in outcomes])) / 10_000
    slowest = max(one.seconds for one in outcomes)
    print(f"{count(sum(one.judged for one in outcomes))} drawings judged {len(outcomes)} classes.")
    print(
        f"not read right {before} → {after}: mended {percent(share, 0)} ({percent(low, 0)} to {percent(high, 0)}), "
        f"asked {percent(MENDED, 0)}: {_held(share >= MENDED)}"
    )
    print(f"of these, another digit the most probable {unlike[0]} → {unlike[1]}")
    print(f"MNIST: {percent(lost)} lost in the mean, asked {percent(FORGOTTEN)}: {_held(lost <= FORGOTTEN)}")
    print(f"slowest {slowest:.0f} s, asked {SECONDS:.0f} s: {_held(slowest <= SECONDS)}")
    if not np.isnan(outcomes[0].signs_before):
        called = [np.mean([getattr(one, name) for one in outcomes]) for name in ("signs_before", "signs_after")]
        print(f"signs given as a digit: {percent(float(called[0]))} → {percent(float(called[1]))}")


def _held(held: bool) -> str:
    return "held" if held else "NOT HELD"


if __name__ == "__main__":
    start(main)
