"""What a model from elsewhere expects of its pictures and calls its classes: found by what it reads best, and met.

The lab gives values from 0 to 1, white ink on black, rows from the top, and takes its classes for the digits 0 to 9. A
network that learned from 0 to 255, from dark ink, from transposed pictures, or with the digits in another order, reads
these badly, and nothing in its file says so. Its arrays are put right, exactly, so that it is a network like any other:
every page and every export has it. Pixels get a normalization as its first layer; a transposed picture through
transposed kernels is what the picture is through the kernels as they were; classes are columns of the last layer.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_core.config.network import Layer, summarize
from mnist_core.data.greys import DEVIATION, MEAN
from mnist_core.errors import InputError
from mnist_core.formatting import listed, readable
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES, IMAGE_SHAPE
from mnist_core.runs.description import Tried
from mnist_core.sharing.keras_layers import EPSILON
from mnist_core.sharing.weights import shapes

LOOKED_AT = 500  # images
# Another way has to read so much more, and that well.
BETTER, LEAST = 0.02, 0.5
# An order of the classes is clear where each output means another digit, and so many images are then read right.
CLEARLY = 0.8
FEWEST_OF_A_DIGIT = 5


@dataclass(frozen=True)
class Range:
    """Values that a model expects: those of the lab, 0 to 1, times a factor, and an offset."""

    words: str  # as runs remember it; `range_name` translates it
    factor: float
    offset: float


DARK = ", dark ink on light"
OWN = Range(N_("0 to 1"), 1, 0)
_DIRECT = (
    OWN,
    Range(N_("0 to 255"), 255, 0),
    Range(N_("-1 to 1"), 2, -1),
    Range(N_("standardized"), 1 / DEVIATION, -MEAN / DEVIATION),
)
RANGES = (
    *_DIRECT,
    *(Range(f"{one.words}{DARK}", -one.factor, one.offset + one.factor) for one in _DIRECT),
)
DIGITS = "0123456789"


@dataclass(frozen=True)
class Way:
    """How a model takes pictures and calls its classes."""

    pixels: Range = OWN
    transposed: bool = False  # rows and columns exchanged
    classes: str = DIGITS  # the digit that each output means

    @classmethod
    def of(cls, pixels: str, transposed: bool, classes: str) -> "Way":
        """The way that a run remembers in words, empty for the lab's own; InputError where there is none such."""
        known = {one.words: one for one in RANGES}
        if pixels and pixels not in known:
            raise InputError(
                gettext(
                    "There are no pixels '{pixels}'; choose one of {known}.",
                    pixels=readable(pixels),
                    known=", ".join(known),
                )
            )
        if classes and sorted(classes) != list(DIGITS):
            raise InputError(
                gettext(
                    "The classes are '{classes}'; give each digit once, such as 1234567890.", classes=readable(classes)
                )
            )
        return cls(known[pixels] if pixels else OWN, transposed, classes or DIGITS)


def range_name(words: str) -> str:
    """Names one of `RANGES` for people."""
    light = words.removesuffix(DARK)
    return gettext(light) if light == words else gettext("{range}, dark ink on light", range=gettext(light))


def words(pixels: str, transposed: bool, classes: str) -> str:
    """What a model expects, for people: `pixels of 0 to 255`, `classes in the order 1 2 …`; empty for the lab's own."""
    found = [gettext("pixels of {range}", range=range_name(pixels))] if pixels not in ("", OWN.words) else []
    found += [gettext("pictures with rows and columns swapped")] if transposed else []
    found += (
        [gettext("classes in the order {classes}", classes=" ".join(classes))] if classes not in ("", DIGITS) else []
    )
    return listed(found) if found else ""


@dataclass(frozen=True)
class Wish:
    """What a person says of a model; None where it shall be found, and empty for the lab's own."""

    pixels: str | None = None  # the words of one of `RANGES`
    transposed: bool | None = None
    classes: str | None = None

    def __post_init__(self) -> None:
        Way.of(self.pixels or "", False, self.classes or "")

    @property
    def says_something(self) -> bool:
        return self != ANY_WAY

    def allows(self, way: Tried) -> bool:
        """Whether a way is one that the person may mean."""
        pixels = OWN.words if self.pixels == "" else self.pixels
        classes = DIGITS if self.classes == "" else self.classes
        pairs = ((pixels, way.pixels), (self.transposed, way.transposed), (classes, way.classes))
        return all(wanted in (None, found) for wanted, found in pairs)


ANY_WAY = Wish()


# --- Finding ---------------------------------------------------------------------------------------------------------


def measure(
    images: np.ndarray, labels: np.ndarray, answer: Callable[[np.ndarray], np.ndarray], wish: Wish | None = None
) -> tuple[Tried, ...]:
    """Measures what a model reads in each way, the plainest first.

    Args:
        images: uint8 `[N, side, side]`, the sides those that the model takes, of which some are looked at; none that
            it is judged by.
        labels: int64 `[N]`.
        answer: Gives the model's probabilities `[N, 10]` of values float32 `[N, side, side, 1]`.
        wish: May name an order of the classes that would not be tried otherwise.
    """
    pixels = images[:LOOKED_AT, ..., np.newaxis].astype(np.float32) / 255
    labels = labels[:LOOKED_AT]
    found = []
    for transposed in (False, True):
        turned = pixels.swapaxes(1, 2) if transposed else pixels
        for one in RANGES:
            answers = answer(np.ascontiguousarray(turned * one.factor + one.offset, np.float32)).argmax(axis=1)
            orders = {DIGITS, order_of(answers, labels), (wish and wish.classes) or DIGITS}
            for order in sorted(orders):
                digits = np.array([int(digit) for digit in order])
                share = float((digits[answers] == labels).mean())
                found.append(Tried(one.words, transposed, order, share))
    return tuple(sorted(found, key=lambda way: (way.classes != DIGITS, way.transposed)))


