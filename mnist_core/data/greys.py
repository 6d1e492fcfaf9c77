"""Values of any range and squares of any size → images as MNIST's: 28×28 greys of 0 to 255, white ink on black."""

import contextlib
import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mnist_core.errors import InputError
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES, SIDE

SMALLEST_SIDE, LARGEST_SIDE = 8, 64
# MNIST's mean and standard deviation, by which many courses standardize its pixels.
MEAN, DEVIATION = 0.1307, 0.3081
ROUNDING = 0.01
# A picture whose border is lighter than this, of 255, is dark ink on light paper.
PAPER = 160
SWAPPED = N_("The ink was dark on light paper, so light and dark were swapped: MNIST is white on black.")
LOOKED_AT = 5000  # images
# Images whose ink is looked at, and the grey from which it counts.
MEASURED, INKED = 500, 64
# MNIST's digits have a longest side of 20 pixels; a set with other margins has another one as a rule.
SHORTEST_BOX, LONGEST_BOX = 18, 22
# Values of pictures that were scaled smoothly go a little beyond black and white.
OVERSHOOT = 0.25

# Whether images may have their rows and columns exchanged: not at all, or where they are wider than tall, as hardly any
# digit is, or always unless they are taller.
Turned = Literal["never", "if wider", "unless taller"]


@dataclass
class Reading:
    """How squares of another size than MNIST's are read, whoever reads them, and whether there were such."""

    standing: bool = False  # whether they are taken as they stand, and only scaled
    inverted: bool = False  # whether they will be inverted, so that their light is paper and their dark is ink
    resized: bool = False  # set by the reader


_READING: ContextVar[Reading | None] = ContextVar("reading", default=None)


@contextlib.contextmanager
def reading(standing: bool = False, inverted: bool = False) -> Iterator[Reading]:
    """Says how squares are read while this is open."""
    now = Reading(standing, inverted)
    before = _READING.set(now)
    try:
        yield now
    finally:
        _READING.reset(before)


def asked() -> Reading:
    """Returns how squares are read now; one that nobody looks at where `reading` is not open."""
    return _READING.get() or Reading()


@dataclass(frozen=True)
class Part:
    """Images that belong together, as they were found in a table or an archive."""

    images: np.ndarray  # uint8 `[N, 28, 28]`, white ink on black
    labels: np.ndarray | None  # int64 `[N]`, None where there are none
    notes: tuple[str, ...] = ()  # what was found out about them, a sentence each
    names: tuple[str, ...] = ()  # the name of each picture's file; empty where the images came in a table
    left_out: tuple[tuple[str, str], ...] = ()  # files that could not be used: name and reason of each
    in_names: np.ndarray | None = None  # int64 `[N]`, labels that the names could hold; None where they hold none


def side_of(pixels: int) -> int:
    """Returns the side of a square of so many pixels, 0 if it is none that can be read."""
    side = math.isqrt(max(pixels, 0))
    return side if side * side == pixels and SMALLEST_SIDE <= side <= LARGEST_SIDE else 0


@dataclass(frozen=True)
class Scale:
    """How values become greys."""

    lowest: float  # the value of black
    highest: float  # and that of white
    notes: tuple[str, ...] = ()  # what was found out, a sentence each
    beyond: float = ROUNDING  # so far may a value lie outside, and is clipped

    def first_outside(self, values: np.ndarray) -> tuple[int, ...] | None:
        """Returns the index of the first value outside the range, or that is no number; None where all fit."""
        good = (values >= self.lowest - self.beyond) & (values <= self.highest + self.beyond)
        if good.all():
            return None
        return tuple(int(place) for place in np.unravel_index(int((~good).argmax()), good.shape))

    def greys(self, values: np.ndarray) -> np.ndarray:
        """Returns values within the range as uint8, as large."""
        scaled = (values - self.lowest) * (255 / (self.highest - self.lowest))
        return np.rint(scaled).clip(0, 255).astype(np.uint8)


def scale_of(values: np.ndarray, side: int, name: str) -> Scale:
    """Tells the scale of images of a side by the range of their values; InputError names the file where it is none."""
    # What is no number is left out, and nothing is copied.
    lowest, highest = (float(reduce(values, axis=None)) for reduce in (np.fmin.reduce, np.fmax.reduce))
    if math.isnan(lowest):
        raise InputError(
            gettext("The pixels of {name} are no numbers; expected 0 to 255, 0 to 1, or -1 to 1.", name=name)
        )
    standardized = -MEAN / DEVIATION, (1 - MEAN) / DEVIATION
    if abs(lowest - standardized[0]) < ROUNDING and 1 < highest < standardized[1] + ROUNDING:
        return Scale(*standardized, (gettext("Its values were standardized; they are turned back."),))
    if lowest >= 0 and highest <= 1:
        return Scale(0, 1, (gettext("Its values from 0 to 1 are taken for black to white."),))
    if -OVERSHOOT <= lowest < 0 and highest <= 1 + OVERSHOOT:
        return Scale(
            0, 1, (gettext("Its values from 0 to 1, and a little beyond, are taken for black to white."),), OVERSHOOT
        )
    if lowest >= 0 and highest <= 16 and side == SMALLEST_SIDE:
        return Scale(0, 16, (gettext("Its values from 0 to 16 are taken for black to white."),))
    if lowest >= -1 and highest <= 1:
        return Scale(-1, 1, (gettext("Its values from -1 to 1 are taken for black to white."),))
    if lowest >= 0 and highest <= 255:
        return Scale(0, 255)
    raise InputError(
        gettext(
            "The pixels of {name} go from {lowest:g} to {highest:g}; expected 0 to 255, 0 to 1, or -1 to 1.",
            name=name,
            lowest=lowest,
            highest=highest,
        )
    )


