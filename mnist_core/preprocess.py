"""A drawing or a picture → one 28×28 image made the way MNIST was made, with every stage on the way.

The recipe is that of LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/: the ink is scaled, with its aspect
kept and anti-aliased, so that its longest side is 20 pixels, and then placed so that its centre of mass is the centre
of a 28×28 field. Measured against all 70,000 images, the centre is pixel index 14 and the position is rounded to whole
pixels; see `place_by_centre_of_mass`.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError
from scipy import ndimage

from mnist_core.errors import InputError

SIDE = 28
BOX = 20
CENTRE = 14
# The median pen width in MNIST, in pixels of the 28×28 picture.
PEN_WIDTH = 2.5
# Strokes are painted this much larger and averaged down, which gives MNIST's grey edges.
OVERSAMPLING = 8

# The canvas of the Draw page, in pixels; with its border it fits a phone of 360.
CANVAS_SIDE = 320
CANVAS_PEN = 20

MOST_STROKES = 500
MOST_POINTS = 20_000
LARGEST_COORDINATE = 100_000.0
MOST_PIXELS = 40_000_000

# A picture bomb must not be decoded by any code path of Pillow.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS

Strokes = list[np.ndarray]


@dataclass(frozen=True)
class Stages:
    """A drawing on its way to 28×28, each stage uint8 `[height, width]`, white ink on black.

    Attributes:
        ink: The drawing as it came.
        box: The ink alone, cut out tightly.
        scaled: The same with a longest side of 20 pixels.
        image: The 28×28 picture with the centre of mass in its middle, which is what a model sees.
    """

    ink: np.ndarray
    box: np.ndarray
    scaled: np.ndarray
    image: np.ndarray


def normalize(images: np.ndarray) -> np.ndarray:
    """Turns pictures into what every model of the lab takes.

    Args:
        images: uint8 `[N, 28, 28]`.

    Returns:
        float32 `[N, 28, 28, 1]` between 0 and 1.
    """
    return images.astype(np.float32)[..., np.newaxis] / np.float32(255)


def place_by_centre_of_mass(scaled: np.ndarray) -> np.ndarray:
    """Places a picture of at most 28×28 so that its centre of mass is at pixel index 14, nothing cut off.

    Args:
        scaled: uint8 `[height, width]` with some ink.

    Returns:
        uint8 `[28, 28]`.
    """
    top, left = (
        min(max(round(CENTRE - centre), 0), SIDE - length)
        for centre, length in zip(ndimage.center_of_mass(scaled), scaled.shape, strict=True)
    )
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return image


def tight_box(ink: np.ndarray) -> np.ndarray:
    """Cuts away the empty margin; an array without ink comes back empty."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return ink[:0, :0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


# --- Strokes -----------------------------------------------------------------------------------------------------


def check_strokes(value: Any) -> Strokes:
    """Turns what came from outside into strokes.

    Args:
        value: A list of strokes, each a list of points `[x, y]`, y growing downward.

    Returns:
        One float64 array `[points, 2]` a stroke; strokes without points are left out.

    Raises:
        InputError: The value is no list of strokes, too large, or holds something that is no finite number.
    """
    if not isinstance(value, list) or len(value) > MOST_STROKES:
        raise InputError(f"The strokes must be a list of at most {MOST_STROKES} strokes [[x, y], …]; draw again.")
    if sum(len(stroke) for stroke in value if isinstance(stroke, list | np.ndarray)) > MOST_POINTS:
        raise InputError(f"The drawing has more than {MOST_POINTS} points; clear it and draw a simpler one.")
    strokes = []
    for number, stroke in enumerate(value, 1):
        try:
            points = np.asarray(stroke)
        except (TypeError, ValueError, OverflowError):
            points = np.empty((0, 3))
        if points.size and points.dtype.kind not in "iuf":
            points = np.empty((0, 3))  # text, truth values or whole numbers without limit are no coordinates
        points = points.astype(np.float64)
        if points.shape in ((0,), (0, 2)):
            continue
        if points.ndim != 2 or points.shape[1] != 2:
            raise InputError(f"Stroke {number} is not a list of points [x, y]; expected two numbers a point.")
        if not (np.abs(points) <= LARGEST_COORDINATE).all():
            raise InputError(
                f"Stroke {number} has a point that is not a number within ±{LARGEST_COORDINATE:g}; draw it again."
            )
        strokes.append(points)
    return strokes