def order_of(answers: np.ndarray, labels: np.ndarray) -> str:
    """The digit that each output clearly means, by answers and labels int `[N]`; `DIGITS` where it is not clear."""
    table = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(table, (answers, labels), 1)
    digits = table.argmax(axis=1)
    right = table[np.arange(CLASSES), digits].sum()
    is_clear = len(set(digits.tolist())) == CLASSES and right >= CLEARLY * len(labels)
    enough = table.sum(axis=0).min() >= FEWEST_OF_A_DIGIT
    return "".join(map(str, digits)) if is_clear and enough else DIGITS


def best(ways: Sequence[Tried]) -> Tried:
    """The way that reads best; of those that read nearly as well, and where none reads well, the plainest."""
    plainest, most = ways[0], max(way.share for way in ways)
    if most < max(LEAST, plainest.share + BETTER):
        return plainest
    return next(way for way in ways if way.share > most - BETTER)


# --- Meeting what is expected ----------------------------------------------------------------------------------------

Network = tuple[tuple[Layer, ...], list[np.ndarray]]


def met(layers: tuple[Layer, ...], arrays: Sequence[np.ndarray], way: Way, front: int = 0) -> Network:
    """Makes a network that expects pictures in a way take the lab's, and gives it the lab's classes.

    `arrays` are in the order of Keras's `get_weights`. The first layers, `front` of them, are the lab's own, which
    bring its pictures to the model's size: paper that they put around a picture is paper in the model's pixels, too.
    What the model itself puts around is 0 there. InputError where it cannot be.
    """
    own = _parted(layers, arrays)
    if way.transposed:
        layers, own = _transposed(layers, own)
    if way.classes != DIGITS:
        own = _with_classes(layers, own, way.classes)
    if way.pixels != OWN:
        values = (way.pixels.factor, way.pixels.offset, 0.0, 1 - EPSILON)  # scale, offset, mean and variance
        arrays_of_it = [np.full(1, value, np.float32) for value in values]
        layers = (*layers[:front], Layer("norm"), *layers[front:])
        own = [*own[:front], arrays_of_it, *own[front:]]
    return layers, [array for arrays in own for array in arrays]


def as_it_came(layers: tuple[Layer, ...], arrays: Sequence[np.ndarray], way: Way, front: int = 0) -> Network:
    """Returns what `met` was given."""
    own = _parted(layers, arrays)
    if way.pixels != OWN:
        # An older lab did not note how many layers it put in front.
        norms = (number for number, layer in enumerate(layers) if number >= front and layer.kind == "norm")
        place = next(norms, front)
        layers, own = (*layers[:place], *layers[place + 1 :]), [*own[:place], *own[place + 1 :]]
    if way.classes != DIGITS:
        own = _with_classes(layers, own, "".join(str(way.classes.index(digit)) for digit in DIGITS))
    if way.transposed:
        layers, own = _transposed(layers, own)
    return layers, [array for arrays in own for array in arrays]


def _parted(layers: Sequence[Layer], arrays: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    """The arrays of each layer."""
    remaining = iter(arrays)
    return [[next(remaining) for _ in own] for own in shapes(tuple(layers))]


Parted = tuple[tuple[Layer, ...], list[list[np.ndarray]]]


def _transposed(layers: tuple[Layer, ...], own: list[list[np.ndarray]]) -> Parted:
    """Exchanges rows and columns in all that sees a picture, up to the first dense layer."""
    turned = []
    before: tuple[int, ...] = IMAGE_SHAPE
    order: np.ndarray | None = None
    for summary, arrays in zip(summarize(layers), own, strict=True):
        kind = summary.layer.kind
        if kind in ("conv", "depthwise") or (kind == "prelu" and len(before) == 3):
            arrays = [arrays[0].swapaxes(0, 1), *arrays[1:]]
        elif kind == "flatten" and len(before) == 3:
            # Where each value of the row lies in that of the transposed picture.
            order = np.arange(math.prod(before)).reshape(before).swapaxes(0, 1).ravel()
        elif kind in ("norm", "prelu") and order is not None:
            arrays = [array[order] for array in arrays]
        elif kind == "dense" and order is not None:
            arrays, order = [arrays[0][order], *arrays[1:]], None
        turned.append([np.ascontiguousarray(array) for array in arrays])
        before = summary.output_shape
    return tuple(_with_sides_exchanged(layer) for layer in layers), turned


def _with_sides_exchanged(layer: Layer) -> Layer:
    top, bottom, left, right = layer.sides
    return dataclasses.replace(layer, sides=(left, right, top, bottom))


def _with_classes(layers: tuple[Layer, ...], own: list[list[np.ndarray]], classes: str) -> list[list[np.ndarray]]:
    """Puts the outputs of the last layer, each of which means a digit, in the order of the digits."""
    last = layers[-1]
    if last.kind != "dense" or last.units != CLASSES:
        raise InputError(
            gettext("The classes of a network that ends with '{last}' cannot be put in another order.", last=last)
        )
    columns = [classes.index(digit) for digit in DIGITS]
    return [*own[:-1], [np.ascontiguousarray(array[..., columns]) for array in own[-1]]]
