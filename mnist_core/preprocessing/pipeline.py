"""A drawing or a picture → one 28×28 image made the way MNIST was made, with every stage on the way.

The recipe is that of LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/: the ink is scaled, with its aspect
kept and anti-aliased, so that its longest side is 20 pixels, and then placed so that its centre of mass is the centre
of a 28×28 field. Measured against all 70,000 images, the centre is pixel index 14 and the position is rounded to whole
pixels; see `place_by_centre_of_mass`. Each step can be left out (`Steps`), to see what it is for.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_core.language import N_
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.ink import border, pen_width, tight_box, with_moved_outline
from mnist_core.preprocessing.ink_extraction import find_ink
from mnist_core.preprocessing.strokes import (
    BOX,
    CANVAS_PEN,
    CANVAS_SIDE,
    OVERSAMPLING,
    PEN_WIDTH,
    Strokes,
    paint,
    scale_strokes,
)

CENTRE = 14
# No ink of MNIST is as faint as this all over.
FAINT = 127
# A picture whose pen is thinner or fatter than most of MNIST's is brought to the median.
THINNEST_PEN, FATTEST_PEN = 1.8, 3.2
# What a JPEG leaves on black is fainter, and the ink of a digit is stronger, than this.
COMPRESSION, STRONG = 32, 64
MOST_OFF_CENTRE = 0.75
# Ink in a picture that is smaller, in pixels, is a dot.
SMALLEST_INK = 6


@dataclass(frozen=True)
class Steps:
    """Which steps of the preparation are taken; `EXPLANATIONS` says what each is for."""

    invert: bool = True  # dark ink on light is turned to white on black
    crop: bool = True  # the ink's tight box is cut out; without it the whole canvas or picture is scaled
    keep_aspect: bool = True  # width and height are scaled alike; without it the box becomes a square
    box: bool = True  # the longest side becomes 20 pixels; without it 28
    centre_of_mass: bool = True  # the centre of mass comes to the middle; without it the middle of the box does
    pen_width: bool = True  # the pen is brought to MNIST's width; without it it is scaled with the picture

    def without(self, step: str) -> "Steps":
        """The same steps without one, named as its field."""
        return replace(self, **{step: False})

    @property
    def longest(self) -> int:
        """What the longest side becomes, in pixels."""
        return BOX if self.box else SIDE


ALL_STEPS = Steps()

EXPLANATIONS = {
    "invert": N_(
        "MNIST's ink is white on black. Dark ink on light paper is turned around: the network never saw paper."
    ),
    "crop": N_(
        "The ink is cut out, because MNIST's digits fill their box. How large you write, and where, says nothing."
    ),
    "keep_aspect": N_("Width and height shrink alike. Stretched to a square, a 1 would become a block."),
    "box": N_("The longer side becomes 20 pixels, as in MNIST. About 4 pixels stay free all around."),
    "centre_of_mass": N_(
        "The point where the ink would balance comes to the middle. One pixel beside it costs accuracy."
    ),
    "pen_width": N_("Lines become 2.5 pixels wide, as in MNIST. If they only shrank, they would be hairs or blots."),
}

STAGE_NAMES = {
    "given": N_("As it came"),
    "ink": N_("Ink, white on black"),
    "box": N_("Its tight box"),
    "scaled": N_("Scaled to 20 px"),
    "pen": N_("Pen of MNIST's width"),
    "image": N_("Centre of mass in the middle of 28×28"),
}


class FirstStages(NamedTuple):
    """A drawing before its pen has MNIST's width, uint8 `[height, width]`, white ink on black but for the first."""

    given: np.ndarray  # the drawing or the grey picture as it came
    ink: np.ndarray  # alone, where it stood
    box: np.ndarray  # the ink cut out tightly
    scaled: np.ndarray  # to a longest side of 20 pixels


@dataclass(frozen=True)
class Stages:
    """A drawing on its way to 28×28, each stage uint8 `[height, width]`, white ink on black.

    The first stages are made when somebody asks for one of them: strokes are painted anew at MNIST's width, so that a
    model that reads them needs none, and to make them takes longer than all else.
    """

    first: Callable[[], FirstStages]
    pen: np.ndarray  # as wide as MNIST's
    image: np.ndarray  # 28×28 with the centre of mass in its middle, which is what a model sees

    @cached_property
    def _first(self) -> FirstStages:
        return self.first()

    @property
    def given(self) -> np.ndarray:
        return self._first.given

    @property
    def ink(self) -> np.ndarray:
        return self._first.ink

    @property
    def box(self) -> np.ndarray:
        return self._first.box

    @property
    def scaled(self) -> np.ndarray:
        return self._first.scaled

    def within(self, given: np.ndarray) -> "Stages":
        """The same, found within a larger grey picture."""
        return replace(self, first=lambda: self._first._replace(given=given))

    def in_order(self) -> list[tuple[str, np.ndarray]]:
        """Each stage with its name for people."""
        return [(title, getattr(self, name)) for name, title in STAGE_NAMES.items()]


