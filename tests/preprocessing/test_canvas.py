import json
import math
import time
from typing import Any

import numpy as np
import pytest

from mnist_core.preprocessing.canvas import readable, strokes_from_canvas, taken_back, to_canvas, visible
from mnist_core.preprocessing.pipeline import from_strokes
from mnist_core.preprocessing.strokes import MOST_POINTS
from tests.conftest import simple_strokes
from tests.hostile.drawings import NESTED
from tests.support.canvas import PEN, drawing, fabric_path


def points_of(*objects: Any) -> np.ndarray:
    (stroke,) = strokes_from_canvas(drawing(*objects))
    return stroke


def test_an_unmoved_stroke_gives_its_own_points_back() -> None:
    points = points_of(fabric_path())
    assert points[0].tolist() == [100, 60]
    assert points[-1].tolist() == [60, 210]
    # Four points a curve, the last at its end, the second half-way.
    assert len(points) == 1 + 4 + 4 + 4 + 1
    assert points[4].tolist() == [120, 80]
    assert points[8].tolist() == [150, 160]
    assert points[6].tolist() == pytest.approx(
        [0.25 * 120 + 0.5 * 140 + 0.25 * 150, 0.25 * 80 + 0.5 * 100 + 0.25 * 160]
    )
    assert points[10].tolist() == pytest.approx(
        [(150 + 3 * 150 + 3 * 150 + 160) / 8, (160 + 3 * 170 + 3 * 180 + 200) / 8]
    )
    assert points[12].tolist() == [160, 200]


def test_a_path_without_a_place_of_its_own_gives_its_own_points_back() -> None:
    assert points_of({"type": "path", "path": [["M", 1, 2], ["L", 3, 4], ["z"]]}).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "origin",
    [
        {"originX": "center", "originY": "center", "left": 110, "top": 135},
        {"originX": "right", "originY": "bottom", "left": 170, "top": 220},
        {"originX": "left", "originY": "center", "left": 50, "top": 135},
    ],
)
def test_the_origin_may_be_anywhere_in_the_outline(origin: dict[str, Any]) -> None:
    assert points_of(fabric_path(**origin)) == pytest.approx(points_of(fabric_path()))


def test_a_moved_stroke_is_where_it_is_seen() -> None:
    moved = points_of(fabric_path(left=50 + 33, top=50 - 21))
    assert moved == pytest.approx(points_of(fabric_path()) + np.array([33, -21]))


def test_a_scaled_stroke_is_where_it_is_seen() -> None:
    # The pen grows too, so the corner of the outline stays and the points move by half of the pen's growth.
    scaled = points_of(fabric_path(scaleX=2, scaleY=0.5))
    own = points_of(fabric_path())
    assert scaled == pytest.approx((own - [50, 50]) * [2, 0.5] + [50, 50])


def test_a_turned_stroke_is_where_it_is_seen() -> None:
    # Fabric.js turns about the origin, here the corner of the outline; y grows downward, so 90° takes x to y.
    own = points_of(fabric_path())
    turned = points_of(fabric_path(angle=90))
    expected = np.stack([50 - (own[:, 1] - 50), 50 + (own[:, 0] - 50)], axis=1)
    assert turned == pytest.approx(expected)
    about_the_middle = points_of(fabric_path(originX="center", originY="center", left=110, top=135, angle=180))
    assert about_the_middle == pytest.approx([220, 270] - own)


def test_a_flipped_stroke_is_mirrored_in_its_own_outline() -> None:
    own = points_of(fabric_path())
    assert points_of(fabric_path(flipX=True)) == pytest.approx(own * [-1, 1] + [220, 0])
    assert points_of(fabric_path(flipY=True)) == pytest.approx(own * [1, -1] + [0, 270])


def test_a_slanted_stroke_is_where_it_is_seen() -> None:
    own = points_of(fabric_path())
    middle = {"originX": "center", "originY": "center", "left": 110, "top": 135}
    slanted = points_of(fabric_path(**middle, skewX=45))
    assert slanted == pytest.approx(np.stack([own[:, 0] + own[:, 1] - 135, own[:, 1]], axis=1))
    slanted = points_of(fabric_path(**middle, skewY=45))
    assert slanted == pytest.approx(np.stack([own[:, 0], own[:, 1] + own[:, 0] - 110], axis=1))
    # By its corner: the outline of 120 × 170 grows to 290 wide, so its middle is 145 from the left.
    by_corner = points_of(fabric_path(skewX=45))
    assert by_corner == pytest.approx(np.stack([own[:, 0] + own[:, 1] - 135 + 85, own[:, 1]], axis=1))


def test_all_at_once_is_where_it_is_seen() -> None:
    item = fabric_path(originX="center", originY="center", left=200, top=90, scaleX=2, scaleY=3, angle=30, flipX=True)
    centred = (points_of(fabric_path()) - [110, 135]) * [-2, 3]
    cosine, sine = math.cos(math.radians(30)), math.sin(math.radians(30))
    expected = np.stack(
        [200 + cosine * centred[:, 0] - sine * centred[:, 1], 90 + sine * centred[:, 0] + cosine * centred[:, 1]],
        axis=1,
    )
    assert points_of(item) == pytest.approx(expected)


