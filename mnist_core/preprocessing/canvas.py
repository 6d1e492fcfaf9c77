"""What the drawing canvas sends (Fabric.js JSON, input from outside) → strokes, and back; what Redo can bring back."""

import math
from typing import Any

import numpy as np

from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.preprocessing.strokes import CANVAS_PEN, CANVAS_SIDE, MOST_POINTS, MOST_STROKES, Strokes, check_strokes

# A colour or the name of a kind; no stroke of the pen holds a longer text.
LONGEST_WORD = 40


def strokes_from_canvas(drawing: Any) -> Strokes:
    """Reads the strokes of a drawing (Fabric.js JSON, from outside); InputError where it is not one.

    Moved, scaled, turned or slanted strokes come back as they are seen.
    """
    if drawing is None:
        return []
    objects = drawing.get("objects", []) if isinstance(drawing, dict) else None
    if not isinstance(objects, list) or len(objects) > MOST_STROKES:
        raise InputError(gettext("The canvas sent something that is not a drawing; clear it and draw again."))
    strokes: list[Any] = []
    total = 0
    for item in objects:
        path = item.get("path") if isinstance(item, dict) else None
        if not isinstance(path, list):
            continue  # not a stroke of the pen
        try:
            # Counted before anything is made of them: a browser may send what it likes.
            total += _count_points(path)
            if total > MOST_POINTS:
                raise InputError(
                    gettext(
                        "The drawing has more than {most_points} points; clear it and draw a simpler one.",
                        most_points=MOST_POINTS,
                    )
                )
            with np.errstate(all="raise"):
                strokes.append(_place(_flatten(path), item))
        except (TypeError, ValueError, IndexError, KeyError, ArithmeticError) as error:
            raise InputError(
                gettext("The canvas sent a stroke that cannot be read; clear it and draw again.")
            ) from error
    return check_strokes(strokes)


# What Fabric.js needs of a stroke of its pen beside the path.
PEN_WORDS = frozenset(
    {"type", "version", "originX", "originY", "left", "top", "width", "height", "scaleX", "scaleY", "angle"}
    | {"flipX", "flipY", "skewX", "skewY", "fill", "fillRule", "stroke", "strokeWidth", "strokeLineCap"}
    | {"strokeLineJoin", "strokeMiterLimit", "strokeUniform", "strokeDashOffset", "paintFirst", "opacity", "visible"}
)


def readable(drawing: Any) -> list[dict[str, Any]]:
    """The strokes of a drawing as the canvas sent them, to be handed back to it; all else is dropped."""
    return read_canvas(drawing)[1]


def read_canvas(drawing: Any) -> tuple[Strokes, list[dict[str, Any]]]:
    """As `strokes_from_canvas` and `readable`, read once."""
    strokes = strokes_from_canvas(drawing)
    objects = (drawing or {}).get("objects", [])
    return strokes, [
        {name: value for name, value in item.items() if name in PEN_WORDS and _is_plain(value)}
        | {"path": [["Z"] if command and command[0] in ("Z", "z") else command for command in item["path"]]}
        for item in objects
        if isinstance(item, dict) and isinstance(item.get("path"), list)
    ]


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= LONGEST_WORD)


def to_canvas(strokes: Strokes) -> list[dict[str, Any]]:
    """As the canvas's pen would have drawn strokes; `strokes_from_canvas` gives the same points back."""
    pen = {"stroke": "#FFFFFF", "strokeWidth": CANVAS_PEN, "strokeLineCap": "round", "strokeLineJoin": "round"}
    return [
        {"type": "Path", "path": [["L" if place else "M", *point] for place, point in enumerate(stroke.tolist())]}
        | {"fill": None, **pen}
        for stroke in strokes
    ]


def taken_back(
    before: list[dict[str, Any]], now: list[dict[str, Any]], taken: list[list[dict[str, Any]]]
) -> list[list[dict[str, Any]]]:
    """Says what Redo can bring back once a drawing has changed; a new stroke leaves nothing.

    `taken` is what could be brought back until now: what Undo or Clear took, group by group, the latest last.
    """
    same = [one["path"] == other["path"] for one, other in zip(before, now, strict=False)]
    if not all(same):
        return []
    if len(now) < len(before):
        return [*taken, before[len(now) :]]
    rest = [list(group) for group in taken]
    for item in now[len(before) :]:
        if not rest or rest[-1].pop(0)["path"] != item["path"]:
            return []
        if not rest[-1]:
            rest.pop()
    return rest


def visible(strokes: Strokes) -> Strokes:
    """Keeps what lies on the canvas; a stroke that leaves it and comes back falls into pieces."""
    return [piece for stroke in strokes for piece in _pieces_on_canvas(stroke)]


def _pieces_on_canvas(points: np.ndarray) -> list[np.ndarray]:
    inside = np.logical_and.reduce((points >= 0) & (points <= CANVAS_SIDE), axis=1)
    pieces = np.split(points, np.flatnonzero(np.diff(inside)) + 1)
    return pieces[0 if inside[0] else 1 :: 2]


def _count_points(path: list[Any]) -> int:
    """How many points `_flatten` will make of a path, or a few more."""
    if len(path) > MOST_POINTS:
        return len(path)
    return sum(POINTS_A_CURVE if command[0] in ("Q", "C") else max(len(command) // 2, 1) for command in path)


def _flatten(path: list[Any]) -> np.ndarray:
    """Turns a path of moves, lines and curves into points, four a quadratic or cubic curve."""
    points: list[np.ndarray] = []
    for command, *numbers in path:
        if command in ("Z", "z"):
            continue
        if not all(isinstance(number, int | float) for number in numbers):
            raise TypeError(numbers[:1])
        corners = np.asarray(numbers, np.float64).reshape(-1, 2)
        if command in ("Q", "C"):
            corners = np.vstack([points[-1], corners])
            points.extend(CURVES[len(corners)] @ corners)
        elif command in ("M", "L"):
            points.extend(corners)
        else:
            raise ValueError(command)
    return np.array(points).reshape(-1, 2)


def _bernstein(degree: int) -> np.ndarray:
    """How much each corner of a Bézier curve counts at its points, `[points, degree + 1]`; its start is left out."""
    t = np.linspace(0, 1, POINTS_A_CURVE + 1)[1:]
    return np.stack([math.comb(degree, i) * t**i * (1 - t) ** (degree - i) for i in range(degree + 1)], axis=1)


POINTS_A_CURVE = 4
# A quadratic curve has three corners, a cubic one four.
CURVES = {degree + 1: _bernstein(degree) for degree in (2, 3)}


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
