"""Sets of IDX files by their names: MNIST's own, as torchvision lays them out too, EMNIST's and QMNIST's."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from mnist_core.data import formats, greys
from mnist_core.data.arrays import purpose_of
from mnist_core.data.greys import Part
from mnist_core.errors import InputError
from mnist_core.formatting import count
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import SIDE

IMAGES = re.compile(r"(?P<set>.*?)(?P<part>train|test|t10k)?[-_.]?images[-.]idx3[-.]ubyte(\.gz)?", re.IGNORECASE)
# In a folder of several sets, whose digits are taken: of EMNIST's, the one of digits alone.
RANKED = ("", "qmnist", "emnist-digits", "emnist-mnist")
# They lie beside MNIST in many a folder, and are no digits.
OTHERS = ("fashionmnist", "fashion-mnist", "kmnist")
EMNIST = "emnist"


@dataclass(frozen=True)
class Pair:
    """A file of images and that of their labels by their paths inside; the second may be empty."""

    folder: str
    set: str  # what stands in the name before the part, such as `emnist-digits`
    purpose: str
    images: str
    labels: str


def pairs_in(names: Iterable[str]) -> list[Pair]:
    """Finds the files of images among others; of those that lie there plain and packed, the plain ones."""
    names = set(names)
    found: dict[tuple[str, str, str], Pair] = {}
    for name in sorted(names):
        path = PurePosixPath(name)
        if match := IMAGES.fullmatch(path.name):
            purpose = purpose_of(match["part"] or "")
            pair = Pair(str(path.parent), match["set"].lower().strip("-_."), purpose, name, labels_of(name, names))
            found.setdefault((pair.folder, pair.set, purpose), pair)
    return list(found.values())


def labels_of(images: str, names: Iterable[str]) -> str:
    """The file of labels that belongs to one of images by its name; empty where it is not there."""
    plain = images.removesuffix(".gz")
    head, _, tail = plain.rpartition("images")
    for ending in (tail.replace("idx3", "idx1"), tail.replace("idx3", "idx2").replace("ubyte", "int")):
        for packed in ("", ".gz"):
            if (labels := f"{head}labels{ending}{packed}") in names:
                return labels
    return ""


def chosen(pairs: list[Pair]) -> list[Pair]:
    """The set of several that is read: MNIST's before others, and digits before letters."""

    def rank(pair: Pair) -> tuple[bool, int, str, str]:
        place = RANKED.index(pair.set) if pair.set in RANKED else len(RANKED)
        return any(one in pair.folder.lower() for one in OTHERS), place, pair.set, pair.folder

    best = min(pairs, key=rank)
    return [pair for pair in pairs if (pair.folder, pair.set) == (best.folder, best.set)]


def read(pairs: list[Pair], at: Callable[[str], Path], title: str, most_bytes: int) -> dict[str, Part]:
    """Reads a set; `at` says where a file lies. Raises InputError where one is damaged, or labels are missing."""
    labelled = any(pair.labels for pair in pairs)
    parts = {}
    for pair in pairs:
        if labelled and not pair.labels:
            lacking = PurePosixPath(pair.images.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1"))
            raise InputError(
                gettext(
                    "{title} lacks {lacking_name} (or {lacking_name}.gz); expected the labels of {images} beside it.",
                    title=title,
                    lacking_name=lacking.name,
                    images=PurePosixPath(pair.images).name,
                )
            )
        images = at(pair.images)
        parts[pair.purpose] = read_pair(images, at(pair.labels) if pair.labels else None, most_bytes)
    return parts


def read_pair(images: Path, labels: Path | None, most_bytes: int) -> Part:
    """Reads a file of images, and that of their labels."""
    values = formats.read_idx(images, most_bytes)
    if values.ndim != 3 and labels is None:
        raise InputError(
            gettext(
                "The file {images_name} holds labels; give the file of their images with it.", images_name=images.name
            )
        )
    return part_of(values, images.name, None if labels is None else formats.read_idx(labels, most_bytes))


def part_of(images: np.ndarray, name: str, labels: np.ndarray | None, other: str = "") -> Part:
    """Makes a part of what IDX files hold, uint8 `[N, side, side]` and `[N]`; `other` names the file of labels."""
    if labels is not None and other and len(images) != len(labels):
        raise InputError(
            gettext(
                "The file {name} holds {images}, but {other} {labels}; give the two that belong together.",
                name=name,
                images=ngettext("{number} image", "{number} images", len(images), number=count(len(images))),
                other=other,
                labels=ngettext("{number} label", "{number} labels", len(labels), number=count(len(labels))),
            )
        )
    where = gettext("{name} and {other}", name=name, other=other) if other else name
    height, width = images.shape[1:] if images.ndim == 3 else (0, 0)
    if not len(images) or height != width or height == SIDE or not greys.side_of(height * width):
        images = formats.check_images(images, where)
    # EMNIST's are published with rows and columns exchanged.
    is_emnist = EMNIST in name.lower()
    made, notes = greys.as_mnist(images, declared=not is_emnist, turned="unless taller" if is_emnist else "never")
    return Part(made, None if labels is None else formats.check_labels(labels, len(made), where), tuple(notes))
