"""What the canvas, a file of strokes or another program sends as a drawing."""

import math
import random
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from mnist_core.errors import InputError
from mnist_core.preprocessing.canvas import readable, strokes_from_canvas
from mnist_core.preprocessing.pipeline import from_strokes
from mnist_core.preprocessing.strokes import check_strokes
from tests.hostile.drawings import HOSTILE_DRAWINGS, HOSTILE_STROKES
from tests.support.canvas import drawing, fabric_path


@pytest.mark.parametrize("value", HOSTILE_DRAWINGS.values(), ids=HOSTILE_DRAWINGS.keys())
def test_a_hostile_drawing_is_an_input_error(value: Any) -> None:
    begin = time.monotonic()
    with pytest.raises(InputError) as refused:
        strokes_from_canvas(value)
    assert time.monotonic() - begin < 2
    sentence = str(refused.value)
    assert len(sentence) < 200 and sentence.endswith(".") and "draw" in sentence
    with pytest.raises(InputError):
        readable(value)


def test_hostile_drawings_leave_memory_where_it_was() -> None:
    def refuse_all() -> None:
        for value in HOSTILE_DRAWINGS.values():
            with pytest.raises(InputError):
                readable(value)

    def kept_and_highest() -> tuple[int, int]:
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            refuse_all()
            after, highest = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return after - before, highest - before

    refuse_all()
    # What other threads of this process keep meanwhile counts, too; what drawings keep would show each time.
    kept, highest = zip(*(kept_and_highest() for _ in range(3)), strict=True)
    assert min(kept) < 1_000_000
    assert min(highest) < 20_000_000


def test_random_damage_to_a_drawing_gives_stages_none_or_an_input_error() -> None:
    chance = random.Random(0)
    odd: list[Any] = [
        None,
        True,
        -1,
        0,
        1e308,
        -1e-320,
        math.nan,
        math.inf,
        10**400,
        "",
        "M",
        "Q",
        "12",
        [],
        {},
        [[]],
        [1],
    ]

    def damaged(value: Any, depth: int = 0) -> Any:
        if chance.random() < 0.003 * (1 + depth):
            return chance.choice(odd)
        if isinstance(value, dict):
            return {key: damaged(item, depth + 1) for key, item in value.items() if chance.random() > 0.01}
        if isinstance(value, list):
            return [damaged(item, depth + 1) for item in value if chance.random() > 0.01]
        return value

    outcomes = {"stages": 0, "nothing": 0, "refused": 0}
    for _ in range(600):
        try:
            strokes = strokes_from_canvas(damaged(drawing(fabric_path(), fabric_path(left=9, angle=20))))
            assert all(np.isfinite(stroke).all() for stroke in strokes)
            stages = from_strokes(strokes)
            outcomes["stages" if stages is not None else "nothing"] += 1
        except InputError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) >= 5


@pytest.mark.parametrize("value", HOSTILE_STROKES.values(), ids=HOSTILE_STROKES.keys())
def test_hostile_strokes_are_an_input_error(value: Any) -> None:
    begin = time.monotonic()
    with pytest.raises(InputError):
        check_strokes(value)
    assert time.monotonic() - begin < 2
