"""The language in which the lab speaks: its sentences stand in gettext catalogues (`locale/`).

English is the language of the source, and of whatever has no translation.
"""

import contextlib
import functools
import gettext as catalogues
import io
import string
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

SOURCE = "en"
FOLDER = Path(__file__).parent / "locale"

_spoken: ContextVar[str | None] = ContextVar("language", default=None)
_chosen: list[Callable[[], str]] = []


class Marked(str):
    """A text of the source that `gettext` translates where it is shown, alone or as a part of a sentence."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Marks a text that is named before anybody's language is known, such as a constant of a module."""
    return Marked(text)


def gettext(sentence: str, /, **parts: object) -> str:
    """Translates a sentence and fills in its parts.

    Args:
        sentence: As it stands in the source, with `{name}` where a part goes; without parts braces mean themselves.
        parts: What goes in, by name; what is marked is translated, too.
    """
    return _filled(_catalogue(language()).gettext(sentence) if sentence else "", parts)


def ngettext(one: str, many: str, number: int, /, **parts: object) -> str:
    """Translates a sentence about a number of things.

    Args:
        one: The sentence for one of them.
        many: The sentence for several and for none.
        number: How many; where the sentence says so, that is a part like others.
        parts: As for `gettext`.
    """
    # NumPy's whole numbers are none to `gettext`.
    return _filled(_catalogue(language()).ngettext(one, many, int(number)), parts)


def as_written(number: str) -> str:
    """A number as Python writes it, such as `10,000.5`, as it is written in the language that is spoken."""
    return number if language() == SOURCE else number.translate(_separators(language()))


# --- Which one --------------------------------------------------------------------------------------------------------


@functools.cache
def languages() -> dict[str, str]:
    """What the lab can speak: each language's code and its own name for itself; the source's first."""
    return {SOURCE: "English"} | {path.stem: _own_name(path.stem) for path in sorted(FOLDER.glob("*.po"))}


def language() -> str:
    """The code of the language spoken now: what `speaking` says, else what somebody chose, else the source's."""
    return _spoken.get() or (_chosen[0]() if _chosen else SOURCE)


def direction() -> str:
    """Which way the language that is spoken is written: `ltr`, or `rtl` from right to left."""
    if language() == SOURCE:
        return "ltr"
    from babel import Locale

    return Locale.parse(language()).text_direction


def follow(chosen: Callable[[], str]) -> None:
    """Lets a function say which language whoever is answered has chosen; it is asked for each sentence."""
    _chosen[:] = [chosen]


@contextlib.contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speaks a language within the block, whatever is chosen."""
    before = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(before)


# --- Catalogues and locales -------------------------------------------------------------------------------------------


@functools.cache
def _catalogue(code: str) -> catalogues.NullTranslations:
    """The sentences of a language; where it has no catalogue they stay as they are."""
    path = FOLDER / f"{code}.po"
    if code == SOURCE or not path.is_file():
        return catalogues.NullTranslations()
    from babel.messages import mofile, pofile

    with path.open("rb") as file:
        read = pofile.read_po(file, locale=code)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, read)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


@functools.cache
def _own_name(code: str) -> str:
    from babel import Locale

    return (Locale.parse(code).get_display_name() or code).capitalize()


@functools.cache
def _separators(code: str) -> dict[int, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return {ord(","): get_group_symbol(code), ord("."): get_decimal_symbol(code)}


class _Filler(string.Formatter):
    """Fills parts into a sentence; numbers as they are written in the language that is spoken."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        written = super().format_field(value, format_spec)
        return as_written(written) if isinstance(value, int | float) else written


def _filled(sentence: str, parts: dict[str, object]) -> str:
    if not parts:
        return sentence
    told = {name: gettext(part) if isinstance(part, Marked) else part for name, part in parts.items()}
    return sentence.format(**told) if language() == SOURCE else _Filler().vformat(sentence, (), told)
