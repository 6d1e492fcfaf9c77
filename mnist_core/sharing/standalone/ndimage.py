"""The few functions of SciPy's `ndimage` that a digit's preparation needs, for two dimensions, in NumPy alone.

Each answers as `scipy.ndimage` does with the same arguments; borders are reflected unless said otherwise.
SPDX-License-Identifier: MIT. Copyright (c) 2026 The Digit Lab developers.
"""

import math

import numpy as np

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)


def distance_transform_edt(image: np.ndarray) -> np.ndarray:
    """How far each pixel that is not zero lies from the nearest one that is, float64; there must be one."""
    height, width = image.shape
    near = np.where(image, height + width, 0).astype(np.float64)  # within its column
    for row in range(1, height):
        near[row] = np.minimum(near[row], near[row - 1] + 1)
    for row in range(height - 2, -1, -1):
        near[row] = np.minimum(near[row], near[row + 1] + 1)
    across = np.subtract.outer(np.arange(width), np.arange(width)) ** 2
    return np.sqrt(np.stack([(row**2 + across).min(axis=1) for row in near]))


def label(image: np.ndarray, structure: np.ndarray = CROSS) -> tuple[np.ndarray, int]:
    """Numbers the connected pieces of what is not zero, int32 `[height, width]`; and says how many there are.

    Pieces touch at their sides, or with a structure of ones at their corners, too.
    """
    reach = int(bool(structure[0, 0]))
    edges = np.diff(np.pad(image != 0, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, starts), (_, stops) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = run = parents[parents[run]]
        return run

    first = np.searchsorted(rows, np.arange(image.shape[0] + 1)).tolist()
    left, right = starts.tolist(), stops.tolist()
    for row in range(1, image.shape[0]):
        above, here = first[row - 1], first[row]
        while above < first[row] and here < first[row + 1]:
            if left[here] < right[above] + reach and left[above] < right[here] + reach:
                one, other = root(above), root(here)
                parents[max(one, other)] = min(one, other)
            if right[above] < right[here]:
                above += 1
            else:
                here += 1
    names, numbers = np.unique([root(run) for run in parents], return_inverse=True)
    labels = np.zeros(image.shape, np.int32)
    for row, start, stop, number in zip(rows.tolist(), left, right, (numbers + 1).tolist(), strict=True):
        labels[row, start:stop] = number
    return labels, len(names)


def find_objects(labels: np.ndarray) -> list[tuple[slice, slice]]:
    """The smallest box around each numbered piece."""
    number = int(labels.max(initial=0))
    sides = []
    for axis, length in enumerate(labels.shape):
        low, high = np.full(number + 1, length), np.zeros(number + 1, int)
        places = np.broadcast_to(np.arange(length).reshape([-1, 1] if axis == 0 else [1, -1]), labels.shape)
        np.minimum.at(low, labels.ravel(), places.ravel())
        np.maximum.at(high, labels.ravel(), places.ravel())
        sides.append([slice(int(start), int(stop) + 1) for start, stop in zip(low[1:], high[1:], strict=True)])
    return list(zip(*sides, strict=True))


def center_of_mass(image: np.ndarray) -> tuple[float, float]:
    """The mean place of all ink, weighted, in pixels from the middle of the first one."""
    weights = image.astype(np.float64)
    rows, columns = weights.sum(axis=1), weights.sum(axis=0)
    total = weights.sum()
    return float(rows @ np.arange(len(rows)) / total), float(columns @ np.arange(len(columns)) / total)


def binary_dilation(image: np.ndarray, iterations: int = 1) -> np.ndarray:
    """Lets ink grow by a pixel to its four sides, so many times."""
    grown = image != 0
    for _ in range(iterations):
        wide = np.pad(grown, 1)
        grown = wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    return grown


def binary_fill_holes(image: np.ndarray) -> np.ndarray:
    """Fills what cannot be reached from the border."""
    outside, _ = label(np.pad(image == 0, 1, constant_values=True))
    return (outside != outside[0, 0])[1:-1, 1:-1]


def gaussian_filter(image: np.ndarray, sigma: float, mode: str = "reflect") -> np.ndarray:
    """Blurs by a bell of this standard deviation, cut off at four of them."""
    reach = int(4 * sigma + 0.5)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-15)) ** 2)
    return _along_both(image, bell / bell.sum(), mode)


def uniform_filter(image: np.ndarray, size: int) -> np.ndarray:
    """The mean of a square of an odd side around each pixel."""
    return _along_both(image, np.full(size, 1 / size), "reflect")


def _along_both(image: np.ndarray, weights: np.ndarray, mode: str) -> np.ndarray:
    for axis in (0, 1):
        wide = _wide(image, axis, len(weights) // 2, mode)
        length = image.shape[axis]
        total = np.zeros(image.shape, np.float64)
        for place, weight in enumerate(weights.tolist()):
            total += weight * wide.take(range(place, place + length), axis)
        image = total.astype(image.dtype)
    return image


def _wide(image: np.ndarray, axis: int, reach: int, mode: str = "reflect") -> np.ndarray:
    """With as much more on both sides, mirrored at the border or the last values repeated."""
    sides = [(0, 0), (0, 0)]
    sides[axis] = (reach, reach)
    return np.pad(image, sides, mode="symmetric" if mode == "reflect" else "edge")


def median_filter(image: np.ndarray, size: int) -> np.ndarray:
    """The median of a square of an odd side around each pixel."""
    wide = _wide(_wide(image, 0, size // 2), 1, size // 2)
    views = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
    middle = size * size // 2
    rows = [np.partition(row.reshape(len(row), -1), middle, axis=1)[:, middle] for row in views]
    return np.stack(rows).astype(image.dtype)


def grey_closing(image: np.ndarray, size: int) -> np.ndarray:
    """The darkest of the brightest in squares of an odd side: dark strokes narrower than it are gone."""
    for furthest in (np.maximum, np.minimum):
        for axis in (0, 1):
            image = _furthest_along(image, size, axis, furthest)
    return image


def _furthest_along(image: np.ndarray, size: int, axis: int, furthest: np.ufunc) -> np.ndarray:
    """Windows of twice the length are made of two, until they are long enough."""
    found, length = _wide(image, axis, size // 2), image.shape[axis]
    for step in (*(2**power for power in range(int(math.log2(size)))), size - 2 ** int(math.log2(size))):
        if step:
            found = furthest(found, np.roll(found, -step, axis=axis))
    return found.take(range(length), axis)
