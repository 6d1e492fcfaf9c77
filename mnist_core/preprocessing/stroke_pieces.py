"""The strokes of several digits taken apart: to each digit what the pen drew in its box."""

from collections.abc import Sequence

import numpy as np

from mnist_core.preprocessing.segmentation import Box
from mnist_core.preprocessing.strokes import Strokes

# A stroke of which so much lies nearest to one box belongs there whole; ends of it may reach into its neighbour.
NEARLY_ALL = 0.8


def pieces_within(strokes: Strokes, boxes: Sequence[Box]) -> list[Strokes]:
    """Returns the strokes of each box, at least one of which is given; one that goes on through several is cut."""
    found: list[Strokes] = [[] for _ in boxes]
    for stroke in strokes:
        nearest = _distances(stroke, boxes).argmin(axis=1)
        votes = np.bincount(nearest, minlength=len(boxes))
        if votes.max() >= NEARLY_ALL * len(stroke):
            found[int(votes.argmax())].append(stroke)
            continue
        ends = np.flatnonzero(np.diff(nearest)) + 1
        for piece, box in zip(np.split(stroke, ends), nearest[[0, *ends]], strict=True):
            if len(piece) > 1:
                found[int(box)].append(piece)
    return found


def _distances(points: np.ndarray, boxes: Sequence[Box]) -> np.ndarray:
    """How far each point `[N, 2]` lies from each box, 0 inside: float64 `[N, boxes]`."""
    x, y = points[:, :1], points[:, 1:]
    left, top, right, bottom = (
        np.array([getattr(box, side) for box in boxes]) for side in ("left", "top", "right", "bottom")
    )
    across = np.maximum(np.maximum(left - x, x - right), 0)
    down = np.maximum(np.maximum(top - y, y - bottom), 0)
    distances: np.ndarray = np.hypot(across, down)
    return distances
