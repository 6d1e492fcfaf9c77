"""Digits as HTML: sharp, enlarged without smoothing, each with a caption in words. Never Streamlit."""

import base64
import io
import math
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from mnist_core.presentation.markup import part

# A larger picture is embedded at so many times the size at which it is shown, enough for any screen.
SHARPNESS = 3
# A larger grey picture is written by the numbers of its greys: no filters are tried for those, which halves the time.
WITH_PALETTE = 10_000
GREYS = bytes(grey for grey in range(256) for _ in range(3))


def png(image: np.ndarray) -> bytes:
    """Of uint8 `[height, width]` or, in colour, `[height, width, 3]`."""
    content, picture = io.BytesIO(), Image.fromarray(image)
    if image.ndim == 2 and image.size > WITH_PALETTE:
        picture = Image.frombytes("P", picture.size, image.tobytes())
        picture.putpalette(GREYS)
    # Those of a page are small: time is worth more. Ink on black is runs of the same.
    picture.save(content, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return content.getvalue()


def source(picture: np.ndarray) -> str:
    """A picture, as `png` takes it, as the address that an `<img>` holds it in."""
    return f"data:image/png;base64,{base64.b64encode(png(picture)).decode()}"


def figure(image: np.ndarray, caption: str, size: int, alt: str = "") -> str:
    """One picture, uint8 `[height, width]`, `size` pixels wide; `alt` is for screen readers, by default the caption."""
    return part("pictures.html", "figure", source(_shrunk(image, size)), caption, alt, size)


def _shrunk(image: np.ndarray, size: int) -> np.ndarray:
    factor = max(image.shape[:2]) // (SHARPNESS * size)
    return np.asarray(Image.fromarray(image).reduce(factor)) if factor > 1 else image


def gallery(images: Sequence[np.ndarray] | np.ndarray, captions: Sequence[str], size: int = 72) -> str:
    """In rows that wrap to the width of the page."""
    images = list(images)  # all are held, so that each has an identity of its own
    made = {id(image): image for image in images}  # one that comes twice is made once
    sources = {name: source(_shrunk(image, size)) for name, image in made.items()}
    pictures = [(sources[id(image)], caption) for image, caption in zip(images, captions, strict=True)]
    return part("pictures.html", "gallery", pictures, size)


# --- Signed values and many small pictures -----------------------------------------------------------------------

# Okabe and Ito's orange and sky blue: told apart by people with any colour vision, and both bright on black.
ABOVE = (230, 159, 0)
BELOW = (86, 180, 233)
GAP_SHADE = 70


def in_colour(values: np.ndarray, limit: float = 0.0) -> np.ndarray:
    """Orange above 0, blue below, black at 0 and NaN; `limit` (by default the largest) gets the full colour."""
    values = np.nan_to_num(values.astype(np.float64))
    share = np.clip(values / (limit or max(float(np.abs(values).max()), 1e-12)), -1, 1)[..., np.newaxis]
    return np.round(np.where(share > 0, share * ABOVE, -share * BELOW)).astype(np.uint8)


def overlay(image: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Lays what mattered over a digit: orange above 0, blue below, stronger colour for more; the ink stays brighter."""
    ink = image.astype(np.float64)[..., np.newaxis] / 255
    share = np.clip(values / _large(np.abs(values[values != 0]), 0.97), -1, 1)[..., np.newaxis]
    colour = np.where(share > 0, ABOVE, BELOW) * (0.7 + 0.3 * ink)
    grey = 30 + 190 * ink
    return np.round((1 - np.abs(share)) * grey + np.abs(share) * colour).astype(np.uint8)


def _large(sizes: np.ndarray, quantile: float) -> float:
    """The size that gets the full colour: not the largest, beside which all others would look black."""
    return (float(np.quantile(sizes, quantile)) or float(sizes.max())) if sizes.any() else 1.0


def mosaic(pictures: np.ndarray, columns: int = 8) -> np.ndarray:
    """Puts small pictures of one size in rows, with a grey line of one pixel between them.

    uint8 `[N, height, width]` or `[N, height, width, 3]`, at least one, become one; where the last row is not full, the
    rest is grey.
    """
    number, height, width = pictures.shape[:3]
    columns = min(columns, number)
    rows = math.ceil(number / columns)
    result = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, *pictures.shape[3:]), GAP_SHADE, np.uint8)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        top, left = row * (height + 1), column * (width + 1)
        result[top : top + height, left : left + width] = picture
    return result


def layer_picture(values: np.ndarray, shown: int = 32, same_scale: bool = True) -> np.ndarray:
    """Draws the channels of a layer as one picture, the strongest (by mean size) first, at most `shown`.

    Where no value is below 0, white is large and black is 0; else orange is above 0 and blue below, and NaN is black.
    They share one scale, as activations do, which can be compared, or each has its own.
    """
    values = np.nan_to_num(values.astype(np.float64))
    sizes = np.abs(values)
    strongest = (-sizes.mean(axis=(1, 2))).argsort(kind="stable")[:shown]
    values, sizes = values[strongest], sizes[strongest]
    full = _large(sizes, 0.99) if same_scale else np.maximum(sizes.max(axis=(1, 2), keepdims=True), 1e-12)
    values = np.clip(values / full, -1, 1)
    return mosaic(np.round(255 * values).astype(np.uint8) if values.min() >= 0 else in_colour(values, 1.0))


def layers_gallery(pictures: Sequence[np.ndarray], captions: Sequence[str], alts: Sequence[str]) -> str:
    """One picture a layer, as wide as the page lets it be, its caption above; `alts` are for screen readers."""
    shown = (
        (source(picture), caption, alt, _shown_width(picture))
        for picture, caption, alt in zip(pictures, captions, alts, strict=True)
    )
    return part("pictures.html", "layers", shown)


def _shown_width(picture: np.ndarray) -> int:
    """The width that enlarges a picture by a whole number, to at most 560 pixels and no taller than that."""
    return int(picture.shape[1] * max(560 // max(picture.shape[:2]), 1))


# --- Several digits in one picture -------------------------------------------------------------------------------


def framed(
    image: np.ndarray,
    frames: Sequence[tuple[tuple[float, float, float, float], str]],
    alt: str,
    is_crowded: bool = False,
) -> str:
    """What lies around frames on a picture, the frames, and a word above each, unless there is no room for words.

    A frame is its left, top, right and bottom edge in pixels of the picture; a screen reader says `alt` instead of all
    of it.
    """
    margin = round(0.15 * max(bottom - top for (_, top, _, bottom), _ in frames))
    first = max(round(min(top for (_, top, _, _), _ in frames)) - margin, 0)
    image = image[first : round(max(bottom for (_, _, _, bottom), _ in frames)) + margin]
    height, width = image.shape
    boxes = [
        (
            f"left:{100 * left / width:.2f}%;top:{100 * (top - first) / height:.2f}%;"
            f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%",
            word,
        )
        for (left, top, right, bottom), word in frames
    ]
    return part("pictures.html", "framed", source(image), boxes, alt, is_crowded)
