"""Signs beside digits: points, commas, minus signs, slashes and bars, told by where they stand and how they run.

What a sign is, is geometry, as in Zanibbi, Blostein and Cordy, "Recognizing Mathematical Expressions Using Tree
Transformation", 2002: a comma differs from a 1 by its place below the middle of the row, a minus sign from the bar of a
5 by standing alone. All limits are strict, as a digit taken for a sign is worse than a sign that is refused.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_core.language import N_
from mnist_core.preprocessing.layout import makes_a_row
from mnist_core.preprocessing.segmentation import Box, around

POINT, COMMA, PLUS, MINUS, EQUALS, SLASH, BAR = ".", ",", "+", "-", "=", "/", "―"
NAMES = {
    POINT: N_("point"),
    COMMA: N_("comma"),
    PLUS: N_("plus sign"),
    MINUS: N_("minus sign"),
    EQUALS: N_("equals sign"),
    SLASH: N_("slash"),
    BAR: N_("bar or ruling"),
}
# Lengths are shares of the height of the digits beside it.
LARGEST_POINT = 0.16
LARGEST_COMMA = 0.42
WIDEST_COMMA = 0.3
HIGHEST_POINT, HIGHEST_COMMA = 0.65, 0.55  # how far below the top of the row it begins
SHORTEST_MINUS, LONGEST_MINUS = 0.2, 1.2
HIGHEST_MINUS, LOWEST_MINUS = 0.2, 0.8
SHORTEST_BAR, LONG_RULING = 0.7, 2.0
FLAT = 0.25  # height of a flat stroke, as a share of its width
# A slash leans by 12 to 60 degrees and is so much taller than both its neighbours.
SLASH_LEAN = math.tan(math.radians(12)), math.tan(math.radians(60))
SLASH_HEIGHT = 1.12
SLASH_OVERLAP = 0.4  # the stem of a 4 in two strokes stands all above its bar
STRAIGHT = 0.08  # how far the middle of a straight stroke may be from the line between its ends, as a share of that
APART = 0.02
# The arms of a plus cross within these shares of each other and differ by so much at most; its stem leans by 15 degrees
# at most. Of its ink so little may lie aside of them, which are as wide as the pen and by so much wider as they lean.
# Of 6,000 digits of writers who are trained on none is a plus by this.
CROSSING = 0.25, 0.75
HIGHEST_PLUS = 0.8  # of the row's height: a 4 may be a plus as high as the digits beside it
LONGER_ARM = 1.8
PLUS_LEAN = math.tan(math.radians(15))
ASIDE, LEANING = 0.05, 0.06
LEAST_REACHED = 0.9  # share of its width or height that an arm goes through


@dataclass(frozen=True)
class Mark:
    """A stroke or a connected piece of ink as geometry sees it."""

    box: Box  # as if the pen were a point
    is_straight: bool
    lean: float  # how far it goes to the right on its way up, as a share of its height; 0 where it is not straight
    is_plus: bool = False  # whether it is a piece of ink that is a level and an upright line across each other

    @property
    def is_flat(self) -> bool:
        """Whether it is a straight stroke from left to right."""
        return self.is_straight and self.box.height <= FLAT * self.box.width


def mark_of_stroke(points: np.ndarray) -> Mark:
    """Describes a stroke, float `[points, 2]`."""
    box = Box(*points.min(axis=0), *points.max(axis=0))
    across, up = points[-1, 0] - points[0, 0], points[0, 1] - points[-1, 1]
    length = math.hypot(across, up)
    aside = np.abs((points[:, 0] - points[0, 0]) * up + (points[:, 1] - points[0, 1]) * across)
    # A stroke that goes there and back is longer than the way between its ends.
    whole = math.hypot(box.width, box.height)
    straight = 0 < whole <= 1.1 * length and float(aside.max()) <= STRAIGHT * length**2
    return Mark(box, straight, float(across / up) if straight and up else 0.0)


def mark_of_ink(ink: np.ndarray, pen: float, box: Box) -> Mark:
    """Describes a connected piece of ink, bool `[height, width]`, drawn with a pen of this width; `box` says where."""
    y, x = np.nonzero(ink)
    points = np.stack([x, y], axis=1) - np.array([x.mean(), y.mean()])
    axis = np.linalg.svd(points.T @ points)[0][:, 0]
    along, aside = points @ axis, points @ np.array([-axis[1], axis[0]])
    length = float(np.ptp(along)) - pen
    straight = length > pen and float(np.ptp(aside)) <= 1.4 * pen + 1.5 * STRAIGHT * length
    return Mark(box, straight, float(-axis[0] / axis[1]) if straight and axis[1] else 0.0, _is_plus(ink, pen))


def _is_plus(ink: np.ndarray, pen: float) -> bool:
    """Whether nearly all ink, bool `[height, width]`, lies on a level and an upright line that cross in the middle."""
    height, width = ink.shape
    if min(height, width) < 3 * pen or max(height, width) > LONGER_ARM * min(height, width):
        return False
    level, upright = _arm(ink, pen), _arm(ink.T, pen).T
    reached = level.any(axis=0).mean(), upright.any(axis=1).mean()
    return bool(min(reached) >= LEAST_REACHED and (ink & ~level & ~upright).sum() <= ASIDE * ink.sum())


def _arm(ink: np.ndarray, pen: float) -> np.ndarray:
    """What of the ink, bool `[height, width]`, lies on the level line through the fullest of its middle rows: bool."""
    height, width = ink.shape
    least, most = (round(share * height) for share in CROSSING)
    middle = least + int(ink.sum(axis=1)[least : most + 1].argmax())
    line = np.abs(np.arange(height) - middle) <= pen / 2 + 1 + LEANING * width
    arm: np.ndarray = ink & line[:, np.newaxis]
    return arm


def rulings(marks: Sequence[Mark], height: float) -> list[int]:
    """Finds the rulings and fraction bars of a sheet whose digits have this height: indices of marks.

    A fraction bar has something above and something below it and nothing at its sides that is as close.
    """
    digits = [mark.box for mark in marks if makes_a_row(mark.box, height)]
    return [
        index
        for index, mark in enumerate(marks)
        if mark.is_flat and digits and (_is_ruling(mark.box, height) or _is_fraction_bar(mark.box, digits, height))
    ]


def _is_ruling(box: Box, height: float) -> bool:
    return box.width >= LONG_RULING * height


def _is_fraction_bar(box: Box, digits: Sequence[Box], height: float) -> bool:
    if box.width < SHORTEST_BAR * height:
        return False
    near = [other for other in digits if min(other.right, box.right) > max(other.left, box.left)]
    above = any(other.bottom <= box.top + 0.05 * height for other in near)
    below = any(other.top >= box.bottom - 0.05 * height for other in near)
    crossed = any(other.top < box.top - 0.05 * height and other.bottom > box.bottom + 0.05 * height for other in near)
    return above and below and not crossed and len(near) >= 2


def signs_of_row(marks: Sequence[Mark], boxes: Sequence[Box]) -> dict[int, str]:
    """Finds what is a sign in one row: characters by the places of the marks.

    `boxes` are those of the marks once the row is level.
    """
    height = max(box.height for box in boxes)
    large = [place for place, box in enumerate(boxes) if makes_a_row(box, height)]
    if not large or len(boxes) < 2:
        return {}
    found = dict.fromkeys(_parts_of_pluses(marks, boxes, HIGHEST_PLUS * height), PLUS)
    for place in range(len(boxes)):
        if place in found:
            continue
        if place in large:
            if _is_slash(place, marks, boxes, large):
                found[place] = SLASH
        elif sign := _small_sign(place, marks, boxes, large):
            found[place] = sign
    return found if len(found) < len(boxes) else {}


def joined(found: Sequence[tuple[Box, str]]) -> list[tuple[Box, str]]:
    """Makes one sign of two marks of a row: of minus signs above each other an equals sign, of both lines a plus."""
    signs: list[tuple[Box, str]] = []
    for box, sign in sorted(found, key=lambda one: one[0].left):
        before, last = signs[-1] if signs else (box, "")
        overlap = -_gap(before, box)
        if sign == last == MINUS and overlap > min(before.width, box.width) / 2:
            signs[-1] = around([before, box]), EQUALS
        elif sign == last == PLUS and overlap >= 0:
            signs[-1] = around([before, box]), PLUS
        else:
            signs.append((box, sign))
    return signs


def _parts_of_pluses(marks: Sequence[Mark], boxes: Sequence[Box], highest: float) -> set[int]:
    """Finds pieces of ink that are a plus, and strokes that form one, so high at most: places of the marks."""
    found = {place for place, mark in enumerate(marks) if mark.is_plus and boxes[place].height <= highest}
    level = [place for place, mark in enumerate(marks) if mark.is_flat]
    upright = [
        place
        for place, mark in enumerate(marks)
        if mark.is_straight and not mark.is_flat and abs(mark.lean) <= PLUS_LEAN
    ]
    for bar, stem in itertools.product(level, upright):
        if boxes[stem].height <= highest and _cross(boxes[bar], boxes[stem]):
            found |= {bar, stem}
    return found


def _cross(bar: Box, stem: Box) -> bool:
    """Whether a level and an upright stroke meet in the middle of both, and are about as long."""
    if not 1 / LONGER_ARM <= bar.width / max(stem.height, 1e-9) <= LONGER_ARM:
        return False
    across = ((stem.left + stem.right) / 2 - bar.left) / bar.width
    down = ((bar.top + bar.bottom) / 2 - stem.top) / stem.height
    return all(CROSSING[0] <= share <= CROSSING[1] for share in (across, down))


def _small_sign(place: int, marks: Sequence[Mark], boxes: Sequence[Box], large: Sequence[int]) -> str:
    """Judges something small by the digits next to it; empty where it is a part of one, or nothing that is known."""
    box = boxes[place]
    near = sorted((boxes[other] for other in large), key=lambda other: _gap(box, other))[:2]
    row = around(near[:1])
    alone = all(_gap(box, other) > APART * row.height for index, other in enumerate(boxes) if index != place)
    top = (box.top - row.top) / row.height
    longest = max(box.width, box.height) / row.height
    if alone and longest <= LARGEST_POINT and top >= HIGHEST_POINT:
        return POINT
    upright = box.height >= 0.7 * box.width
    if (
        alone
        and upright
        and longest <= LARGEST_COMMA
        and box.width <= WIDEST_COMMA * row.height
        and top >= HIGHEST_COMMA
    ):
        return COMMA
    middle = ((box.top + box.bottom) / 2 - row.top) / row.height
    length = box.width / row.height
    others = (boxes[other] for other in large)
    if (
        marks[place].is_flat
        and SHORTEST_MINUS <= length <= LONGEST_MINUS
        and HIGHEST_MINUS <= middle <= LOWEST_MINUS
        and all(_gap(box, other) > APART * row.height for other in others)
    ):
        return MINUS
    return ""


def _is_slash(place: int, marks: Sequence[Mark], boxes: Sequence[Box], large: Sequence[int]) -> bool:
    """Whether a straight stroke between two digits leans to the right and is taller than both."""
    mark, box = marks[place], boxes[place]
    if not mark.is_straight or not SLASH_LEAN[0] <= mark.lean <= SLASH_LEAN[1]:
        return False
    middle = box.left + box.right
    left = [boxes[other] for other in large if boxes[other].left + boxes[other].right < middle]
    right = [boxes[other] for other in large if boxes[other].left + boxes[other].right > middle]
    if not left or not right:
        return False
    sides = max(left, key=lambda other: other.right), min(right, key=lambda other: other.left)
    return all(
        box.height >= SLASH_HEIGHT * other.height
        and box.bottom >= other.bottom - 0.1 * other.height
        and -_gap(box, other) <= SLASH_OVERLAP * box.width
        for other in sides
    )


def _gap(box: Box, other: Box) -> float:
    """How far two boxes are apart from left to right; negative where one stands above the other."""
    return max(box.left, other.left) - min(box.right, other.right)
