"""Labelled drawings: nothing is lost, nothing is taken on trust, and what goes wrong is one sentence."""

import dataclasses
import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.data.collection import store
from mnist_core.data.collection.drawing import Drawing
from mnist_core.data.collection.store import Collection
from mnist_core.data.stroke_files import paint_all, read_handwriting
from mnist_core.errors import InputError, LabError
from mnist_core.mnist import NO_DIGIT
from mnist_core.preprocessing.strokes import CANVAS_SIDE, MOST_POINTS, Strokes
from tests.conftest import simple_strokes
from tests.support.paths import ROOT


def add(drawings: Collection, label: int = 7, strokes: Strokes | None = None, **other: Any) -> int:
    """Keeps a simple digit, which the model read right unless told otherwise."""
    said: dict[str, Any] = {"digit": label, "verdict": "digit", "probability": 0.9, "model": "best"}
    return drawings.add(strokes or simple_strokes(label), label, **({"session": "a browser"} | said | other))


def opened(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "collection.sqlite", isolation_level=None)


# --- Keeping -----------------------------------------------------------------------------------------------------


def test_a_drawing_comes_back_as_it_was(temporary_home: Path) -> None:
    before = time.time()
    number = add(Collection(), 7, digit=3, verdict="unsure", probability=0.35, model="20260102-quick-a1b2")
    (drawing,) = Collection().drawings()
    assert before <= drawing.time <= time.time()
    np.testing.assert_array_equal(np.concatenate(drawing.strokes), np.concatenate(simple_strokes(7)))
    assert dataclasses.replace(drawing, strokes=[], time=0) == Drawing(
        number, 7, 1, [], 3, "unsure", 0.35, "20260102-quick-a1b2", 0
    )
    assert (temporary_home / "collection.sqlite").exists()


def test_strokes_are_kept_as_json_to_a_tenth_of_a_pixel(temporary_home: Path) -> None:
    drawings = Collection()
    add(drawings, 1, [np.array([[10.04, 20.06], [30.25001, 99.99]])])
    ((text,),) = opened(temporary_home).execute("SELECT strokes FROM lab_drawings").fetchall()
    assert text == "[[[10.0,20.1],[30.3,100.0]]]"


def test_a_tenth_of_a_pixel_does_not_change_what_the_model_sees() -> None:
    drawings, random = Collection(), np.random.default_rng(0)
    drawn = [
        [CANVAS_SIDE / 100 * stroke + random.normal(0, 3, stroke.shape) for stroke in simple_strokes(digit)]
        for digit in range(10)
    ]
    for digit, strokes in enumerate(drawn):
        add(drawings, digit, strokes)
    before, after = paint_all(drawn), paint_all(drawings.handwriting().strokes)
    assert np.abs(before.astype(int) - after).mean() < 0.5


def test_misread_drawings_say_so_in_words() -> None:
    drawings = Collection()
    add(drawings, 8)
    add(drawings, 8, digit=3)
    add(drawings, 8, digit=None, verdict="too little ink", probability=0)
    assert [(drawing.caption, drawing.misread) for drawing in drawings.drawings()] == [
        ("8, not read", True),
        ("8, read as 3", True),
        ("8", False),
    ]
    assert (drawings.count(misread=True), drawings.count(8, misread=True), drawings.count(3, misread=True)) == (2, 2, 0)
    assert [drawing.digit for drawing in drawings.drawings(misread=True)] == [None, 3]
    assert [drawing.digit for drawing in drawings.drawings(8, misread=True, limit=1, offset=1)] == [3]


def test_each_browser_session_is_one_writer() -> None:
    drawings = Collection()
    for session in ("ann", "bob", "ann", "cid", "bob"):
        add(drawings, session=session)
    assert drawings.handwriting().writers.tolist() == [1, 2, 1, 3, 2]


def test_a_photograph_whose_digits_were_kept_is_known_until_they_are_taken_back() -> None:
    drawings = Collection()
    add(drawings, session="a browser")
    number = add(drawings, session="a browser-12%4-3")
    assert drawings.knows("-12%4") and Collection().knows("-12%4")
    assert not drawings.knows("-1234") and not drawings.knows("-99")
    drawings.remove([number], by=COMMAND_LINE)
    assert not drawings.knows("-12%4")


