"""What was read, as plain values: for `classify`, and as a table to take along."""

import csv
import dataclasses
import io
from collections.abc import Iterator
from typing import Any

from mnist_core.inference.answer import Answer
from mnist_core.inference.reading import DIGIT, Part, Reading

COLUMNS = ("row", "place", "kind", "read", "probability", "verdict", "left", "top", "right", "bottom")


def reading_row(reading: Reading) -> dict[str, Any]:
    """Returns the answer to a drawing for JSON; of several digits, too, the number of each row, its digits, its signs.

    Rows and places are counted from 1, from the top and from the left.
    """
    row = answer_row(reading.answer) | {"sentence": reading.answer.sentence}
    if reading.parts:
        placed = list(_placed(reading))
        row["number"] = reading.number
        row["rows"] = list(reading.numbers)
        row["digits"] = [
            answer_row(part.answer) | {"box": dataclasses.astuple(part.box), "row": line, "place": place}
            for line, place, part in placed
            if part.kind == DIGIT
        ]
        row["signs"] = [
            {"sign": part.sign, "box": dataclasses.astuple(part.box), "row": line, "place": place}
            for line, place, part in placed
            if part.kind != DIGIT
        ]
    return row


def answer_row(answer: Answer) -> dict[str, Any]:
    """Returns an answer for JSON."""
    return {name: getattr(answer, name) for name in ("digit", "probability", "probabilities", "verdict")}


def to_csv(reading: Reading) -> str:
    """Returns a line for each digit and sign of several, with `COLUMNS` at the head."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row, place, part in _placed(reading):
        sure = f"{part.answer.probability:.4f}" if part.kind == DIGIT else ""
        edges = [f"{edge:.1f}" for edge in dataclasses.astuple(part.box)]
        writer.writerow([row, place, part.kind, part.shown, sure, part.answer.verdict, *edges])
    return file.getvalue()


def _placed(reading: Reading) -> Iterator[tuple[int, int, Part]]:
    """Yields each part with its row and its place in it, from 1."""
    for number, row in enumerate(reading.rows, 1):
        for place, part in enumerate(row, 1):
            yield number, place, part
