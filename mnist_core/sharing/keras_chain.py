"""A model from elsewhere as a chain of the lab's layers, and what becomes of the arrays that its file has.

The file's numbers may lie otherwise than the lab's: with channels first, in three colours, in pictures of other sides.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mnist_core.config.network import MOST_PIXELS, Layer, Shape, output_shape
from mnist_core.errors import InputError
from mnist_core.formatting import listed, readable
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES, SIDE

COLOURS = 3
SMALLEST_SIDE, LARGEST_PADDED = 8, 40  # of a picture that is taken; of one that padding makes of the lab's
Arrays = list[np.ndarray]


class Model(NamedTuple):
    """What was read of a model's file."""

    layers: tuple[Layer, ...]
    arrays: Arrays  # float32, in the order of Keras's `get_weights`
    note: str  # what people should know of how it came in; mostly empty
    front: int  # how many layers the lab put in front (`Chain.front`)


@dataclass(frozen=True)
class Part:
    """One of a file's layers, or one that the lab adds: which arrays the file has for it, and what becomes of them.

    The arrays of all parts, one after the other, are those of the chain's layers, in the order of `get_weights`.
    """

    make: Callable[[Arrays], Arrays]  # the lab's arrays, of the file's, all float32
    shapes: tuple[Shape, ...] = ()  # of the file's arrays
    group: str = ""  # one of `GROUPS`; empty where the file has no such layer
    name: str = ""  # that of the layer in its model
    unread: int = 0  # arrays of the file behind those, which are not looked at
    from_file: bool = True  # whether the file has such a layer


def made(*arrays: np.ndarray) -> Part:
    """A part that the file has nothing for."""
    return Part(lambda found: list(arrays), from_file=False)


@dataclass
class Chain:
    """A model in the lab's terms, as far as it was read; and how the file's own numbers lie in those of the lab."""

    layers: list[Layer] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)  # of the layers that have arrays
    front: int = 0  # how many layers the lab put in front, to make its pictures those that the model takes
    plain: bool = False  # whether the file's pictures have no channel yet
    channels_first: bool = False  # whether the file's pictures have their channels first
    colours: int = 1  # how many equal channels the file has where the lab has one
    # Of a row that was laid out otherwise than the lab does it: which of the lab's values each of the file's is.
    rows: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)  # sentences for people: what the lab does for the model
    left_out: list[str] = field(default_factory=list)  # what only matters to training

    def add(self, layer: Layer, part: Part | None = None) -> None:
        """Adds a layer, with its arrays if it has some; InputError where it does not fit."""
        self.layers.append(layer)
        output_shape(tuple(self.layers))
        if part:
            self.parts.append(part)

    @property
    def shape(self) -> Shape:
        """What the layers so far make of a picture."""
        return output_shape(tuple(self.layers))

    @property
    def is_picture(self) -> bool:
        return len(self.shape) == 3

    @property
    def note(self) -> str:
        """What people should know of how the model came in; empty where there is nothing to say."""
        about = (
            [gettext("Left out, since it matters to training alone: {left_out}.", left_out=listed(self.left_out))]
            if self.left_out
            else []
        )
        return " ".join([*self.notes, *about])

    def leave_out(self, what: str) -> None:
        """Notes a layer, or something else, that does nothing to a picture that is judged."""
        if what not in (*self.left_out, "InputLayer", "Identity"):
            self.left_out.append(what)

    def arrays(self, found: list[Arrays]) -> Arrays:
        """Makes the lab's arrays of those that a file has for each part with `shapes`, in order."""
        remaining = iter(found)
        return [array for part in self.parts for array in part.make(next(remaining) if part.shapes else [])]

    def tell_colours_apart(self) -> None:
        """Makes three channels of one where a layer treats each in its own way."""
        if self.is_picture and self.colours > 1:
            part = made(np.ones((1, 1, 1, self.colours), np.float32), np.zeros(self.colours, np.float32))
            if self.shape[-1] != 1:
                raise InputError(
                    gettext("It treats each colour of a picture in its own way; expected a Conv2D before it.")
                )
            self.add(Layer("conv", self.colours, 1), part)
            self.colours = 1

    def order(self, what: str) -> np.ndarray:
        """Which of the file's values each of the lab's is, of the last axis."""
        size = self.shape[-1]
        if self.rows is None or self.is_picture:
            return np.arange(size)
        if len(self.rows) != size:
            raise InputError(
                gettext("{what} treats each value of three colours in its own way; put it behind a Dense.", what=what)
            )
        return np.argsort(self.rows)

    def flatten(self, channels_last: bool = False) -> None:
        """Lays a picture out as a row; `channels_last` says that Keras first moves the first axis behind the others."""
        shape = self.shape
        if len(shape) == 1:
            return
        places = np.repeat(np.arange(math.prod(shape)).reshape(shape), self.colours, axis=2)
        if self.plain:
            places = places[:, :, 0]
        elif self.channels_first:
            places = np.moveaxis(places, 2, 0)
        rows = (np.moveaxis(places, 0, -1) if channels_last else places).ravel()
        self.add(Layer("flatten"))
        self.plain, self.channels_first, self.colours = False, False, 1
        self.rows = None if np.array_equal(rows, np.arange(len(rows))) else rows


