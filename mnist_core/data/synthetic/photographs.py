"""Simulated photographs of digits, with shade, shadow, tilt, blur, grain and lines."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_core.mnist import SIDE
from mnist_core.preprocessing.panels import homography
from mnist_core.preprocessing.strokes import BOX


def encode(image: np.ndarray | Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    content = io.BytesIO()
    picture = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    picture.save(content, file_format, **options)
    return content.getvalue()


@dataclass(frozen=True)
class Paper:
    """How a digit is photographed."""

    height: int = 300  # how large the digit's 20-pixel box becomes, in pixels of the photograph
    margin: float = 1.8  # width and height of the photograph in such boxes
    light_on_dark: bool = False  # chalk on a board instead of ink on paper
    tilt: float = 0.0  # how far the digit is turned, in degrees
    shade: float = 0.7  # brightness at the darkest end of the sheet, as a share of that at the brightest
    shadow: float = 0.8  # brightness within a shadow with a soft edge; 1 for none
    blur: float = 0.7  # standard deviation of the lens's blur, in pixels
    grain: float = 5.0  # standard deviation of the sensor's noise, in grey levels
    quality: int = 75
    lines: str = "none"  # `none`, `ruled` or `squared`; fainter than the ink, as on printed exercise books


def random_paper(random: np.random.Generator, lines: str = "none") -> Paper:
    """Draws a paper as a class would photograph it, and somewhat worse."""
    return Paper(
        height=int(random.integers(150, 601)),
        margin=float(random.uniform(1.3, 2.5)),
        light_on_dark=bool(random.random() < 0.3),
        tilt=float(random.uniform(-10, 10)),
        shade=float(random.uniform(0.5, 1)),
        shadow=float(random.choice([1.0, random.uniform(0.6, 0.9)])),
        blur=float(random.uniform(0, 1.5)),
        grain=float(random.uniform(0, 10)),
        quality=int(random.integers(50, 91)),
        lines=lines,
    )


def photograph(image: np.ndarray, paper: Paper, random: np.random.Generator) -> bytes:
    """Photographs a digit, uint8 `[28, 28]`, white ink on black; returns a grey JPEG file."""
    side = round(paper.height * paper.margin)
    ink = _enlarged(image, paper, side, random)
    return _seen(ink, paper, random)


def _seen(ink: np.ndarray, paper: Paper, random: np.random.Generator) -> bytes:
    """Lights ink on a sheet, float `[side, side]`, 1 where there is some, and takes the picture: a grey JPEG file."""
    side = len(ink)
    surface, colour = (0.16, 0.9) if paper.light_on_dark else (0.9, random.uniform(0.1, 0.35))
    scene = surface + (colour - surface) * ink
    scene += (colour - surface) * 0.3 * (1 - ink) * _lines(paper, side, random)
    seen = ndimage.gaussian_filter(scene * _light(paper, side, random), paper.blur)
    grey = 255 * seen + random.normal(0, paper.grain, seen.shape)
    return encode(np.rint(grey).clip(0, 255).astype(np.uint8), "JPEG", quality=paper.quality)


def _enlarged(image: np.ndarray, paper: Paper, side: int, random: np.random.Generator) -> np.ndarray:
    """Prints a digit large, tilted, somewhere on the sheet; float `[side, side]`, 1 where there is ink."""
    size = round(paper.height * SIDE / BOX)
    large = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)
    large = large.rotate(paper.tilt, Image.Resampling.BILINEAR, expand=True)
    rows, columns = (np.flatnonzero(np.asarray(large).any(axis=axis)) for axis in (1, 0))
    large = large.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    # A pen's edge is sharper than that of 20 pixels enlarged.
    edge = random.uniform(1.5, 4)
    ink = ((np.asarray(large, np.float32) / 255 - 0.5) * edge + 0.5).clip(0, 1)
    ink = ink[: side - 2, : side - 2]
    room = side - np.array(ink.shape)
    top, left = (int(random.uniform(0.1, 0.9) * space) for space in room)
    sheet = np.zeros((side, side), np.float32)
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return sheet


def _light(paper: Paper, side: int, random: np.random.Generator) -> np.ndarray:
    """Brightness of each point: a slope across the sheet, and a shadow that falls over a part of it."""
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    angle, shadow_angle = random.uniform(0, 2 * np.pi, 2)
    slope = (np.cos(angle) * rows + np.sin(angle) * columns) / np.sqrt(2)
    light = 1 - (1 - paper.shade) * (1 + slope) / 2
    distance = np.cos(shadow_angle) * rows + np.sin(shadow_angle) * columns - random.uniform(-0.7, 0.7)
    return light * (1 - (1 - paper.shadow) / (1 + np.exp(-distance / 0.06)))


def _lines(paper: Paper, side: int, random: np.random.Generator) -> np.ndarray:
    """Printed lines, 1 where there is one: float `[side, side]`."""
    sheet = np.zeros((side, side), np.float32)
    if paper.lines == "none":
        return sheet
    step = max(round(paper.height * random.uniform(0.3, 1.1)), 20)
    width = max(round(side / 300), 1)
    for start in range(int(random.integers(step)), side, step):
        sheet[start : start + width] = 1
        if paper.lines == "squared":
            sheet[:, start : start + width] = 1
    return ndimage.rotate(sheet, random.uniform(-3, 3), reshape=False, order=1, mode="nearest")


# --- Whole sheets ------------------------------------------------------------------------------------------------


def photograph_sheet(ink: np.ndarray, paper: Paper, perspective: float, random: np.random.Generator) -> bytes:
    """Photographs a square sheet of digits, uint8 `[side, side]`, white ink on black; returns a grey JPEG file.

    Of `paper`, its height and margin do not matter: the sheet is as large as it is given. It is turned by the tilt,
    and each corner is moved at random by up to `perspective`, a share of the side, as a camera held askew has it.
    """
    side = len(ink)
    corners = _corners(side, paper.tilt, perspective, random)
    moved = Image.fromarray(ink).transform(
        (side, side), Image.Transform.PERSPECTIVE, homography(corners, square(side, side)), Image.Resampling.BICUBIC
    )
    return _seen(np.asarray(moved, np.float32) / 255, paper, random)


def square(width: int, height: int) -> np.ndarray:
    """The corners of an upright sheet, clockwise from the upper left: float `[4, 2]`, x and y."""
    return np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * [width, height]


def _corners(side: int, tilt: float, perspective: float, random: np.random.Generator) -> np.ndarray:
    """Where the sheet's corners come to lie, clockwise from the upper left, all in the picture: float `[4, 2]`."""
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)
    angle = np.deg2rad(tilt)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = square @ turn + 2 * perspective * random.uniform(-1, 1, square.shape)
    return (seen / max(float(np.abs(seen).max()), 1) + 1) / 2 * side
