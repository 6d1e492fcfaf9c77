"""Sheets, screens and boxes within a picture → each alone, set upright.

Paper that lies on a desk, a phone's screen, the square of a drawing program are four-sided areas of one shade. They are
found as such, by Otsu's thresholds ("A Threshold Selection Method from Gray-Level Histograms", 1979) and the convex
hulls of what they part, and seen from the front by a projective change.
"""

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

# Panels are looked for on a copy of this side.
COPY_SIDE = 320
SMALLEST, LARGEST = 0.06, 0.95  # of the picture
# What a panel fills of its hull, and its four corners of that: an ellipse fills 0.64.
SOLID, FOUR_SIDED = 0.93, 0.92
MOST_INK = 0.45  # of a panel
# So much of its outline may lie at the edge of the picture; a shadow runs along more.
MOST_AT_EDGE = 0.06
LONGEST_ASPECT = 2.6
RIM = 0.03  # what is cut off at each side, as a share
MOST_PANELS = 3
HALVINGS = 3

Corners = np.ndarray  # float `[4, 2]`, x and y, clockwise from the upper left


def find(grey: np.ndarray) -> Iterator[np.ndarray]:
    """Yields each panel of a picture, uint8 `[height, width]`, the largest first, upright and without its rim."""
    factor = max(math.ceil(max(grey.shape) / COPY_SIDE), 1)
    small = np.asarray(Image.fromarray(grey).reduce(factor))
    for corners in _distinct(_panels(small)):
        yield _upright(grey, corners * factor)


def _panels(small: np.ndarray) -> list[tuple[float, Corners]]:
    """The area and the corners of each four-sided area of one shade."""
    smooth = ndimage.median_filter(small, 3)
    found = []
    for threshold in _thresholds(smooth):
        for inside in (smooth > threshold, smooth <= threshold):
            labels, _ = ndimage.label(inside)
            sizes = np.bincount(labels.ravel())[1:]
            for number in np.flatnonzero(sizes >= SMALLEST * (1 - MOST_INK) * small.size) + 1:
                if panel := _panel(labels == number):
                    found.append(panel)
    return sorted(found, key=lambda panel: -panel[0])


def _thresholds(grey: np.ndarray) -> list[int]:
    """Otsu's threshold, and that of each part that it makes, and of their parts: white may lie on nearly white."""
    parts, found = [np.bincount(grey.ravel(), minlength=256).astype(np.float64)], list[int]()
    levels = np.arange(256)
    for _ in range(HALVINGS):
        thresholds = [_otsu(part) for part in parts]
        found += thresholds
        halves = [
            (np.where(levels <= threshold, part, 0), np.where(levels > threshold, part, 0))
            for part, threshold in zip(parts, thresholds, strict=True)
        ]
        parts = [half for pair in halves for half in pair if half.any()]
    return list(dict.fromkeys(found))


def _otsu(histogram: np.ndarray) -> int:
    levels = np.arange(len(histogram))
    below = np.cumsum(histogram)
    above = below[-1] - below
    sums = np.cumsum(histogram * levels)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return int(np.nan_to_num(apart).argmax())


def _panel(area: np.ndarray) -> tuple[float, Corners] | None:
    """The size and the corners of an area, bool `[height, width]`, if it is four-sided; holes belong to it."""
    filled = ndimage.binary_fill_holes(area)
    size = float(filled.sum())
    if not SMALLEST * area.size <= size <= LARGEST * area.size or area.sum() < (1 - MOST_INK) * size:
        return None
    outline = filled & ~ndimage.binary_erosion(filled)
    rows, columns = np.nonzero(outline)
    at_edge = (rows == 0) | (rows == area.shape[0] - 1) | (columns == 0) | (columns == area.shape[1] - 1)
    if at_edge.mean() > MOST_AT_EDGE:
        return None
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    try:
        hull = ConvexHull(points)
    except QhullError:
        return None
    corners = four_corners(points[hull.vertices])
    if size < SOLID * hull.volume or area_of(corners) < FOUR_SIDED * hull.volume:
        return None
    width, height = _sides(corners)
    return (size, corners) if max(width, height) <= LONGEST_ASPECT * min(width, height) else None


def four_corners(hull: np.ndarray) -> Corners:
    """Leaves out the point of a convex hull, float `[N, 2]`, that matters least until four are left, clockwise."""
    points = hull
    while len(points) > 4:
        before, after = np.roll(points, 1, axis=0) - points, np.roll(points, -1, axis=0) - points
        matters = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        points = np.delete(points, int(matters.argmin()), axis=0)
    middle = points.mean(axis=0)
    points = points[np.argsort(np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0]))]
    corners: Corners = np.roll(points, -int(points.sum(axis=1).argmin()), axis=0)
    return corners


def area_of(corners: Corners) -> float:
    """Returns the area of a four-sided figure."""
    x, y = corners.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _sides(corners: Corners) -> tuple[float, float]:
    """The mean width and height of a panel."""
    lengths = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return float(lengths[[0, 2]].mean()), float(lengths[[1, 3]].mean())


def _distinct(panels: list[tuple[float, Corners]]) -> list[Corners]:
    """Leaves out what was found twice, by another threshold."""
    chosen: list[tuple[float, Corners]] = []
    for size, corners in panels:
        middle = corners.mean(axis=0)
        near = 0.1 * math.sqrt(size)
        if all(size < 0.8 * other or np.linalg.norm(middle - placed.mean(axis=0)) > near for other, placed in chosen):
            chosen.append((size, corners))
    return [corners for _, corners in chosen[:MOST_PANELS]]


def _upright(grey: np.ndarray, corners: Corners) -> np.ndarray:
    middle = corners.mean(axis=0)
    inner = middle + (corners - middle) * (1 - 2 * RIM)
    width, height = (max(round(side), 1) for side in _sides(inner))
    numbers = homography(np.array([[0, 0], [width, 0], [width, height], [0, height]]), inner)
    picture = Image.fromarray(grey)
    return np.asarray(
        picture.transform((width, height), Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR)
    )


def homography(seen: Corners, source: Corners) -> list[float]:
    """Solves for the eight numbers by which Pillow finds the place in a source of each pixel of what is to be seen.

    Four points of what is to be seen, float `[4, 2]`, and where each lies in the source.
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))]
