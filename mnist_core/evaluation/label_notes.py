"""What people found when they looked at doubtful labels: notes in the home folder, by the identity of the data.

They belong to the images and not to a model, so that whoever judges another model on the same images sees them too.
"""

import contextlib
import dataclasses
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import Timeout

from mnist_core import environment
from mnist_core.checks import check_choice, check_whole
from mnist_core.errors import InputError, LabError, not_read, not_written
from mnist_core.files import atomic, locks, records
from mnist_core.files.csv_text import csv_text
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, ngettext

# They are stored as they stand here, and translated where they are shown.
VERDICTS = (N_("label is wrong"), N_("label is right"), N_("cannot tell"))
COLUMNS = ("index", "label", "predicted", "probability", "verdict", "note", "time")
LONGEST_TEXT = 500
MOST_NOTES = 5000
# Five thousand of the longest notes in four-byte characters; a file that is larger was not written here.
MOST_BYTES = 12_000_000
LOCK_SECONDS = 10.0
LARGEST_INDEX = 9_999_999


@dataclass(frozen=True)
class Note:
    """What a person found out about the label of one image."""

    verdict: str  # one of `VERDICTS`
    text: str = ""  # anything else, at most `LONGEST_TEXT` characters
    time: float = 0.0  # in seconds since 1970

    def __post_init__(self) -> None:
        check_choice(gettext("verdict on a label"), self.verdict, VERDICTS)
        if not isinstance(self.text, str) or len(self.text) > LONGEST_TEXT or not self.text.isprintable():
            raise InputError(
                gettext(
                    "A note must be one line of at most {most} printable characters; shorten it.",
                    most=LONGEST_TEXT,
                )
            )
        if type(self.time) not in (int, float) or not 0 <= self.time <= 1e11:
            raise InputError(
                gettext("The time of a note is {time!r:.40}, but must be seconds since 1970.", time=self.time)
            )


def path_of(identity: str) -> Path:
    """Raises InputError where the data have no identity to keep notes by."""
    if not re.fullmatch(r"[0-9a-f]{64}", identity):
        raise InputError(
            gettext("The lab does not know these images, so it cannot keep notes on them. Judge the run again.")
        )
    return environment.home() / "notes" / f"{identity}.json"


def load(identity: str) -> dict[int, Note]:
    """The notes by the number of the image; InputError where the file is damaged or larger than the lab writes one."""
    path = path_of(identity)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise not_read(gettext("The notes on these images cannot be read"), error) from error
    if size > MOST_BYTES:
        raise InputError(
            gettext(
                "The notes on these images have {size} bytes, more than the lab writes; move {file} away.",
                size=count(size),
                file=path.name,
            )
        )
    return _parsed(atomic.read_json(path), path)


def _parsed(values: Any, path: Path) -> dict[int, Note]:
    damaged = InputError(
        gettext(
            "The notes on these images are damaged; repair {file}, or move it away to start again.",
            file=path.name,
        )
    )
    if isinstance(values, dict):
        records.check(values.pop(records.FORMAT, 1), 1, path)
    if not isinstance(values, dict) or len(values) > MOST_NOTES:
        raise damaged
    notes = {}
    for number, fields in values.items():
        if not re.fullmatch(r"0|[1-9]\d{0,6}", number, re.ASCII) or not isinstance(fields, dict):
            raise damaged
        try:
            notes[int(number)] = Note(**fields)
        except (InputError, TypeError) as error:
            raise damaged from error
    return notes


def keep(identity: str, index: int, verdict: str, text: str = "") -> None:
    """Keeps a note on the image with this index (from 0); an earlier one on the same image is replaced."""
    check_whole(gettext("number of an image"), index, 0, LARGEST_INDEX)
    # Pasted line breaks and the like become spaces; what has no shape at all goes.
    text = "".join(character for character in " ".join(text.split()) if character.isprintable())
    note = Note(verdict, text, time.time())
    with _changing(identity) as notes:
        if index not in notes and len(notes) >= MOST_NOTES:
            raise InputError(
                gettext(
                    "These images have {number} notes, which is the most; remove one first.",
                    number=count(MOST_NOTES),
                )
            )
        notes[index] = note


def remove(identity: str, index: int) -> None:
    with _changing(identity) as notes:
        notes.pop(index, None)


@contextlib.contextmanager
def _changing(identity: str) -> Iterator[dict[int, Note]]:
    """Yields the notes and writes them at the end; meanwhile nobody else changes them."""
    path = path_of(identity)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locks.lock(path.with_suffix(".lock"), LOCK_SECONDS):
            notes = load(identity)
            before = dict(notes)
            yield notes
            if notes != before:
                atomic.write_json(path, {str(index): dataclasses.asdict(notes[index]) for index in sorted(notes)})
    except Timeout:
        raise LabError(
            gettext("Another person is writing notes on these images and does not end; try again.")
        ) from None
    except OSError as error:
        raise not_written(gettext("The notes cannot be written"), error) from error


# --- Taking them along -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One image in an export: what the label says, what the model says, what a person found; the last may be empty."""

    index: int
    label: int
    predicted: int
    probability: float
    verdict: str = ""
    note: str = ""
    time: str = ""


def rows(notes: dict[int, Note], indices: np.ndarray, probabilities: np.ndarray, labels: np.ndarray) -> list[Row]:
    """A row for each image of `indices` (int `[K]`) and for each with a note; notes beyond the data are left out."""
    listed = sorted({*map(int, indices), *(index for index in notes if index < len(labels))})
    return [_row(index, notes.get(index), probabilities[index], int(labels[index])) for index in listed]


def _row(index: int, note: Note | None, probabilities: np.ndarray, label: int) -> Row:
    row = Row(index, label, int(probabilities.argmax()), round(float(probabilities.max()), 6))
    if note is None:
        return row
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(note.time))
    return dataclasses.replace(row, verdict=note.verdict, note=note.text, time=moment)


def as_csv(listed: list[Row]) -> str:
    return csv_text(COLUMNS, (dataclasses.astuple(row) for row in listed))


def as_json(listed: list[Row], identity: str) -> str:
    return json.dumps({"data": identity, "notes": [dataclasses.asdict(row) for row in listed]}, indent=2) + "\n"


def progress_sentence(notes: dict[int, Note], indices: np.ndarray) -> str:
    """How many of these images were judged, and how."""
    found = [notes[int(index)].verdict for index in indices if int(index) in notes]
    each = [f"{gettext(verdict)}: {found.count(verdict)}" for verdict in VERDICTS if verdict in found]
    return gettext(
        "{found} of {images} looked at{each}.",
        found=count(len(found)),
        images=ngettext("{number} image", "{number} images", len(indices), number=count(len(indices))),
        each="".join(f", {part}" for part in each),
    )
