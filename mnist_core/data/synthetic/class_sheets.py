"""The class's printed sheet, filled in by writers and photographed where it lies on a desk."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.picture_scenes import photograph, seen_from
from mnist_core.preprocessing import class_sheet
from mnist_core.preprocessing.strokes import Strokes, paint

EMPTY = 0.15  # share of the boxes that stay empty
# Of a digit's longest side, as a share of its box's width; of its middle, as a share of the room; of the pen, in mm.
SIZES, PENS = (0.45, 0.85), (0.4, 1.0)
# Photographs have so many pixels from top to bottom, of which the sheet takes a share.
HEIGHTS, SHARES = (1200, 2200), (0.72, 0.92)
PERSPECTIVE = 0.05  # of the sheet's side: by how much each corner is moved at random at most
TILT = 12  # degrees
UPRIGHT = (0.7, 0.1, 0.1, 0.1)  # how often a sheet is seen upright, and turned by one to three quarters
DESKS = ((70, 50, 38), (45, 45, 50), (150, 120, 95), (205, 205, 210))  # colours, dark and light


@dataclass(frozen=True)
class Filled:
    """A sheet with digits in its boxes."""

    page: np.ndarray  # uint8 `[height, width]`, dark on light
    written: dict[tuple[int, int], int]  # by row and column: the index of the drawing in it


def fill(page: np.ndarray, drawn: Handwriting, random: np.random.Generator) -> Filled:
    """Writes digits into the boxes of a printed sheet, uint8 `[height, width]`: a column for each of some writers."""
    scale = page.shape[0] / class_sheet.PAGE[1]
    ink = np.zeros(page.shape, np.float32)
    written = {}
    writers = random.choice(np.unique(drawn.writers), class_sheet.COLUMNS)
    for column, writer in enumerate(writers):
        pen, shade = random.uniform(*PENS), random.uniform(0.6, 0.95)
        for row in range(class_sheet.ROWS):
            own = np.flatnonzero((drawn.writers == writer) & (drawn.labels == row))
            if not len(own) or random.random() < EMPTY:
                continue
            index = int(random.choice(own))
            left, top, right, bottom = (round(side * scale) for side in class_sheet.box_of(row, column))
            strokes = _placed(drawn.strokes[index], np.array([right - left, bottom - top]), random)
            painted = paint(strokes, right - left, bottom - top, pen * scale, 2)
            ink[top:bottom, left:right] = shade * painted.astype(np.float32) / 255
            written[row, column] = index
    return Filled(np.rint(page * (1 - ink)).astype(np.uint8), written)


def _placed(strokes: Strokes, room: np.ndarray, random: np.random.Generator) -> Strokes:
    """Lays a digit into a box, in pixels."""
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = random.uniform(*SIZES) * room[0] / max(float(extent.max()), 1e-9)
    corner = (room - extent * scale) * random.uniform(0.15, 0.85, 2)
    return [(stroke - low) * scale + corner for stroke in strokes]


def photographed(page: np.ndarray, random: np.random.Generator) -> bytes:
    """Photographs a sheet on a desk, in perspective and any way up, with shade, blur and grain; a JPEG file."""
    height = int(random.integers(*HEIGHTS))
    width = round(0.75 * height)
    corners = _corners(width, height, random)
    around = np.tile(np.array(DESKS[random.integers(len(DESKS))], np.float32), (height, width, 1))
    around *= 1 + 0.5 * ndimage.gaussian_filter(random.normal(0, 1, (height, width)), (1, 25))[..., np.newaxis]
    sheet = np.repeat((page * 0.92)[..., np.newaxis], 3, axis=-1)
    scene = seen_from(sheet, corners, around)
    return photograph(np.rot90(scene, random.choice([0, 1, 2, 3], p=UPRIGHT)), random, 0.4)


def _corners(width: int, height: int, random: np.random.Generator) -> np.ndarray:
    """Where the corners of the sheet are seen, clockwise from the upper left: float `[4, 2]`, all in the picture."""
    across, down = class_sheet.PAGE
    half = np.array([across / down, 1.0]) * height * random.uniform(*SHARES) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners = corners + 2 * PERSPECTIVE * random.uniform(-1, 1, (4, 2)) * half
    angle = np.deg2rad(random.uniform(-TILT, TILT))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners, middle = corners @ turn, np.array([width, height]) / 2
    placed: np.ndarray = corners * min(1.0, float((0.98 * middle / np.abs(corners).max(axis=0)).min())) + middle
    return placed
