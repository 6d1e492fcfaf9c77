import csv
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import label_notes
from mnist_core.evaluation.label_notes import LONGEST_TEXT, Note
from mnist_core.files import atomic
from tests.support.paths import ROOT

DATA, OTHER = "a" * 64, "b" * 64


def test_a_note_is_kept_replaced_and_removed(temporary_home: Path) -> None:
    assert label_notes.load(DATA) == {}
    label_notes.keep(DATA, 247, "label is wrong", "  clearly \n a\u00a0four ")
    label_notes.keep(DATA, 0, "cannot tell")
    assert label_notes.path_of(DATA) == temporary_home / "notes" / f"{DATA}.json"
    kept = label_notes.load(DATA)
    assert kept.keys() == {247, 0} and kept[247].text == "clearly a four" and kept[247].time > 1e9
    label_notes.keep(DATA, 247, "label is right")
    assert (label_notes.load(DATA)[247].verdict, label_notes.load(DATA)[247].text) == ("label is right", "")
    label_notes.remove(DATA, 247)
    label_notes.remove(DATA, 999)
    assert label_notes.load(DATA).keys() == {0}
    assert label_notes.load(OTHER) == {}  # notes belong to the data


def test_what_cannot_be_a_note_is_refused() -> None:
    with pytest.raises(InputError, match="verdict on a label is 'maybe'"):
        label_notes.keep(DATA, 1, "maybe")
    with pytest.raises(InputError, match=f"at most {LONGEST_TEXT}"):
        label_notes.keep(DATA, 1, "cannot tell", "x" * (LONGEST_TEXT + 1))
    with pytest.raises(InputError, match="from 0 to 9,999,999"):
        label_notes.keep(DATA, -1, "cannot tell")
    assert label_notes.load(DATA) == {}


def test_there_is_a_most_of_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_notes, "MOST_NOTES", 2)
    for index in (1, 2, 1):
        label_notes.keep(DATA, index, "label is wrong")
    with pytest.raises(InputError, match="2 notes, which is the most"):
        label_notes.keep(DATA, 3, "label is wrong")


def test_sessions_that_write_at_once_lose_nothing() -> None:
    def write(first: int) -> None:
        for index in range(first, first + 10):
            label_notes.keep(DATA, index, "label is wrong", f"from {first}")

    writers = [threading.Thread(target=write, args=[100 * number]) for number in range(6)]
    keep = f"label_notes.keep({DATA!r}, index, 'cannot tell')"
    program = f"from mnist_core.evaluation import label_notes\nfor index in range(1000, 1010): {keep}"
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert process.wait(60) == 0
    expected = {100 * number + step for number in (*range(6), 10) for step in range(10)}
    assert label_notes.load(DATA).keys() == expected
    names = {path.name for path in label_notes.path_of(DATA).parent.iterdir()}
    assert names <= {f"{DATA}.json", f"{DATA}.lock"}  # no half-written file is left


def test_somebody_who_holds_the_notes_for_long_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(label_notes, "LOCK_SECONDS", 0.1)
    label_notes.keep(DATA, 1, "cannot tell")
    with (
        FileLock(label_notes.path_of(DATA).with_suffix(".lock")),
        pytest.raises(LabError, match="Another person is writing notes"),
    ):
        label_notes.keep(DATA, 2, "cannot tell")


def test_a_home_that_cannot_be_written_gets_a_sentence(temporary_home: Path) -> None:
    temporary_home.mkdir()
    (temporary_home / "notes").write_text("a file where a folder should be")
    with pytest.raises(LabError, match="The notes cannot be"):
        label_notes.keep(DATA, 1, "cannot tell")


def test_a_write_that_fails_leaves_what_was(monkeypatch: pytest.MonkeyPatch) -> None:
    label_notes.keep(DATA, 1, "cannot tell")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "write_json", full)
    with pytest.raises(LabError, match=r"disk.* is full"):
        label_notes.keep(DATA, 2, "cannot tell")
    assert label_notes.load(DATA).keys() == {1}


# --- Taking them along -----------------------------------------------------------------------------------------------


def exported(notes: dict[int, Note], indices: list[int]) -> list[label_notes.Row]:
    probabilities = 0.9 * np.eye(10)[[1, 2, 3, 4]] + 0.01
    return label_notes.rows(notes, np.array(indices, np.int64), probabilities, np.array([1, 7, 3, 9]))


def test_exports_hold_the_images_asked_for_and_those_with_a_note() -> None:
    notes = {3: Note("label is wrong", "a 4", 86_400.0), 77: Note("cannot tell")}  # 77 is beyond these images
    rows = exported(notes, [1])
    table = list(csv.DictReader(io.StringIO(label_notes.as_csv(rows))))
    assert [row["index"] for row in table] == ["1", "3"] and list(table[0]) == list(label_notes.COLUMNS)
    assert list(table[0].values())[1:] == ["7", "2", "0.91", "", "", ""]
    assert list(table[1].values())[1:] == ["9", "4", "0.91", "label is wrong", "a 4", "1970-01-02T00:00:00Z"]
    values = json.loads(label_notes.as_json(rows, DATA))
    assert values["data"] == DATA and [row["index"] for row in values["notes"]] == [1, 3]
    assert values["notes"][1]["note"] == "a 4" and values["notes"][1]["probability"] == pytest.approx(0.91)


@pytest.mark.parametrize("text", ["=HYPERLINK(A1)", "+1", "-2+3", "@SUM(A1)", '=1,"2"'])
def test_a_note_is_no_formula_in_a_spreadsheet(text: str) -> None:
    label_notes.keep(DATA, 1, "label is wrong", text)
    rows = exported(label_notes.load(DATA), [])
    (row,) = csv.DictReader(io.StringIO(label_notes.as_csv(rows)))
    assert row["note"] == f"'{text}"
    assert json.loads(label_notes.as_json(rows, DATA))["notes"][0]["note"] == text


def test_how_many_were_looked_at_is_said() -> None:
    notes = {1: Note("label is wrong"), 2: Note("label is wrong"), 3: Note("cannot tell"), 9: Note("label is right")}
    sentence = label_notes.progress_sentence(notes, np.array([1, 2, 3, 4]))
    assert sentence == "3 of 4 images looked at, label is wrong: 2, cannot tell: 1."
    assert label_notes.progress_sentence({}, np.array([1])) == "0 of 1 image looked at."
