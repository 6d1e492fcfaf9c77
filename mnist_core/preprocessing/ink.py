"""Ink on an empty ground: where it lies, how wide its pen is, and the same with a wider or a thinner one."""

import numpy as np
from scipy import ndimage


def bounds(ink: np.ndarray) -> tuple[slice, slice]:
    """The rows and columns of the smallest box that holds all ink; empty slices where nothing is inked."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def border(picture: np.ndarray) -> np.ndarray:
    """The values along all four edges of `[height, width]`, one after the other; corners come twice."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def tight_box(ink: np.ndarray) -> np.ndarray:
    """Cuts away the empty margin; an array without ink comes back empty."""
    return ink[bounds(ink)]


def pen_width(ink: np.ndarray) -> float:
    """Across a stroke, the mean distance to its edge is a quarter of its width; crossings add some 5 %."""
    distance = ndimage.distance_transform_edt(np.pad(ink, 1))
    inside = distance[distance > 0]
    # A pixel's centre is half a pixel nearer to the edge than to the next pixel's centre.
    return 4 * float(inside.mean() - 0.5) if inside.size else 0.0


def with_moved_outline(ink: np.ndarray, change: float, unit: int) -> np.ndarray:
    """Moves the outline of bool `[height, width]`, so that its pen is wider or thinner: uint8, anti-aliased.

    `change` is in pixels, outward if positive, and goes as far as no loop closes and no line is lost; `unit` is what is
    small: one pixel of the final picture.
    """
    grows = change > 0
    # How far outside or inside matters only where the outline goes.
    distance = 0.5 - ndimage.distance_transform_edt(~ink) if grows else ndimage.distance_transform_edt(ink) - 0.5
    keeps = _Holes(ink, unit) if grows else _Pieces(ink)
    for share in (1.0, 0.75, 0.5, 0.25):
        cover = (distance + change * share + 0.5).clip(0, 1)
        if not grows:
            cover = _with_thin_lines(ink, cover, 1.5 * unit - 2 * change * share)
        if keeps.all_of(cover >= 0.5):
            return np.rint(255 * cover).astype(np.uint8)
    return np.where(ink, 255, 0).astype(np.uint8)


class _Holes:
    """The holes of ink, and what lies around it; those smaller than a pixel of the final picture are grain."""

    def __init__(self, ink: np.ndarray, unit: int) -> None:
        self._labels = ndimage.label(~np.pad(ink, 1, constant_values=False))[0]
        self._large = np.bincount(self._labels.ravel()) >= unit**2
        self._large[0] = False  # the ink

    def all_of(self, ink: np.ndarray) -> bool:
        """Whether every hole is still one where there is more ink."""
        left = np.bincount(self._labels[~np.pad(ink, 1)], minlength=len(self._large)) > 0
        return bool(left[self._large].all())


class _Pieces:
    """The pieces of ink."""

    def __init__(self, ink: np.ndarray) -> None:
        self._number = _pieces_of(ink)

    def all_of(self, ink: np.ndarray) -> bool:
        """Whether there are as many where there is less ink."""
        return _pieces_of(ink) == self._number


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
