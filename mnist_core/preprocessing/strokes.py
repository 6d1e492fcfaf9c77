"""A drawing as the strokes of a pen: checked, scaled to the size of MNIST's digits, and painted."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mnist_core.errors import InputError
from mnist_core.language import gettext

# The longest side of MNIST's digits and their median pen width, in pixels of the 28×28 picture.
BOX = 20
PEN_WIDTH = 2.5
# Strokes are painted this much larger and averaged down, which gives MNIST's grey edges.
OVERSAMPLING = 8

# The canvas of the Draw page, in pixels; with its border it fits a phone of 360.
CANVAS_SIDE = 320
CANVAS_PEN = 20

MOST_STROKES = 500
MOST_POINTS = 20_000
LARGEST_COORDINATE = 100_000.0
# Strokes that move the canvas's pen by less than this share of its width leave a dot.
SPECK_SHARE = 0.6

Strokes = list[np.ndarray]


def check_strokes(value: Any) -> Strokes:
    """Turns what came from outside, lists of points `[x, y]`, y downward, into arrays float64 `[points, 2]`.

    Strokes without points are left out. Raises InputError where there is too much, or something that is not a finite
    number.
    """
    if not isinstance(value, list) or len(value) > MOST_STROKES:
        raise InputError(
            gettext(
                "The strokes must be a list of at most {most_strokes} strokes [[x, y], …]; draw again.",
                most_strokes=MOST_STROKES,
            )
        )
    if sum(len(stroke) for stroke in value if isinstance(stroke, list | np.ndarray)) > MOST_POINTS:
        raise InputError(
            gettext(
                "The drawing has more than {most_points} points; clear it and draw a simpler one.",
                most_points=MOST_POINTS,
            )
        )
    strokes = []
    for number, stroke in enumerate(value, 1):
        try:
            points = np.asarray(stroke)
        except (TypeError, ValueError, OverflowError):
            points = np.empty((0, 3))
        if points.size and points.dtype.kind not in "iuf":
            points = np.empty((0, 3))  # text, truth values or whole numbers without limit are not coordinates
        points = points.astype(np.float64)
        if points.shape in ((0,), (0, 2)):
            continue
        if points.ndim != 2 or points.shape[1] != 2:
            raise InputError(
                gettext("Stroke {number} is not a list of points [x, y]; expected two numbers a point.", number=number)
            )
        if not (np.abs(points) <= LARGEST_COORDINATE).all():
            raise InputError(
                gettext(
                    "Stroke {number} has a point that is not a number within ±{largest_coordinate:g}; draw it again.",
                    number=number,
                    largest_coordinate=LARGEST_COORDINATE,
                )
            )
        strokes.append(points)
    return strokes


def paint(
    strokes: Sequence[np.ndarray], width: int, height: int, pen: float, oversampling: int = OVERSAMPLING
) -> np.ndarray:
    """Paints strokes, in pixels, with a round pen, `oversampling` times as large, then averaged; white ink on black."""
    factor = oversampling
    picture = Image.new("L", (width * factor, height * factor))
    draw = ImageDraw.Draw(picture)
    radius = pen * factor / 2
    for stroke in strokes:
        points = (stroke * factor).tolist()
        draw.line([tuple(point) for point in points], fill=255, width=round(2 * radius))
        # A disc at every point: Pillow's own joints leave cracks where a bend is tighter than the pen is wide.
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius - 1, y + radius - 1), fill=255)
    return np.asarray(picture.reduce(factor))


def scale_strokes(
    strokes: Sequence[np.ndarray], pen: float = PEN_WIDTH, longest: int = BOX, keep_aspect: bool = True
) -> np.ndarray:
    """Scales strokes by their points and paints them at MNIST's pen width, so that the ink's longest side is 20 px.

    Painting them again keeps the pen's width right for a drawing of any size, which shrinking a painted picture does
    not. The unit of the strokes may be any; there is at least one point. Returns uint8 `[height, width]`, its longest
    side `longest`.
    """
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    sides = np.full(2, extent.max()) if keep_aspect else extent
    scale = (longest - pen) / np.maximum(sides, 1e-9)
    scale[sides * scale < longest - pen - 1e-6] = 0.0  # a single dot has no size to scale
    width, height = (max(math.ceil(round(float(side) + pen, 6)), 1) for side in extent * scale)
    return paint([(stroke - low) * scale + pen / 2 for stroke in strokes], width, height, pen)


def is_speck(strokes: Strokes, on_canvas: bool = False) -> bool:
    """Whether a drawing is only touches of the pen, none of which moves it by as much as it is wide.

    Where its unit is not a pixel of the canvas, it may be anything, such as the height of the digit, and what is small
    is only a speck if it is also small for where it stands.
    """
    if not strokes:
        return True
    if on_canvas:
        return max(float(np.ptp(stroke, axis=0).max()) for stroke in strokes) <= SPECK_SHARE * CANVAS_PEN
    points = np.concatenate(strokes)
    whole = float(np.ptp(points, axis=0).max())
    return whole == 0 or (whole <= SPECK_SHARE * CANVAS_PEN and whole < 0.2 * float(np.abs(points).max()))