def test_drawings_come_newest_first_by_digit_and_in_pages() -> None:
    drawings = Collection()
    numbers = [add(drawings, label) for label in (1, 2, 1, 1, 3)]
    assert [drawing.id for drawing in drawings.drawings()] == numbers[::-1]
    assert [drawing.label for drawing in drawings.drawings(limit=2, offset=1)] == [1, 1]
    assert [drawing.id for drawing in drawings.drawings(1, limit=2)] == [numbers[3], numbers[2]]
    assert [drawing.id for drawing in drawings.drawings(1, limit=2, offset=2)] == [numbers[0]]
    assert [drawing.id for drawing in drawings.drawings(offset=4)] == [numbers[0]]
    assert drawings.drawings(9) == []
    assert (drawings.count(), drawings.count(1), drawings.count(9)) == (5, 3, 0)
    assert drawings.counts().tolist() == [0, 3, 1, 1, 0, 0, 0, 0, 0, 0]
    assert drawings.counts().dtype == np.int64


def test_an_empty_collection_is_empty_and_no_data_to_learn_from() -> None:
    drawings = Collection()
    assert drawings.count() == 0 and drawings.counts().sum() == 0 and drawings.drawings() == []
    assert gzip.decompress(drawings.export()) == b""
    with pytest.raises(InputError, match="No drawings yet"):
        drawings.handwriting()


# --- Changing ----------------------------------------------------------------------------------------------------


def test_a_label_is_corrected() -> None:
    drawings = Collection()
    number, other = add(drawings, 1), add(drawings, 2)
    assert drawings.relabel(number, 7, by=COMMAND_LINE)
    assert [drawing.label for drawing in drawings.drawings()] == [2, 7]
    drawings.delete([other], by=COMMAND_LINE)
    assert not drawings.relabel(other, 7, by=COMMAND_LINE)
    with pytest.raises(InputError, match="label is 11"):
        drawings.relabel(number, 11, by=COMMAND_LINE)


def test_drawings_are_deleted_and_their_numbers_not_used_again() -> None:
    drawings = Collection()
    numbers = [add(drawings) for _ in range(4)]
    assert drawings.delete([numbers[0], numbers[3], 999], by=COMMAND_LINE) == 2
    assert drawings.delete([], by=COMMAND_LINE) == 0
    assert [drawing.id for drawing in drawings.drawings()] == [numbers[2], numbers[1]]
    assert add(drawings) > numbers[3]


def test_clearing_leaves_neither_drawings_nor_who_drew(temporary_home: Path) -> None:
    drawings = Collection()
    numbers = [add(drawings) for _ in range(3)]
    assert drawings.clear(by=COMMAND_LINE) == 3
    assert drawings.count() == 0
    assert opened(temporary_home).execute("SELECT count(*) FROM lab_writers").fetchone() == (0,)
    assert add(drawings) > numbers[-1]


def test_the_version_changes_with_every_change_and_only_then() -> None:
    drawings = Collection()
    versions = [drawings.version()]
    number = add(drawings)
    versions.append(drawings.version())
    drawings.relabel(number, 1, by=COMMAND_LINE)
    versions.append(Collection().version())
    drawings.delete([number], by=COMMAND_LINE)
    versions.append(drawings.version())
    drawings.clear(by=COMMAND_LINE)
    versions.append(drawings.version())
    assert len(set(versions)) == 5
    drawings.counts(), drawings.export(), drawings.drawings()
    assert drawings.version() == versions[-1]


def test_another_collection_never_has_the_same_version(tmp_path: Path) -> None:
    assert len({Collection(f"sqlite:///{tmp_path}/{number}.sqlite").version() for number in range(3)}) == 3


def test_a_full_collection_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_DRAWINGS", 3)
    drawings = Collection()
    for _ in range(3):
        add(drawings)
    version = drawings.version()
    with pytest.raises(LabError, match="collection is full: it holds 3 drawings"):
        add(drawings)
    assert drawings.count() == 3 and drawings.version() == version


