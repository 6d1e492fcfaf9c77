"""Pictures of one digit as people make them: coloured pens photographed, drawings with transparency.

Each kind is a function of a digit and a random generator, so that a kind can be made as often as wanted.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from mnist_core.data.synthetic.photographs import encode
from mnist_core.data.synthetic.picture_scenes import SCENES
from mnist_core.preprocessing.ink import bounds
from mnist_core.preprocessing.strokes import Strokes, paint

SIDE = 420  # of the pictures, in pixels
Colour = tuple[int, int, int]


def _ink(strokes: Strokes, random: np.random.Generator, largest: float = 0.6, margin: float = 0.15) -> np.ndarray:
    """Paints a digit somewhere on a square picture: float `[SIDE, SIDE]`, 1 where there is ink.

    Its longest side is a share of the picture's up to `largest`, and it keeps a margin to the edges.
    """
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    size = SIDE * random.uniform(0.35, largest)
    scale = size / max(float(extent.max()), 1e-9)
    corner = SIDE * margin + random.random(2) * (SIDE * (1 - 2 * margin) - extent * scale)
    placed = [(stroke - low) * scale + corner for stroke in strokes]
    return paint(placed, SIDE, SIDE, size * random.uniform(0.07, 0.13), 2).astype(np.float32) / 255


def _photographed(paper: Colour, pen: Colour, ink: np.ndarray, random: np.random.Generator) -> bytes:
    """Lays a pen of one colour on paper of another, and photographs both with shade, blur and grain."""
    scene = np.array(paper) + (np.array(pen) - np.array(paper)) * ink[..., np.newaxis]
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    angle = random.uniform(0, 2 * np.pi)
    light = 1 - random.uniform(0, 0.3) * (1 + (np.cos(angle) * rows + np.sin(angle) * columns) / np.sqrt(2)) / 2
    seen = ndimage.gaussian_filter(scene * light[..., np.newaxis], (1, 1, 0))
    seen = seen + random.normal(0, random.uniform(1, 5), seen.shape)
    return encode(np.rint(seen).clip(0, 255).astype(np.uint8), "JPEG", quality=int(random.integers(70, 93)))


def _in_colours(paper: Colour, pen: Colour) -> "Kind":
    return lambda strokes, random: _photographed(paper, pen, _ink(strokes, random), random)


def _drawn_in_colours(paper: Colour, pen: Colour) -> "Kind":
    def draw(strokes: Strokes, random: np.random.Generator) -> bytes:
        ink = _ink(strokes, random)[..., np.newaxis]
        return encode(np.rint(np.array(paper) + (np.array(pen) - np.array(paper)) * ink).astype(np.uint8))

    return draw


def _sheet(random: np.random.Generator) -> np.ndarray:
    """Where a sheet of paper lies whose surroundings were cut away: bool `[SIDE, SIDE]`."""
    inside = np.zeros((SIDE, SIDE), bool)
    top, left, bottom, right = (int(value) for value in random.uniform(0.02, 0.12, 4) * SIDE)
    inside[top : SIDE - bottom, left : SIDE - right] = True
    return inside


def _cut_out_sheet(strokes: Strokes, random: np.random.Generator) -> bytes:
    """Dark ink on a white sheet, and nothing around the sheet."""
    grey = 255 - np.rint(_ink(strokes, random) * random.uniform(150, 250))
    alpha = np.where(_sheet(random), 255, 0)
    return encode(np.stack([grey, grey, grey, alpha], axis=-1).astype(np.uint8))


def _holes(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A white sheet in which the digit is a hole."""
    alpha = np.where(_sheet(random), 255 * (1 - _ink(strokes, random)), 0)
    return encode(np.stack([np.full_like(alpha, 255)] * 3 + [np.rint(alpha)], axis=-1).astype(np.uint8))


def _ink_alone(strokes: Strokes, random: np.random.Generator) -> bytes:
    """Ink of any shade on nothing."""
    alpha, shade = np.rint(255 * _ink(strokes, random)), random.integers(0, 256)
    return encode(np.stack([np.full_like(alpha, shade)] * 3 + [alpha], axis=-1).astype(np.uint8))


