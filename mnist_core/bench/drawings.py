"""Drawings as the canvas of the Draw page sends them, from people's pens or from plain digits."""

from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.data import stroke_files
from mnist_core.preprocessing.canvas import strokes_from_canvas, to_canvas
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.preprocessing.strokes import CANVAS_PEN, CANVAS_SIDE, Strokes

FILLED_SHARE = 0.7

UNMOVED = {"scaleX": 1, "scaleY": 1, "angle": 0, "flipX": False, "flipY": False, "skewX": 0, "skewY": 0}
# As Fabric.js writes it.
Drawing = dict[str, Any]


def load(path: Path | None = None, number: int = 300) -> list[Drawing]:
    """At most `number` drawings of the writers held back in a file of strokes; without one, ten plain digits."""
    if path is None:
        return [fabric_drawing(strokes_from_keys(keys)) for keys in EXAMPLES]
    _, held_back = stroke_files.read_handwriting(path).split()
    return [fabric_drawing(_fitted(strokes)) for strokes in held_back.strokes[:number]]


def _fitted(strokes: Strokes) -> Strokes:
    """Places a drawing in the middle of the canvas."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = FILLED_SHARE * CANVAS_SIDE / max(float((high - low).max()), 1e-6)
    return [(stroke - (low + high) / 2) * scale + CANVAS_SIDE / 2 for stroke in strokes]


def fabric_drawing(strokes: Strokes) -> Drawing:
    """As the pen of Fabric.js records strokes: curves from middle to middle of neighbouring points."""
    objects = [item | _curved(stroke) for item, stroke in zip(to_canvas(strokes), strokes, strict=True)]
    return {"version": "7.4.0", "objects": objects, "background": "#000000"}


def _curved(stroke: np.ndarray) -> dict[str, Any]:
    middles = (stroke[:-1] + stroke[1:]) / 2
    curves = [["Q", *point, *middle] for point, middle in zip(stroke[:-1].tolist(), middles.tolist(), strict=True)]
    path = [["M", *stroke[0].tolist()], *curves, ["L", *stroke[-1].tolist()]]
    (points,) = strokes_from_canvas({"objects": [{"path": path}]})
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    place = {"left": left - CANVAS_PEN / 2, "top": top - CANVAS_PEN / 2, "width": right - left, "height": bottom - top}
    return {"path": path, "originX": "left", "originY": "top", **place, **UNMOVED}
