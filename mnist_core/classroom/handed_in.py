"""What was handed in during a lesson, whatever its kind, as people read it and as files keep it."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mnist_core.classroom import bet, write
from mnist_core.classroom.activities import KINDS, Activity, Entry
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson, Member
from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.mnist import NO_DIGIT
from mnist_core.preprocessing.strokes import Strokes, check_strokes

DEEPEST = 8  # lists in lists


@dataclass(frozen=True)
class Person:
    """Somebody who took part, as a copy of the lesson calls them."""

    number: int  # in the order in which they joined, from 1
    name: str


def people(members: Sequence[Member], with_names: bool) -> dict[int, Person]:
    """Returns who took part by the member; without their names each is `Person 3`."""
    ordered = sorted(members, key=lambda one: one.id)
    return {
        one.id: Person(number, one.name if with_names else gettext("Person {number}", number=number))
        for number, one in enumerate(ordered, 1)
    }


def lesson_title(lesson: Lesson) -> str:
    return lesson.title or gettext("Lesson {number}", number=lesson.id)


def heading(activity: Activity) -> str:
    """`Write: 7`."""
    name = gettext(KINDS.get(activity.kind, activity.kind))
    if question := question_of(activity):
        return f"{name}: {question.text}"
    try:
        return f"{name}: {write.Task.of(activity).named}" if activity.kind == write.KIND else name
    except (InputError, KeyError, TypeError, ValueError):  # damaged: its name says enough
        return name


def question_of(activity: Activity) -> Question | None:
    """What was asked; None where it was no bet, or is damaged."""
    try:
        return Question.of(activity) if activity.kind == bet.KIND else None
    except (InputError, KeyError, TypeError, ValueError):
        return None


def bets(question: Question, entries: Sequence[Entry]) -> list[Entry]:
    """What can be an answer to the question."""
    found = []
    for entry in entries:
        with contextlib.suppress(InputError):
            question.check(entry.content.get("value"))  # type: ignore[arg-type]
            found.append(entry)
    return found


def strokes_of(entry: Entry) -> Strokes:
    """The drawing in what was handed in; empty where there is none, or a damaged one."""
    try:
        return check_strokes(entry.content["strokes"])
    except (InputError, KeyError):
        return []


def label_of(entry: Entry) -> int | None:
    """What a drawing was to be, 0 to 9 or `NO_DIGIT`; None where that is not known."""
    label = entry.content.get("label")
    return label if type(label) is int and 0 <= label <= NO_DIGIT else None


def answer_words(activity: Activity, entry: Entry, names: Mapping[str, str]) -> str:
    """What somebody answered: a bet as it was shown, of other kinds all but the drawing; `names` replace others."""
    question = question_of(activity)
    if question and bets(question, [entry]):
        return question.words(float(entry.content["value"]))
    rest = {name: value for name, value in entry.content.items() if name not in ("strokes", "probabilities")}
    return json.dumps(masked(rest, names), ensure_ascii=False) if rest else ""


def masked(value: Any, names: Mapping[str, str], depth: int = DEEPEST) -> Any:
    """Replaces each text that is somebody's name; what lies too deep in lists is left out."""
    if isinstance(value, str):
        return names.get(value, value)
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return "…"
    if isinstance(value, dict):
        return {name: masked(one, names, depth - 1) for name, one in value.items()}
    return [masked(one, names, depth - 1) for one in value]
