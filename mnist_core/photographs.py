"""An uploaded picture → its ink, white on black: polarity, uneven light, grain and compression dealt with.

What a program drew (an even border, no grain) keeps every grey. What a camera or a scanner saw is evened out first:
the shade of the paper is estimated all over the picture, and ink is what departs from the paper of its own place.
"""

import io
import math
import re
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from mnist_core.errors import InputError

MOST_BYTES = 100_000_000
MOST_PIXELS = 40_000_000
# A larger picture is shrunk first: that bounds memory and time, and no digit in it needs more.
WORKING_PIXELS = 3_200_000
# A JPEG may be stored in passes over all its pixels, ten as a rule and thousands if it is hostile; and any file in
# segments, which Pillow reads one by one in Python.
MOST_PASSED_PIXELS = 15 * MOST_PIXELS
MOST_SEGMENTS = 2000
LEAST_BYTES_A_SEGMENT = 1000
LARGEST_EXIF = 70_000
LONGEST_FILL = 1000
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
# Within a JPEG's compressed data, 0xFF is followed by 0 or by one of eight marks of restart.
JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
JPEG_PASS, JPEG_END = 0xDA, 0xD9

# A picture bomb must not be decoded by any code path of Pillow.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
# Thousands of odd notes beside a picture are no reason to fill the log.
warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")

# The side of the small copy on which the paper's shade is estimated.
PAPER_SIDE = 128
# The least departure from the paper, in grey levels of 255, that can be ink.
FAINTEST_INK = 24
# What runs along more of the border than this, as a share, is no digit if there is one further inside.
LONGEST_AT_BORDER = 0.05
SMALLEST_DIGIT = 0.04
# Ink smaller than a twentieth of the largest piece is smaller than a pixel of MNIST's box.
SPECK = 20
LENGTH_OF_NO_SPECK = 3


# --- Reading a file ----------------------------------------------------------------------------------------------


def read_picture(content: bytes) -> np.ndarray:
    """Decodes an uploaded picture; one of more than 3.2 million pixels comes back shrunk.

    Args:
        content: A PNG or JPEG file; of an animated one the first picture counts.

    Returns:
        uint8 `[height, width]`, grey, transparency laid on paper of the opposite shade.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or has more than 40 million pixels or 100 MB.
    """
    if len(content) > MOST_BYTES:
        raise InputError(f"The file has more than {MOST_BYTES // 1_000_000} MB; make the picture smaller.")
    try:
        passes = _passes(content)
        picture = _opened(content, passes)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(
            f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller and try again."
        ) from None
    except UnidentifiedImageError:
        raise InputError("This file is not a PNG or JPEG picture; save it as one of these and try again.") from None
    except Exception as error:  # a damaged picture fails in a dozen ways, not all of them documented
        raise InputError(f"The picture is damaged ({error}); save it again as PNG or JPEG.") from None
    return _grey(picture)


def _opened(content: bytes, passes: int) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG"])
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise Image.DecompressionBombError
    if width * height * passes > MOST_PASSED_PIXELS:
        raise ValueError("it is stored in too many passes")
    return _upright(_shrunk(picture))


def _passes(content: bytes) -> int:
    """Counts the passes of a JPEG, 1 for a PNG; refuses a file that would take for ever to open."""
    if not content.startswith((PNG_START, JPEG_START)):
        raise UnidentifiedImageError
    passes = exif = 0
    most = MOST_SEGMENTS + len(content) // LEAST_BYTES_A_SEGMENT
    segments = _chunks(content) if content.startswith(PNG_START) else _segments(content)
    for number, (kind, place, length) in enumerate(segments):
        passes += kind == JPEG_PASS
        exif += length if content.startswith(b"Exif\0\0", place) else 0
        if number > most or exif > LARGEST_EXIF:
            raise ValueError("it is stored in too many pieces")
    return max(passes, 1)


