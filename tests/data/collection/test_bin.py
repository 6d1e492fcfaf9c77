"""Drawings that were deleted: gone at once for whatever counts or learns, and back for a week."""

import gzip
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.data.collection import store
from mnist_core.data.collection.store import Collection, Deletion
from mnist_core.errors import InputError, LabError
from mnist_core.files import days_of_use
from mnist_core.files.days_of_use import DaysOfUse
from tests.conftest import simple_strokes
from tests.support.paths import ROOT

ADA, BOB = Actor("ada", "203.0.113.6"), Actor("bob", "203.0.113.7")
OLD_HOME = ROOT / "tests" / "data" / "2026-11-26"


def add(drawings: Collection, label: int = 7, by: Actor = ADA) -> int:
    said: dict[str, Any] = {"digit": label, "verdict": "digit", "probability": 0.9, "model": "best"}
    return drawings.add(simple_strokes(label), label, session=f"session of {by.owner}", by=by, **said)


def rows(home: Path, table: str) -> int:
    return int(sqlite3.connect(home / "collection.sqlite").execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_what_is_deleted_counts_no_more_and_comes_back_as_it_was() -> None:
    drawings = Collection()
    numbers = [add(drawings, label) for label in (1, 2, 3)]
    exported, version = drawings.export(), drawings.version()
    assert drawings.delete(numbers[:2], by=ADA) == 2
    assert drawings.version() != version
    assert drawings.counts().tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert [drawing.id for drawing in drawings.drawings()] == numbers[2:]
    assert drawings.handwriting().labels.tolist() == [3]
    assert gzip.decompress(drawings.export()).count(b"\n") == 1
    assert not drawings.has(numbers[0]) and not drawings.relabel(numbers[0], 5, by=ADA)
    assert drawings.restore(numbers, by=ADA) == 2
    assert drawings.export() == exported, "number, label, strokes, writer and time"


def test_those_that_were_deleted_together_stand_together_and_each_sees_their_own() -> None:
    drawings = Collection()
    first, second, other = add(drawings), add(drawings), add(drawings, by=BOB)
    drawings.delete([first, second], by=ADA)
    drawings.delete([other], by=BOB)
    (his,), (hers,) = drawings.deletions(BOB), drawings.deletions(ADA)
    assert (his.numbers, hers.numbers) == ((other,), (first, second))
    assert drawings.deletions(COMMAND_LINE) == [his, hers], "what was deleted last first"
    assert drawings.deletions(Actor("cleo")) == []
    assert isinstance(his, Deletion) and his.when > hers.when


def test_after_a_week_they_are_gone_for_good_and_so_is_who_drew_them(temporary_home: Path) -> None:
    drawings = Collection()
    old, young = add(drawings), add(drawings, by=BOB)
    drawings.delete([old], by=ADA)
    drawings.delete([young], by=BOB)
    with sqlite3.connect(temporary_home / "collection.sqlite") as connection:
        connection.execute(f"UPDATE lab_deleted_drawings SET deleted = 1000.0 WHERE id = {old}")
    DaysOfUse(tuple(f"2026-01-0{day}" for day in range(1, 8))).save(temporary_home / "days.json")
    assert drawings.purge(lambda when: False) == 0
    assert drawings.purge(days_of_use.expired) == 1, "it was deleted in 1970"
    assert [deletion.numbers for deletion in drawings.deletions(COMMAND_LINE)] == [(young,)]
    assert rows(temporary_home, "lab_writers") == rows(temporary_home, "lab_writer_owners") == 1
    assert drawings.restore([old], by=ADA) == 0
    assert drawings.purge(lambda when: True) == 1
    assert rows(temporary_home, "lab_writers") == 0


def test_a_damaged_drawing_can_be_deleted_and_brought_back(temporary_home: Path) -> None:
    drawings = Collection()
    number = add(drawings)
    with sqlite3.connect(temporary_home / "collection.sqlite") as connection:
        connection.execute("UPDATE lab_drawings SET strokes = 'nonsense'")
    drawings.delete([number], by=ADA)
    assert drawings.drawings() == []
    drawings.restore([number], by=ADA)
    with pytest.raises(LabError, match="damaged"):
        drawings.drawings()


def test_the_bin_takes_room_until_it_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_DRAWINGS", 2)
    drawings = Collection()
    numbers = [add(drawings), add(drawings)]
    drawings.delete(numbers, by=ADA)
    with pytest.raises(LabError, match=r"full: it holds 2 drawings, with those in the bin\. .* for good"):
        add(drawings)
    assert drawings.remove(numbers[:1], by=ADA) == 1
    assert add(drawings) > numbers[1]


def test_to_clear_leaves_no_bin(temporary_home: Path) -> None:
    drawings = Collection()
    drawings.delete([add(drawings)], by=ADA)
    drawings.clear(by=COMMAND_LINE)
    for table in ("lab_deleted_drawings", "lab_writer_owners", "lab_writers"):
        assert rows(temporary_home, table) == 0


def test_a_collection_of_an_older_lab_opens_and_belongs_to_nobody(temporary_home: Path) -> None:
    temporary_home.mkdir()
    shutil.copy(OLD_HOME / "collection.sqlite", temporary_home)
    drawings = Collection()
    before = [drawing.id for drawing in drawings.drawings()]
    assert before
    assert drawings.own(before, ADA) == [] and drawings.own(before, COMMAND_LINE) == before
    with pytest.raises(InputError, match="belongs to somebody else"):
        drawings.delete(before[:1], by=ADA)
    assert drawings.delete(before[:1], by=COMMAND_LINE) == 1
    assert add(drawings) not in before, "a number is never used twice"
    # What an older lab reads: the same tables and format, without what was deleted.
    connection = sqlite3.connect(temporary_home / "collection.sqlite")
    kept = [number for (number,) in connection.execute("SELECT id FROM lab_drawings ORDER BY id DESC")]
    assert kept[1:] == before[1:]
    assert connection.execute("SELECT number FROM lab_format").fetchall() == [(1,)]
    assert drawings.restore(before[:1], by=COMMAND_LINE) == 1


def test_two_at_once_delete_a_drawing_once() -> None:
    import threading

    drawings = Collection()
    numbers = [add(drawings) for _ in range(5)]
    counts: list[int] = []
    both = [threading.Thread(target=lambda: counts.append(Collection().delete(numbers, by=ADA))) for _ in range(4)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 5]
    np.testing.assert_array_equal(drawings.counts(), 0)
    assert [len(deletion.numbers) for deletion in drawings.deletions(ADA)] == [5]
