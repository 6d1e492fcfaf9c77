"""Ink of a picture → the strokes of a pen along its middle, so that a digit on paper is kept as a drawing is.

Thinning is that of Guo and Hall, "Parallel Thinning with Two-Subiteration Algorithms", 1989. In which order and which
way a pen went cannot be seen; where lines cross, a stroke goes on the straightest way.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_core.preprocessing.ink import pen_width, tight_box
from mnist_core.preprocessing.strokes import Strokes

# The longest side of the ink while it is thinned, in pixels: four times MNIST's.
WORKING_SIDE = 80
# A side branch shorter than this, in pen widths, is a bump of the outline; a hole narrower than this a gap in the ink.
SHORTEST_BRANCH, NARROWEST_HOLE = 0.75, 0.4
# Ink that lies further from its edge than this, in pen widths, and so much of it, is a loop that the pen has filled.
DEEPEST, FILLED_LOOP = 0.65, 0.5
# A stroke goes on across a place where lines meet if it bends by less than this, as the cosine.
BEND = np.cos(np.deg2rad(60))
SMOOTHING = 1.5  # standard deviation along a stroke, in pixels of the working size
STEP = 2  # every so many points are kept

Path = np.ndarray  # int `[points, 2]`, row and column


def trace(ink: np.ndarray) -> Strokes:
    """Returns strokes along the middle of some ink.

    Args:
        ink: uint8 `[height, width]`, white on black, some of it 128 or more.

    Returns:
        At least one stroke, float64 `[points, 2]`, x and y, in pixels of the ink's tight box. The pen's width is lost:
        whoever paints chooses another one.
    """
    box = tight_box(ink)
    factor = max(box.shape) / WORKING_SIDE
    size = [max(round(side / factor), 1) for side in box.shape[::-1]]
    small = np.pad(np.asarray(Image.fromarray(box).resize((size[0], size[1]), Image.Resampling.BILINEAR)) >= 128, 2)
    pen = max(pen_width(small), 1.0)
    thin = _thinned(_with_open_loops(_without_gaps(small, pen), pen))
    shortest = SHORTEST_BRANCH * pen
    paths = _joined(_without_bridges(_without_bumps(_branches(thin), shortest), shortest))
    return [(_smoothed(path)[:, ::-1] - 1.5) * factor for path in paths]


def _without_gaps(ink: np.ndarray, pen: float) -> np.ndarray:
    """Fills holes that are too small for a loop."""
    holes, _ = ndimage.label(~ink)
    small = np.bincount(holes.ravel()) < (NARROWEST_HOLE * pen) ** 2
    filled: np.ndarray = ink | small[holes]
    return filled


def _with_open_loops(ink: np.ndarray, pen: float) -> np.ndarray:
    """Opens what lies too deep for a line, or a crossing of lines: a loop that the pen has filled."""
    deep, _ = ndimage.label(ndimage.distance_transform_edt(ink) > DEEPEST * pen)
    large = np.bincount(deep.ravel()) >= (FILLED_LOOP * pen) ** 2
    large[0] = False
    opened: np.ndarray = ink & ~large[deep]
    return opened


def _thinned(ink: np.ndarray) -> np.ndarray:
    """Peels bool `[height, width]`, its border empty, until lines one pixel wide are left."""
    thin = ink.copy()
    while True:
        before = thin.copy()
        for first in (True, False):
            thin[1:-1, 1:-1] &= ~_peel(thin, first)
        if (thin == before).all():
            return thin


def _peel(thin: np.ndarray, first: bool) -> np.ndarray:
    """Finds what one of the two turns takes away: neither an end of a line nor what holds two parts together."""
    north, north_east, east, south_east, south, south_west, west, north_west = (
        thin[1 + down : thin.shape[0] - 1 + down, 1 + across : thin.shape[1] - 1 + across] for down, across in AROUND
    )
    parts = (
        (~north & (north_east | east)).astype(np.int8)
        + (~east & (south_east | south))
        + (~south & (south_west | west))
        + (~west & (north_west | north))
    )
    one = (north_west | north).astype(np.int8) + (north_east | east) + (south_east | south) + (south_west | west)
    other = (north | north_east).astype(np.int8) + (east | south_east) + (south | south_west) + (west | north_west)
    neighbours = np.minimum(one, other)
    kept = (south | south_west | ~north_west) & west if first else (north | north_east | ~south_east) & east
    peeled: np.ndarray = (parts == 1) & (neighbours >= 2) & (neighbours <= 3) & ~kept
    return peeled


# Clockwise from the north: down and across.
AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


# --- Lines -------------------------------------------------------------------------------------------------------


def _branches(thin: np.ndarray) -> list[Path]:
    """Takes thin lines apart where they meet; each branch has both its ends, a ring the same one twice."""
    near = _neighbours(thin)
    nodes = [pixel for pixel, others in near.items() if len(others) != 2]
    used = set[frozenset[tuple[int, int]]]()
    found = []
    # Rings without an end or a crossing begin anywhere.
    for start in [*nodes, *near]:
        for second in near[start]:
            if frozenset((start, second)) in used:
                continue
            path = [start, second]
            used.add(frozenset(path))
            while len(near[path[-1]]) == 2 and path[-1] != start:
                following = next(pixel for pixel in near[path[-1]] if pixel != path[-2])
                used.add(frozenset((path[-1], following)))
                path.append(following)
            found.append(np.array(path))
    alone = [np.array([pixel]) for pixel, others in near.items() if not others]
    return found + alone


def _neighbours(thin: np.ndarray) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """The pixels beside each pixel of thin lines; two that touch at a corner only where no third lies beside both."""
    pixels = {(int(row), int(column)) for row, column in np.argwhere(thin)}
    near = {}
    for row, column in pixels:
        near[row, column] = [
            (row + down, column + across)
            for down, across in AROUND
            if (row + down, column + across) in pixels
            and not (down and across and {(row + down, column), (row, column + across)} & pixels)
        ]
    return near


def _ends(paths: Sequence[Path]) -> dict[tuple[int, ...], list[tuple[int, int]]]:
    """Which paths end at a pixel, and at which of their ends: 0 or -1."""
    ends = defaultdict(list)
    for number, path in enumerate(paths):
        for end in (0, -1):
            ends[tuple(path[end].tolist())].append((number, end))
    return ends


def _without_bumps(paths: Sequence[Path], shortest: float) -> list[Path]:
    """Leaves out short branches of which one end is free and the other meets longer ones."""
    ends = _ends(paths)

    def is_bump(path: Path) -> bool:
        meeting = sorted(len(ends[tuple(path[end].tolist())]) for end in (0, -1))
        return len(path) <= shortest and meeting[0] == 1 and meeting[1] > 2

    return [path for path in paths if not is_bump(path)] or list(paths)


def _without_bridges(paths: Sequence[Path], shortest: float) -> list[Path]:
    """Lets lines meet at one point that cross there: thin, two crossing lines share a short piece of their way."""
    paths = list(paths)

    def is_bridge(path: Path) -> bool:
        ends = _ends(paths)
        return 1 < len(path) <= shortest and all(len(ends[tuple(path[end].tolist())]) > 2 for end in (0, -1))

    while (bridge := next((path for path in paths if is_bridge(path)), None)) is not None:
        paths = [_led_to(path, bridge) for path in paths if path is not bridge]
    return paths


def _led_to(path: Path, bridge: Path) -> Path:
    """Leads those ends of a path that lie at an end of a bridge to its middle."""
    middle, ends = bridge[[len(bridge) // 2]], bridge[[0, -1]]
    first, last = ((path[end] == ends).all(axis=1).any() for end in (0, -1))
    return np.concatenate([middle[: int(first)], path, middle[: int(last)]])


def _joined(paths: Sequence[Path]) -> list[Path]:
    """Joins branches that go on straight where they meet, until none do."""
    paths = list(paths)
    while pair := _straightest(paths):
        (one, one_end), (other, other_end) = pair
        first = paths[one] if one_end else paths[one][::-1]
        second = paths[other][::-1] if other_end else paths[other]
        paths[one] = np.concatenate([first, second[1:]])
        del paths[other]
    return paths


def _straightest(paths: Sequence[Path]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Finds the two ends that meet and go on into each other with the least bend, if that is little enough."""
    best, found = BEND, None
    for ends in _ends(paths).values():
        for place, one in enumerate(ends):
            for other in ends[:place]:
                # Where only two ends are left, the line goes on however it bends.
                straight = 2.0 if len(ends) == 2 else -float(_way(paths, one) @ _way(paths, other))
                if one[0] != other[0] and straight > best:
                    best, found = straight, (one, other)
    return found


def _way(paths: Sequence[Path], end: tuple[int, int]) -> np.ndarray:
    """The direction into a path from one of its ends, of length 1."""
    path = paths[end[0]] if end[1] == 0 else paths[end[0]][::-1]
    way = (path[min(len(path) - 1, WORKING_SIDE // 10)] - path[0]).astype(np.float64)
    return way / max(float(np.linalg.norm(way)), 1e-9)


def _smoothed(path: Path) -> np.ndarray:
    """Rounds off the steps of pixels, and leaves points out; the ends stay where they are."""
    if len(path) < 3:
        return path.astype(np.float64)
    closed = bool((path[0] == path[-1]).all())
    smooth = ndimage.gaussian_filter1d(path.astype(np.float64), SMOOTHING, axis=0, mode="wrap" if closed else "nearest")
    if not closed:
        smooth[[0, -1]] = path[[0, -1]]
    kept: np.ndarray = np.concatenate([smooth[:-1:STEP], smooth[-1:]])
    return kept
