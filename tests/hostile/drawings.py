"""Drawings and strokes that no browser of ours sends: each must be refused with one sentence, at no cost."""

import math
from typing import Any

from mnist_core.preprocessing.strokes import MOST_STROKES
from tests.support.canvas import PATH, drawing, fabric_path

NESTED: list[Any] = []


for _ in range(3000):
    NESTED = [NESTED]


HOSTILE_DRAWINGS: dict[str, Any] = {
    "a list": [],
    "text": "drawing",
    "a number": 1.5,
    "objects that are text": {"objects": "many"},
    "objects that are an object": {"objects": {"path": []}},
    "too many objects": drawing(*[{}] * 501),
    "an unknown command": drawing(fabric_path(path=[["M", 1, 1], ["A", 1, 1, 0, 0, 1, 5, 5]])),
    "a command that is a list": drawing(fabric_path(path=[[["M"], 1, 1]])),
    "a command that is not one": drawing(fabric_path(path=[[None, 1, 1]])),
    "a curve without a start": drawing(fabric_path(path=[["Q", 1, 1, 2, 2]])),
    "an odd number of coordinates": drawing(fabric_path(path=[["M", 1, 2, 3]])),
    "coordinates that are words": drawing(fabric_path(path=[["M", "a", "b"]])),
    "coordinates that are null": drawing(fabric_path(path=[["M", None, 1], ["L", 5, 5]])),
    "a path of numbers": drawing(fabric_path(path=[1, 2, 3])),
    "a path of nothing": drawing(fabric_path(path=[[]])),
    "not a number": drawing(fabric_path(path=[["M", math.nan, 1], ["L", 5, 5]])),
    "infinity": drawing(fabric_path(path=[["M", math.inf, 1], ["L", -math.inf, 5]])),
    "huge": drawing(fabric_path(path=[["M", 1e308, 1], ["L", -1e308, 5]])),
    "a whole number beyond floats": drawing(fabric_path(path=[["M", 10**400, 1]])),
    "far away": drawing(fabric_path(left=1e9)),
    "a scale that is not a number": drawing(fabric_path(scaleX=math.nan)),
    "a scale that is infinite": drawing(fabric_path(scaleX=math.inf)),
    "a scale that is huge": drawing(fabric_path(scaleX=1e308, scaleY=1e308)),
    "a scale that is text": drawing(fabric_path(scaleX="wide")),
    "an angle that is infinite": drawing(fabric_path(angle=math.inf)),
    "an angle that is null": drawing(fabric_path(angle=None)),
    "a slant that is infinite": drawing(fabric_path(skewX=math.inf)),
    "an unknown origin": drawing(fabric_path(originX="middle")),
    "an origin that is a list": drawing(fabric_path(originX=["left"])),
    "a place that is an object": drawing(fabric_path(left={})),
    "half a place": drawing({"path": PATH, "left": 5}),
    "turned without a place": drawing({"path": PATH, "angle": 5}),
    "a million commands": drawing(fabric_path(path=[["L", 1, 1]] * 1_000_000)),
    "a million coordinates": drawing(fabric_path(path=[["L"] + [1] * 1_000_000])),
    "a curve of high degree": drawing(fabric_path(path=[["M", 1, 1], ["Q"] + [1] * 100_000])),
    "many curves": drawing(fabric_path(path=[["M", 1, 1]] + [["Q", 1, 1, 2, 2]] * 10_000)),
    "a million points in as many strokes as may be": drawing(
        *[fabric_path(path=[["M", 1, 1]] + [["L", 2, 2]] * 2000)] * MOST_STROKES
    ),
    "a million curves that go nowhere": drawing(fabric_path(path=[["M", 1, 1]] + [["Q"]] * 1_000_000)),
    "ten megabytes of text as a coordinate": drawing(fabric_path(path=[["M", "9" * 10_000_000, 1]])),
    "ten megabytes of text as a command": drawing(fabric_path(path=[["M" * 10_000_000, 1, 1]])),
    "ten megabytes of text as a scale": drawing(fabric_path(scaleX="1" * 10_000_000)),
    "a whole number of a million digits": drawing(fabric_path(path=[["M", 10**1_000_000, 1]])),
    "a whole number of a million digits as an angle": drawing(fabric_path(angle=10**1_000_000)),
    "deep nesting as the objects": {"objects": [{"path": NESTED}] * MOST_STROKES},
    "deep nesting in a point": drawing(fabric_path(path=[["M", NESTED, 1]])),
    "deep nesting as a path": drawing(fabric_path(path=NESTED)),
}


HOSTILE_STROKES: dict[str, Any] = {
    "no list": "strokes",
    "none": None,
    "a number": 7,
    "an object": {"strokes": []},
    "not a number": [[[math.nan, 1]]],
    "infinity": [[[1, math.inf]]],
    "huge": [[[1e300, 1]]],
    "a whole number beyond floats": [[[10**400, 1]]],
    "beyond the limit": [[[100_001, 1]]],
    "words": [[["a", "b"]]],
    "null": [[[None, 1]]],
    "three numbers a point": [[[1, 2, 3]]],
    "points of unequal length": [[[1, 2], [3]]],
    "one level too few": [[1, 2]],
    "one level too many": [[[[1, 2]]]],
    "an object as a point": [[{"x": 1, "y": 2}]],
    "deep nesting": [NESTED],
    "a stroke that is text": ["x" * 1_000_000],
    "too many strokes": [[[1, 1]]] * 501,
    "a million points": [[[1, 1]] * 1_000_000],
    "too many points in many strokes": [[[1, 1]] * 101] * 200,
}