# --- Input from outside ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", [-1, 11, 3.0, "3", None, True])
def test_only_digits_and_no_digit_are_labels(label: Any) -> None:
    with pytest.raises(InputError, match=r"label is .* whole number from 0 to 10"):
        add(Collection(), label, simple_strokes(7), digit=7)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"digit": 10}, "model's digit is 10"),
        ({"digit": "7"}, "model's digit is 7"),
        ({"probability": 1.5}, "probability is 1.5"),
        ({"probability": float("nan")}, "probability is nan"),
        ({"verdict": ""}, "verdict must be a word"),
        ({"verdict": None}, "verdict must be a word"),
        ({"model": "m" * 201}, "model must be a word of at most 200"),
        ({"model": "a\0b"}, "model must be a word"),
        ({"session": "\ud800"}, "browser session must be a word"),
    ],
)
def test_what_the_model_said_is_checked(other: dict[str, Any], sentence: str) -> None:
    drawings = Collection()
    with pytest.raises(InputError, match=sentence):
        add(drawings, 7, **other)
    assert drawings.count() == 0


@pytest.mark.parametrize(
    ("strokes", "sentence"),
    [
        ([[[0, 0], [1, float("nan")]]], "not a number within"),
        ([[[0, 0, 0]]], "not a list of points"),
        ("strokes", "must be a list"),
        ([[[0, 0], [1, 1]]] * 501, "at most 500 strokes"),
        ([[[0, 0]] * (MOST_POINTS + 1)], "more than 20000 points"),
        ([[]], "Nothing is drawn"),
        ([[[50, 50], [53, 52]]], "3 pixels large, too small"),
        ([[[0.1, 0.2], [0.9, 0.8]]], "0.8 pixels large, too small"),
        ([[[0.5 * step, 300.5] for step in range(10_000)]], "characters, more than the 50,000"),
    ],
)
def test_strokes_are_checked(strokes: Any, sentence: str) -> None:
    drawings = Collection()
    with pytest.raises(InputError, match=sentence):
        add(drawings, 7, strokes)
    assert drawings.count() == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("strokes", "[[[0, 0], [1"),
        ("strokes", "[[[0, 0], [1, NaN]]]"),
        ("strokes", "[]"),
        ("strokes", "[" * 50_000),
        ("strokes", b"\xff\xfe"),
        ("label", "eight"),
        ("label", 12),
        ("digit", -1),
        ("probability", "sure"),
        ("time", 1e300),
        ("writer", "ann"),
    ],
)
def test_a_damaged_drawing_is_named_and_can_be_deleted(temporary_home: Path, column: str, value: Any) -> None:
    drawings = Collection()
    add(drawings)
    number = add(drawings)
    opened(temporary_home).execute(f"UPDATE lab_drawings SET {column} = ? WHERE id = ?", (value, number))
    for read in (drawings.drawings, drawings.handwriting, drawings.export):
        with pytest.raises(
            LabError, match=rf"Drawing {number} of the collection is damaged; delete it .*--id {number}"
        ):
            read()
    assert drawings.counts().sum() <= 2
    assert drawings.delete([number], by=COMMAND_LINE) == 1
    assert len(drawings.drawings()) == 1


# --- Export ------------------------------------------------------------------------------------------------------


def test_an_export_is_data_that_the_lab_reads(tmp_path: Path) -> None:
    drawings = Collection()
    for label in range(10):
        add(drawings, label, session=str(label % 3), digit=None if label == 4 else 7)
    content = drawings.export()
    (tmp_path / "drawings.jsonl.gz").write_bytes(content)
    read, kept = read_handwriting(tmp_path / "drawings.jsonl.gz"), drawings.handwriting()
    np.testing.assert_array_equal(read.labels, kept.labels)
    np.testing.assert_array_equal(read.writers, kept.writers)
    np.testing.assert_array_equal(paint_all(read.strokes), paint_all(kept.strokes))
    line = json.loads(gzip.decompress(content).splitlines()[4])
    assert line["time"].endswith("+00:00")
    assert line | {"strokes": [], "time": ""} == {
        "label": 4,
        "writer": 2,
        "strokes": [],
        "digit": None,
        "verdict": "digit",
        "probability": 0.9,
        "model": "best",
        "time": "",
    }
    assert drawings.export() == content


