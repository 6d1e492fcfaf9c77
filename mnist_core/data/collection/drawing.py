"""One drawing that a person labelled: its values checked, as it stands in the database and in a file."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.checks import check_number, check_whole
from mnist_core.data.stroke_files import NONE
from mnist_core.errors import InputError, LabError
from mnist_core.formatting import count, with_article
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.preprocessing.strokes import CANVAS_PEN, Strokes, check_strokes

if TYPE_CHECKING:
    from sqlalchemy import Row

NO_DIGITS = N_(
    "Nobody has drawn a digit yet: every drawing of this lab is labelled as no digit. Draw some digits, too."
)
# A usual drawing has 3 to 6 kB.
MOST_CHARACTERS = 50_000
LONGEST_WORD = 200


@dataclass(frozen=True)
class Drawing:
    """A drawing, what a person said it was, and what the model had said."""

    id: int  # in the collection
    label: int  # what it was, 0 to 9 or `NO_DIGIT`
    writer: int  # who drew it: a small number for each browser session
    strokes: Strokes  # as `strokes.check_strokes` returns them, in pixels of the canvas, to a tenth
    digit: int | None  # the answer that the model gave; None where it gave none
    verdict: str  # as in `answer.Answer`
    probability: float  # how probable it held its digit, 0 to 1
    model: str  # the id of the run that answered
    time: float  # when it was kept, in seconds since 1970 (UTC)

    @property
    def misread(self) -> bool:
        """Whether the model had read something else, or nothing; of what is no digit, whether it had read any."""
        return self.digit != (None if self.label == NO_DIGIT else self.label)

    @property
    def caption(self) -> str:
        label = gettext("no digit") if self.label == NO_DIGIT else str(self.label)
        if not self.misread:
            return label
        return (
            gettext("{label}, not read", label=label)
            if self.digit is None
            else gettext("{label}, read as {digit}", label=label, digit=self.digit)
        )

    @classmethod
    def from_row(cls, row: "Row[Any]") -> "Drawing":
        """Checks a row of the database, which may come from anywhere; LabError where it is damaged."""
        try:
            strokes = check_strokes(json.loads(row.strokes))
            label, digit = checked_label(row.label), row.digit
            if digit is not None:
                checked_digit(digit)
            check_number("probability", row.probability, 0, 1)
            datetime.fromtimestamp(row.time, UTC)
            if not strokes:
                raise InputError(gettext("It has no strokes."))
            numbers = (int(row.id), int(row.writer))
        except (InputError, TypeError, ValueError, OverflowError, OSError, RecursionError) as error:
            raise LabError(
                gettext(
                    "Drawing {id} of the collection is damaged; delete it with 'python -m mnist_core "
                    "collection delete --id {id} --yes'.",
                    id=row.id,
                )
            ) from error
        return cls(
            numbers[0],
            label,
            numbers[1],
            strokes,
            digit,
            str(row.verdict),
            float(row.probability),
            str(row.model),
            float(row.time),
        )

    def to_json(self) -> dict[str, Any]:
        """As `stroke_files.read_handwriting` reads it, and what was said of it."""
        return {
            "label": NONE if self.label == NO_DIGIT else self.label,
            "writer": self.writer,
            "strokes": [np.round(stroke, 1).tolist() for stroke in self.strokes],
            "digit": self.digit,
            "verdict": self.verdict,
            "probability": round(self.probability, 4),
            "model": self.model,
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="seconds"),
        }


def label_words(label: int) -> str:
    """What a drawing is, for people: `a 7`, or `no digit`."""
    return gettext("no digit") if label == NO_DIGIT else with_article(label)


def checked_label(value: int) -> int:
    """A digit or `NO_DIGIT`, or InputError."""
    check_whole("label", value, 0, NO_DIGIT)
    return value


def checked_digit(value: int) -> int:
    """What a model read, or InputError."""
    check_whole("model's digit", value, 0, CLASSES - 1)
    return value


def checked_word(name: str, value: str) -> str:
    """A short word that can be printed, or InputError with the name of what it is."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_WORD or not value.isprintable():
        raise InputError(
            gettext(
                "The {name} must be a word of at most {longest_word} characters that can be printed.",
                name=name,
                longest_word=LONGEST_WORD,
            )
        )
    return value


def to_text(strokes: Strokes) -> str:
    """As JSON with coordinates to a tenth of a pixel; InputError where there is too little or too much to keep."""
    strokes = check_strokes(strokes)
    if not strokes:
        raise InputError(gettext("Nothing is drawn that could be kept; draw a digit first."))
    extent = float(np.ptp(np.concatenate(strokes), axis=0).max())
    if extent <= CANVAS_PEN / 3:
        # Less than a touch of the pen; in another unit than pixels, a tenth would be too coarse for it.
        raise InputError(
            gettext(
                "The drawing is {extent:.3g} pixels large, too small to keep; draw the digit larger.", extent=extent
            )
        )
    text = json.dumps([np.round(stroke, 1).tolist() for stroke in strokes], separators=(",", ":"))
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            gettext(
                "The drawing takes {text} characters, more than the {most_characters} that the "
                "collection keeps of one; clear it and draw a simpler one.",
                text=count(len(text)),
                most_characters=count(MOST_CHARACTERS),
            )
        )
    return text
