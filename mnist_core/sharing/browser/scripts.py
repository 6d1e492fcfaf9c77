"""The scripts that prepare a drawing and run a network in a browser, with the numbers of the lab's own preparation."""

import json
from functools import cache
from pathlib import Path

from mnist_core.formatting import confidence, percent
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.pipeline import CENTRE
from mnist_core.preprocessing.strokes import BOX, CANVAS_PEN, OVERSAMPLING, PEN_WIDTH, SPECK_SHARE

HERE = Path(__file__).parent
FILES = ("preparation.js", "network.js", "thought.js")


@cache
def worker() -> str:
    """Returns the script of a worker that reads drawings."""
    return f"{engine()}\n{read('worker.js')}"


@cache
def engine() -> str:
    """Returns what prepares and reads: plain functions without imports and exports, for a worker or another script."""
    numbers = {
        "side": SIDE,
        "box": BOX,
        "pen": PEN_WIDTH,
        "oversampling": OVERSAMPLING,
        "centre": CENTRE,
        "speck": SPECK_SHARE * CANVAS_PEN,  # in pixels of the canvas
    }
    return "\n".join([f"const PREPARATION = {json.dumps(numbers)};", *map(read, FILES)])


def words_of_shares() -> dict[str, str]:
    """Returns how `answer.js` says a share in the language that is spoken."""
    return {"most": confidence(1.0), "least": confidence(0.0), "percent": percent(0.0, 0)}


def read(name: str) -> str:
    """Returns one of the scripts beside this module."""
    return (HERE / name).read_text(encoding="utf-8")