def test_digits_that_people_drew_with_a_pen_are_kept_as_they_are(pen_strokes: Path) -> None:
    drawings, pen = Collection(), read_handwriting(pen_strokes).chosen(np.arange(30))
    for label, writer, strokes in zip(pen.labels.tolist(), pen.writers.tolist(), pen.strokes, strict=True):
        add(drawings, label, strokes, session=str(writer))
    kept = drawings.handwriting()
    np.testing.assert_array_equal(kept.labels, pen.labels)
    np.testing.assert_array_equal(
        kept.writers[:, np.newaxis] == kept.writers, pen.writers[:, np.newaxis] == pen.writers
    )
    np.testing.assert_array_equal(paint_all(kept.strokes), paint_all(pen.strokes))


# --- What is no digit --------------------------------------------------------------------------------------------


def test_what_is_no_digit_is_kept_counted_and_read_where_signs_are_wanted(tmp_path: Path) -> None:
    drawings = Collection()
    add(drawings, 3)
    add(drawings, NO_DIGIT, simple_strokes(8), digit=None, verdict="not a digit")
    add(drawings, NO_DIGIT, simple_strokes(7), digit=7)
    assert drawings.relabel(1, NO_DIGIT, by=COMMAND_LINE) and drawings.relabel(1, 3, by=COMMAND_LINE)
    assert [drawing.caption for drawing in drawings.drawings()] == ["no digit, read as 7", "no digit", "3"]
    assert (drawings.count(), drawings.count(NO_DIGIT), drawings.count(NO_DIGIT, misread=True)) == (3, 2, 1)
    assert drawings.count(misread=True) == 1 and drawings.counts().sum() == 1
    assert drawings.handwriting().labels.tolist() == [3]
    path = tmp_path / "drawings.jsonl.gz"
    path.write_bytes(drawings.export())
    assert [json.loads(line)["label"] for line in gzip.decompress(path.read_bytes()).splitlines()] == [
        3,
        "none",
        "none",
    ]
    for signs in (False, True):
        assert read_handwriting(path, signs).identity == drawings.handwriting(signs).identity
    drawings.delete([1], by=COMMAND_LINE)
    with pytest.raises(InputError, match="every drawing of this lab is labelled as no digit"):
        drawings.handwriting()
    assert drawings.handwriting(signs=True).labels.tolist() == [NO_DIGIT, NO_DIGIT]


def test_older_labs_read_a_collection_as_long_as_all_of_it_is_digits(temporary_home: Path) -> None:
    drawings = Collection()
    number = add(drawings, 3)
    formats = opened(temporary_home)
    assert formats.execute("SELECT number FROM lab_format").fetchall() == [(1,)]
    drawings.relabel(number, NO_DIGIT, by=COMMAND_LINE)
    assert formats.execute("SELECT number FROM lab_format").fetchall() == [(2,)]
    assert Collection().count() == 1


# --- Many at once ------------------------------------------------------------------------------------------------


