"""Write: everybody writes digits, the model answers, and the class sees all of them on its board."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.checks import check_whole
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.data.collection.drawing import to_text
from mnist_core.errors import InputError
from mnist_core.formatting import listed
from mnist_core.inference import reading
from mnist_core.inference.answer import VERDICTS, Answer
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES
from mnist_core.preprocessing.strokes import Strokes, check_strokes

KIND = "write"
MOST_EACH = 5
NOT_READ = CLASSES  # the column of the matrix for what the model gave no digit for


@dataclass(frozen=True)
class Task:
    """What is to be written."""

    digits: tuple[int, ...] = tuple(range(CLASSES))
    each: int = 1  # how often
    model: str = "best"  # the run that answers

    def __post_init__(self) -> None:
        check_whole("number of times", self.each, 1, MOST_EACH)
        if not self.digits:
            raise InputError(gettext("Choose a digit that everybody writes."))
        for digit in self.digits:
            check_whole("digit", digit, 0, CLASSES - 1)

    @classmethod
    def of(cls, activity: Activity) -> "Task":
        """Of an activity as `settings` made it."""
        found = activity.settings
        return cls(tuple(found["digits"]), found["each"], found["model"])

    @property
    def settings(self) -> dict[str, Any]:
        return {"digits": list(self.digits), "each": self.each, "model": self.model}

    @property
    def in_all(self) -> int:
        return len(self.digits) * self.each

    @property
    def named(self) -> str:
        """`7`, `3, 5 and 8`, `each digit`."""
        return gettext("each digit") if len(set(self.digits)) == CLASSES else listed([str(one) for one in self.digits])

    def next(self, written: Sequence[int]) -> int | None:
        """Returns the digit that comes next for somebody who has written these; None once all are done."""
        left = [digit for digit in self.digits if written.count(digit) < self.each]
        return min(left, key=lambda digit: (written.count(digit), self.digits.index(digit)), default=None)


@dataclass(frozen=True)
class Written:
    """A drawing on the board."""

    id: int
    member: int
    name: str
    label: int  # what was to be written
    strokes: Strokes
    answer: Answer  # without its sentence

    @classmethod
    def of(cls, entry: Entry) -> "Written":
        """Of an entry that `hand_in` made; raises InputError where it is damaged."""
        found = entry.content
        try:
            answer = Answer(
                str(found["verdict"]), "", found["digit"], float(found["probability"]), tuple(found["probabilities"])
            )
            _check(found["label"], answer)
            return cls(entry.id, entry.member, entry.name, int(found["label"]), check_strokes(found["strokes"]), answer)
        except (KeyError, TypeError, ValueError, OverflowError, InputError) as error:
            raise InputError(gettext("A drawing on the board is damaged; take it off.")) from error

    @property
    def read(self) -> int:
        """The digit that the model gave, or `NOT_READ`."""
        return read(self.answer)

    @property
    def is_right(self) -> bool:
        return self.read == self.label


def _check(label: object, answer: Answer) -> None:
    """Raises ValueError or TypeError where a drawing or its answer is not what `hand_in` wrote."""
    digits = [label, *([] if answer.digit is None else [answer.digit])]
    shares = np.array([answer.probability, *answer.probabilities], np.float64)
    if not all(type(digit) is int and 0 <= digit < CLASSES for digit in digits) or answer.verdict not in VERDICTS:
        raise ValueError(f"{label} with {answer.verdict} {answer.digit}")
    if shares.shape != (CLASSES + 1,) or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"probabilities {shares}")


def hand_in(activities: Activities, activity: int, strokes: Strokes, classifier: Classifier, *, by: Actor) -> Written:
    """Lets the model answer a drawing, in pixels of the canvas, and puts both on the board.

    What is to be written is said by the task and not by whoever writes. Raises InputError where nothing is drawn or
    nothing is left to write, and as `Activities.hand_in` does.
    """
    to_text(strokes)  # what is too small or too large to keep is refused
    task = Task.of(activities.activity(activity))
    label = task.next([one.label for one in written(activities, activity, own=True, by=by)])
    if label is None:
        raise InputError(gettext("You have written all that was asked for."))
    answer = reading.read_strokes(strokes, classifier, on_canvas=True).answer
    content = content_of(label, strokes, answer)
    number = activities.hand_in(activity, content, by=by)
    return Written.of(Entry(number, activity, 0, content, 0.0, False, ""))


def content_of(label: int, strokes: Strokes, answer: Answer) -> dict[str, Any]:
    """What is kept of a drawing and its answer, which `Written.of` reads."""
    return {
        "label": label,
        "strokes": [np.round(stroke, 1).tolist() for stroke in strokes],
        "digit": answer.digit,
        "verdict": answer.verdict if answer.verdict in VERDICTS else VERDICTS[0],
        "probability": answer.probability,
        "probabilities": [round(one, 5) for one in answer.probabilities],
    }


def written(activities: Activities, activity: int, *, own: bool = False, by: Actor) -> list[Written]:
    """Returns the drawings of an activity as `Activities.entries` does, in the order in which they came."""
    return [Written.of(entry) for entry in activities.entries(activity, by=by, own=own)]


def of_lesson(activities: Activities, lesson: int, *, by: Actor) -> list[Written]:
    """Returns all that a class wrote during a lesson, but for what was struck, as `Activities.of_class` does."""
    return [Written.of(entry) for entry in activities.of_class(lesson, KIND, by=by)]


def read(answer: Answer) -> int:
    """Returns the digit that an answer gives, or `NOT_READ`."""
    return answer.digit if answer.shown != "–" and answer.digit is not None else NOT_READ


def confusion(drawings: Sequence[Written]) -> np.ndarray:
    """Counts what was to be written against what the model gave: int64 `[10, 11]`, the last column is no digit."""
    counts = np.zeros((CLASSES, CLASSES + 1), np.int64)
    for one in drawings:
        counts[one.label, one.read] += 1
    return counts