def test_what_is_no_path_is_ignored() -> None:
    others: list[Any] = [
        {"type": "Rect", "left": 1, "top": 2},
        {"path": "M 1 2"},
        {},
        None,
        5,
        "path",
        [1],
        {"path": None},
    ]
    assert strokes_from_canvas(drawing(*others)) == []
    assert len(strokes_from_canvas(drawing(*others, fabric_path(), *others))) == 1


@pytest.mark.parametrize("empty", [None, {}, {"objects": []}, {"background": "#000"}])
def test_an_empty_canvas_has_no_strokes(empty: Any) -> None:
    assert strokes_from_canvas(empty) == []


@pytest.mark.parametrize("path", [[], [["Z"]], [["M"]], [["M"], ["z"]]])
def test_a_path_without_points_is_no_stroke(path: list[Any]) -> None:
    strokes = strokes_from_canvas(drawing(fabric_path(path=path)))
    assert strokes == []
    assert from_strokes(strokes) is None


def test_a_drawn_digit_goes_from_the_canvas_to_its_picture() -> None:
    strokes = simple_strokes(4)
    paths = [
        [["M" if place == 0 else "L", *point] for place, point in enumerate(stroke.tolist())] for stroke in strokes
    ]
    items = []
    for path, stroke in zip(paths, strokes, strict=True):
        left, top = (stroke.min(axis=0) - PEN / 2).tolist()
        items.append(fabric_path(path=path, left=left, top=top))
    from_canvas, direct = from_strokes(strokes_from_canvas(drawing(*items))), from_strokes(strokes)
    assert from_canvas is not None
    assert direct is not None
    assert np.array_equal(from_canvas.image, direct.image)


def test_the_largest_drawing_is_read_in_time() -> None:
    largest = drawing(*[fabric_path(path=[["M", 1, 1]] + [["L", 2, 2]] * (MOST_POINTS // 100 - 1))] * 100)
    begin = time.monotonic()
    assert len(strokes_from_canvas(largest)) == 100
    assert time.monotonic() - begin < 2


def test_only_what_lies_on_the_canvas_counts() -> None:
    across = np.array([[-20.0, 50.0], [10, 50], [300, 50], [400, 50], [300, 90]])
    first, second = visible([across, np.array([[500.0, 500.0]])])
    assert first.tolist() == [[10, 50], [300, 50]] and second.tolist() == [[300, 90]]
    inside = np.array([[1.0, 1.0], [2, 2]])
    assert [stroke.tolist() for stroke in visible([inside])] == [inside.tolist()]


def test_strokes_that_are_written_for_the_canvas_come_back_as_they_were() -> None:
    strokes = [stroke * 3 for stroke in simple_strokes(4)]
    objects = json.loads(json.dumps(to_canvas(strokes)))
    back = strokes_from_canvas({"objects": objects})
    assert [stroke.tolist() for stroke in back] == [stroke.tolist() for stroke in strokes]
    assert readable({"objects": objects}) == objects


def test_only_strokes_are_handed_back_to_the_canvas_and_of_them_what_shows_them() -> None:
    stroke = fabric_path(fill=None, stroke="#FFFFFF", left=5.5)
    others: list[Any] = [{"type": "Rect", "left": 1}, None, 5, {"path": "M 1 2"}]
    junk = {"shadow": {"deep": NESTED}, "clipPath": NESTED, "stroke2": "x" * 41}
    assert readable(drawing(*others, stroke | junk, *others)) == [stroke]
    assert readable(None) == readable({}) == readable(drawing()) == []


A, B, C = ({"path": [["M", place, 1], ["L", place, 200]]} for place in (50, 100, 150))


def test_redo_can_bring_back_what_was_taken_until_a_new_stroke() -> None:
    taken = taken_back([A, B, C], [A, B], [])
    assert taken == [[C]]
    taken = taken_back([A, B], [A, B], taken)
    assert taken == [[C]]
    taken = taken_back([A, B], [], taken)  # Clear takes all at once
    assert taken == [[C], [A, B]]
    taken = taken_back([], [A, B], taken)
    assert taken == [[C]]
    assert taken_back([A, B], [A, B, C], taken) == []
    assert taken_back([A, B], [A, B, A], taken) == []
    assert taken_back([A, B], [C], taken) == []


def test_redo_keeps_up_when_several_steps_come_as_one() -> None:
    taken = [[C], [A, B]]
    assert taken_back([], [A], taken) == [[C], [B]]
    assert taken_back([], [A, B, C], taken) == []
    assert taken_back([], [A, C], taken) == []
    assert taken == [[C], [A, B]], "the argument stays as it was"


def test_a_stroke_that_only_moved_is_the_same_stroke() -> None:
    assert taken_back([A, B], [A | {"left": 9}], []) == [[B]]


def test_only_what_the_pen_needs_is_handed_back() -> None:
    path = [["M", 10, 10], ["L", 50, 60], ["Z", "x" * 1_000_000]]
    item = {"path": path, "stroke": "#FFFFFF", "left": 5, "top": 5} | {f"key{number}": 1 for number in range(10_000)}
    (kept,) = readable({"objects": [item]})
    assert kept == {"path": [*path[:2], ["Z"]], "stroke": "#FFFFFF", "left": 5, "top": 5}
