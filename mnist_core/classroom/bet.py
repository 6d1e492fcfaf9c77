"""Bet: a question to all, answers that nobody sees until they are revealed, and what decides it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.checks import check_number, check_whole
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.errors import InputError
from mnist_core.language import as_written, gettext

KIND = "bet"
LONGEST_QUESTION, LONGEST_OPTION, MOST_OPTIONS = 200, 40, 11
DECIMALS = 2  # of a number, as it is shown
HUNDRED = 10**DECIMALS
BINS = 10


@dataclass(frozen=True)
class Question:
    """What is asked: a number between two, or one of several options."""

    text: str
    options: tuple[str, ...] = ()  # none where a number is asked for
    least: float = 0.0
    most: float = 100.0
    unit: str = ""
    answer: float | None = None  # what decides it, once it is known: the number, or the option's place
    image: tuple[int, ...] = ()  # what it is about, 784 pixels from 0 to 255; none where it is empty

    def __post_init__(self) -> None:
        text = self.text.strip()
        if not 0 < len(text) <= LONGEST_QUESTION or not text.isprintable():
            raise InputError(gettext("Write a question of at most {longest} letters.", longest=LONGEST_QUESTION))
        if self.options and not 2 <= len(self.options) <= MOST_OPTIONS:
            raise InputError(gettext("A question has two to {most} answers to choose from.", most=MOST_OPTIONS))
        if len(set(self.options)) < len(self.options):
            raise InputError(gettext("Two answers are the same; each must be another one."))
        for option in self.options:
            if not 0 < len(option) <= LONGEST_OPTION or not option.isprintable():
                raise InputError(gettext("An answer has one to {longest} letters.", longest=LONGEST_OPTION))
        if not self.options and not self.least < self.most:
            raise InputError(gettext("The least number must be below the greatest."))
        if self.answer is not None:
            self.check(self.answer)

    def check(self, value: float) -> float:
        """Returns an answer as it is kept; raises InputError where it is none to this question."""
        if self.options:
            check_whole("choice", value, 0, len(self.options) - 1)
            return value
        check_number("bet", value, self.least, self.most)
        return round(float(value), DECIMALS)

    @classmethod
    def of(cls, activity: Activity) -> "Question":
        """Of an activity as `settings` made it."""
        found = dict(activity.settings)
        lists = {name: tuple(found[name]) for name in ("options", "image")}
        # A plan in TOML, and JSON after it, may have written a whole number.
        numbers = {name: float(found[name]) for name in ("least", "most")}
        if not found["options"] and found["answer"] is not None:
            numbers["answer"] = float(found["answer"])
        return cls(**{**found, **lists, **numbers})

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "text": self.text.strip(),
            "options": list(self.options),
            "least": self.least,
            "most": self.most,
            "unit": self.unit,
            "answer": self.answer,
            "image": list(self.image),
        }

    def words(self, value: float) -> str:
        """An answer as people read it."""
        if self.options:
            return self.options[int(value)]
        return as_written(f"{value:g}{chr(160) if self.unit else ''}{self.unit}")

    def quoted(self, value: float) -> str:
        """An answer within a sentence, which has a full stop of its own."""
        words = self.words(value)
        return gettext("“{answer}”", answer=words.removesuffix(".")) if self.options else words

    def away(self, value: float) -> str:
        """How far a number is from the right one."""
        apart = round(abs(value - (self.answer or 0.0)), DECIMALS)
        return gettext("{value} points", value=as_written(f"{apart:g}")) if self.unit == "%" else self.words(apart)


def hand_in(activities: Activities, activity: int, value: float, *, by: Actor) -> float:
    """Takes somebody's answer in place of the one before; raises InputError as `Activities.hand_in` does."""
    found = activities.activity(activity)
    if found.revealed:
        raise InputError(gettext("The answers are shown already; nobody bets now."))
    checked = Question.of(found).check(value)
    activities.hand_in(activity, {"value": checked}, only=True, by=by)
    return checked


def own(activities: Activities, activity: int, *, by: Actor) -> float | None:
    """Returns what somebody has answered themselves."""
    entries = activities.entries(activity, own=True, by=by)
    return float(entries[-1].content["value"]) if entries else None


def distribution(question: Question, entries: Sequence[Entry]) -> list[tuple[str, int]]:
    """Counts the answers: of each option, or in at most ten steps between round numbers."""
    values = [float(entry.content["value"]) for entry in entries]
    if question.options:
        return [(option, values.count(place)) for place, option in enumerate(question.options)]
    if not values:
        return []
    low, high = min(values), max(values)
    if low == high:
        return [(question.words(low), len(values))]
    # Counted in whole hundredths, between which no rounding falls.
    whole = [round(value * HUNDRED) for value in values]
    edges = _round_edges(min(whole), max(whole))
    counts, _ = np.histogram(whole, edges)
    ends = [question.words(edge / HUNDRED) for edge in edges]
    return [(f"{a} – {b}", int(number)) for a, b, number in zip(ends[:-1], ends[1:], counts, strict=True)]


def _round_edges(low: int, high: int) -> list[int]:
    """Returns the ends of at most `BINS` equal steps of 1, 2 or 5 times a power of ten that hold both numbers."""
    widths = (factor * 10**power for power in range(20) for factor in (1, 2, 5))
    width = next(one for one in widths if math.ceil(high / one) - low // one <= BINS)
    first, last = low // width, math.ceil(high / width)
    return [place * width for place in range(first, last + 1)]


def nearest(question: Question, entries: Sequence[Entry]) -> list[Entry]:
    """Returns who was right, or nearest where a number was asked for; none as long as nothing decides it."""
    if question.answer is None or not entries:
        return []
    apart = [round(abs(float(entry.content["value"]) - question.answer), DECIMALS) for entry in entries]
    least = 0.0 if question.options else min(apart)
    return [entry for entry, distance in zip(entries, apart, strict=True) if distance == least]
