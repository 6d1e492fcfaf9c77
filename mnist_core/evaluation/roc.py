"""How well a model tells each digit from the others: ROC and precision–recall."""

import heapq
from dataclasses import dataclass

import numpy as np

from mnist_core.language import gettext
from mnist_core.mnist import CLASSES

SHOWN_POINTS = 200
# Below a thousandth of the chart nobody sees a difference.
INVISIBLE = 0.001


@dataclass(frozen=True)
class DigitCurves:
    """How well the probability of one digit tells its images from all others."""

    digit: int
    images: int
    # float64 `[K]`, rising: share of the other digits' images that a threshold takes for it.
    false_positives: np.ndarray
    true_positives: np.ndarray  # float64 `[K]`: share of its own images that the same threshold finds (recall)
    recall: np.ndarray  # float64 `[M]`, falling
    precision: np.ndarray  # float64 `[M]`: at that recall, the share of what is taken for it that is one
    # Area under the ROC curve: how often an image of it gets a higher probability of it than another image (Hanley and
    # McNeil, 1982); NaN where it cannot be said.
    auc: float
    average_precision: float  # mean precision over the recall gained at each threshold; NaN where it cannot be said

    @property
    def problem(self) -> str:
        """Why there are no curves; empty where there are."""
        if len(self.recall):
            return ""
        if self.images:
            return gettext(
                "Every image shows a {digit} here, so nothing can be said of how well it is told from other digits.",
                digit=self.digit,
            )
        return gettext(
            "No image shows a {digit} here, so nothing can be said of how well it is told from other digits.",
            digit=self.digit,
        )


def digit_curves(probabilities: np.ndarray, labels: np.ndarray) -> tuple[DigitCurves, ...]:
    """Draws the ten digits' curves from `[N, 10]` and int `[N]`, one against the rest, with scikit-learn.

    Of a digit that no image shows, or that all show, they have no points but the reason.
    """
    return tuple(_curves_of(digit, labels == digit, probabilities[:, digit]) for digit in range(CLASSES))


def _curves_of(digit: int, actual: np.ndarray, scores: np.ndarray) -> DigitCurves:
    from sklearn import metrics  # a second to load; only who looks at the curves needs it

    number = int(actual.sum())
    if number in (0, len(actual)):
        nothing = np.zeros(0)
        return DigitCurves(digit, number, nothing, nothing, nothing, nothing, np.nan, np.nan)
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
    """Chooses the points of a line that matter to the eye, by their indices: int64 `[M]`, rising, with both ends.

    The line begins as the one between its ends; then the point that is farthest from it joins, again and again, until
    no difference can be seen or there are enough (Ramer, 1972; Douglas and Peucker, 1973). `x` and `y`, `[N]`, are in
    widths and heights of the chart.
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
