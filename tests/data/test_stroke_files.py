import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data.stroke_files import (
    HELD_BACK_SITES,
    Handwriting,
    draw_pen,
    paint_all,
    paint_varied,
    read_handwriting,
    redraw,
    vary,
)
from mnist_core.errors import InputError
from mnist_core.mnist import NO_DIGIT
from mnist_core.preprocessing.pipeline import from_strokes, prepare
from tests.conftest import SIMPLE_DIGITS, simple_strokes


def line(digit: int, **more: object) -> str:
    return json.dumps({"label": digit, "strokes": SIMPLE_DIGITS[digit]} | more)


def write(path: Path, *lines: str) -> Path:
    content = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def by_writers(*writers: int) -> Handwriting:
    labels = np.arange(len(writers)) % 10
    return Handwriting(labels, np.array(writers), tuple(simple_strokes(int(label)) for label in labels))


@pytest.mark.parametrize("name", ["drawn.jsonl", "drawn.jsonl.gz"])
def test_files_are_read_with_and_without_writers(name: str, tmp_path: Path) -> None:
    drawn = read_handwriting(write(tmp_path / name, line(3, writer=12), "", line(4)))
    assert len(drawn) == 2
    np.testing.assert_array_equal(drawn.labels, [3, 4])
    np.testing.assert_array_equal(drawn.writers, [12, -1])
    np.testing.assert_array_equal(drawn.strokes[1][1], SIMPLE_DIGITS[4][1])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("hello", "line 1 is not JSON"),
        ("[" * 100_000, "line 1 is not JSON"),
        ("[1]", "no 'strokes'"),
        (json.dumps({"strokes": [[[1, 2]]]}), "no label from 0 to 9"),
        (line(1, label=10), "no label from 0 to 9"),
        (line(1, label=True), "no label from 0 to 9"),
        (line(1, label="7"), "no label from 0 to 9"),
        (line(1, label="AB"), "no label from 0 to 9"),
        (line(1, label="\n"), "no label from 0 to 9"),
        (line(1, site=7), "expected a short word"),
        (line(1, writer="me"), "expected a whole number"),
        (line(1, strokes=[]), "strokes without points"),
        (line(1, strokes=[[[1, 2, 3]]]), "Stroke 1 is not a list of points"),
        (line(1, strokes=[[[1, float("nan")]]]), "not a number"),
        ("", "holds no drawings"),
    ],
)
def test_what_is_no_handwriting_is_refused_with_its_line(text: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=part):
        read_handwriting(write(tmp_path / "drawn.jsonl", text))


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "damaged.jsonl.gz").write_bytes(gzip.compress(line(1).encode())[:-6])
    (tmp_path / "picture.jsonl").write_bytes(bytes(range(256)))
    for name in ("damaged.jsonl.gz", "picture.jsonl", "missing.jsonl"):
        with pytest.raises(InputError, match="cannot be read"):
            read_handwriting(tmp_path / name)


def test_signs_are_read_where_they_are_wanted_but_none_that_looks_like_a_digit(tmp_path: Path) -> None:
    signs = [line(1, label=sign) for sign in ("A", "O", "l", '\\"', "\\\\", "none")]
    path = write(tmp_path / "signs.jsonl", line(3), *signs)
    np.testing.assert_array_equal(read_handwriting(path).labels, [3])
    np.testing.assert_array_equal(read_handwriting(path, signs=True).labels, [3, *[NO_DIGIT] * 3])
    with pytest.raises(InputError, match="holds no drawings of digits"):
        read_handwriting(write(tmp_path / "none.jsonl", *signs))


def test_whole_sites_are_held_back_beside_writers(tmp_path: Path) -> None:
    sites = ["syn", HELD_BACK_SITES[0], "ibm", HELD_BACK_SITES[1], "syn"]
    lines = [line(3, writer=writer, site=site) for writer, site in zip((1, 2, 4, 6, 3), sites, strict=True)]
    drawn = read_handwriting(write(tmp_path / "drawn.jsonl", *lines))
    assert drawn.sites == tuple(sites)
    np.testing.assert_array_equal(drawn.of_sites(*HELD_BACK_SITES), [False, True, False, True, False])
    to_train, to_judge = drawn.split()
    assert to_train.sites == ("syn", "ibm")
    np.testing.assert_array_equal(to_judge.writers, [2, 6, 3])
    assert drawn.identity != read_handwriting(write(tmp_path / "moved.jsonl", *lines[:4], lines[2])).identity


