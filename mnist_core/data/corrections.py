"""What a person changes in images and labels after they were read: turned, inverted, prepared, renumbered.

A correction is a part of the name of data, such as `emnist.npz?transposed`: whatever remembers the name, a run, a link,
a capsule, loads the same images again.
"""

from dataclasses import dataclass

import numpy as np

from mnist_core.data import greys
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES

# Stands between the name of data and its correction; no path of Windows holds it, and hardly any other.
JOINT = "?"
DRAWING, AS_IS = "drawing", "as-is"
INVERTED, RENUMBERED = "inverted", "renumbered"
# The eight ways in which a square can lie: whether it is transposed, and then by how many quarters it is turned to the
# left, by the words for it.
WAYS_TO_LIE = {
    "": (False, 0),
    "transposed": (True, 0),
    "turned-left": (False, 1),
    "turned-right": (False, 3),
    "upside-down": (False, 2),
    "mirrored": (True, 3),
    "upside-down,mirrored": (True, 1),
    "transposed,upside-down": (True, 2),
}
# The same for people, and what is said of the preparation.
LIES = {
    "": "",
    "transposed": N_("rows and columns swapped"),
    "turned-left": N_("turned left"),
    "turned-right": N_("turned right"),
    "upside-down": N_("turned upside down"),
    "mirrored": N_("mirrored left to right"),
    "upside-down,mirrored": N_("mirrored top to bottom"),
    "transposed,upside-down": N_("rows and columns swapped, turned upside down"),
}
PREPARED = {"": "", DRAWING: N_("prepared as drawings"), AS_IS: N_("taken as they stand")}
EXPECTED = N_(
    "transposed, turned-left, turned-right, upside-down, mirrored, inverted, drawing "
    "(prepared as MNIST's drawings were), as-is (not prepared so), or renumbered: with "
    "ten digits, what each label from 0 to 9 stands for; several are separated by commas"
)


@dataclass(frozen=True)
class Correction:
    """What is done to images and labels, in the order of the fields; nothing by default."""

    inverted: bool = False
    transposed: bool = False
    turned: int = 0  # quarters to the left, 0 to 3; transposed and turned three times is mirrored
    # `DRAWING`: each image is prepared the way MNIST was made; `AS_IS`: squares of another size are only scaled; empty:
    # as the reader has it, which prepares squares of another size.
    prepared: str = ""
    renumbered: str = ""  # the ten digits that the labels 0 to 9 stand for; empty where they stand for themselves

    def __post_init__(self) -> None:
        if self.renumbered and sorted(self.renumbered) != [str(digit) for digit in range(CLASSES)]:
            raise InputError(
                gettext(
                    "The labels cannot be renumbered by '{renumbered}'; expected each of the ten digits "
                    "once, such as 9012345678, where the label 0 stands for a 9 and 1 for a 0.",
                    renumbered=readable(self.renumbered, 20),
                )
            )

    def __bool__(self) -> bool:
        return self != NOTHING

    def __str__(self) -> str:
        """The text that `parsed` reads; empty for nothing."""
        renumbered = f"{RENUMBERED}:{self.renumbered}" if self.renumbered else ""
        return ",".join(filter(None, (INVERTED if self.inverted else "", self.lie, self.prepared, renumbered)))

    @property
    def lie(self) -> str:
        """How the images are laid, one of `WAYS_TO_LIE`."""
        return next(words for words, way in WAYS_TO_LIE.items() if way == (self.transposed, self.turned))

    @property
    def words(self) -> str:
        """What is done, for people."""
        renumbered = gettext("labels renumbered") if self.renumbered else ""
        swapped = gettext("light and dark swapped") if self.inverted else ""
        return ", ".join(filter(None, (swapped, gettext(LIES[self.lie]), gettext(PREPARED[self.prepared]), renumbered)))

    def then(self, other: "Correction") -> "Correction":
        """Both, one after the other; of two preparations the later one."""
        turned = -self.turned if other.transposed else self.turned
        own, others = self.renumbered or IN_ORDER, other.renumbered or IN_ORDER
        renumbered = "".join(others[int(digit)] for digit in own)
        return Correction(
            self.inverted != other.inverted,
            self.transposed != other.transposed,
            (turned + other.turned) % 4,
            other.prepared or self.prepared,
            "" if renumbered == IN_ORDER else renumbered,
        )

    def images(self, images: np.ndarray) -> np.ndarray:
        """Returns images, uint8 `[N, 28, 28]`, corrected; what `AS_IS` asks for is done where they are read."""
        if self.inverted:
            images = 255 - images
        if self.transposed:
            images = images.transpose(0, 2, 1)
        images = np.ascontiguousarray(np.rot90(images, self.turned, axes=(1, 2)))
        return greys.each(greys.as_drawing, images) if self.prepared == DRAWING else images

    def labels(self, labels: np.ndarray) -> np.ndarray:
        """Returns labels, int64 `[N]`, corrected."""
        return np.array([int(digit) for digit in self.renumbered], np.int64)[labels] if self.renumbered else labels


IN_ORDER = "".join(str(digit) for digit in range(CLASSES))
NOTHING = Correction()
_BY_WORD = {
    **{words: Correction(transposed=way[0], turned=way[1]) for words, way in WAYS_TO_LIE.items()},
    INVERTED: Correction(inverted=True),
    DRAWING: Correction(prepared=DRAWING),
    AS_IS: Correction(prepared=AS_IS),
}


def parsed(text: str) -> Correction:
    """Reads what a person writes, such as `transposed,inverted`; InputError says which word is none."""
    correction = NOTHING
    for word in text.split(","):
        kind, joint, value = word.strip().partition(":")
        if kind == RENUMBERED and joint:
            more = Correction(renumbered=value.strip())
        elif joint or not kind or kind not in _BY_WORD:
            raise InputError(
                gettext(
                    "Data cannot be corrected by '{word}'; expected {expected}.",
                    word=readable(word.strip(), 40),
                    expected=EXPECTED,
                )
            )
        else:
            more = _BY_WORD[kind]
        correction = correction.then(more)
    return correction


def parted(name: str) -> tuple[str, Correction]:
    """Parts the name of data from its correction, which may be nothing."""
    base, _, words = name.rpartition(JOINT)
    if not base:
        return name, NOTHING
    try:
        return base, parsed(words)
    except InputError:  # a file may be called so
        return name, NOTHING


def joined(name: str, correction: Correction) -> str:
    """The name of data with a correction after that which it has."""
    base, first = parted(name)
    return replaced(base, first.then(correction))


def with_base(name: str, ending: str) -> str:
    """The name of data with an ending before its correction."""
    base, correction = parted(name)
    return replaced(base + ending, correction)


def replaced(name: str, correction: Correction) -> str:
    """The name of data with a correction instead of that which it has."""
    base, _ = parted(name)
    return f"{base}{JOINT}{correction}" if correction else base
