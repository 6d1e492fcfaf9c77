"""Pinned digits: the few that a person wants to watch while a network learns."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core import environment
from mnist_core.errors import InputError, NotReadError, not_written
from mnist_core.files import folders, npz
from mnist_core.files.records import NewerError
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES, SIDE
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

MOST_PINS = 12
FULL = N_("{number} digits are pinned, which is the most; unpin one on the Train page first.")
UNKNOWN = -1
# Twelve pictures with their names take 12 kB; a file that declares much more was not written here.
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Pins:
    """Digits that are scored after each epoch."""

    images: np.ndarray  # uint8 `[K, 28, 28]`, white ink on black
    labels: np.ndarray  # int64 `[K]`, `UNKNOWN` where nobody said
    names: tuple[str, ...]  # each its own, such as `drawn-3f2a19` and `test-115-90bd04`

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def none(cls) -> "Pins":
        return cls(np.zeros((0, SIDE, SIDE), np.uint8), np.zeros(0, np.int64), ())

    @classmethod
    def load(cls, path: Path) -> "Pins":
        """A missing or damaged file holds none; raises NewerError or NotReadError where there may be some."""
        if not folders.exists(path):
            return cls.none()
        try:
            images, labels, names = npz.read_own(path, ("images", "labels", "names"), MOST_BYTES)
        except (NewerError, NotReadError):
            raise  # it must not be written over
        except InputError:
            return cls.none()
        kinds = images.dtype == np.uint8 and labels.dtype == np.int64 and names.dtype.kind == "U"
        shapes = images.shape[1:] == (SIDE, SIDE) and labels.ndim == 1 and names.ndim == 1
        if not kinds or not shapes or not len(images) == len(labels) == len(names) == len(set(names.tolist())):
            return cls.none()
        if len(images) > MOST_PINS or not ((labels >= UNKNOWN) & (labels < CLASSES)).all():
            return cls.none()
        return cls(images, labels, tuple(names.tolist()))

    def save(self, path: Path) -> None:
        names = np.array(self.names, np.str_)
        npz.write_own(path, images=self.images, labels=self.labels, names=names)

    def copy_into(self, run: Run) -> None:
        """Lets a run score these digits after each epoch; without any, it keeps those that it has."""
        if len(self):
            self.save(run.pins_path)

    def place(self, image: np.ndarray) -> int | None:
        """Where an image uint8 `[28, 28]` is among the pinned digits, or None."""
        same = np.flatnonzero((self.images == image).all(axis=(1, 2)))
        return int(same[0]) if len(same) else None

    def with_pin(self, image: np.ndarray, label: int, name: str) -> "Pins":
        """Adds an image uint8 `[28, 28]`; one that is pinned already stays one pin, and takes the label if known."""
        place = self.place(image)
        if place is not None:
            labels = self.labels.copy()
            labels[place] = labels[place] if label == UNKNOWN else label
            return Pins(self.images, labels, self.names)
        if len(self) >= MOST_PINS:
            raise InputError(gettext(FULL, number=MOST_PINS))
        if name in self.names:
            raise InputError(
                gettext(
                    "Another pinned digit is named '{name}'; expected a name of its own, choose another.", name=name
                )
            )
        return Pins(
            np.concatenate([self.images, image[np.newaxis]]), np.append(self.labels, label), (*self.names, name)
        )

    def without(self, name: str) -> "Pins":
        kept = [place for place, other in enumerate(self.names) if other != name]
        return Pins(self.images[kept], self.labels[kept], tuple(self.names[place] for place in kept))


def pin_name(source: str, image: np.ndarray) -> str:
    """Names a digit by where it is from and by its pixels, uint8 `[28, 28]`: `drawn-3f2a19`.

    The pixels belong to the name because image 115 of another test set is another digit.
    """
    return f"{source}-{hashlib.sha256(image.tobytes()).hexdigest()[:6]}"


def keep(kept: "Pins", owner: str) -> None:
    """Keeps the digits that somebody pinned; their runs that go on score them from the next epoch.

    Raises LabError if they cannot be written.
    """
    path = path_of(owner)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept.save(path)
        for run in run_folders.all_runs():
            if run.owner == owner and not run.stored_status().finished:
                kept.save(run.pins_path)
    except OSError as error:
        raise not_written(gettext("The pinned digits cannot be written"), error) from error


def path_of(owner: str) -> Path:
    """The owner is a word that tells the browser from all others and is safe as a file's name."""
    return environment.home() / "pins" / f"{owner}.npz"
