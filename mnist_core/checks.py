"""Checks of single values, each with the sentence that says what came and what was expected."""

from typing import Any

from mnist_core.errors import InputError
from mnist_core.formatting import count, readable


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"The {name} is '{_found(value)}'; choose one of {', '.join(choices)}.")


def check_whole(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"The {name} is {_found(value)}, but must be a whole number from {least} to {count(most)}.")


def check_number(name: str, value: Any, least: float, most: float) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not least <= value <= most:
        raise InputError(f"The {name} is {_found(value)}, but must be a number from {least:g} to {most:g}.")


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


def check_learning_rate(value: Any) -> None:
    check_number("learning rate", value, 1e-7, 10)
