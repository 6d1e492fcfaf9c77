"""What people upload to learn from, `<home>/data/uploads/<key>/`: the images that were read, for runs to load again.

Data is named by it, `uploads/<key>`, wherever the home lies: a trainer elsewhere, and a run that is taken up again,
load the same images. Lists show an upload to its owner alone; whoever has a run, or a link, has its data.
"""

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core import environment
from mnist_core.access.actor import Actor
from mnist_core.data import greys
from mnist_core.data.greys import Part
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.files import days_of_use, folders, leftovers, npz
from mnist_core.files.records import Record
from mnist_core.formatting import size
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES, SIDE

FOLDER = "uploads"
NAME = re.compile(rf"{FOLDER}/[0-9a-f]{{16}}")
GONE = N_("This upload is not here any more: it was deleted, or nobody used it for a long time. Give the file again.")
# MNIST takes 11 MB.
MOST_BYTES_OF_ONE, MOST_BYTES_IN_ALL = 150_000_000, 2_000_000_000
# On so many days of use an upload waits for a run, and after its last run is gone.
WAITING_DAYS, LEARNED_DAYS = 30, 1
MOST_LEFT_OUT = 100
ARRAYS, ABOUT = "images.npz", "about.json"
_KINDS = ("images", "labels", "in_names", "standing")


@dataclass(frozen=True)
class About(Record):
    """What an upload is, beside its images."""

    title: str = ""  # the name of its file
    owner: str = ""  # whose browser it came from
    learned: bool = False  # whether a run was made to learn from it
    # By what they are for (`train`, `test` or nothing): the notes, the names and what was left out, of `greys.Part`.
    parts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Upload:
    """An upload as lists show it."""

    name: str  # as `--data` takes it
    title: str


@dataclass(frozen=True)
class Given:
    """What was read of files that somebody gave."""

    title: str
    parts: dict[str, Part]
    standing: dict[str, Part]  # the same with squares of another size as they stand, where there are such

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns all of it as arrays with names, in which nothing is an empty one."""
        found, nothing = {}, np.empty(0, np.int64)
        for purpose, part in self.parts.items():
            stood = self.standing[purpose].images if self.standing else nothing
            values = (part.images, part.labels, part.in_names, stood)
            for kind, value in zip(_KINDS, values, strict=True):
                found[f"{purpose}_{kind}"] = nothing if value is None else value
        return found

    def words(self) -> dict[str, Any]:
        """Returns what is no array, as JSON takes it."""
        return {
            purpose: {
                "notes": list(part.notes),
                "standing": list(self.standing[purpose].notes) if self.standing else [],
                "names": list(part.names),
                "left_out": [list(one) for one in part.left_out[:MOST_LEFT_OUT]],
            }
            for purpose, part in self.parts.items()
        }

    @classmethod
    def read(cls, title: str, path: Path, words: dict[str, Any], most_bytes: int) -> "Given":
        """Reads what `arrays` and `words` say; raises InputError where it does not fit together."""
        parts, standing = {}, {}
        damaged = InputError(
            gettext("The upload {title} is damaged; give the file again.", title=title)
            if title
            else gettext("The upload that was kept is damaged; give the file again.")
        )
        if not words or words.keys() - {"", "train", "test"}:
            raise damaged
        try:
            for purpose, said in words.items():
                names = tuple(f"{purpose}_{kind}" for kind in _KINDS)
                images, labels, in_names, stood = npz.read(path, names, most_bytes)
                parts[purpose] = Part(
                    images,
                    labels if len(labels) else None,
                    tuple(said["notes"]),
                    tuple(said["names"]),
                    tuple((name, why) for name, why in said["left_out"]),
                    in_names if len(in_names) else None,
                )
                _check(parts[purpose], stood)
                if len(stood):
                    standing[purpose] = replace(parts[purpose], images=stood, notes=tuple(said["standing"]))
        except (KeyError, TypeError, ValueError) as error:
            raise damaged from error
        return cls(title, parts, standing)

    def as_asked(self) -> dict[str, Part]:
        """Returns the parts with squares of another size prepared as whoever reads them asks (`greys.reading`)."""
        asked = greys.asked()
        found = dict(self.parts)
        for purpose, stood in self.standing.items():
            asked.resized = True
            if asked.standing:
                found[purpose] = stood
            elif asked.inverted:  # what was prepared for the wrong ink has a frame
                images = 255 - greys.each(greys.as_drawing, 255 - stood.images)
                found[purpose] = replace(self.parts[purpose], images=images)
        return found


def _check(part: Part, stood: np.ndarray) -> None:
    """Raises ValueError where arrays are not what they are called."""
    number = len(part.images)
    for images in (part.images, stood):
        if len(images) and (images.dtype != np.uint8 or images.shape != (number, SIDE, SIDE)):
            raise ValueError(f"images of {images.dtype} {images.shape}")
    for labels in (part.labels, part.in_names):
        if labels is not None and (
            labels.dtype != np.int64 or labels.shape != (number,) or labels.min() < 0 or labels.max() >= CLASSES
        ):
            raise ValueError(f"labels of {labels.dtype} {labels.shape}")
    if not number or len(part.names) not in (0, number) or not all(isinstance(name, str) for name in part.names):
        raise ValueError(f"{number} images with {len(part.names)} names")


# --- Where they are --------------------------------------------------------------------------------------------------


def is_kept(name: str) -> bool:
    """Whether data has the name of an upload, be it there or not."""
    return bool(NAME.fullmatch(name))


def folder_of(name: str) -> Path:
    return environment.home() / "data" / name


def images_of(name: str) -> Path:
    """Returns the file of an upload's images, which never changes."""
    return folder_of(name) / ARRAYS


