"""A lesson as one zip file: what it holds, in which forms, and what it does not tell."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import archive, write
from mnist_core.classroom.write import Task
from mnist_core.data import stroke_files
from mnist_core.errors import InputError
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from tests.classroom.class_of_two import ADAS_NAME, BOBS_NAME, taught
from tests.classroom.test_lessons import ADA, BOB, TEACHER


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def test_a_copy_holds_drawings_answers_and_a_report(tmp_path: Path) -> None:
    activities, lesson = taught()
    files = opened(archive.make(activities, lesson.id, True, by=TEACHER))
    pictures = sorted(name for name in files if name.startswith("drawings/"))
    assert pictures == [f"drawings/000{n}-{digit}.png" for n, digit in enumerate((7, 2, 7, 2), 1)]
    assert set(files) - set(pictures) == {"README.txt", "lesson.pdf", "answers.csv", "drawings.jsonl"}
    assert files["lesson.pdf"].startswith(b"%PDF")
    picture = np.asarray(Image.open(io.BytesIO(files[pictures[0]])))
    assert picture.shape == (28, 28) and picture.any()
    path = tmp_path / "drawings.jsonl"
    path.write_bytes(files["drawings.jsonl"])
    read = stroke_files.read_handwriting(path)
    assert read.labels.tolist() == [7, 2, 7, 2] and read.writers.tolist() == [1, 1, 2, 2]
    np.testing.assert_allclose(read.strokes[0][0], np.round(strokes_from_keys(EXAMPLES[7])[0], 1))
    line = json.loads(files["drawings.jsonl"].splitlines()[2])
    assert line["name"] == BOBS_NAME and line["model"] == "best"


def test_a_spreadsheet_computes_no_name() -> None:
    activities, lesson = taught()
    files = opened(archive.make(activities, lesson.id, True, by=TEACHER))
    rows = list(csv.DictReader(io.StringIO(files["answers.csv"].decode())))
    assert [row["name"] for row in rows] == [f"'{ADAS_NAME}", BOBS_NAME]
    assert [row["answer"] for row in rows] == ["95\xa0%", "50\xa0%"]


def test_times_have_no_seconds() -> None:
    activities, lesson = taught()
    files = opened(archive.make(activities, lesson.id, True, by=TEACHER))
    times = [json.loads(line)["time"] for line in files["drawings.jsonl"].splitlines()]
    times += [row["time"] for row in csv.DictReader(io.StringIO(files["answers.csv"].decode()))]
    assert len(times) == 6 and all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d\+00:00", time) for time in times)
    for text in (files["README.txt"], files["answers.csv"]):
        assert not re.search(rb"\d\d:\d\d:\d\d", text)


def test_without_names_no_name_and_no_browser_is_in_it() -> None:
    activities, lesson = taught()
    files = opened(archive.make(activities, lesson.id, False, by=TEACHER))
    for name, content in files.items():
        for told in (ADAS_NAME, BOBS_NAME, "Blue Fox", "Red #Owl", ADA.owner, BOB.owner):
            assert told.encode() not in content, name
    assert "name" not in json.loads(files["drawings.jsonl"].splitlines()[0])
    assert b"Person 2" in files["answers.csv"]


def test_names_in_what_others_handed_in_are_left_out_too() -> None:
    activities, lesson = taught()
    activities.lessons.go_on(lesson.id, by=TEACHER)
    activity = activities.start(lesson.id, "bet", {"text": "damaged"}, by=TEACHER)
    activities.hand_in(activity.id, {"against": [BOBS_NAME]}, by=ADA)
    named, unnamed = (
        opened(archive.make(activities, lesson.id, names, by=TEACHER))["answers.csv"].decode()
        for names in (True, False)
    )
    assert BOBS_NAME in named and BOBS_NAME not in unnamed and "Person 2" in unnamed


def test_what_is_off_the_board_is_not_in_a_copy() -> None:
    activities, lesson = taught()
    first, _ = activities.of_lesson(lesson.id, by=TEACHER)
    activities.strike(activities.entries(first.id, by=TEACHER)[0].id, by=TEACHER)
    bob = activities.lessons.members(lesson.id, by=TEACHER)[1]
    activities.lessons.remove(bob.id, by=TEACHER)
    files = opened(archive.make(activities, lesson.id, True, by=TEACHER))
    assert len(files["drawings.jsonl"].splitlines()) == 1 and BOBS_NAME.encode() not in files["answers.csv"]


def test_drawings_without_a_label_have_a_file_of_their_own() -> None:
    activities, lesson = taught()
    activities.lessons.go_on(lesson.id, by=TEACHER)
    activity = activities.start(lesson.id, write.KIND, Task((7,)).settings, by=TEACHER)
    strokes = [one.tolist() for one in strokes_from_keys(EXAMPLES[7])]
    for content in ({"strokes": strokes}, {"strokes": strokes, "label": 10}, {"strokes": [["x"]]}):
        activities.hand_in(activity.id, content, by=ADA)
    files = opened(archive.make(activities, lesson.id, True, by=TEACHER))
    assert len(files["other-drawings.jsonl"].splitlines()) == 1
    assert json.loads(files["drawings.jsonl"].splitlines()[-1])["label"] == "none"
    assert {"drawings/0005.png", "drawings/0006-none.png"} <= set(files)


def test_an_empty_lesson_has_a_copy() -> None:
    activities, _ = taught()
    lesson = activities.lessons.begin("", by=TEACHER)
    files = opened(archive.make(activities, lesson.id, True, by=TEACHER))
    assert set(files) == {"README.txt", "lesson.pdf", "answers.csv"}


@pytest.mark.parametrize("who", [ADA, BOB, Actor(), Actor("c" * 16)])
def test_only_the_teacher_takes_a_copy(who: Actor) -> None:
    activities, lesson = taught()
    with pytest.raises(NotYoursError, match="is for the teacher"):
        archive.make(activities, lesson.id, True, by=who)


def test_of_a_deleted_lesson_there_is_no_copy() -> None:
    activities, lesson = taught()
    activities.lessons.wipe(lesson.id, by=TEACHER)
    with pytest.raises(InputError, match="not there any more"):
        archive.make(activities, lesson.id, True, by=TEACHER)