def paint(
    strokes: Sequence[np.ndarray], width: int, height: int, pen: float, oversampling: int = OVERSAMPLING
) -> np.ndarray:
    """Paints strokes with a round pen, anti-aliased.

    Args:
        strokes: Arrays `[points, 2]` in pixels of the picture.
        width: Width of the picture in pixels.
        height: Its height.
        pen: Diameter of the pen in pixels.
        oversampling: How much larger the strokes are painted before they are averaged down.

    Returns:
        uint8 `[height, width]`, white ink on black.
    """
    factor = oversampling
    picture = Image.new("L", (width * factor, height * factor))
    draw = ImageDraw.Draw(picture)
    radius = pen * factor / 2
    for stroke in strokes:
        points = (stroke * factor).tolist()
        draw.line([tuple(point) for point in points], fill=255, width=round(2 * radius))
        # A disc at every point: Pillow's own joints leave cracks where a bend is tighter than the pen is wide.
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius - 1, y + radius - 1), fill=255)
    return np.asarray(picture.reduce(factor))


def scale_strokes(strokes: Sequence[np.ndarray], pen: float = PEN_WIDTH) -> np.ndarray:
    """Scales strokes by their points and paints them at MNIST's pen width, so that the ink's longest side is 20 px.

    Painting afresh keeps the pen's width right for a drawing of any size, which shrinking a painted picture does not.

    Returns:
        uint8 `[height, width]`, at most 20×20.
    """
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = (BOX - pen) / max(extent.max(), 1e-9)
    if extent.max() * scale < BOX - pen - 1e-6:
        scale = 0.0  # a single dot has no size to scale
    width, height = (max(math.ceil(round(side * scale + pen, 6)), 1) for side in extent)
    return paint([(stroke - low) * scale + pen / 2 for stroke in strokes], width, height, pen)


def from_strokes(strokes: Strokes, side: int = CANVAS_SIDE, pen: float = CANVAS_PEN) -> Stages | None:
    """Prepares a drawing.

    Args:
        strokes: As `check_strokes` returns them.
        side: Side of the square canvas in pixels; a larger drawing is shown shrunk in the first two stages.
        pen: The canvas's pen in pixels; it only matters for how the first two stages look.

    Returns:
        The stages, or None if nothing is drawn.
    """
    if not strokes:
        return None
    ink = _ink_of_strokes(strokes, side, pen)
    scaled = tight_box(scale_strokes(strokes))
    return Stages(ink, tight_box(ink), scaled, place_by_centre_of_mass(scaled))


def _ink_of_strokes(strokes: Strokes, side: int, pen: float) -> np.ndarray:
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    if (low < 0).any() or (high > side).any():
        room = side - pen
        strokes = [(stroke - low) * (room / max((high - low).max(), 1e-9)) + pen / 2 for stroke in strokes]
    return paint(strokes, side, side, pen, oversampling=2)


def is_speck(strokes: Strokes) -> bool:
    """Says whether a drawing is only a touch of the pen: a third of its width, and little for where it stands.

    The second half keeps drawings whose unit is not a pixel, such as coordinates from 0 to 1.
    """
    if not strokes:
        return True
    points = np.concatenate(strokes)
    extent = float(np.ptp(points, axis=0).max())
    return extent == 0 or (extent <= CANVAS_PEN / 3 and extent < 0.2 * float(np.abs(points).max()))


# --- Pictures ----------------------------------------------------------------------------------------------------


def read_picture(content: bytes) -> np.ndarray:
    """Decodes an uploaded picture.

    Args:
        content: A PNG or JPEG file.

    Returns:
        uint8 `[height, width]`, grey, transparency laid on paper of the opposite shade.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or has more than 40 million pixels.
    """
    try:
        picture: Image.Image = Image.open(io.BytesIO(content), formats=["PNG", "JPEG"])
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise Image.DecompressionBombError
        picture.load()
        picture = ImageOps.exif_transpose(picture)  # phones store how they were held beside the picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(
            f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller and try again."
        ) from None
    except UnidentifiedImageError:
        raise InputError("This file is not a PNG or JPEG picture; save it as one of these and try again.") from None
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError) as error:
        raise InputError(f"The picture is damaged ({error}); save it again as PNG or JPEG.") from None
    return _grey(picture)