def _about(name: str) -> About:
    return About.load_or_default(folder_of(name) / ABOUT)


def _all() -> Iterator[str]:
    for path in folders.inside(environment.home() / "data" / FOLDER):
        if is_kept(name := f"{FOLDER}/{path.name}"):
            yield name


def title_of(name: str) -> str:
    """Returns what an upload's file was called."""
    return _about(name).title or gettext("an upload")


def own(by: Actor) -> list[Upload]:
    """Returns the uploads that somebody may see in a list, those that were used last first."""
    found = [(name, _about(name)) for name in sorted(_all(), key=_used, reverse=True)]
    return [Upload(name, about.title) for name, about in found if about.title and by.may_change(about.owner)]


def _used(name: str) -> float:
    """When an upload was kept or used last, in seconds since 1970."""
    with contextlib.suppress(OSError):
        return (folder_of(name) / ABOUT).stat().st_mtime
    return 0.0


# --- Keeping ---------------------------------------------------------------------------------------------------------


def read(name: str) -> Given:
    """Returns what was read of an upload, and notes that it is used; raises InputError where it is gone or damaged."""
    if not folders.is_file(images_of(name)):
        raise InputError(gettext(GONE))
    about = _about(name)
    with contextlib.suppress(OSError):  # of a home that cannot be written nothing is ever cleared
        os.utime(folder_of(name) / ABOUT)
    return Given.read(about.title, images_of(name), about.parts, npz.MOST_BYTES)


def keep(given: Given, by: Actor) -> str:
    """Keeps what was read of somebody's upload; returns its name, the same one for the same upload.

    Raises LabError where there is no room, or it cannot be written.
    """
    arrays = given.arrays()
    digest = hashlib.sha256(f"{by.owner}\n{given.title}".encode())
    for kind, array in sorted(arrays.items()):
        digest.update(kind.encode() + np.ascontiguousarray(array).tobytes())
    name = f"{FOLDER}/{digest.hexdigest()[:16]}"
    if folders.is_file(images_of(name)):
        with contextlib.suppress(OSError):
            os.utime(folder_of(name) / ABOUT)
        return name
    target = folder_of(name)
    making = target.with_name(f"{leftovers.mark(leftovers.KEEPING)}{secrets.token_hex(4)}")
    try:
        making.mkdir(parents=True)
        npz.write_compressed(making / ARRAYS, **arrays)
        About(given.title, by.owner, parts=given.words()).save(making / ABOUT)
        _check_room((making / ARRAYS).stat().st_size, by)
        making.replace(target)
    except OSError as error:
        if not folders.is_file(images_of(name)):  # another tab keeps the same one in this moment
            raise not_written(gettext("The upload cannot be kept"), error) from error
    finally:
        if folders.exists(making):
            with contextlib.suppress(OSError):
                leftovers.remove_folder(making)
    return name


def _check_room(more: int, by: Actor) -> None:
    if by.is_command_line:
        return
    bytes_of = {name: _size(name) for name in _all()}
    own_bytes = sum(taken for name, taken in bytes_of.items() if by.owner and _about(name).owner == by.owner)
    if own_bytes + more > MOST_BYTES_OF_ONE:
        raise LabError(
            gettext(
                "The lab keeps {most_bytes_of_one} of uploads for each person, and yours are as many "
                "already. Delete one of them first.",
                most_bytes_of_one=size(MOST_BYTES_OF_ONE),
            )
        )
    if sum(bytes_of.values()) + more > MOST_BYTES_IN_ALL:
        raise LabError(gettext("The lab has no room left to keep uploads. Ask whoever runs it to make some."))


def _size(name: str) -> int:
    with contextlib.suppress(OSError):
        return images_of(name).stat().st_size
    return 0


def note_learned(name: str) -> None:
    """Notes that a run is made to learn from an upload: it then goes with the last such run."""
    about = _about(name)
    if about.title and not about.learned:
        with contextlib.suppress(OSError):
            About(about.title, about.owner, True, about.parts).save(folder_of(name) / ABOUT)


# --- Deleting --------------------------------------------------------------------------------------------------------


def delete(name: str, *, by: Actor) -> None:
    """Removes an upload; runs that learned from it keep their models, and cannot go on.

    Raises LabError where it is somebody else's, or cannot be removed.
    """
    by.check_may_change(_about(name).owner, gettext("This upload"))
    try:
        leftovers.remove_folder(folder_of(name))
    except FileNotFoundError:
        return
    except OSError as error:
        raise not_written(gettext("The upload cannot be deleted"), error) from error


def clear(needed: Collection[str]) -> list[str]:
    """Removes uploads that no run needs, as those in `needed`, and nobody has used for long; returns their names."""
    removed = []
    for name in _all():
        if name in needed:
            continue
        waited = days_of_use.since(_used(name)) if _used(name) <= time.time() else 0
        if waited >= (LEARNED_DAYS if _about(name).learned else WAITING_DAYS):
            with contextlib.suppress(OSError):  # it waits for next time
                leftovers.remove_folder(folder_of(name))
                removed.append(name)
    return removed
