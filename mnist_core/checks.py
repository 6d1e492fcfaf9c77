"""Checks of single values, each with the sentence that says what came and what was expected."""

from dataclasses import dataclass
from typing import Any, Protocol

from mnist_core.errors import InputError
from mnist_core.formatting import count, readable


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"The {name} is '{_found(value)}'; choose one of {', '.join(choices)}.")


def check_whole(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"The {name} is {_found(value)}, but must be {Whole(name, least, most).words}.")


def check_number(name: str, value: Any, least: float, most: float) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not least <= value <= most:
        raise InputError(f"The {name} is {_found(value)}, but must be {Number(name, least, most).words}.")


def _found(value: Any) -> str:
    """A value from outside may be a text without end, or of several lines."""
    try:
        return readable(str(value))
    except (RecursionError, ValueError):  # lists in lists, and whole numbers, may be too long to be written
        return "a structure without end"


def short(value: str | int | float) -> str:
    """As short as it can be read back without loss."""
    if not isinstance(value, float):
        return str(value)
    text = f"{value:g}"
    return text if float(text) == value else repr(value)


# --- Checks as values, which can be told before anything is checked --------------------------------------------------


class Rule(Protocol):
    """What the values of a setting may be."""

    @property
    def words(self) -> str:
        """What it may be, such as `a number from 0 to 1`."""

    def check(self, value: Any) -> None:
        """Raises InputError for a value that it may not be."""


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    name: str
    choices: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def check(self, value: Any) -> None:
        check_choice(self.name, value, self.choices)


@dataclass(frozen=True)
class Whole:
    """A whole number between two others, and these."""

    name: str
    least: int
    most: int

    @property
    def words(self) -> str:
        return f"a whole number from {self.least} to {count(self.most)}"

    def check(self, value: Any) -> None:
        check_whole(self.name, value, self.least, self.most)


@dataclass(frozen=True)
class Number:
    """A number between two others, and these."""

    name: str
    least: float
    most: float

    @property
    def words(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def check(self, value: Any) -> None:
        check_number(self.name, value, self.least, self.most)


LEARNING_RATE = Number("learning rate", 1e-7, 10)


def check_learning_rate(value: Any) -> None:
    LEARNING_RATE.check(value)
