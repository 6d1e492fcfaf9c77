"""Checks of single values, each with the sentence that says what came and what was expected."""

from dataclasses import dataclass
from typing import Any, Protocol

from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import N_, gettext


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(
            gettext(
                "The {name} is '{found}'; choose one of {choices}.",
                name=name,
                found=_found(value),
                choices=", ".join(choices),
            )
        )


def check_whole(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _refused(name, value, Whole(name, least, most))


def check_number(name: str, value: Any, least: float, most: float) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not least <= value <= most:
        raise _refused(name, value, Number(name, least, most))


def _refused(name: str, value: Any, rule: "Rule") -> InputError:
    return InputError(
        gettext("The {name} is {found}, but must be {words}.", name=name, found=_found(value), words=rule.words)
    )


def _found(value: Any) -> str:
    """A value from outside may be a text without end, or of several lines."""
    try:
        return readable(str(value))
    except (RecursionError, ValueError):  # lists in lists, and whole numbers, may be too long to be written
        return gettext("a structure without end")


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
        return gettext("one of {choices}", choices=", ".join(self.choices))

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
        return gettext("a whole number from {least} to {most}", least=self.least, most=count(self.most))

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
        return gettext("a number from {least:g} to {most:g}", least=self.least, most=self.most)

    def check(self, value: Any) -> None:
        check_number(self.name, value, self.least, self.most)


LEARNING_RATE = Number(N_("learning rate"), 1e-7, 10)


def check_learning_rate(value: Any) -> None:
    LEARNING_RATE.check(value)