def _with_printed(draw: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> "Kind":
    """A digit, and what `draw` puts around it as ink of its own, on evenly lit paper."""

    def make_one(strokes: Strokes, random: np.random.Generator) -> bytes:
        ink = _ink(strokes, random, 0.4, 0.3)  # with room around it
        return encode(np.rint(255 - random.uniform(150, 250) * np.maximum(ink, draw(ink, random))).astype(np.uint8))

    return make_one


def _box_around(ink: np.ndarray, random: np.random.Generator) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a box some way around the ink."""
    rows, columns = bounds(ink)
    left, above, right, below = random.uniform(0.04, 0.08, 4) * SIDE
    return (
        int(columns.start - left),
        int(rows.start - above),
        int(columns.stop - 1 + right),
        int(rows.stop - 1 + below),
    )


def _drawing(random: np.random.Generator, draw: Callable[[ImageDraw.ImageDraw, int], None]) -> np.ndarray:
    """What `draw` does with a pen of 3 to 8 pixels, a little tilted: float `[SIDE, SIDE]`."""
    picture = Image.new("L", (SIDE, SIDE))
    draw(ImageDraw.Draw(picture), int(random.integers(3, 9)))
    turned = picture.rotate(random.uniform(-2, 2), Image.Resampling.BILINEAR)
    return np.asarray(turned, np.float32) / 255


def _framed(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    box = _box_around(ink, random)
    return _drawing(random, lambda pen, width: pen.rectangle(box, outline=255, width=width))


def _circled(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    left, top, right, bottom = _box_around(ink, random)
    middle, radius = np.array([left + right, top + bottom]) / 2, np.hypot(right - left, bottom - top) / 2
    corners = (*(middle - radius), *(middle + radius))
    return _drawing(random, lambda pen, width: pen.ellipse(corners, outline=255, width=width))


def _underlined(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    left, _, right, bottom = _box_around(ink, random)
    return _drawing(random, lambda pen, width: pen.line((left, bottom, right, bottom), 255, width))


def _squared(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    step = int(random.integers(30, 70))

    def draw(pen: ImageDraw.ImageDraw, width: int) -> None:
        for start in range(-SIDE + step // 2, 2 * SIDE, step):
            pen.line((start, -SIDE, start, 2 * SIDE), 255, max(width // 4, 1))
            pen.line((-SIDE, start, 2 * SIDE, start), 255, max(width // 4, 1))

    return _drawing(random, draw)


def _turned(strokes: Strokes, random: np.random.Generator) -> bytes:
    ink = np.rot90(_ink(strokes, random), random.choice([1, 3]))
    return encode(np.rint(255 - 200 * ink).astype(np.uint8))


Kind = Callable[[Strokes, np.random.Generator], bytes]
KINDS: dict[str, Kind] = {
    "dark pen on white, photographed": _in_colours((225, 225, 220), (50, 50, 60)),
    "blue pen on white, photographed": _in_colours((225, 225, 220), (40, 60, 150)),
    "yellow pen on white, photographed": _in_colours((228, 228, 222), (232, 215, 60)),
    "red on green of the same grey, photographed": _in_colours((60, 150, 70), (235, 55, 60)),
    "red on green of the same grey, drawn": _drawn_in_colours((0, 130, 0), (255, 0, 0)),
    "orange on light blue of the same grey, drawn": _drawn_in_colours((150, 178, 230), (255, 165, 60)),
    "transparent, ink alone": _ink_alone,
    "transparent around a white sheet": _cut_out_sheet,
    "transparent, the digit a hole in a white sheet": _holes,
    "in a box": _with_printed(_framed),
    "in a circle": _with_printed(_circled),
    "underlined": _with_printed(_underlined),
    "on squared paper with dark lines": _with_printed(_squared),
    "turned by 90°": _turned,
    **SCENES,
}


def make(kind: str, strokes: Strokes, seed: int, number: int) -> bytes:
    """Makes the picture file of this number of a kind, the same for the same seed."""
    return KINDS[kind](strokes, np.random.default_rng([seed, number, list(KINDS).index(kind)]))