# --- Beginning and end -----------------------------------------------------------------------------------------------


def begin(shape: tuple[int, ...]) -> Chain:
    """Begins the chain of a model that takes this, without the batch: a picture, or a row of pixels.

    Rows are what flattening makes of pictures. Where the model's pictures are larger, or smaller, than those of the
    lab, a layer in front makes them so; three channels are three times the same. InputError where it is no such shape.
    """
    chain = Chain()
    side, chain.colours, chain.channels_first, chain.plain = _taken(shape)
    if side != SIDE:
        _put_in_front(chain, side)
    if chain.colours > 1:
        chain.notes.append(gettext("It takes pictures in colour: each of the lab's is given to it three times."))
    if len(shape) == 1:
        chain.add(Layer("flatten"))
    return chain


def _taken(shape: tuple[int, ...]) -> tuple[int, int, bool, bool]:
    """The side of the pictures that have this shape, how many channels, whether they come first, or are not there."""
    if all(type(size) is int for size in shape):
        match shape:
            case (pixels,) if pixels > 0 and _fits(side := math.isqrt(pixels)) and side**2 == pixels:
                return side, 1, False, False
            case (height, width) if height == width and _fits(height):
                return height, 1, False, True
            case (height, width, channels) if height == width and _fits(height) and channels in (1, COLOURS):
                return height, channels, False, False
            case (channels, height, width) if height == width and _fits(height) and channels in (1, COLOURS):
                return height, channels, True, False
    raise InputError(
        gettext(
            "It takes {value}; expected square pictures of one channel or three, such as [null, "
            "28, 28, 1], [null, 28, 28] or [null, 784].",
            value=readable([None, *shape]),
        )
    )


def _fits(side: int) -> bool:
    return SMALLEST_SIDE <= side <= MOST_PIXELS


def _put_in_front(chain: Chain, side: int) -> None:
    """A padding for pictures a little larger, as LeNet's 32×32 are made; otherwise they are drawn at another size."""
    missing = side - SIDE
    if 0 < missing <= LARGEST_PADDED - SIDE:
        before, after = missing // 2, missing - missing // 2
        chain.add(Layer("pad", sides=(before, after, before, after)))
        how = gettext("zeros are put around")
    else:
        chain.add(Layer("resize", size=side))
        how = gettext("a first layer resizes")
    chain.front = 1
    chain.notes.append(
        gettext(
            "It takes pictures of {side}×{side}: {how} the lab's of {side_2}×{side_2}.", side=side, how=how, side_2=SIDE
        )
    )


def end(chain: Chain) -> None:
    """Gives the last layer its activation, which may stand behind it; scores without one are for softmax.

    Ten scores that are not those of a dense layer go through one that changes nothing.
    """
    layers = chain.layers
    while layers and layers[-1].kind == "dropout":
        layers.pop()
    if not layers or chain.shape != (CLASSES,):
        return
    last = layers.pop() if layers[-1] in _LAST else None
    if last is None and _are_no_scores(layers):
        return
    if layers[-1].kind != "dense" or layers[-1].activation != "linear":
        same = np.eye(CLASSES, dtype=np.float32)[chain.order("The answer")]
        chain.add(Layer("dense", CLASSES), made(same, np.zeros(CLASSES, np.float32)))
    activation = last.activation if last and last.activation != "linear" else "softmax"
    layers[-1] = Layer("dense", CLASSES, activation=activation)


_LAST = tuple(Layer("activation", activation=name) for name in ("linear", "softmax", "sigmoid"))


def _are_no_scores(layers: list[Layer]) -> bool:
    """Whether what comes out went through an activation already, as probabilities do."""
    last = next(
        (layer for layer in reversed(layers) if layer.kind in ("conv", "depthwise", "dense", "activation")), None
    )
    return last is not None and last.activation != "linear"
