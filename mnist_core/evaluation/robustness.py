"""Where a model breaks: its accuracy on test images over how strongly they are disturbed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.errors import InputError, model_not_read
from mnist_core.evaluation.corruptions import KINDS, disturbed
from mnist_core.evaluation.sampling import stratified
from mnist_core.evaluation.significance import wilson
from mnist_core.files import atomic, cache
from mnist_core.formatting import count, listed, percent
from mnist_core.language import gettext

Classify = Callable[[np.ndarray], np.ndarray]
Progress = Callable[[float, str], object]

IMAGES = 1000
# Two models whose shares differ by less do about as well.
LITTLE = 0.01
# Whoever changes what is measured raises this, so that stored results are measured again.
VERSION = 1


# --- Measuring -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Robustness:
    """How many disturbed images a model reads right."""

    right: dict[str, tuple[int, ...]]  # by kind, one number for each of its levels
    images: int  # how many each of these numbers is out of

    def accuracies(self, kind: str) -> list[float]:
        return [right / self.images for right in self.right[kind]]

    def intervals(self, kind: str) -> list[tuple[float, float]]:
        """Wilson's 95 % interval of each share."""
        return [wilson(right, self.images) for right in self.right[kind]]

    def save(self, path: Path) -> None:
        atomic.write_json(path, {"images": self.images, "right": self.right})

    @classmethod
    def load(cls, path: Path) -> "Robustness | None":
        """None where there is no result or it is damaged."""
        try:
            values = atomic.read_json(path)
            images, right = values["images"], {kind: tuple(values["right"][kind]) for kind in KINDS}
        except (InputError, KeyError, TypeError):
            return None
        numbers = [number for row in right.values() for number in row]
        if type(images) is not int or any(type(number) is not int for number in numbers):
            return None
        whole = all(len(right[kind]) == len(about.levels) for kind, about in KINDS.items())
        return cls(right, images) if whole and images > 0 and all(0 <= number <= images for number in numbers) else None


def sample(labels: np.ndarray) -> np.ndarray:
    """Which images are disturbed: 1,000 of them, each digit with its share; all where there are fewer."""
    return stratified(labels, IMAGES)


def stored_at(model: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    """Where the result is kept; any other model, image or label gives another place."""
    try:
        name = cache.digest(model, images, labels)
    except OSError as error:
        raise model_not_read(model.parent.name, error) from error
    return cache.place("robustness", f"{name}-{IMAGES}-{VERSION}.json")


def measure(
    classify: Classify, images: np.ndarray, labels: np.ndarray, progress: Progress = lambda share, words: None
) -> Robustness:
    """Measures a model on a sample of images uint8 `[N, 28, 28]`, disturbed in every way at every level.

    `classify` is as `Classifier.probabilities`; `progress` is told the share that is done, and what is measured next;
    what it raises ends the measuring.
    """
    if not len(labels):
        raise InputError(gettext("There are no images to disturb; judge the model on data that has some."))
    chosen = sample(labels)
    images, labels = images[chosen], labels[chosen]
    plain = int((classify(images).argmax(axis=1) == labels).sum())
    steps = [(kind, level) for kind, about in KINDS.items() for level in about.levels]
    right: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for done, (kind, level) in enumerate(steps):
        about = KINDS[kind]
        if level == about.undisturbed:
            right[kind].append(plain)
            continue
        progress(done / len(steps), _where(kind, level))
        answers = classify(disturbed(kind, images, level)).argmax(axis=1)
        right[kind].append(int((answers == labels).sum()))
    return Robustness({kind: tuple(row) for kind, row in right.items()}, len(labels))


# --- In words ------------------------------------------------------------------------------------------------------


def sentence(found: Robustness, kind: str) -> str:
    """How far it reads 9 of 10 right, and what comes next: `Up to 4 px, … are still read right; at 5 px 81.7 %.`"""
    about, right = KINDS[kind], found.right[kind]
    low, high = _held(found, kind)
    undisturbed = right[about.levels.index(about.undisturbed)]
    if not _is_enough(undisturbed, found.images):
        share = percent(undisturbed / found.images, 1)
        return gettext("Even as written, fewer than 9 of 10 digits are read right: {share}.", share=share)
    beyond = [place for place in (low - 1, high + 1) if 0 <= place < len(right)]
    if not beyond:
        least = percent(min(right) / found.images, 1)
        return gettext(
            "However far it was tried, at least 9 of 10 digits are still read right: {share} and more.", share=least
        )
    falls = listed(
        [
            gettext(
                "at {level} {share}",
                level=about.write(about.levels[place]),
                share=percent(right[place] / found.images, 1),
            )
            for place in beyond
        ]
    )
    if low == high:
        return gettext("The first step is already too much for 9 of 10 digits: {falls} are read right.", falls=falls)
    first, last = about.write(about.levels[low]), about.write(about.levels[high])
    if about.levels[low] == about.undisturbed:
        return gettext("Up to {level}, at least 9 of 10 digits are still read right; {falls}.", level=last, falls=falls)
    if about.levels[high] == about.undisturbed:
        return gettext(
            "Down to {level}, at least 9 of 10 digits are still read right; {falls}.", level=first, falls=falls
        )
    return gettext(
        "From {low} to {high}, at least 9 of 10 digits are still read right; {falls}.",
        low=first,
        high=last,
        falls=falls,
    )


def breaks_at(found: Robustness, kind: str) -> float:
    """The first level at which it reads fewer than 9 of 10 right, or the last one where it always reads as many."""
    low, high = _held(found, kind)
    levels = KINDS[kind].levels
    places = [place for place in (high + 1, low - 1, len(levels) - 1, 0) if 0 <= place < len(levels)]
    return next(levels[place] for place in places if levels[place] != KINDS[kind].undisturbed)


def _is_enough(right: int, images: int) -> bool:
    return 10 * right >= 9 * images


def _held(found: Robustness, kind: str) -> tuple[int, int]:
    """The places of the first and the last level around the undisturbed one up to which 9 of 10 are read right."""
    right = found.right[kind]
    low = high = KINDS[kind].levels.index(KINDS[kind].undisturbed)
    while low > 0 and _is_enough(right[low - 1], found.images):
        low -= 1
    while high + 1 < len(right) and _is_enough(right[high + 1], found.images):
        high += 1
    return low, high


def beside_sentence(found: Robustness, other: Robustness, kind: str) -> str:
    """Where two models differ most in one kind, or that they hardly do."""
    about = KINDS[kind]
    pairs = list(zip(found.accuracies(kind), other.accuracies(kind), strict=True))
    place = max(range(len(pairs)), key=lambda one: abs(pairs[one][0] - pairs[one][1]))
    mine, others = pairs[place]
    if abs(mine - others) < LITTLE:
        return gettext("The other model (dashed) does about as well.")
    return gettext(
        "The other model (dashed) differs most at {level}: {others} against {mine}.",
        level=about.write(about.levels[place]),
        others=percent(others, 1),
        mine=percent(mine, 1),
    )


def wrong_sentence(kind: str, level: float, wrong: int, images: int) -> str:
    """`At 45°, 290 of 1,000 are read wrong.`"""
    where = gettext("Unchanged") if level == KINDS[kind].undisturbed else _where(kind, level)
    return gettext(
        "{where}: {wrong} of {images} images are read wrong.", where=where, wrong=count(wrong), images=count(images)
    )


def _where(kind: str, level: float) -> str:
    """`Rotation, 45°`"""
    about = KINDS[kind]
    return gettext("{kind}, {level}", kind=about.title, level=about.write(level))
