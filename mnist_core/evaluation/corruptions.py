"""Ways to disturb an image of a digit: turned, moved, scaled, written with another pen, noisy, pale.

In the spirit of MNIST-C (Mu and Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019), but each at many
levels, so that a class sees where reading ends and not only that it does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mnist_core.formatting import percent
from mnist_core.language import N_, as_written, gettext
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.pipeline import CENTRE


@dataclass(frozen=True)
class Disturbance:
    """One way to disturb an image."""

    title: str  # for people
    axis: str  # what its levels are, with their unit
    explanation: str  # what is done to an image, in a sentence
    levels: tuple[float, ...]  # from one end to the other, in its unit
    undisturbed: float  # the level at which an image stays as it is
    write: Callable[[float], str]  # writes a level for people: `30°`
    # Images uint8 `[N, 28, 28]` and a level → float `[N, 28, 28]`, 0 to 255 or a little beyond
    change: Callable[[np.ndarray, float], np.ndarray]


def disturbed(kind: str, images: np.ndarray, level: float) -> np.ndarray:
    """Disturbs uint8 `[N, 28, 28]` in one way; chance, where there is any, falls the same way at every level."""
    if level == KINDS[kind].undisturbed or not len(images):
        return images
    return np.rint(KINDS[kind].change(images, level).clip(0, 255)).astype(np.uint8)


def _turned(images: np.ndarray, degrees: float) -> np.ndarray:
    """Clockwise if positive, bilinear, about the pixel of MNIST's centres of mass, or the digits would move."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    matrix = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    centre = np.array([0, CENTRE, CENTRE])
    turned: np.ndarray = ndimage.affine_transform(images.astype(np.float32), matrix, centre - matrix @ centre, order=1)
    return turned


def _scaled(images: np.ndarray, factor: float) -> np.ndarray:
    """Scales about the same pixel, bilinear; a smaller picture's pixels are means, or thin lines would fall between."""
    sources = CENTRE + (np.arange(SIDE) - CENTRE) / factor
    pixels = np.arange(-SIDE, 2 * SIDE)  # those beyond the edges are black, but weigh as much
    weights = np.maximum(1 - np.abs(sources[:, np.newaxis] - pixels) / max(1, 1 / factor), 0)
    weights = (weights / weights.sum(axis=1, keepdims=True))[:, SIDE : 2 * SIDE].astype(np.float32)
    return weights @ images.astype(np.float32) @ weights.T


def _moved(images: np.ndarray, pixels: float) -> np.ndarray:
    """Moves each image down, up, right or left, a quarter of them each."""
    by, moved = int(pixels), np.zeros_like(images)
    padded = np.pad(images, ((0, 0), (by, by), (by, by)))
    for number, (down, right) in enumerate([(1, 0), (-1, 0), (0, 1), (0, -1)]):
        top, left = by - down * by, by - right * by
        moved[number::4] = padded[number::4, top : top + SIDE, left : left + SIDE]
    return moved


def _with_pen(images: np.ndarray, pixels: float) -> np.ndarray:
    """Makes the pen so many pixels wider, or narrower: the lab's own change of pens in training, taken further."""
    outermost = ndimage.maximum_filter if pixels > 0 else ndimage.minimum_filter
    left, result = abs(pixels), images.astype(np.float32)
    while left > 0:
        # A step of one pixel outward on both sides; a share of a step blends, as a pen's edge on a pixel does.
        moved = outermost(result, size=(1, 3, 3))
        result = result + min(left / 2, 1) * (moved - result)
        left -= 2
    return result


def _noisy(images: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(images.shape, np.float32)
    return images + np.float32(deviation) * noise


def _pale(images: np.ndarray, contrast: float) -> np.ndarray:
    """Brings black and white nearer to the grey between them."""
    return 127.5 + contrast * (images.astype(np.float32) - 127.5)


def _signed(number: float, unit: str) -> str:
    return as_written(f"{'−' if number < 0 else ''}{abs(number):g}{unit}")


KINDS = {
    "rotation": Disturbance(
        N_("Rotation"),
        N_("Turn in degrees"),
        N_("Each digit is turned: clockwise, or to the left where a minus stands."),
        (-60, -45, -30, -15, 0, 15, 30, 45, 60),
        0,
        lambda level: _signed(level, "°"),
        _turned,
    ),
    "shift": Disturbance(
        N_("Shift"),
        N_("Pixels to one side"),
        N_("Each digit is moved up, down, left or right. Beyond 4 pixels some ink falls off the picture."),
        (0, 1, 2, 3, 4, 5, 6, 8, 10),
        0,
        lambda level: as_written(f"{level:g} px"),
        _moved,
    ),
    "scale": Disturbance(
        N_("Size"),
        N_("Size, 1 as written"),
        N_("Each digit is made smaller or larger. Beyond 1.3 some ink falls off the picture."),
        (0.5, 0.625, 0.75, 0.875, 1, 1.125, 1.25, 1.375, 1.5),
        1,
        lambda level: as_written(f"{level:g}×"),
        _scaled,
    ),
    "pen": Disturbance(
        N_("Pen width"),
        N_("Pixels wider or narrower"),
        N_("The pen is made wider or narrower. In MNIST it is about 2.5 pixels wide."),
        (-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5),
        0,
        lambda level: f"{'+' if level > 0 else ''}{_signed(level, ' px')}",
        _with_pen,
    ),
    "noise": Disturbance(
        N_("Noise"),
        N_("Strength in greys"),
        N_("Each pixel gets lighter or darker by chance. Black is 0, white is 255."),
        (0, 20, 40, 60, 80, 100, 120, 140, 160),
        0,
        lambda level: gettext("{level:g} greys", level=level),
        _noisy,
    ),
    "contrast": Disturbance(
        N_("Contrast"),
        N_("Contrast that is left"),
        N_("Ink and paper both fade towards the grey between them."),
        (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1),
        1,
        lambda level: percent(level, 0),
        _pale,
    ),
}
