"""A coloured picture → the shades of grey in which its ink stands out; transparency becomes paper.

Most pens are darker than their paper. A yellow pen on white, or red on green, differ in one of the three colours alone,
which the usual sum of them hides.
"""

import math

import numpy as np
from PIL import Image

# Contrast is looked for on a copy of this side; a line a hundredth as wide as the picture is left there.
COPY_SIDE = 128
# One colour alone takes the place of the usual grey only where it shows so many times the contrast: it has more noise.
CLEARLY = 2.0
# What is mostly opaque, as a share of its box, is a sheet; ink alone leaves most of its own empty.
SHEET = 0.6
SHEET_WITH_HOLES = 0.8
# So far apart, in grey levels, are a sheet and the ink on it.
INK_ON_SHEET = 48


def clearest_grey(picture: Image.Image) -> np.ndarray:
    """Returns the usual grey of an RGB picture, or that one of its colours in which much more stands out: uint8.

    A grey picture comes back as it is.
    """
    factor = max(math.ceil(max(picture.size) / COPY_SIDE), 1)
    small = picture.reduce(factor)
    usual = _contrast(np.asarray(small.convert("L"), np.float32))
    contrasts = [_contrast(np.asarray(colour, np.float32)) for colour in small.split()]
    best = int(np.argmax(contrasts))
    if contrasts[best] > CLEARLY * usual:
        return np.asarray(picture.getchannel(best))
    return np.asarray(picture.convert("L"))


def _contrast(shades: np.ndarray) -> float:
    """How far what stands out departs from what is around it, in grey levels, float32 `[height, width]`; no shade does.

    That of a line, not of light that falls unevenly: what is broader than a fifth of the picture is taken for paper.
    """
    from scipy import ndimage  # a third of a second, for those who read pictures

    departure = shades - ndimage.gaussian_filter(shades, max(shades.shape) / 10, mode="nearest")
    noise = 1.48 * float(np.median(np.abs(departure - np.median(departure))))
    low, high = np.quantile(departure, [0.005, 0.995])
    return max(float(max(high, -low)) - 3 * noise, 0.0)


def without_transparency(picture: Image.Image) -> Image.Image:
    """Lays an RGBA picture on paper: RGB.

    Ink on nothing gets paper of the opposite shade. Around a sheet there is more of the sheet; where it is of one
    shade, what was cut out of it is ink.
    """
    from scipy import ndimage

    from mnist_core.preprocessing.ink import tight_box

    grey, alpha = np.asarray(picture.convert("L")), np.asarray(picture.getchannel("A"))
    opaque = alpha > 127
    if not opaque.any():
        return _on(picture, np.full(3, 255))
    share = tight_box(opaque).mean()
    shades = grey[opaque]
    # Light ink on nothing would vanish on white paper.
    opposite = 0 if shades.mean() > 127 else 255
    low, high = np.quantile(shades, [0.005, 0.995])
    is_of_one_shade = high - low < INK_ON_SHEET
    holes = ndimage.binary_fill_holes(opaque) & ~opaque
    if share < SHEET or (is_of_one_shade and (share < SHEET_WITH_HOLES or not holes.any())):
        return _on(picture, np.full(3, opposite))
    sheet = np.median(np.asarray(picture.convert("RGB"))[opaque], axis=0)
    if is_of_one_shade:
        around = ndimage.binary_dilation(holes, iterations=2)
        return _on(picture, np.where(around[..., np.newaxis], opposite, sheet))
    return _on(picture, sheet)


def _on(picture: Image.Image, paper: np.ndarray) -> Image.Image:
    """Lays a picture on paper, a colour `[3]` or one for each pixel `[height, width, 3]`."""
    share = np.asarray(picture.getchannel("A"), np.float32)[..., np.newaxis] / 255
    colours = np.asarray(picture.convert("RGB"), np.float32)
    return Image.fromarray(np.rint(colours * share + paper * (1 - share)).astype(np.uint8))
