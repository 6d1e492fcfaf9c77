"""The lab's own JSON files that hold a dataclass each: one way to read and to write them, whichever release wrote them.

Each file has the number of its format. Within a format fields are only added: those that a file lacks get their
defaults, and those that this lab does not know are left alone, also when the file is written again. Whoever changes
what a field means raises the number, and `upgraded` reads the older ones.
"""

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np

from mnist_core.errors import InputError
from mnist_core.files import atomic
from mnist_core.language import gettext

FORMAT = "format"
# No lab will ever write as high a number.
LAST_FORMAT = 10_000
NEWEST_ARRAYS = 1  # the format of archives of arrays
T = TypeVar("T")


class NewerError(InputError):
    """A newer lab wrote it: there is nothing wrong with it, and nothing here may change it."""


@dataclass(frozen=True)
class Record:
    """What a JSON file of the lab holds. A field that is a dataclass with `to_json` and `from_json` uses them."""

    FORMAT: ClassVar[int] = 1

    @classmethod
    def upgraded(cls, values: Any) -> Any:
        """Brings what an older release wrote to the newest format; a file without a number has format 1."""
        return values

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises NewerError if a newer lab wrote the file, and InputError if it is missing or damaged."""
        return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> Self:
        values = cls._fields(path)
        try:
            return made(cls, values)
        except (TypeError, ValueError, OverflowError) as error:
            raise _damaged(path) from error

    @classmethod
    def load_or_default(cls, path: Path) -> Self:
        """Reads a file; a missing or damaged one counts as empty. Raises NewerError if a newer lab wrote it."""
        try:
            return cls._read(path)
        except NewerError:
            raise
        except InputError:
            return cls()

    def save(self, path: Path, anyhow: bool = False) -> None:
        """Writes a file, atomically; fields of another release stay there. Raises NewerError over a newer format.

        With `anyhow` it is written on a full disk, too, over the old file (`atomic.write_json_anyhow`).
        """
        try:
            there = self._fields(path)
        except NewerError:
            raise
        except InputError:  # nothing is there, or nothing that can be kept
            there = {}
        there.pop(FORMAT, None)
        write = atomic.write_json_anyhow if anyhow else atomic.write_json
        write(path, {FORMAT: self.FORMAT} | _plain(self, there))

    @classmethod
    def _fields(cls, path: Path) -> dict[str, Any]:
        values = atomic.read_json(path)
        if isinstance(values, dict):
            check(values.get(FORMAT, 1), cls.FORMAT, path)
        fields = cls.upgraded(values)
        if not isinstance(fields, dict):
            raise _damaged(path)
        return fields


def _damaged(path: Path) -> InputError:
    return InputError(
        gettext(
            "The file {path_name} in {parent_name} lacks its fields; the folder is damaged.",
            path_name=path.name,
            parent_name=path.parent.name,
        )
    )


def check(number: object, newest: int, path: Path) -> None:
    """Raises NewerError if a file's format is one that only a newer lab reads, and InputError if it is none."""
    if isinstance(number, int) and number > LAST_FORMAT:
        raise _damaged(path)
    if isinstance(number, int) and number > newest:
        raise NewerError(
            gettext(
                "The file {path_name} of {parent_name} was made by a newer Digit Lab (format "
                "{number}; this one reads up to {newest}). Update the lab; nothing is lost.",
                path_name=path.name,
                parent_name=path.parent.name,
                number=number,
                newest=newest,
            )
        )


# --- Values ----------------------------------------------------------------------------------------------------------


def made(cls: type[T], values: Mapping[str, Any]) -> T:
    """Makes a dataclass of what JSON holds; unknown fields are left out.

    Raises TypeError if a value is of another kind than its field, or one that has no default is missing.
    """
    kinds = _kinds(typing.cast(Any, cls))
    return cls(**{name: _value(kind, values[name], name) for name, kind in kinds.items() if name in values})


def known(cls: type, values: Any) -> Any:
    """Returns those of the fields in a file that this lab knows; what holds no fields as it is."""
    return {name: values[name] for name in _kinds(cls) if name in values} if isinstance(values, dict) else values


@functools.cache
def _kinds(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _value(kind: Any, value: Any, name: str) -> Any:
    """Returns a JSON value as the kind that a field has; raises TypeError if it is of another."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _value(parts[0], value, name)
    # A word that a newer lab added to a list of words does not make a file a damaged one.
    wanted: Any = str if origin is Literal else origin or kind
    if hasattr(wanted, "from_json"):
        return wanted.from_json(known(wanted, value))
    if dataclasses.is_dataclass(wanted) and isinstance(value, dict):
        return made(typing.cast(Any, wanted), value)
    if wanted is tuple and isinstance(value, list):
        each = parts[:1] * len(value) if parts[1:] == (...,) else parts
        return tuple(_value(part, one, name) for part, one in zip(each, value, strict=True))
    if wanted is dict and isinstance(value, dict):
        return {key: _value(parts[1], one, name) for key, one in value.items()}
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted and not (wanted is str and isinstance(value, str)):
        raise TypeError(f"{name} is of the wrong kind")
    return value


def _plain(value: Any, there: Any) -> Any:
    """Returns a value for JSON; of a dataclass with what is there beside its fields."""
    if not dataclasses.is_dataclass(value):
        return [_plain(one, None) for one in value] if isinstance(value, tuple) else value
    there = there if isinstance(there, dict) else {}
    names = [field.name for field in dataclasses.fields(value)]
    mine = (
        value.to_json()
        if hasattr(value, "to_json")
        else {name: _plain(getattr(value, name), there.get(name)) for name in names}
    )
    return mine | {name: other for name, other in there.items() if name not in names}


# --- Arrays ----------------------------------------------------------------------------------------------------------


def numbered(arrays: Mapping[str, np.ndarray], number: int = NEWEST_ARRAYS) -> dict[str, np.ndarray]:
    """Returns the arrays of an archive with the number of their format, which older labs pass over."""
    return {**arrays, FORMAT: np.array(number)}