def normalize(images: np.ndarray) -> np.ndarray:
    """From uint8 `[N, 28, 28]` to what every model of the lab takes: float32 `[N, 28, 28, 1]` between 0 and 1."""
    return images.astype(np.float32)[..., np.newaxis] / np.float32(255)


def place_by_centre_of_mass(scaled: np.ndarray) -> np.ndarray:
    """Places at most 28×28 with some ink so that its centre of mass is at pixel index 14, nothing cut off."""
    return _placed(scaled, [round(CENTRE - centre) for centre in ndimage.center_of_mass(scaled)])


def _placed(scaled: np.ndarray, corner: Sequence[int]) -> np.ndarray:
    top, left = (min(max(start, 0), SIDE - side) for start, side in zip(corner, scaled.shape, strict=True))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return image


def _finished(first: Callable[[], FirstStages], pen: np.ndarray, steps: Steps, dark: bool) -> Stages:
    """Places the ink in 28×28; without inverting, what is dark on light stays so from the ink on."""
    if steps.centre_of_mass:
        image = place_by_centre_of_mass(pen)
    else:
        image = _placed(pen, [(SIDE - side) // 2 for side in pen.shape])
    if steps.invert or not dark:
        return Stages(first, pen, image)

    def inverted() -> FirstStages:
        given, *others = first()
        return FirstStages(given, *(255 - other for other in others))

    return Stages(inverted, 255 - pen, 255 - image)


# --- Strokes -----------------------------------------------------------------------------------------------------


def from_strokes(
    strokes: Strokes, side: int = CANVAS_SIDE, pen: float = CANVAS_PEN, steps: Steps = ALL_STEPS
) -> Stages | None:
    """Prepares a drawing; None if nothing is drawn.

    A drawing larger than the square canvas of `side` pixels is shown shrunk in the first stages. With all steps, `pen`
    (the canvas's, in pixels) only matters for how those look.
    """
    if not strokes:
        return None

    @cache
    def first() -> FirstStages:
        ink = paint(_on_canvas(strokes, side, pen), side, side, pen, oversampling=2)
        box = tight_box(ink) if steps.crop else ink
        return FirstStages(ink, ink, box, scale_picture(box, steps.longest, steps.keep_aspect))

    if not steps.pen_width:
        painted = first().scaled
    elif steps.crop:
        painted = tight_box(scale_strokes(strokes, PEN_WIDTH, steps.longest, steps.keep_aspect))
    else:
        scale = steps.longest / side
        painted = paint(
            [stroke * scale for stroke in _on_canvas(strokes, side, pen)], steps.longest, steps.longest, PEN_WIDTH
        )
    return _finished(first, painted, steps, dark=True)


def prepare(strokes: Strokes, pen: float = PEN_WIDTH) -> np.ndarray:
    """Paints one drawing at a pen width in pixels of 28; returns uint8 `[28, 28]`."""
    return place_by_centre_of_mass(tight_box(scale_strokes(strokes, pen)))


def _on_canvas(strokes: Strokes, side: int, pen: float) -> Strokes:
    """Shrinks or moves a drawing that leaves the canvas, so that it is seen whole."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    if (low >= 0).all() and (high <= side).all():
        return strokes
    room = side - pen
    return [(stroke - low) * (room / max((high - low).max(), 1e-9)) + pen / 2 for stroke in strokes]


# --- Pictures ----------------------------------------------------------------------------------------------------


def scale_picture(box: np.ndarray, longest: int = BOX, keep_aspect: bool = True) -> np.ndarray:
    """Scales a tight box with some ink to a longest side of 20 pixels, anti-aliased, the brightest ink white.

    A box that has this size already comes back unchanged, to the last grey, unless all of its ink is faint. Without
    `keep_aspect` it becomes a square.
    """
    size = _scaled_size(box, longest, keep_aspect)
    if size == box.shape[::-1] and box.max() > FAINT:
        return box
    scaled = _resized(box, size)
    return np.rint(scaled * (255 / scaled.max())).astype(np.uint8)


def _scaled_size(box: np.ndarray, longest: float, keep_aspect: bool) -> tuple[int, int]:
    height, width = box.shape
    if not keep_aspect:
        return round(longest), round(longest)
    scale = longest / max(height, width)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _resized(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """To a width and height, float32 `[height, width]`, 0 to 255."""
    # In fractions of a grey, or a faint thin line in a large picture would round to nothing.
    picture = Image.fromarray(box.astype(np.float32))
    shrunk = max(box.shape) > 2 * max(size)
    return np.asarray(picture.resize(size, Image.Resampling.BOX if shrunk else Image.Resampling.BICUBIC)).clip(0, 255)


def from_picture(grey: np.ndarray, steps: Steps = ALL_STEPS) -> Stages | None:
    """Prepares a grey picture uint8 `[height, width]`; None if no ink is found.

    What was made as MNIST was is taken as it stands: nothing is found in it, or flattened, that was not there.
    """
    if steps == ALL_STEPS:
        for light in (grey, 255 - grey):
            if is_made_like_mnist(light):
                return _as_it_stands(grey, light)
    ink, dark = find_ink(grey)
    if not ink.any():
        return None
    return from_ink(ink, grey, dark, steps)


def _as_it_stands(grey: np.ndarray, light: np.ndarray) -> Stages:
    """Of a grey picture and the same in white on black, made as MNIST was."""
    ink = np.where(light >= COMPRESSION, light, 0).astype(np.uint8)
    box = tight_box(ink)
    return Stages(lambda: FirstStages(grey, ink, box, box), box, light)


def is_made_like_mnist(grey: np.ndarray) -> bool:
    """Whether a picture is white on black with MNIST's size, margins, centre and white, as far as a JPEG leaves them.

    Of the test set at a quality of 50, the longest side is 19 to 21, and the centre of mass at most 0.7 from its place.
    """
    if grey.shape != (SIDE, SIDE) or float(np.median(border(grey))) >= COMPRESSION or grey.max() <= FAINT:
        return False
    ink = np.where(grey >= COMPRESSION, grey, 0)
    strong = tight_box(grey >= STRONG)
    if not strong.size or abs(max(strong.shape) - BOX) > 1:
        return False
    centre = ndimage.center_of_mass(ink)
    return max(abs(place - CENTRE) for place in centre) <= MOST_OFF_CENTRE


def from_ink(ink: np.ndarray, given: np.ndarray | None = None, dark: bool = False, steps: Steps = ALL_STEPS) -> Stages:
    """Prepares ink that has been found already, such as one of several digits in a picture, white on black.

    `given` is the picture that it was found in, for the first stage; `dark` says whether it was dark on light there.
    """
    box = tight_box(ink) if steps.crop else ink
    scaled = scale_picture(box, steps.longest, steps.keep_aspect)
    if steps.crop:
        scaled = tight_box(scaled)  # scaling can leave an empty rim
    painted = _at_pen_width(box, steps) if steps.pen_width else None
    if painted is None:
        painted = scaled
    first = FirstStages(ink if given is None else given, ink, box, scaled)
    return _finished(lambda: first, painted, steps, dark)


def _at_pen_width(box: np.ndarray, steps: Steps) -> np.ndarray | None:
    """Scales a box so that its pen is as wide as MNIST's; None if the pen's width is one of MNIST's anyway.

    The outline is moved in or out by as much as the pen is too fat or too thin: a level of the signed distance to it. A
    box of 20 pixels is MNIST's own and is left alone.
    """
    if max(box.shape) <= BOX:
        return None
    pen = pen_width(_enlarged(box, steps.longest, steps)) / OVERSAMPLING
    if THINNEST_PEN <= pen <= FATTEST_PEN:
        return None
    longest = float(steps.longest)
    if steps.crop:
        # What shall be 20 pixels long with its new pen is scaled a little differently from what is with the old.
        longest *= (longest - PEN_WIDTH) / max(longest - pen, longest / 5)
    ink = _enlarged(box, longest, steps)
    change = (PEN_WIDTH - pen * longest / steps.longest) / 2 * OVERSAMPLING
    if steps.crop:
        ink = np.pad(ink, max(math.ceil(change), 0) + 1)
    moved = with_moved_outline(ink, change, OVERSAMPLING)
    return scale_picture(tight_box(moved) if steps.crop else moved, steps.longest, steps.keep_aspect)


def _enlarged(box: np.ndarray, longest: float, steps: Steps) -> np.ndarray:
    """Brings a box to the size at which outlines are moved: bool `[height, width]`, 8 times that of the result."""
    size = _scaled_size(box, longest * OVERSAMPLING, steps.keep_aspect)
    picture = _resized(box, size)
    # Shrunk far, a thin line is only faintly grey.
    share = 0.25 if max(box.shape) > 2 * max(size) else 0.5
    return picture > share * picture.max()