def _chunks(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields 0, the place and the length of each chunk of a PNG."""
    place = len(PNG_START)
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        yield 0, place + 8, length
        place += length + 12


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields the kind, the place and the length of each segment of a JPEG; what was appended to it is left out."""
    place, kind = len(JPEG_START) - 1, 0
    while kind != JPEG_END:
        match = JPEG_MARKER.search(content, place)
        if kind != JPEG_PASS and (match is None or match.start() > place + LONGEST_FILL):
            raise ValueError("a piece of it is not where it should be")
        if match is None:
            return
        kind, place = match[1][0], match.end()
        length = int.from_bytes(content[place : place + 2], "big")
        yield kind, place + 2, length
        place += length


def _shrunk(picture: Image.Image) -> Image.Image:
    """Loads a picture, and shrinks it as early as its format allows."""
    factor = _reduction(picture.size)
    if factor > 1:
        # A JPEG can be decoded at a half, a quarter or an eighth, in a fraction of the time; a PNG ignores this.
        picture.draft(None, (picture.width // factor, picture.height // factor))
    picture.load()
    factor = _reduction(picture.size)
    if factor == 1:
        return picture
    if picture.mode == "P":
        picture = picture.convert("RGBA")
    elif picture.mode == "1":
        picture = picture.convert("L")
    elif picture.mode.startswith("I;"):
        picture = picture.convert("I")
    return picture.reduce(factor)


def _reduction(size: tuple[int, int]) -> int:
    return max(math.ceil(math.sqrt(size[0] * size[1] / WORKING_PIXELS)), 1)


def _upright(picture: Image.Image) -> Image.Image:
    """Turns a picture as the phone was held, which phones store beside it."""
    if len(picture.info.get("exif", b"")) > LARGEST_EXIF:
        return picture
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # what stands there may be anything; the picture itself is sound
        return picture


def _grey(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith("I") or picture.mode == "F":
        wide = np.asarray(picture, np.float64)
        return np.rint(wide * (255 / max(wide.max(), 1))).clip(0, 255).astype(np.uint8)
    if picture.mode in ("L", "RGB") and "transparency" not in picture.info:
        return np.asarray(picture.convert("L"))
    colours = picture.convert("RGBA")
    grey, alpha = np.asarray(colours.convert("L")), np.asarray(colours.getchannel("A"))
    if alpha.min() == 255:
        return grey
    drawn = grey[alpha > 127]
    # Light ink on nothing would vanish on white paper.
    paper = 0 if drawn.size and drawn.mean() > 127 else 255
    share = alpha.astype(np.float32) / 255
    return np.rint(grey * share + paper * (1 - share)).astype(np.uint8)


# --- Finding the ink ---------------------------------------------------------------------------------------------


def extract_ink(grey: np.ndarray) -> np.ndarray:
    """Finds the ink in a picture: light on dark or dark on light, told by the border, never by the mean.

    Args:
        grey: uint8 `[height, width]`.

    Returns:
        uint8 `[height, width]`, white ink on black; zero wherever the paper shows.
    """
    return find_ink(grey)[0]


def find_ink(grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """Finds the ink, as `extract_ink`, and says whether it is dark on light."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = int(np.median(border))
    departure = grey.astype(np.int16) - paper
    # Ink is the side on which the picture departs furthest from its paper.
    dark = bool(departure.max() < -departure.min())
    ink = (-departure if dark else departure).clip(0, 255)
    # A program draws on paper of one shade; a digit that runs off the edge leaves most of the border as it is.
    if (border == paper).mean() < 0.6 or _looks_lossy(ink):
        ink, dark = _photographed_ink(grey)
    return _without_specks(ink.astype(np.uint8)), dark


def _looks_lossy(ink: np.ndarray) -> bool:
    """Says whether faint values lie away from strong ink, as around the lines of a JPEG; in MNIST at most 22 do."""
    strong = ink >= 64
    if not strong.any():
        return int(np.count_nonzero(ink)) > 0.02 * ink.size
    rows, columns = ndimage.find_objects(strong.astype(np.int8))[0]
    box = (rows.stop - rows.start) * (columns.stop - columns.start)
    far = ~ndimage.binary_dilation(strong, iterations=3)
    return int(np.count_nonzero(ink[far])) > max(0.005 * box, 30)


def _photographed_ink(grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """Finds the ink on paper with shade, shadows and grain; float `[height, width]`, 0 to 255, and its polarity."""
    departure = _departure(grey)
    dark = _furthest(-departure) > _furthest(departure)
    ink = -departure if dark else departure
    grain = 1.48 * float(np.median(np.abs(departure[::2, ::2])))
    found = _above_paper(ink, grain)
    beside = _beside_the_paper(found)
    if beside.any():
        # The shade of a desk says nothing about that of the ink.
        found = _above_paper(np.where(beside, 0, ink), grain)
    return found, dark


def _above_paper(ink: np.ndarray, grain: float) -> np.ndarray:
    """Maps what stands out from the paper to 0 to 255, 128 at half the shade of the ink."""
    furthest = _furthest(ink)
    # The shade of most ink: thin and blurred places are fainter, single bright points stronger.
    shade = float(np.median(ink[ink > furthest / 2])) if furthest > 0 else 0.0
    if shade < max(FAINTEST_INK, 6 * grain):
        return np.zeros_like(ink)
    smooth = ndimage.gaussian_filter(ink, min(10 * grain / shade, max(ink.shape) / 300, 2.0))
    return _with_strong_ink(((smooth / shade - 0.3) * (255 / 0.4)).clip(0, 255))


def _beside_the_paper(ink: np.ndarray) -> np.ndarray:
    """Finds what runs along the border, such as the desk or a margin, if there is other ink: bool `[height, width]`."""
    labels, number = ndimage.label(ink, structure=np.ones((3, 3)))
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    along = np.bincount(border, minlength=number + 1) > LONGEST_AT_BORDER * border.size
    along[0] = False
    places = ndimage.find_objects(labels)
    for label, place in enumerate(places, 1):
        along[label] |= any(part == slice(0, side) for part, side in zip(place, ink.shape, strict=True))
    others = [place for place, beside in zip(places, along[1:], strict=True) if not beside]
    sides = [side.stop - side.start for place in others for side in place]
    if max(sides, default=0) < SMALLEST_DIGIT * max(ink.shape):
        return np.zeros(ink.shape, bool)
    return along[labels]


def _furthest(ink: np.ndarray) -> float:
    """The departure that a few hundred pixels reach, so that grain alone does not decide."""
    share = min(0.001, 300 / ink.size)
    return float(np.quantile(ndimage.uniform_filter(ink, 3)[::2, ::2], 1 - share))


def _with_strong_ink(ink: np.ndarray) -> np.ndarray:
    """Keeps the pieces that are real ink somewhere; printed lines and stains are faint all over."""
    labels, number = ndimage.label(ink, structure=np.ones((3, 3)))
    if not number:
        return ink
    strong = np.zeros(number + 1, bool)
    strong[labels[ink > 200]] = True
    strong[0] = False
    return np.where(strong[labels], ink, 0)


def _departure(grey: np.ndarray) -> np.ndarray:
    """How far each pixel departs from the paper of its place, in grey levels of evenly lit paper: float32."""
    paper = _paper(grey)
    departure = grey - paper
    # Light multiplies: ink in the shade departs less from its paper than ink in the light.
    middle = max(float(np.median(paper[::4, ::4])), 8.0)
    np.maximum(paper, middle / 3, out=paper)
    departure *= middle / paper
    return departure


def _paper(grey: np.ndarray) -> np.ndarray:
    """Estimates the shade of the bare paper at every pixel, float32 `[height, width]`.

    On a small copy, a smooth surface is laid through the picture, the more weight the nearer to the border, so that
    a large fat digit does not pass for paper. What lies close to it is paper, whose shade is then averaged nearby.
    """
    height, width = grey.shape
    factor = max(math.ceil(max(height, width) / PAPER_SIDE), 1)
    small = np.asarray(Image.fromarray(grey).reduce(factor), np.float32)
    paper = _surface(small)
    for _ in range(3):
        departure = np.abs(small - paper)
        ink = ndimage.binary_dilation(departure > max(0.3 * float(departure.max()), 4))
        paper = _averaged(small, ~ink, paper)
    picture = Image.fromarray(paper).resize((width, height), Image.Resampling.BILINEAR)
    return np.array(picture)


def _surface(small: np.ndarray) -> np.ndarray:
    """Fits a surface of second degree to a picture, outliers weighing little (Cauchy weights)."""
    rows, columns = (
        grid.ravel() for grid in np.meshgrid(*(np.linspace(-1, 1, side) for side in small.shape), indexing="ij")
    )
    terms = np.stack([np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2], axis=1)
    values = small.ravel().astype(np.float64)
    trust = 0.2 + np.maximum(np.abs(rows), np.abs(columns)) ** 6
    fitted = np.full(values.shape, np.median(values))
    for _ in range(8):
        residual = np.abs(values - fitted)
        spread = 1.5 * max(float(np.median(residual)), 1.0)
        weighted = terms * (trust / (1 + (residual / spread) ** 2))[:, np.newaxis]
        fitted = terms @ np.linalg.lstsq(weighted.T @ terms, weighted.T @ values)[0]
    return fitted.reshape(small.shape).clip(0, 255).astype(np.float32)


def _averaged(small: np.ndarray, is_paper: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Averages the paper around each place; where there is none far and wide, the former estimate stays."""
    spread = max(small.shape) / 20
    share = ndimage.gaussian_filter(is_paper.astype(np.float32), spread)
    total = ndimage.gaussian_filter(np.where(is_paper, small, 0), spread)
    trust = 0.01
    return (total + trust * otherwise) / (share + trust)


# --- Pieces ------------------------------------------------------------------------------------------------------


def _without_specks(ink: np.ndarray) -> np.ndarray:
    """Drops what would be smaller than one pixel of the 20-pixel box; at MNIST's own size nothing is."""
    labels, number = ndimage.label(ink, structure=np.ones((3, 3)))
    if number < 2:
        return ink
    areas = np.bincount(labels.ravel())
    places = ndimage.find_objects(labels)
    longest = np.array([0, *(max(side.stop - side.start for side in place) for place in places)])
    rows, _ = places[areas[1:].argmax()]
    unit = (rows.stop - rows.start) / SPECK
    # Beside a large digit a small thin one has less ink than that, but it is long.
    keep = (areas >= unit**2) | (longest >= LENGTH_OF_NO_SPECK * unit)
    keep[0] = False
    return np.where(keep[labels], ink, 0).astype(np.uint8)


# --- The pen -----------------------------------------------------------------------------------------------------


def pen_width(ink: np.ndarray) -> float:
    """Estimates how wide the pen was: across a stroke, the mean distance to its edge is a quarter of its width.

    Args:
        ink: bool `[height, width]`.

    Returns:
        The width in pixels, 0 without ink. Crossings make it some 5 % too large.
    """
    distance = ndimage.distance_transform_edt(np.pad(ink, 1))
    inside = distance[distance > 0]
    # A pixel's centre is half a pixel nearer to the edge than to the next pixel's centre.
    return 4 * float(inside.mean() - 0.5) if inside.size else 0.0


def with_moved_outline(ink: np.ndarray, change: float, unit: int) -> np.ndarray:
    """Moves the outline of the ink, to make its pen wider or thinner, as far as no loop closes and no line is lost.

    Args:
        ink: bool `[height, width]`.
        change: How far the outline moves, outward if positive, in pixels.
        unit: What is small, in pixels: one pixel of the final picture.

    Returns:
        uint8 `[height, width]`, anti-aliased.
    """
    inward = ndimage.distance_transform_edt(ink)
    distance = np.where(ink, inward - 0.5, 0.5 - ndimage.distance_transform_edt(~ink))
    for share in (1.0, 0.75, 0.5, 0.25):
        cover = (distance + change * share + 0.5).clip(0, 1)
        if change < 0:
            cover = _with_thin_lines(ink, cover, 1.5 * unit - 2 * change * share)
        if _keeps_loops(ink, cover, unit) if change > 0 else _pieces_of(cover >= 0.5) == _pieces_of(ink):
            return np.rint(255 * cover).astype(np.uint8)
    return np.where(ink, 255, 0).astype(np.uint8)


def _keeps_loops(ink: np.ndarray, cover: np.ndarray, unit: int) -> bool:
    """Says whether every hole is still one; those smaller than a pixel of the final picture are grain."""
    holes = ndimage.label(~np.pad(ink, 1, constant_values=False))[0]
    large = np.flatnonzero(np.bincount(holes.ravel()) >= unit**2)
    return bool(np.isin(large[large > 0], holes[np.pad(cover, 1) < 0.5]).all())


def _with_thin_lines(ink: np.ndarray, cover: np.ndarray, reach: float) -> np.ndarray:
    """Adds what is too thin to be made thinner: ink further from the new ink than an end of a stroke can be."""
    left = cover >= 0.5
    lost = ink & (ndimage.distance_transform_edt(~left) > reach) if left.any() else ink
    if not lost.any():
        return cover
    near = ndimage.distance_transform_edt(~lost) <= reach
    return np.where(ink & near, 1, cover)


def _pieces_of(ink: np.ndarray) -> int:
    return int(ndimage.label(ink, structure=np.ones((3, 3)))[1])
