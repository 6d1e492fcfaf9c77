"""How well a model tells each digit from the others, and what a threshold on its certainty refuses and lets through."""

import heapq
from dataclasses import dataclass

import numpy as np

from mnist_core.evaluation import Evaluation
from mnist_core.layers import CLASSES
from mnist_core.phrases import count, percent, several

SHOWN_POINTS = 200
# Below a thousandth of the chart nobody sees a difference.
INVISIBLE = 0.001
# Fine near 1, where a good model's probabilities are.
THRESHOLDS = (
    *(number / 10 for number in range(8)),
    *(number / 100 for number in (80, 85, *range(90, 99))),
    *(number / 1000 for number in range(990, 999)),
    *(number / 10_000 for number in range(9990, 10_000)),
)


# --- One digit against the others --------------------------------------------------------------------------------


@dataclass(frozen=True)
class DigitCurves:
    """How well the probability of one digit tells its images from all others.

    Attributes:
        digit: 0 to 9.
        images: How many images of it there are.
        false_positives: float64 `[K]`, rising: share of the other digits' images that a threshold takes for it.
        true_positives: float64 `[K]`: share of its own images that the same threshold finds (recall).
        recall: float64 `[M]`, falling.
        precision: float64 `[M]`: at that recall, the share of what is taken for it that is one.
        auc: Area under the ROC curve: how often an image of it gets a higher probability of it than another image
            (Hanley and McNeil, 1982); NaN where it cannot be said.
        average_precision: Mean precision over the recall gained at each threshold; NaN where it cannot be said.
        problem: Why there are no curves; empty where there are.
    """

    digit: int
    images: int
    false_positives: np.ndarray
    true_positives: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    auc: float
    average_precision: float
    problem: str = ""


def digit_curves(probabilities: np.ndarray, labels: np.ndarray) -> tuple[DigitCurves, ...]:
    """Draws each digit's curves, one against the rest, with scikit-learn.

    Args:
        probabilities: `[N, 10]`.
        labels: int `[N]`, the true digits.

    Returns:
        Ten; of a digit that no image shows, or that all show, without points and with the reason.
    """
    return tuple(_curves_of(digit, labels == digit, probabilities[:, digit]) for digit in range(CLASSES))


def _curves_of(digit: int, actual: np.ndarray, scores: np.ndarray) -> DigitCurves:
    from sklearn import metrics  # a second to load; only who looks at the curves needs it

    number = int(actual.sum())
    if number in (0, len(actual)):
        every = "Every image shows" if number else "No image shows"
        problem = f"{every} a {digit} here, so nothing can be said of how well it is told from other digits."
        nothing = np.zeros(0)
        return DigitCurves(digit, number, nothing, nothing, nothing, nothing, np.nan, np.nan, problem)
    false_positives, true_positives, _ = metrics.roc_curve(actual, scores)
    precision, recall, _ = metrics.precision_recall_curve(actual, scores, drop_intermediate=True)
    auc, average = metrics.roc_auc_score(actual, scores), metrics.average_precision_score(actual, scores)
    return DigitCurves(digit, number, false_positives, true_positives, recall, precision, float(auc), float(average))


def macro_mean(curves: tuple[DigitCurves, ...]) -> tuple[float, float]:
    """Returns the means of AUC and average precision over the digits that have them, NaN where none has."""
    known = [(one.auc, one.average_precision) for one in curves if not one.problem]
    if not known:
        return np.nan, np.nan
    auc, average = np.mean(known, axis=0)
    return float(auc), float(average)


def found_at(one: DigitCurves, false_positives: float) -> float:
    """Returns the largest share of a digit's images that is found while so few of the others are taken for it."""
    return float(one.true_positives[one.false_positives <= false_positives].max())


def precision_at(one: DigitCurves, recall: float) -> float:
    """Returns the highest precision at which at least this share of a digit's images is found."""
    return float(one.precision[one.recall >= recall].max())


