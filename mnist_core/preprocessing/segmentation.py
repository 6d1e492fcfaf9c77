"""Several digits side by side → which of what was seen is a digit each, by how well it was read.

A drawing is cut into units that no digit boundary crosses: strokes, or pieces of ink. Neighbouring units form
candidates; each was classified as if it stood alone, and dynamic programming finds the row of candidates that is most
probable as a whole, as in Matan, Burges, LeCun and Denker, "Multi-Digit Recognition Using a Space Displacement Neural
Network", 1992.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_core.preprocessing.strokes import BOX, PEN_WIDTH

# A digit has at most so many units, and a row so many digits; beyond these it is a drawing of something else.
MOST_UNITS_OF_A_DIGIT = 5
MOST_UNITS = 40
# What geometry says, in natural logarithms of odds; lengths are shares of the row's height.
PRICE_OF_A_DIGIT = 0.7
# How much more what a model says counts: a fragment of a digit, or two digits as one, still reads as something.
WEIGHT_OF_READING = 9.0
# Of 1,441 pen digits in several strokes, 97 % overlap by this much or more.
LARGEST_GAP = -0.02
PRICE_OF_A_GAP = 60.0
# And 99 % of all pen digits are at most this much wider than high.
LARGEST_ASPECT = 1.3
PRICE_OF_WIDTH = 4.0
PRICE_OF_OVERLAP = 4.0
FREE_OVERLAP = 0.3
# A straight line is as wide as MNIST's pen: of no width, it would lie beside another that it covers.
NARROWEST_UNIT = PEN_WIDTH / BOX
SMALLEST_DIGIT = 0.35
PRICE_OF_SMALLNESS = 5.0
# Of each pen width of ink that a cut goes through.
PRICE_OF_A_PEN_WIDTH = 0.2
# What is narrower, in shares of the row's height, has no room for two digits that touch.
NARROWEST_PAIR = 0.5


@dataclass(frozen=True)
class Box:
    """Where something lies, in pixels: left and right, top and bottom edge."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def is_narrow(self) -> bool:
        """Whether it has no room for two digits beside each other."""
        return self.width < NARROWEST_PAIR * self.height

    def without(self, rim: float) -> "Box":
        """Returns the box without a rim all around, as far as there is room; a negative rim is added."""
        across, down = min(rim, self.width / 2), min(rim, self.height / 2)
        return Box(self.left + across, self.top + down, self.right - across, self.bottom - down)

    def at_least(self, width: float) -> "Box":
        """Returns the box, so wide at least, about the same middle."""
        missing = max(width - self.width, 0.0) / 2
        return Box(self.left - missing, self.top, self.right + missing, self.bottom)

    def placed(self, scale: float, left: float, top: float) -> "Box":
        """Returns the box in a picture that is larger by `scale` and begins further left and up."""
        return Box(
            left + scale * self.left, top + scale * self.top, left + scale * self.right, top + scale * self.bottom
        )


def around(boxes: Sequence[Box]) -> Box:
    """Returns the box around boxes."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def neighbours(
    number: int, most_of_a_digit: int = MOST_UNITS_OF_A_DIGIT, most: int = MOST_UNITS
) -> list[tuple[int, int]]:
    """Returns which neighbouring units may form a digit, as ranges `(first, last + 1)`; the first is the whole.

    A digit has `most_of_a_digit` units at most; of more than `most` units only the whole is one.
    """
    whole = (0, number)
    if number > most:
        return [whole]
    ranges = [
        (first, last) for first in range(number) for last in range(first + 1, min(first + most_of_a_digit, number) + 1)
    ]
    return [whole, *(entry for entry in ranges if entry != whole)]


def best_row(
    boxes: Sequence[Box],
    ranges: Sequence[tuple[int, int]],
    probabilities: np.ndarray,
    joined: Sequence[float] = (),
) -> list[int]:
    """Finds the row of digits that explains a drawing best: indices of the candidates (`ranges`), from left to right.

    `probabilities` are float `[candidates, 10]`, calibrated; more rows are not looked at. `joined` says how many pen
    widths of ink join each unit to the one before it; nowhere any by default.
    """
    height = max(around(boxes).height, 1e-9)
    boxes = [box.at_least(NARROWEST_UNIT * height) for box in boxes]
    likelihoods = WEIGHT_OF_READING * np.log(np.maximum(probabilities[: len(ranges)].max(axis=1), 1e-6))
    joined = joined or [0.0] * len(boxes)
    best: dict[int, tuple[float, list[int]]] = {}
    # Ordered by where they end, so that all rows that end before a candidate are known when it is looked at.
    for index in sorted(range(len(ranges)), key=lambda index: (ranges[index][1], ranges[index][0])):
        first, last = ranges[index]
        own = float(likelihoods[index]) + _plausibility(boxes[first:last], height)
        rows = [(own, [index])] if first == 0 else []
        for other, (total, row) in best.items():
            if ranges[other][1] == first:
                price = _price(boxes[slice(*ranges[other])], boxes[first:last], joined[first])
                rows.append((total + own - price, [*row, index]))
        if rows:
            best[index] = max(rows, key=lambda entry: entry[0])
    complete = [best[index] for index in best if ranges[index][1] == len(boxes)]
    return max(complete, key=lambda entry: entry[0])[1]


def _plausibility(units: Sequence[Box], height: float) -> float:
    """Says how much units look like one digit by their place alone; 0 is ordinary, less is worse."""
    whole = around(units)
    score = 0.0
    if max(whole.width, whole.height) < SMALLEST_DIGIT * height:
        score -= PRICE_OF_SMALLNESS
    reach = units[0].right
    for unit in units[1:]:
        score -= PRICE_OF_A_GAP * max((unit.left - reach) / height - LARGEST_GAP, 0.0)
        reach = max(reach, unit.right)
    return score - PRICE_OF_WIDTH * max(whole.width / max(whole.height, 0.5 * height) - LARGEST_ASPECT, 0.0)


def _price(before: Sequence[Box], after: Sequence[Box], ink: float) -> float:
    """Returns the price of one more digit, higher through ink or where two neighbours stand above each other."""
    if ink:
        return PRICE_OF_A_DIGIT + PRICE_OF_A_PEN_WIDTH * ink
    left, right = around(before), around(after)
    shared = min(left.right, right.right) - max(left.left, right.left)
    narrower = max(min(left.width, right.width), 1e-9)
    return PRICE_OF_A_DIGIT + PRICE_OF_OVERLAP * max(shared / narrower - FREE_OVERLAP, 0.0)
