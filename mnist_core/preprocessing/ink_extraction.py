"""A grey picture → its ink, white on black: polarity, uneven light, grain and compression dealt with.

What a program drew (an even border, no grain) keeps every grey. What a camera or a scanner saw is evened out first:
the shade of the paper is estimated all over the picture, and ink is what departs from the paper of its own place.
"""

import math

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_core.preprocessing.ink import border, bounds

# The side of the small copy on which the paper's shade is estimated.
PAPER_SIDE = 128
# The least departure from the paper, in grey levels of 255, that can be ink.
FAINTEST_INK = 24
# What runs along more of the border than this, as a share, is not a digit if there is one further inside.
LONGEST_AT_BORDER = 0.05
SMALLEST_DIGIT = 0.04
# A ground as dark as this is not lit.
BLACK = 16
# No stroke is wider than a sixth of the picture.
WIDEST_STROKE = 6
# A shadow's edge is hard where the paper's shade changes by this share within a sixtieth of the picture, and so long at
# least, as a share of the picture's side.
HARD_EDGE = 0.12
DARKEST_PAPER = 100
SHORTEST_EDGE = 0.3
# Ink smaller than a twentieth of the largest piece is smaller than a pixel of MNIST's box.
SPECK = 20
LENGTH_OF_NO_SPECK = 3


def find_ink(grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """The ink in uint8 `[height, width]`, white on black, zero wherever the paper shows; and whether it was dark.

    Whether it is dark on light or light on dark is told by the border, never by the mean.
    """
    edge = border(grey)
    paper = int(np.median(edge))
    departure = grey.astype(np.int16) - paper
    # Ink is the side on which the picture departs furthest from its paper.
    dark = bool(departure.max() < -departure.min())
    ink = (-departure if dark else departure).clip(0, 255)
    # A program draws on paper of one shade; a digit that runs off the edge leaves most of the border as it is.
    if (edge == paper).mean() < 0.6 or _looks_lossy(ink):
        ink, dark = _photographed_ink(grey)
    return _without_specks(ink.astype(np.uint8)), dark


def _looks_lossy(ink: np.ndarray) -> bool:
    """Whether faint values lie away from strong ink, as around the lines of a JPEG; in MNIST at most 22 do."""
    strong = ink >= 64
    if not strong.any():
        return int(np.count_nonzero(ink)) > 0.02 * ink.size
    rows, columns = bounds(strong)
    box = (rows.stop - rows.start) * (columns.stop - columns.start)
    far = ~ndimage.binary_dilation(strong, iterations=3)
    return int(np.count_nonzero(ink[far])) > max(0.005 * box, 30)


def _photographed_ink(grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """On paper with shade, shadows and grain; float `[height, width]`, 0 to 255, and its polarity."""
    if _has_hard_shadow(grey):
        found, dark = _departing_ink(_departure(grey, _closed(grey)))
        inner = _off_the_edge(found)
        if inner.any() and dark:
            return inner, dark
    return _departing_ink(_departure(grey, _paper(grey)))


def _departing_ink(departure: np.ndarray) -> tuple[np.ndarray, bool]:
    """What stands out of evenly lit paper, 0 to 255, and its polarity."""
    dark = _furthest(-departure) > _furthest(departure)
    ink = -departure if dark else departure
    grain = 1.48 * float(np.median(np.abs(departure[::2, ::2])))
    found = _above_paper(ink, grain)
    beside = _beside_the_paper(found)
    if beside.any():
        # The shade of a desk says nothing about that of the ink.
        found = _above_paper(np.where(beside, 0, ink), grain)
    return found, dark


def _has_hard_shadow(grey: np.ndarray) -> bool:
    """Whether the bare paper becomes darker from one place to the next, along an edge that runs out of the picture.

    No smooth surface follows such an edge. What lies within the picture is the thickest part of a pen's stroke.
    """
    factor = max(math.ceil(max(grey.shape) / PAPER_SIDE), 1)
    small = np.asarray(Image.fromarray(grey).reduce(factor))
    if np.quantile(small, 0.75) < DARKEST_PAPER:
        return False  # a board
    paper = _closed(small)
    steps = [np.abs(np.roll(paper, -2, axis=axis) - paper)[:-2, :-2] for axis in (0, 1)]
    along = np.maximum(*steps) > HARD_EDGE * float(np.median(paper))
    labels, _ = ndimage.label(along, structure=np.ones((3, 3)))
    lengths = np.bincount(labels.ravel())
    at_border = np.unique(
        np.concatenate([labels[:2].ravel(), labels[-2:].ravel(), labels[:, :2].ravel(), labels[:, -2:].ravel()])
    )
    return bool((lengths[at_border[at_border > 0]] > SHORTEST_EDGE * max(paper.shape)).any())


def _closed(grey: np.ndarray) -> np.ndarray:
    """The picture without dark strokes narrower than a sixth of it, float32: paper, its shadows with their edges.

    Closing keeps edges where they are (Serra, "Image Analysis and Mathematical Morphology", 1982).
    """
    side = max(grey.shape) // WIDEST_STROKE | 1
    closed: np.ndarray = ndimage.grey_closing(ndimage.median_filter(grey, 3), size=side)
    return closed.astype(np.float32)


def _off_the_edge(ink: np.ndarray) -> np.ndarray:
    """The ink that does not reach the edge of the picture, as the corner of a shadow does."""
    labels, number = ndimage.label(ink, structure=np.ones((3, 3)))
    kept = np.ones(number + 1, bool)
    kept[border(labels)] = False
    return np.where(kept[labels], ink, 0)


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
    edge = border(labels)
    along = np.bincount(edge, minlength=number + 1) > LONGEST_AT_BORDER * edge.size
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


def _departure(grey: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """How far each pixel departs from the paper of its place, in grey levels of evenly lit paper: float32."""
    departure = grey - paper
    # Light multiplies: ink in the shade departs less from its paper than ink in the light. On black there is no shade.
    middle = float(np.median(paper[::4, ::4]))
    if middle > BLACK:
        departure *= middle / np.maximum(paper, middle / 3)
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
