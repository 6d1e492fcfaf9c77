"""The boards of a lesson as HTML: what a class hands in, who is there, how it answered; made to be read from afar."""

import base64
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mnist_core.formatting import count, percent
from mnist_core.language import gettext, ngettext
from mnist_core.preprocessing.strokes import CANVAS_PEN, CANVAS_SIDE, Strokes
from mnist_core.presentation.markup import render
from mnist_core.presentation.pictures import source

RIGHT, WRONG, REFUSED = "right", "wrong", "refused"  # what an answer is, which a sign says beside its colour
SIGNS = {RIGHT: "✓", WRONG: "✗", REFUSED: "–"}


class Tile(NamedTuple):
    """A drawing on a board."""

    choice: str  # what a press reports
    name: str  # of whoever drew it; empty where names are hidden
    strokes: Strokes  # in pixels of the canvas
    answer: str = ""  # what the model says; empty where it is hidden
    kind: str = ""  # one of `SIGNS`; empty where it is hidden
    words: str = ""  # what it is, for screen readers
    chosen: bool = False
    state: str = ""  # what else is to be said of it, in a few words
    image: np.ndarray | None = None  # uint8 `[28, 28]`, where there are no strokes


class Person(NamedTuple):
    """Somebody who takes part."""

    choice: str
    name: str
    present: bool
    strokes: Strokes  # what they handed in last; none where it is empty
    answer: str = ""
    kind: str = ""
    chosen: bool = False


class Epoch(NamedTuple):
    """Where a model stands that learns from a class."""

    words: str  # which epoch, or before
    right: int  # how many of the class's drawings it reads right
    old: float | None  # the share of MNIST's test images; None where it is not known


def drawings_board(tiles: Sequence[Tile], label: str, large: bool = False) -> str:
    """Drawings in rows that wrap, each of which can be pressed; `label` says to screen readers what they are."""
    shown = [tile._asdict() | {"picture": _picture_of(tile), "sign": SIGNS.get(tile.kind, "")} for tile in tiles]
    return render("board.html", tiles=shown, people=[], label=label, large=large)


def one_drawing(tile: Tile) -> str:
    """A drawing as large as the screen lets it be."""
    shown = tile._asdict() | {"picture": _picture_of(tile), "sign": SIGNS.get(tile.kind, "")}
    return render("board.html", tiles=[shown], people=[], label=tile.words, large="before-all")


def people_board(people: Sequence[Person], label: str) -> str:
    """A tile for each who takes part, with what they handed in last."""
    shown = [one._asdict() | {"picture": picture(one.strokes), "sign": SIGNS.get(one.kind, "")} for one in people]
    return render("board.html", tiles=[], people=shown, label=label, large=False)


def _picture_of(tile: Tile) -> str:
    return picture(tile.strokes) if tile.image is None else source(tile.image)


def picture(strokes: Strokes) -> str:
    """A drawing as the address that an `<img>` holds it in: lines of the canvas's pen, sharp at every size."""
    lines = "".join(f'<polyline points="{_points(stroke)}"/>' for stroke in strokes)
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CANVAS_SIDE} {CANVAS_SIDE}" fill="none" stroke="#fff" '
        f'stroke-width="{CANVAS_PEN}" stroke-linecap="round" stroke-linejoin="round">{lines}</svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"


def _points(stroke: np.ndarray) -> str:
    """Of a single point, a line of no length, which is a dot."""
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in [*stroke, *stroke[: len(stroke) < 2]])


def distribution(rows: Sequence[tuple[str, int]], right: int | None = None) -> str:
    """How many gave each answer, as bars; the right one is marked by a sign."""
    most, total = max((number for _, number in rows), default=0), sum(number for _, number in rows)
    shown = [
        {
            "words": words,
            "number": count(number),
            "share": percent(number / total, 0) if total else "",
            "width": f"{100 * number / most:.1f}" if most else "0",
            "right": place == right,
        }
        for place, (words, number) in enumerate(rows)
    ]
    return render("distribution.html", rows=shown, sentence=distribution_sentence(rows))


def distribution_sentence(rows: Sequence[tuple[str, int]]) -> str:
    """`12 answers; most often “7”, 5 times.` and, where none leads, `12 answers.`"""
    total = sum(number for _, number in rows)
    if not total:
        return gettext("No answers yet.")
    words, number = max(rows, key=lambda row: row[1])
    in_front = sum(one == number for _, one in rows)
    answers = ngettext("{number} answer", "{number} answers", total, number=count(total))
    if in_front > 1:
        return gettext("{answers}.", answers=answers)
    return ngettext(
        "{answers}; most often “{words}”, {number} time.",
        "{answers}; most often “{words}”, {number} times.",
        number,
        answers=answers,
        words=words,
        number=count(number),
    )


def course(epochs: Sequence[Epoch], total: int) -> str:
    """How a model gets on with a class's drawings, as bars of those that it reads wrong."""
    most = max((total - one.right for one in epochs), default=0)
    rows = [
        {
            "words": one.words,
            "wrong": gettext("{number} of {total}", number=count(total - one.right), total=count(total)),
            "width": f"{100 * (total - one.right) / most:.1f}" if most else "0",
            "old": "" if one.old is None else percent(one.old),
        }
        for one in epochs
    ]
    return render("course.html", rows=rows, sentence=course_sentence(epochs, total))


def course_sentence(epochs: Sequence[Epoch], total: int) -> str:
    """`Of 140 drawings of ours, it read 132 right before, and 137 after epoch 3.`"""
    if not epochs:
        return ""
    values = {"total": count(total), "before": count(epochs[0].right)}
    if len(epochs) == 1:
        return gettext("Of {total} drawings of ours, it read {before} right before.", **values)
    return gettext(
        "Of {total} drawings of ours, it read {before} right before, and {after} after epoch {epoch}.",
        **values,
        after=count(epochs[-1].right),
        epoch=len(epochs) - 1,
    )


def by_person(people: Sequence[tuple[str, int, int, int]]) -> str:
    """How many of each person's drawings are read right: names, before, after, of how many."""
    rows = [
        {
            "name": name,
            "before": gettext("{number} of {total}", number=count(before), total=count(total)),
            "after": gettext("{number} of {total}", number=count(after), total=count(total)),
            "sign": "▲" if after > before else "▼" if after < before else "",
            "kind": RIGHT if after > before else WRONG if after < before else "",
        }
        for name, before, after, total in people
    ]
    return render("by_person.html", rows=rows)