def test_threads_lose_nothing() -> None:
    drawings = Collection()

    def draw(writer: int) -> None:
        for label in [*range(10)] * 5:
            add(drawings, label, session=f"browser {writer}")

    threads = [threading.Thread(target=draw, args=[writer]) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawings.counts().tolist() == [40] * 10
    assert np.bincount(drawings.handwriting().writers).tolist() == [0] + [50] * 8
    assert drawings.version().endswith("-400")


PROCESS = """
import sys, threading
from mnist_core.data.collection.store import Collection
from tests.conftest import simple_strokes

drawings = Collection()

def draw(writer):
    said = {"session": writer, "digit": 3, "verdict": "digit", "probability": 0.5, "model": "m"}
    for label in [*range(10)] * 5:
        drawings.add(simple_strokes(label), label, **said)

threads = [threading.Thread(target=draw, args=[f"{sys.argv[1]} {number}"]) for number in range(2)]
print("ready", flush=True)
sys.stdin.readline()
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_processes_that_begin_together_make_one_collection_and_lose_nothing() -> None:
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, "-W", "error", "-c", PROCESS]
    processes = [subprocess.Popen([*command, str(number)], cwd=ROOT, text=True, **pipes) for number in range(4)]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0 and not errors, errors[-2000:]
    drawings = Collection()
    assert drawings.counts().tolist() == [40] * 10
    assert np.bincount(drawings.handwriting().writers).tolist() == [0] + [50] * 8
    assert drawings.version().endswith("-400")


def test_reading_does_not_wait_for_somebody_who_writes(temporary_home: Path) -> None:
    drawings = Collection()
    add(drawings)
    writing = opened(temporary_home)
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("DELETE FROM lab_drawings")
    start = time.monotonic()
    assert drawings.count() == 1 and len(drawings.drawings()) == 1
    assert time.monotonic() - start < 5
    writing.execute("ROLLBACK")


@pytest.mark.parametrize("begun", [False, True], ids=["first used then", "used before"])
def test_a_file_that_stays_locked_is_said_after_two_seconds(temporary_home: Path, begun: bool) -> None:
    add(Collection())
    drawings = Collection()
    if begun:
        assert drawings.count() == 1
    writing = opened(temporary_home)
    # Nobody can read it either, as where another program keeps it for itself.
    writing.execute("PRAGMA journal_mode=DELETE")
    writing.execute("BEGIN EXCLUSIVE")
    uses: list[Callable[[], object]] = [lambda: add(drawings), drawings.count]
    for use in uses:
        start = time.monotonic()
        with pytest.raises(LabError, match=r"^The drawings of this lab are held by another program, which "):
            use()
        assert 1.5 < time.monotonic() - start < 3.5
    writing.execute("ROLLBACK")
    add(drawings)
    assert drawings.count() == 2


def test_a_file_that_was_taken_away_is_made_again(temporary_home: Path) -> None:
    drawings = Collection()
    add(drawings)
    before = drawings.version()
    (temporary_home / "collection.sqlite").unlink()
    assert drawings.count() == 0
    add(drawings)
    assert drawings.count() == 1 and drawings.version() != before


def test_a_file_that_was_emptied_or_replaced_works_again(temporary_home: Path, tmp_path: Path) -> None:
    drawings, path = Collection(), temporary_home / "collection.sqlite"
    add(drawings)
    path.write_bytes(b"")
    assert drawings.count() == 0
    add(drawings)
    assert drawings.count() == 1
    (tmp_path / "empty").touch()
    (tmp_path / "empty").replace(path)
    add(drawings)
    assert drawings.count() == 1


def test_a_damaged_file_is_left_as_it_is_until_it_is_moved_away(temporary_home: Path, tmp_path: Path) -> None:
    drawings, path = Collection(), temporary_home / "collection.sqlite"
    add(drawings)
    damaged = path.read_bytes()[:5000].replace(b"SQLite", b"SQLate")
    path.write_bytes(damaged)
    for _ in range(2):
        with pytest.raises(LabError, match="is damaged, and the lab leaves it as it is"):
            add(drawings)
    path.rename(tmp_path / "kept.sqlite")
    add(drawings)
    assert drawings.count() == 1 and (tmp_path / "kept.sqlite").read_bytes() == damaged


def test_a_home_that_was_deleted_is_made_again(temporary_home: Path) -> None:
    drawings = Collection()
    add(drawings)
    shutil.rmtree(temporary_home)
    add(drawings)
    assert drawings.count() == 1


# --- The database ------------------------------------------------------------------------------------------------


def test_where_the_drawings_are_is_said_in_words() -> None:
    assert Collection().place == (
        "The drawings are kept on this machine, in collection.sqlite; nothing of them leaves it."
    )


def test_tables_of_another_shape_are_said(temporary_home: Path) -> None:
    temporary_home.mkdir()
    with opened(temporary_home) as other:
        other.execute("CREATE TABLE lab_drawings (id INTEGER)")
    with pytest.raises(LabError, match="does not hold what this lab keeps in it"):
        Collection().drawings()


def test_a_file_damaged_in_the_middle_is_said(temporary_home: Path) -> None:
    drawings = Collection()
    for label in range(10):
        add(drawings, label, [np.random.default_rng(label).uniform(0, CANVAS_SIDE, (1000, 2))])
    path = temporary_home / "collection.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)
    for use in (drawings.drawings, drawings.export, drawings.counts, lambda: add(drawings)):
        with pytest.raises(LabError, match=r"collection\.sqlite, is damaged"):
            use()