def _grey(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith("I") or picture.mode == "F":
        wide = np.asarray(picture, np.float64)
        return np.rint(wide * (255 / max(wide.max(), 1))).clip(0, 255).astype(np.uint8)
    colours = picture.convert("RGBA")
    grey, alpha = np.asarray(colours.convert("L")), np.asarray(colours.getchannel("A"))
    if alpha.min() == 255:
        return grey
    drawn = grey[alpha > 127]
    # Light ink on nothing would vanish on white paper.
    paper = 0 if drawn.size and drawn.mean() > 127 else 255
    share = alpha.astype(np.float32) / 255
    return np.rint(grey * share + paper * (1 - share)).astype(np.uint8)


def extract_ink(grey: np.ndarray) -> np.ndarray:
    """Finds the ink in a picture: light on dark or dark on light, told by the border, never by the mean.

    Args:
        grey: uint8 `[height, width]`.

    Returns:
        uint8 `[height, width]`, white ink on black; zero wherever the paper shows.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).astype(np.int16)
    paper = int(np.median(border))
    difference = grey.astype(np.int16) - paper
    # Ink is the side on which the picture departs furthest from its paper.
    ink = difference if difference.max() >= -difference.min() else -difference
    ink = ink.clip(0, 255)
    if np.ptp(border) > 0 or _looks_lossy(ink):
        # A photograph: shade and grain of the paper are not ink, nor is what compression leaves around a line.
        peak = np.percentile(ink, 99.9)
        floor = max(peak * 0.3, 3 * float(np.abs(border - paper).mean()))
        ink = np.where(ink > floor, (ink * (255 / max(peak, 1))).clip(0, 255), 0)
        if peak < 40:
            ink = np.zeros_like(ink)
    return _without_specks(ink.astype(np.uint8))


def _looks_lossy(ink: np.ndarray) -> bool:
    """Says whether faint values lie away from strong ink, as around the lines of a JPEG."""
    strong = ink >= 64
    near = ndimage.binary_dilation(strong, iterations=3) if strong.any() else strong
    return int(np.count_nonzero((ink > 0) & ~near)) > 0.02 * ink.size


def _without_specks(ink: np.ndarray) -> np.ndarray:
    """Drops what would be smaller than one pixel of the 20-pixel box; at MNIST's own size nothing is."""
    labels, number = ndimage.label(ink, structure=np.ones((3, 3)))
    if number < 2:
        return ink
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    largest = ndimage.find_objects(labels)[areas.argmax() - 1]
    longest = max(piece.stop - piece.start for piece in largest)
    keep = areas >= (longest / BOX) ** 2
    return np.where(keep[labels], ink, 0).astype(np.uint8)


def scale_picture(box: np.ndarray) -> np.ndarray:
    """Scales a tight box so that its longest side is 20 pixels, aspect kept, anti-aliased, the brightest ink white.

    A box that has this size already comes back unchanged, to the last grey.
    """
    height, width = box.shape
    longest = max(height, width)
    if longest == BOX:
        return box
    size = max(round(width * BOX / longest), 1), max(round(height * BOX / longest), 1)
    # In fractions of a grey, or a faint thin line in a large picture would round to nothing.
    picture = Image.fromarray(box.astype(np.float32))
    picture = picture.resize(size, Image.Resampling.BOX if longest > 2 * BOX else Image.Resampling.BICUBIC)
    scaled = np.asarray(picture).clip(0, 255)
    return np.rint(scaled * (255 / scaled.max())).astype(np.uint8)


def from_picture(grey: np.ndarray) -> Stages | None:
    """Prepares a picture.

    Args:
        grey: uint8 `[height, width]`, as `read_picture` returns it.

    Returns:
        The stages, or None if no ink is found.
    """
    ink = extract_ink(grey)
    box = tight_box(ink)
    if not box.size:
        return None
    # Scaling can leave an empty rim; the box is drawn tightly again.
    scaled = tight_box(scale_picture(box))
    return Stages(ink, box, scaled, place_by_centre_of_mass(scaled))
