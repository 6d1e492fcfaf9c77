"""Pictures of digits, in a folder, a zip file, a column of a table, or chosen together, prepared as on the Draw page.

A table beside them that names file and digit gives labels, or one folder a digit (`0/…png`, `class_7/…jpg`,
`seven/…png`, also below other folders); folders such as `train` and `test` above them part them. Sizes are added up
before the first picture is decoded.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from mnist_core.data import picture_labels
from mnist_core.data.arrays import purpose_of
from mnist_core.data.bundles import LONGEST_NAME, Bundle
from mnist_core.data.greys import PAPER, SWAPPED, Part
from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import SIDE
from mnist_core.preprocessing import picture_files, pipeline

# About half a millisecond each.
MOST_PICTURES = 20_000
MOST_PIXELS = 16_000_000
MOST_PIXELS_IN_ALL = 600_000_000
MOST_LEFT_OUT = 100
PNG_SIZE = slice(16, 24)

LeftOut = list[tuple[str, str]]


@dataclass(frozen=True)
class _Picture:
    """A picture that is not read yet."""

    name: str  # what it is called
    read: Callable[[], bytes]
    label: int = -1  # -1 for none


def read_bundle(bundle: Bundle, test_alone: bool = False) -> dict[str, Part]:
    """The digits in the order of their names, numbers in names counted; with labels where something gives them.

    Args:
        bundle: The folder or zip file.
        test_alone: Whether no others are read where some are to judge by, and have labels.

    Returns:
        By what they are for: `train`, `test`, or an empty text where no folder says it.

    Raises:
        InputError: No picture can be used, or there are too many, or they are too large.
    """
    pictures = [name for name in bundle.members if picture_files.is_picture(name)]
    labels, tables = picture_labels.by_tables(bundle, pictures)
    missing = gettext("no table names it")
    if not labels:
        labels, missing = picture_labels.by_folders(pictures), gettext("it lies in no folder of a digit")
    left_out = [
        (name, gettext("it is not a PNG or JPEG")) for name in bundle.members if not picture_files.is_picture(name)
    ]
    left_out = [(name, reason) for name, reason in left_out if name not in tables]
    _check_left_out(bundle.path.name, left_out)
    said = (
        (
            gettext(
                "Its labels come from {table}.",
                table=readable(PurePosixPath(tables[0]).name, LONGEST_NAME),
            ),
        )
        if tables
        else ()
    )
    purposes = _purposes(pictures)
    if test_alone and any(labels.get(name, -1) >= 0 for name in purposes.get("test", [])):
        purposes = {"test": purposes["test"]}
    parts = {}
    for purpose, names in purposes.items():
        known = [name for name in names if labels.get(name, -1) >= 0]
        chosen = [_Picture(name, _reader(bundle, name), labels.get(name, -1)) for name in known or names]
        if known:
            left_out += [(name, missing) for name in names if labels.get(name, -1) < 0]
        parts[purpose] = _prepared(bundle.path.name, chosen, left_out, said)
        left_out = []
    if not parts:
        raise InputError(
            gettext(
                "{what} holds no pictures; expected PNG or JPEG files, in one folder a digit (0/… to "
                "9/…) or with a table of file and digit where they have labels.",
                what=bundle.what,
            )
        )
    return parts


def _reader(bundle: Bundle, name: str) -> Callable[[], bytes]:
    return lambda: bundle.read(name)


def _purposes(names: Sequence[str]) -> dict[str, list[str]]:
    """Pictures by what they are for, which their folders say, the innermost first; if some say it, the others learn."""
    found: dict[str, list[str]] = {}
    for name in names:
        folders = reversed(PurePosixPath(name).parts[:-1])
        found.setdefault(next(filter(None, map(purpose_of, folders)), ""), []).append(name)
    if "" in found and len(found) > 1:
        found["train"] = found.get("train", []) + found.pop("")
    return found


def read_files(paths: Sequence[Path]) -> Part:
    """Reads PNG and JPEG files, which have no labels; as `read_bundle`."""
    title = title_of(paths)
    if len(paths) > MOST_PICTURES:
        raise InputError(
            gettext(
                "There are {title}; at most {most_pictures} are read at once.",
                title=title,
                most_pictures=count(MOST_PICTURES),
            )
        )
    return _prepared(title, [_Picture(path.name, path.read_bytes) for path in paths], [])


def title_of(paths: Sequence[Path]) -> str:
    """What pictures that were chosen together are called."""
    return (
        paths[0].name
        if len(paths) == 1
        else ngettext("{number} picture", "{number} pictures", len(paths), number=count(len(paths)))
    )


def read_contents(title: str, contents: Sequence[tuple[str, bytes]], labels: np.ndarray | None) -> Part:
    """Reads pictures that stand in a table, name and bytes of each, in its order."""
    known = np.full(len(contents), -1) if labels is None else labels
    pictures = [
        _Picture(name, lambda content=content: content, int(label))  # type: ignore[misc]
        for (name, content), label in zip(contents, known, strict=True)
    ]
    return _prepared(title, pictures, [], in_order=True)


# --- Preparing -------------------------------------------------------------------------------------------------------


def _prepared(
    title: str, pictures: list[_Picture], left_out: LeftOut, notes: tuple[str, ...] = (), in_order: bool = False
) -> Part:
    _check_left_out(title, left_out)
    if not in_order:
        pictures = sorted(pictures, key=lambda picture: _by_number(picture.name))
    pictures = _decodable(title, pictures, left_out)
    images, used, standing, dark = [], [], 0, 0
    for picture in pictures:
        image, stands, is_dark = _image(picture.read())
        if isinstance(image, str):
            left_out.append((picture.name, image))
            _check_left_out(title, left_out)
        else:
            images.append(image)
            used.append(picture)
            standing += stands
            dark += is_dark
    if not used:
        name, reason = readable(left_out[-1][0], LONGEST_NAME), left_out[-1][1]
        if len(left_out) == 1:
            raise InputError(gettext("The picture {name} cannot be used: {reason}.", name=name, reason=reason))
        raise InputError(
            gettext(
                "No picture of {title} can be used, such as {name}: {reason}.", title=title, name=name, reason=reason
            )
        )
    labels = np.array([picture.label for picture in used], np.int64)
    in_names = picture_labels.by_names([picture.name for picture in used]) if labels[0] < 0 else None
    return Part(
        np.stack(images),
        labels if labels[0] >= 0 else None,
        (*notes, *_as_it_stands(standing, len(used)), *([gettext(SWAPPED)] if 2 * dark > len(used) else [])),
        tuple(readable(picture.name, LONGEST_NAME) for picture in used),
        tuple((readable(name, LONGEST_NAME), reason) for name, reason in left_out),
        None if in_names is None else np.array(in_names, np.int64),
    )


def _as_it_stands(standing: int, number: int) -> tuple[str, ...]:
    if not standing:
        return ()
    if standing == number:
        return (gettext("Its pictures have MNIST's size and margins, and are taken as they stand."),)
    return (
        gettext(
            "{standing} of its {pictures} have MNIST's size and margins, and are taken as they stand.",
            standing=count(standing),
            pictures=ngettext("{number} picture", "{number} pictures", number, number=count(number)),
        ),
    )


def _by_number(name: str) -> list[tuple[int, str]]:
    """A key that sorts `2.png` before `10.png`."""
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d{1,18})", name)]


def _check_left_out(title: str, left_out: LeftOut) -> None:
    if len(left_out) > MOST_LEFT_OUT:
        name, reason = left_out[-1]
        raise InputError(
            gettext(
                "More than {most_left_out} files of {title} cannot be used, such as {name}: {reason}; take them out.",
                most_left_out=MOST_LEFT_OUT,
                title=title,
                name=readable(name, LONGEST_NAME),
                reason=reason,
            )
        )


def _decodable(title: str, pictures: list[_Picture], left_out: LeftOut) -> list[_Picture]:
    """The pictures that can be opened, after adding up the sizes that all declare; none is decoded yet."""
    total, found = 0, []
    for picture in pictures:
        pixels, reason = _pixels(picture.read())
        if reason:
            left_out.append((picture.name, reason))
            _check_left_out(title, left_out)
            continue
        found.append(picture)
        total += pixels
        if total > MOST_PIXELS_IN_ALL:
            raise InputError(
                gettext(
                    "The pictures of {title} have more than {most_pixels_in_all} million pixels in all; "
                    "make them smaller.",
                    title=title,
                    most_pixels_in_all=MOST_PIXELS_IN_ALL // 1000000,
                )
            )
    return found


def _pixels(content: bytes) -> tuple[int, str]:
    """How many pixels a picture declares, and why it cannot be used if it cannot."""
    try:
        # A PNG's size stands in its first piece; Pillow would take as long to open it as to decode a small one.
        is_png = content.startswith(picture_files.PNG_START) and len(content) > PNG_SIZE.stop
        size = np.frombuffer(content[PNG_SIZE], ">u4") if is_png else None
        pixels = picture_files.pixels_to_decode(content) if size is None else int(size[0]) * int(size[1])
    except InputError as error:
        return 0, _reason(error)
    return pixels, gettext(
        "it has more than {most_pixels} million pixels", most_pixels=MOST_PIXELS // 1000000
    ) if pixels > MOST_PIXELS else ""


def _image(content: bytes) -> tuple[np.ndarray | str, bool, bool]:
    """uint8 `[28, 28]`, or why it is left out; whether it is the picture as it stands, and was dark on light paper."""
    try:
        grey = picture_files.read_picture(content)
        stages = pipeline.from_picture(grey)
    except InputError as error:
        return _reason(error), False, False
    if stages is None:
        return gettext("no ink is found in it"), False, False
    if max(stages.box.shape) < pipeline.SMALLEST_INK:
        return gettext("it has too little ink"), False, False
    light = stages.image
    stands = grey.shape == (SIDE, SIDE) and (np.array_equal(light, grey) or np.array_equal(light, 255 - grey))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return light, stands, float(np.median(border)) >= PAPER


def _reason(error: InputError) -> str:
    """What happened, of a sentence that also says what to do, fit to stand within another one."""
    happened = str(error).rstrip(".").rsplit("; ", 1)[0]
    return readable(f"{happened[0].lower()}{happened[1:]}", 120)
