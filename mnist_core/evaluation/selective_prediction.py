"""Selective prediction: what a threshold on a model's certainty refuses and lets through."""

from dataclasses import dataclass

import numpy as np

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count, percent
from mnist_core.language import as_written, gettext, ngettext

# Fine near 1, where a good model's probabilities are.
THRESHOLDS = (
    *(number / 10 for number in range(8)),
    *(number / 100 for number in (80, 85, *range(90, 99))),
    *(number / 1000 for number in range(990, 999)),
    *(number / 10_000 for number in range(9990, 10_000)),
)


@dataclass(frozen=True)
class Outcome:
    """What one threshold does: an answer whose probability lies below it is refused."""

    threshold: float  # 0 to 1
    let_through: int  # mistakes that are answered
    caught: int  # mistakes that are refused
    refused_right: int  # right answers that are refused
    answered_right: int  # right answers that are given

    @property
    def images(self) -> int:
        return self.let_through + self.caught + self.refused_right + self.answered_right

    @property
    def refused_images(self) -> int:
        return self.caught + self.refused_right

    @property
    def refused(self) -> float:
        """Share of the images that is refused; the rest is the coverage."""
        return self.refused_images / self.images

    @property
    def risk(self) -> float:
        """Share of the answers that is wrong, which is 1 less their accuracy; NaN where all is refused."""
        answers = self.let_through + self.answered_right
        return self.let_through / answers if answers else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of the answers that is right; NaN where all is refused."""
        return 1 - self.risk


@dataclass(frozen=True)
class RiskCoverage:
    """What every threshold on the answer's probability does, found by one sorting.

    El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11 (2010).
    """

    confidences: np.ndarray  # float64 `[N]`, the answers' probabilities, rising
    mistakes: np.ndarray  # int64 `[N + 1]`: of the images from this place on, how many are read wrong

    @classmethod
    def measure(cls, probabilities: np.ndarray, labels: np.ndarray) -> "RiskCoverage":
        """Sorts the answers of probabilities `[N, 10]` to images of the digits int `[N]`, at least one."""
        confidences = probabilities.max(axis=1).astype(np.float64)
        order = np.argsort(confidences, kind="stable")
        wrong = (probabilities.argmax(axis=1) != labels)[order]
        return cls(confidences[order], np.append(np.cumsum(wrong[::-1])[::-1], 0))

    def at(self, threshold: float) -> Outcome:
        refused = int(np.searchsorted(self.confidences, threshold, side="left"))
        every, let_through = int(self.mistakes[0]), int(self.mistakes[refused])
        caught, answered = every - let_through, len(self.confidences) - refused
        return Outcome(threshold, let_through, caught, refused - caught, answered - let_through)

    def curve(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every threshold that makes a difference, rising, with coverage and risk: float64 `[T]` each.

        Coverage is the share of the images that is answered, risk the share of these answers that is wrong.
        """
        first = np.flatnonzero(np.diff(self.confidences, prepend=-1.0))
        answered = len(self.confidences) - first
        return self.confidences[first], answered / len(self.confidences), self.mistakes[first] / answered


def behind(evaluation: Evaluation, threshold: float, refused: bool, right: bool) -> np.ndarray:
    """Returns the images that a threshold refuses or answers, read right or wrong: int64 `[M]`, the surest first."""
    chosen = (evaluation.probabilities.max(axis=1).astype(np.float64) < threshold) == refused
    chosen &= (evaluation.predictions == evaluation.labels) == right
    every = evaluation.selected()
    return every[chosen[every]]


def threshold_name(threshold: float) -> str:
    """Writes a threshold as exactly as it is: `99.95 %`."""
    return as_written(f"{100 * threshold:.4g} %")


def threshold_sentence(outcome: Outcome) -> str:
    """Says what a threshold does."""
    name, wrong = threshold_name(outcome.threshold), percent(outcome.risk)
    if not outcome.answered_right + outcome.let_through:
        return gettext("Below {name} it refuses all images. It never answers.", name=name)
    if not outcome.refused:
        return gettext("Below {name} it refuses nothing. {wrong} of its answers are wrong.", name=name, wrong=wrong)
    return gettext(
        "Below {name} it refuses {refused_images} of {images}. {wrong} of its other answers "
        "are wrong. Mistakes let through: {let_through}, caught: {caught}. Right answers "
        "lost: {refused_right}.",
        name=name,
        refused_images=count(outcome.refused_images),
        images=ngettext("{number} image", "{number} images", outcome.images, number=count(outcome.images)),
        wrong=wrong,
        let_through=count(outcome.let_through),
        caught=count(outcome.caught),
        refused_right=count(outcome.refused_right),
    )