def thinned(x: np.ndarray, y: np.ndarray, most: int = SHOWN_POINTS) -> np.ndarray:
    """Chooses the points of a line that matter to the eye.

    The line begins as the one between its ends; then the point that is farthest from it joins, again and again, until
    no difference can be seen or there are enough (Ramer, 1972; Douglas and Peucker, 1973).

    Args:
        x: Floats `[N]`, in widths of the chart; at least one.
        y: Floats `[N]`, in heights of it.
        most: At most so many points, two or more.

    Returns:
        Their indices, int64 `[M]`, rising; the first and the last are among them.
    """
    last = len(x) - 1
    kept = sorted({0, last})
    waiting = [_farthest(x, y, 0, last)]
    while waiting and len(kept) < most:
        negative_distance, start, place, end = heapq.heappop(waiting)
        if -negative_distance < INVISIBLE:
            break
        kept.append(place)
        heapq.heappush(waiting, _farthest(x, y, start, place))
        heapq.heappush(waiting, _farthest(x, y, place, end))
    return np.array(sorted(kept), np.int64)


def _farthest(x: np.ndarray, y: np.ndarray, start: int, end: int) -> tuple[float, int, int, int]:
    """Returns minus the distance of the point between two others that is farthest from their line, and all three."""
    if end - start < 2:
        return 0.0, start, start, end
    across, up = x[end] - x[start], y[end] - y[start]
    length_squared = across * across + up * up or 1.0
    from_x, from_y = x[start + 1 : end] - x[start], y[start + 1 : end] - y[start]
    # From the line's nearest point, which lies between its ends.
    along = np.clip((from_x * across + from_y * up) / length_squared, 0, 1)
    distances = np.hypot(from_x - along * across, from_y - along * up)
    place = int(distances.argmax())
    return -float(distances[place]), start, start + 1 + place, end


# --- A threshold on the answer's probability ---------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What one threshold does: an answer whose probability lies below it is refused.

    Attributes:
        threshold: 0 to 1.
        let_through: Mistakes that are answered.
        caught: Mistakes that are refused.
        refused_right: Right answers that are refused.
        answered_right: Right answers that are given.
    """

    threshold: float
    let_through: int
    caught: int
    refused_right: int
    answered_right: int

    @property
    def images(self) -> int:
        """How many images there are."""
        return self.let_through + self.caught + self.refused_right + self.answered_right

    @property
    def refused(self) -> float:
        """Share of the images that is refused; the rest is the coverage."""
        return (self.caught + self.refused_right) / self.images

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

    Attributes:
        confidences: float64 `[N]`, the answers' probabilities, rising.
        mistakes: int64 `[N + 1]`: of the images from this place on, how many are read wrong.
    """

    confidences: np.ndarray
    mistakes: np.ndarray

    @classmethod
    def measure(cls, probabilities: np.ndarray, labels: np.ndarray) -> "RiskCoverage":
        """Sorts the answers of probabilities `[N, 10]` to images of the digits int `[N]`, at least one."""
        confidences = probabilities.max(axis=1).astype(np.float64)
        order = np.argsort(confidences, kind="stable")
        wrong = (probabilities.argmax(axis=1) != labels)[order]
        return cls(confidences[order], np.append(np.cumsum(wrong[::-1])[::-1], 0))

    def at(self, threshold: float) -> Outcome:
        """Returns what a threshold does."""
        refused = int(np.searchsorted(self.confidences, threshold, side="left"))
        every, let_through = int(self.mistakes[0]), int(self.mistakes[refused])
        caught, answered = every - let_through, len(self.confidences) - refused
        return Outcome(threshold, let_through, caught, refused - caught, answered - let_through)

    def curve(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns every threshold that makes a difference, with what is answered and how much of that is wrong.

        Returns:
            float64 `[T]` each: the thresholds, rising; the coverage, which is the share of the images that is answered;
            the risk, which is the share of these answers that is wrong.
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
    return f"{100 * threshold:.4g} %"


def threshold_sentence(outcome: Outcome) -> str:
    """Says what a threshold does."""
    name, through = threshold_name(outcome.threshold), several(outcome.let_through, "mistake")
    if not outcome.answered_right + outcome.let_through:
        return f"Below {name} it refuses every image and answers nothing."
    if not outcome.refused:
        return f"Below {name} it refuses nothing; of its answers {percent(outcome.risk)} are wrong ({through})."
    right = several(outcome.refused_right, "right answer")
    return (
        f"Below {name} it refuses {percent(outcome.refused)} of the images; of the {percent(1 - outcome.refused)} that "
        f"it answers, {percent(outcome.risk)} are wrong ({through} let through, {count(outcome.caught)} caught). "
        f"{right} {'is' if outcome.refused_right == 1 else 'are'} refused with them."
    )
