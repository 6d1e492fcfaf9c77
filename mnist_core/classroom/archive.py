"""A lesson as one zip file for the teacher: drawings as strokes and as pictures, answers as a table, and a report.

Its times are to the minute, and what was taken off the board, or came from somebody who was removed, is not in it.
"""

import io
import json
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.classroom import handed_in, outcomes, records
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.classroom.handed_in import Person
from mnist_core.data.stroke_files import NONE
from mnist_core.files.csv_text import csv_text
from mnist_core.language import gettext
from mnist_core.mnist import NO_DIGIT
from mnist_core.presentation.pictures import png
from mnist_core.presentation.report import render

NAME = "lesson-{number}.zip"
LABELLED, OTHERS, ANSWERS, BOARD, README = (
    "drawings.jsonl",
    "other-drawings.jsonl",
    "answers.csv",
    "lesson.pdf",
    "README.txt",
)
# A zip knows no time zones, and whoever packs the same lesson twice gets the same entries.
STAMP = (1980, 1, 1, 0, 0, 0)
Row = tuple[Activity, Entry, Person]


def make(activities: Activities, lesson: int, with_names: bool, *, by: Actor) -> bytes:
    """Returns the zip file; without names each is `Person 3`."""
    by.check_in_charge(gettext("Taking a copy of a lesson"))
    rows = list(_rows(activities, lesson, with_names, by))
    names = _names(activities, lesson, with_names, by)
    drawn = [row for row in rows if handed_in.strokes_of(row[1])]
    answers = [row for row in rows if not handed_in.strokes_of(row[1])]
    report = records.of_class(activities, lesson, with_names, by=by)
    strokes = _stroke_files(drawn, with_names)
    files: dict[str, str | bytes] = {
        README: _readme(report.title, report.subtitle, with_names, strokes.keys()),
        BOARD: render(report, "pdf"),
        ANSWERS: _table(answers, names),
        **strokes,
        **_picture_files(drawn),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), text, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _rows(activities: Activities, lesson: int, with_names: bool, by: Actor) -> Iterator[Row]:
    people = handed_in.people(activities.lessons.members(lesson, by=by), with_names)
    for activity in activities.of_lesson(lesson, by=by):
        for entry in activities.entries(activity.id, by=by):
            if entry.member in people:  # somebody may just have left
                yield activity, entry, people[entry.member]


def _names(activities: Activities, lesson: int, with_names: bool, by: Actor) -> dict[str, str]:
    members = activities.lessons.members(lesson, by=by)
    people = handed_in.people(members, with_names)
    return {member.name: people[member.id].name for member in members}


def minute(seconds: float) -> str:
    """A time, in seconds since 1970, to the minute: `2026-11-28T09:15+00:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="minutes")


def _line(row: Row, with_names: bool) -> dict[str, Any]:
    """A drawing as the lab's own files of strokes have it."""
    activity, entry, person = row
    label, said = handed_in.label_of(entry), entry.content
    line: dict[str, Any] = {} if label is None else {"label": NONE if label == NO_DIGIT else label}
    line |= {"writer": person.number, "strokes": [np.round(one, 1).tolist() for one in handed_in.strokes_of(entry)]}
    line |= {name: said[name] for name in ("digit", "verdict", "probability") if _is_plain(said.get(name))}
    line |= {"model": activity.settings["model"]} if isinstance(activity.settings.get("model"), str) else {}
    line |= {"activity": activity.id, "time": minute(entry.made)}
    return line | ({"name": person.name} if with_names else {})


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _stroke_files(drawn: Sequence[Row], with_names: bool) -> dict[str, str]:
    """Those with a label can be learned from; others have a file of their own."""
    lines: dict[str, list[str]] = {LABELLED: [], OTHERS: []}
    for row in drawn:
        line = _line(row, with_names)
        lines[LABELLED if "label" in line else OTHERS].append(json.dumps(line, ensure_ascii=False))
    return {name: "".join(f"{line}\n" for line in some) for name, some in lines.items() if some}


def _picture_files(drawn: Sequence[Row]) -> dict[str, bytes]:
    """`drawings/0001-7.png`: in the order of the board, with what it was to be."""
    files = {}
    for number, (_, entry, _) in enumerate(drawn, 1):
        label = handed_in.label_of(entry)
        word = "" if label is None else f"-{NONE if label == NO_DIGIT else label}"
        files[f"drawings/{number:04d}{word}.png"] = png(outcomes.painted(handed_in.strokes_of(entry)))
    return files


def _table(answers: Sequence[Row], names: dict[str, str]) -> str:
    columns = ("activity", "kind", "question", "person", "name", "answer", "time")
    rows = [
        (
            activity.id,
            activity.kind,
            handed_in.heading(activity),
            person.number,
            person.name,
            handed_in.answer_words(activity, entry, names),
            minute(entry.made),
        )
        for activity, entry, person in answers
    ]
    return csv_text(columns, rows)


def _readme(title: str, subtitle: str, with_names: bool, drawings: Collection[str]) -> str:
    whose = (
        gettext("It holds the names that the pupils took part by.")
        if with_names
        else gettext("The names are left out: each person has a number, in the order in which they joined.")
    )
    of_files = []
    if LABELLED in drawings:
        of_files += [
            gettext("{file}: the drawings as lines of the pen, one a line of text.", file=LABELLED),
            gettext("The lab reads this file again: choose it where the lab asks for data."),
        ]
    if OTHERS in drawings:
        of_files.append(gettext("{file}: drawings of which nobody said what they were to be.", file=OTHERS))
    if drawings:
        of_files.append(gettext("{file}: each drawing as the model sees it, 28 by 28 points.", file="drawings/"))
    sentences = (
        title,
        subtitle,
        "",
        gettext("This is a copy of a lesson in Digit Lab. Only the teacher can make one."),
        whose,
        gettext("What the teacher took off the board is not in it."),
        gettext("Times of drawings and answers are in UTC, without seconds."),
        "",
        gettext("{file}: the whole lesson as a report to read and print.", file=BOARD),
        *of_files,
        gettext("{file}: the answers and bets as a table.", file=ANSWERS),
        "",
        gettext("The lab deletes its own copy. It cannot delete this one: that is up to you."),
    )
    return "\n".join(sentences) + "\n"
