"""The language in which the lab speaks: its sentences stand in gettext catalogues (`locale/`).

English is the language of the source, and of whatever has no translation.

A process that answers nobody, such as a trainer, speaks English. What it says is kept `apart`, the sentence and what
goes into it, so that a page can say it `again` in its own language.
"""

import contextlib
import functools
import gettext as catalogues
import io
import string
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

SOURCE = "en"
FOLDER = Path(__file__).parent / "locale"

_spoken: ContextVar[str | None] = ContextVar("language", default=None)
_chosen: list[Callable[[], str]] = []
# What each language that was spoken has translations of.
_known: dict[str, frozenset[str]] = {}


# How deep a sentence may stand in another, in what a file says; none of the lab's has half as many.
DEEPEST = 8


class Marked(str):
    """A text of the source that `gettext` translates where it is shown, alone or as a part of a sentence."""


class Said(str):
    """A sentence that was said, which knows what it was made of; a number, which knows how Python writes it."""

    message: tuple[str, ...]  # as in the source; one and many of them where a number chooses; none of a number
    number: int  # which chooses
    parts: Mapping[str, object]
    source: str  # how Python writes the number

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """A copy, or what is pickled, is a text alone: its parts may be anything."""
        return str, (str(self),)


def _said(text: str, message: tuple[str, ...], parts: Mapping[str, object], number: int = 0) -> Said:
    said = Said(text)
    said.message, said.number, said.parts, said.source = message, number, parts, ""
    return said


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Marks a text that is named before anybody's language is known, such as a constant of a module."""
    return Marked(text)


def gettext(sentence: str, /, **parts: object) -> str:
    """Translates a sentence and fills in its parts.

    Args:
        sentence: As it stands in the source, with `{name}` where a part goes; without parts braces mean themselves.
        parts: What goes in, by name; what is marked is translated, too.
    """
    told = _filled(_catalogue(language()).gettext(sentence) if sentence else "", parts)
    return _said(told, (str(sentence),), parts)


def ngettext(one: str, many: str, number: int, /, **parts: object) -> str:
    """Translates a sentence about a number of things.

    Args:
        one: The sentence for one of them.
        many: The sentence for several and for none.
        number: How many; where the sentence says so, that is a part like others.
        parts: As for `gettext`.
    """
    # NumPy's whole numbers are none to `gettext`.
    told = _filled(_catalogue(language()).ngettext(one, many, int(number)), parts)
    return _said(told, (one, many), parts, int(number))


def as_written(number: str) -> str:
    """A number as Python writes it, such as `10,000.5`, as it is written in the language that is spoken.

    There it stays with its unit at the end of a line, as with that of `98.74 %`.
    """
    told = number if language() == SOURCE else number.translate(_separators(language()))
    said = _said(told, (), {})
    said.source = str(number)
    return said


def apart(text: object) -> dict[str, Any]:
    """Takes to pieces what was said, for a file that pages read: its text in the source's language, and how it is made.

    Of what is no sentence of a catalogue that is the text alone. What a terminal would obey becomes `?`.
    """
    text = getattr(text, "said", text)  # of an error
    if isinstance(text, Marked):
        return {"text": printable(text), "message": [str(text)]}
    if not isinstance(text, Said):
        return {"text": printable(str(text))}
    if not text.message:
        return {"text": text.source, "is_number": True}
    parts = {name: part if type(part) in (int, float) else apart(part) for name, part in text.parts.items()}
    with speaking(SOURCE):
        told = _again(text)
    pieces: dict[str, Any] = {"text": printable(told), "message": list(text.message)}
    return pieces | ({"number": text.number} if text.message[1:] else {}) | ({"parts": parts} if parts else {})


def again(pieces: Mapping[str, Any], deep: int = DEEPEST) -> str:
    """Says what `apart` took to pieces in the language that is spoken; its text, where no catalogue has the sentence.

    The pieces may come from anywhere: nothing but a catalogue says how parts go into a sentence.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: They are not what `apart` makes.
    """
    text, message = str(pieces["text"]), pieces.get("message")
    if pieces.get("is_number") is True:
        return as_written(text)
    if not message or not deep:
        return text
    catalogue = _catalogue(language())
    one, *many = map(str, message)
    number = int(pieces.get("number", 0))
    if one not in _known.get(language(), ()):
        return text
    told = catalogue.ngettext(one, many[0], number) if many else catalogue.gettext(one)
    parts = {
        str(name): again(part, deep - 1) if isinstance(part, dict) else part
        for name, part in pieces.get("parts", {}).items()
    }
    return _said(printable(_filled(told, parts)), (one, *many[:1]), parts, number)


def printable(text: str) -> str:
    """A text in which what a terminal would obey, or what breaks it into lines, is `?`."""
    # Spaces that keep a number and its unit together are none of these.
    return "".join(one if one.isprintable() or one in _SPACES else "?" for one in text)


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
    _known[code] = frozenset(message.id if isinstance(message.id, str) else message.id[0] for message in read)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, read)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


@functools.cache
def _own_name(code: str) -> str:
    from babel import Locale

    return (Locale.parse(code).get_display_name() or code).capitalize()


_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


@functools.cache
def _separators(code: str) -> dict[int, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return {ord(","): get_group_symbol(code), ord("."): get_decimal_symbol(code), ord(" "): "\N{NO-BREAK SPACE}"}


def _again(part: object) -> Any:
    """A part of a sentence in the language that is spoken now."""
    part = getattr(part, "said", part)
    if not isinstance(part, Said):
        return part
    if not part.message:
        return as_written(part.source)
    parts = {name: _again(one) for name, one in part.parts.items()}
    one, *many = part.message
    return ngettext(one, many[0], part.number, **parts) if many else gettext(one, **parts)


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