def as_mnist(images: np.ndarray, declared: bool = False, turned: Turned = "never") -> tuple[np.ndarray, list[str]]:
    """Makes uint8 `[N, 28, 28]`, white ink on black, of greys uint8 `[N, side, side]`; and says what was done.

    Args:
        images: The greys.
        declared: Whether the file says of itself that it is laid out as MNIST's: 28×28 is then taken as it stands.
        turned: Whether rows and columns may have to be exchanged.
    """
    notes = list[str]()
    some = images[:LOOKED_AT]
    borders = np.concatenate([some[:, 0], some[:, -1], some[:, :, 0], some[:, :, -1]], axis=1)
    if float(np.median(borders)) >= PAPER:
        images = 255 - images
        notes.append(gettext(SWAPPED))
    if turned != "never" and _lie(images, turned):
        images = np.ascontiguousarray(images.transpose(0, 2, 1))
        notes.append(gettext("Its images lie on their side, columns for rows, and are turned."))
    side = images.shape[1]
    if side == SIDE and declared:
        return images, notes
    if side == SIDE and _has_margins(images):
        return images, [*notes, gettext("Its images leave the margins that MNIST leaves, and are taken as they stand.")]
    wanted = asked()
    wanted.resized = True
    prepare = _as_it_stands if wanted.standing else as_drawing
    # Where the ink is what is dark now, its box is looked for; who asked for it inverts what comes out.
    prepared = 255 - each(prepare, 255 - images) if wanted.inverted else each(prepare, images)
    return prepared, [*notes, _told(side, wanted.standing)]


def _told(side: int, standing: bool) -> str:
    """What was done to images of a side that do not lie as MNIST's do."""
    if side == SIDE:
        return (
            gettext("Its images fill other margins than MNIST's, and are taken as they stand.")
            if standing
            else gettext(
                "Its images fill other margins than MNIST's, and are prepared the way MNIST was made: a box of 20 "
                "pixels, centred."
            )
        )
    return (
        gettext("Its images of {side}×{side} are taken as they stand.", side=side)
        if standing
        else gettext(
            "Its images of {side}×{side} are prepared the way MNIST was made: a box of 20 pixels, centred.", side=side
        )
    )


def _boxes(images: np.ndarray) -> np.ndarray:
    """Height and width of the ink of some images, int64 `[M, 2]`; images without ink are left out."""
    some = np.asarray(images[:: max(len(images) // MEASURED, 1)] >= INKED)
    rows, columns = (np.asarray(some.any(axis=axis)) for axis in (2, 1))
    side = some.shape[1]
    sizes = [side - lines.argmax(axis=1) - lines[:, ::-1].argmax(axis=1) for lines in (rows, columns)]
    return np.stack(sizes, axis=1)[rows.any(axis=1)]


def _has_margins(images: np.ndarray) -> bool:
    """Whether images of 28×28 leave the margins that MNIST leaves; where next to nothing is inked, they may."""
    boxes = _boxes(images)
    return not len(boxes) or SHORTEST_BOX <= float(np.median(boxes.max(axis=1))) <= LONGEST_BOX


def _lie(images: np.ndarray, turned: Turned) -> bool:
    """Whether images lie on their side: handwritten digits are taller than wide, 93 % of MNIST's."""
    boxes = _boxes(images)
    taller = float((boxes[:, 0] - boxes[:, 1]).mean()) if len(boxes) else 0.0
    return taller < 0 if turned == "if wider" else taller <= 0.5


def each(prepare: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Returns images prepared one by one, uint8 `[N, 28, 28]`; none is held twice, as a list of them would be."""
    prepared = np.empty((len(images), SIDE, SIDE), np.uint8)
    for place, image in enumerate(images):
        prepared[place] = prepare(image)
    return prepared


def _as_it_stands(image: np.ndarray) -> np.ndarray:
    from mnist_core.preprocessing.pipeline import scale_picture

    return image if len(image) == SIDE else scale_picture(image, SIDE)


def as_drawing(image: np.ndarray) -> np.ndarray:
    """Prepares one image uint8 `[side, side]`, white ink on black, the way MNIST was made, uint8 `[28, 28]`."""
    from mnist_core.preprocessing.ink import tight_box  # SciPy, which images of MNIST's size need not wait for
    from mnist_core.preprocessing.pipeline import place_by_centre_of_mass, scale_picture

    if not image.any():
        return np.zeros((SIDE, SIDE), np.uint8)
    return place_by_centre_of_mass(scale_picture(tight_box(image)))


def from_zero(labels: np.ndarray, name: str) -> tuple[np.ndarray, list[str]]:
    """Takes 10 for 0 in labels of 0 to 10, int64 `[N]`, where there is no 0, as MATLAB's files have it."""
    if labels.max() < CLASSES:
        return labels, []
    if (labels == 0).any():
        raise InputError(gettext("The labels of {name} go from 0 to 10; expected digits from 0 to 9.", name=name))
    return labels % CLASSES, [gettext("The label 10 is taken for the digit 0, since there is no 0.")]