def test_whole_writers_are_held_back_and_always_the_same() -> None:
    drawn = by_writers(*np.repeat(np.arange(1, 31), 10))
    to_train, to_judge = drawn.split()
    assert not set(to_train.writers) & set(to_judge.writers)
    assert len(set(to_judge.writers)) == 8
    assert len(to_train) + len(to_judge) == 300
    for fewer in (np.arange(0, 300, 3), np.arange(150), np.random.default_rng(0).permutation(300)):
        part = drawn.chosen(fewer)
        assert set(part.split()[1].writers) == set(part.writers) & set(to_judge.writers)


def test_without_writers_every_fourth_drawing_judges() -> None:
    to_train, to_judge = by_writers(*[-1] * 20).split()
    assert (len(to_train), len(to_judge)) == (15, 5)
    to_train, to_judge = by_writers(*[7] * 20).split()
    assert (len(to_train), len(to_judge)) == (15, 5)


def test_digits_are_parted_alike_with_signs_and_without() -> None:
    for writers in (np.full(20, 7), np.full(20, -1), np.where(np.arange(20) % 2, 3, 7)):
        drawn = by_writers(*writers)
        drawn.labels[1::2] = NO_DIGIT
        digits = drawn.chosen(drawn.labels != NO_DIGIT)
        np.testing.assert_array_equal(drawn.held_back[drawn.labels != NO_DIGIT], digits.held_back)
        assert digits.held_back.any() and not digits.held_back.all()


def test_the_identity_tells_drawings_apart(tmp_path: Path) -> None:
    plain = read_handwriting(write(tmp_path / "a.jsonl", line(3), line(4)))
    packed = read_handwriting(write(tmp_path / "b.jsonl.gz", line(3), line(4)))
    other = read_handwriting(write(tmp_path / "c.jsonl", line(4), line(3)))
    assert plain.identity == packed.identity != other.identity
    whole = Handwriting(np.array([1]), np.array([1]), ([np.zeros((4, 2))],))
    parted = Handwriting(np.array([1]), np.array([1]), ([np.zeros((2, 2)), np.zeros((2, 2))],))
    assert whole.identity != parted.identity


def test_painting_is_what_the_canvas_does() -> None:
    for digit in range(10):
        stages = from_strokes(simple_strokes(digit))
        assert stages is not None
        np.testing.assert_array_equal(prepare(simple_strokes(digit)), stages.image)
    assert paint_all([simple_strokes(1), simple_strokes(2)]).shape == (2, 28, 28)


def test_a_varied_drawing_stays_itself_but_for_a_smooth_change() -> None:
    random = np.random.default_rng(0)
    strokes = simple_strokes(4)
    varied = [vary(strokes, random) for _ in range(200)]
    assert all(len(one) == 2 and one[0].shape == strokes[0].shape for one in varied)
    # About the same place of the same points, in units of the drawing's size.
    points = np.concatenate(strokes)
    placed = (points - (points.min(axis=0) + points.max(axis=0)) / 2) / np.ptp(points, axis=0).max()
    moves = np.array([np.concatenate(one) - placed for one in varied])
    assert 0.03 < moves.std() < 0.15
    assert np.abs(vary(strokes, random, strength=0)[0] - placed[:3]).max() < 1e-9


def test_each_copy_is_painted_otherwise_and_the_seed_decides() -> None:
    drawings = [simple_strokes(digit) for digit in range(10)]
    images = paint_varied(drawings, 3, np.random.default_rng(1))
    assert images.shape == (30, 28, 28)
    assert len({image.tobytes() for image in images}) == 30
    np.testing.assert_array_equal(images, paint_varied(drawings, 3, np.random.default_rng(1)))


def test_pens_are_as_wide_as_mnists() -> None:
    random = np.random.default_rng(0)
    widths = [draw_pen(random) for _ in range(2000)]
    assert np.median(widths) == pytest.approx(2.5, rel=0.05)
    assert 1.5 <= min(widths) < 1.8 and 4.0 < max(widths) <= 4.5


def test_strokes_of_a_drawing_that_is_drawn_anew_are_placed_and_sized_each_on_its_own() -> None:
    random = np.random.default_rng(0)
    cross = [np.array([[0.0, 0.0], [10.0, 10.0]]), np.array([[0.0, 10.0], [10.0, 0.0]])]
    gaps = np.array([np.subtract(*(stroke.mean(axis=0) for stroke in redraw(cross, random))) for _ in range(300)])
    # Both are moved by 4 %, beside what bends them.
    assert 0.05 < gaps.std() < 0.08
    same = np.random.default_rng(1), np.random.default_rng(1)
    np.testing.assert_array_equal(redraw(cross[:1], same[0]), vary(cross[:1], same[1]))
