"""Drawings as the canvas sends them."""

from typing import Any

PATH: list[list[Any]] = [
    ["M", 100, 60],
    ["Q", 100, 60, 120, 80],
    ["Q", 140, 100, 150, 160],
    ["C", 150, 170, 150, 180, 160, 200],
    ["L", 60, 210],
]


PEN = 20


def drawing(*objects: Any) -> dict[str, Any]:
    return {"version": "7.4.0", "objects": list(objects)}


def fabric_path(**changes: Any) -> dict[str, Any]:
    # An unmoved path as the canvas sends it: left and top are those of its outline, half a pen outside of its points.
    own = {
        "type": "Path",
        "path": PATH,
        "originX": "left",
        "originY": "top",
        "left": 60 - PEN / 2,
        "top": 60 - PEN / 2,
        "width": 100,
        "height": 150,
        "strokeWidth": PEN,
        "scaleX": 1,
        "scaleY": 1,
        "angle": 0,
        "flipX": False,
        "flipY": False,
        "skewX": 0,
        "skewY": 0,
    }
    return own | changes
