"""What the drawing canvas sends (Fabric.js JSON, input from outside) → strokes."""

import math
from typing import Any

import numpy as np

from mnist_core.errors import InputError
from mnist_core.preprocess import CANVAS_SIDE, MOST_POINTS, MOST_STROKES, Strokes, check_strokes


def strokes_from_canvas(drawing: Any) -> Strokes:
    """Reads the strokes from the canvas's drawing (Fabric.js JSON), which is input from outside.

    Moved, scaled, turned or slanted strokes come back as they are seen.

    Raises:
        InputError: The value is not such a drawing.
    """
    if drawing is None:
        return []
    objects = drawing.get("objects", []) if isinstance(drawing, dict) else None
    if not isinstance(objects, list) or len(objects) > MOST_STROKES:
        raise InputError("The canvas sent something that is not a drawing; clear it and draw again.")
    strokes: list[Any] = []
    total = 0
    for item in objects:
        path = item.get("path") if isinstance(item, dict) else None
        if not isinstance(path, list):
            continue  # not a stroke of the pen
        total += len(path)
        if total > MOST_POINTS:
            raise InputError(f"The drawing has more than {MOST_POINTS} points; clear it and draw a simpler one.")
        try:
            with np.errstate(all="raise"):
                strokes.append(_place(_flatten(path), item))
        except (TypeError, ValueError, IndexError, KeyError, ArithmeticError):
            raise InputError("The canvas sent a stroke that cannot be read; clear it and draw again.") from None
    return check_strokes(strokes)


def visible(strokes: Strokes) -> Strokes:
    """Keeps what lies on the canvas; a stroke that leaves it and comes back falls into pieces."""
    return [piece for stroke in strokes for piece in _pieces_on_canvas(stroke)]


def _pieces_on_canvas(points: np.ndarray) -> list[np.ndarray]:
    inside = np.logical_and.reduce((points >= 0) & (points <= CANVAS_SIDE), axis=1)
    pieces = np.split(points, np.flatnonzero(np.diff(inside)) + 1)
    return pieces[0 if inside[0] else 1 :: 2]


def _flatten(path: list[Any]) -> np.ndarray:
    """Turns a path of moves, lines and curves into points, four a quadratic or cubic curve."""
    points: list[np.ndarray] = []
    for command, *numbers in path:
        if command in ("Z", "z"):
            continue
        corners = np.asarray(numbers, np.float64).reshape(-1, 2)
        if command in ("Q", "C"):
            points.extend(_curve(np.vstack([points[-1], corners])))
        elif command in ("M", "L"):
            points.extend(corners)
        else:
            raise ValueError(command)
    return np.array(points).reshape(-1, 2)


def _curve(corners: np.ndarray) -> np.ndarray:
    """Samples a Bézier curve `[degree + 1, 2]` at four points, its start left out."""
    degree = len(corners) - 1
    t = np.linspace(0.25, 1, 4)[:, np.newaxis]
    weights = [math.comb(degree, i) * t**i * (1 - t) ** (degree - i) for i in range(degree + 1)]
    return np.sum([weight * corner for weight, corner in zip(weights, corners, strict=True)], axis=0)


def _place(points: np.ndarray, item: dict[str, Any]) -> np.ndarray:
    """Moves a path's own points to where the object stands on the canvas, as Fabric.js does."""
    if not len(points):
        return points
    scale = np.array([float(item.get("scaleX", 1)), float(item.get("scaleY", 1))])
    flip = np.array([-1.0 if item.get("flipX") else 1.0, -1.0 if item.get("flipY") else 1.0])
    slant_x, slant_y = (math.tan(math.radians(float(item.get(name, 0)))) for name in ("skewX", "skewY"))
    shape = np.diag(scale * flip) @ np.array([[1, slant_x], [0, 1]]) @ np.array([[1, 0], [slant_y, 1]])
    angle = math.radians(float(item.get("angle", 0)))
    if (shape == np.eye(2)).all() and angle == 0 and "left" not in item:
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    # Where the object's own origin lies in its outline (its size and its pen), from the centre.
    origins = {"left": -0.5, "top": -0.5, "center": 0.0, "right": 0.5, "bottom": 0.5}
    origin = np.array([origins[item.get("originX", "left")], origins[item.get("originY", "top")]])
    outline = np.abs(shape) @ (high - low + float(item.get("strokeWidth", 0)))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    anchor = np.array([float(item["left"]), float(item["top"])])
    centre = anchor - turn @ (origin * outline)
    return (points - (low + high) / 2) @ (turn @ shape).T + centre
