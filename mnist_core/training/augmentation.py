"""What training does to a batch: each digit may be turned, slanted, larger, elsewhere, bent, or written more boldly.

Chance is drawn here, as one row of numbers an image; the learner applies them inside its graph.
"""

import numpy as np

from mnist_core.config.train_config import TrainConfig
from mnist_core.mnist import SIDE

AFFINE = 8
UNCHANGED = (1, 0, 0, 0, 1, 0, 0, 0)
# Side of the coarse lattice whose points an elastic bend moves; a finer one would make strokes tremble.
LATTICE = 5


def draw_changes(config: TrainConfig, number: int, epoch: int) -> np.ndarray:
    """Draws what happens to each image of an epoch.

    The same epoch always draws the same, so that a resumed run goes on exactly as it would have. float32 `[number, 8]`
    as `affine_transforms` returns it; with elastic bends or another pen `[number, 59]`: the affine change, the moves of
    a lattice of 2×5×5 points (x, then y) in pixels, and the change of the pen.
    """
    affine = affine_transforms(config, number, epoch)
    kept = _unchanged(config, number, epoch)
    affine[kept] = UNCHANGED
    if not warps(config):
        return affine
    random = np.random.default_rng([config.seed, epoch, 2])
    lattice = random.normal(0, config.elastic, (number, 2 * LATTICE**2))
    pen = random.uniform(-config.pen, config.pen, (number, 1))
    lattice[kept], pen[kept] = 0, 0
    return np.concatenate([affine, lattice.astype(np.float32), pen.astype(np.float32)], axis=1)


def _unchanged(config: TrainConfig, number: int, epoch: int) -> np.ndarray:
    """Draws which images stay as they are, bool `[number]`.

    What is changed is interpolated, and so softer than any image that is read later; a network that learned from
    such alone is less good at sharp ones (as Touvron et al., "Fixing the train-test resolution discrepancy", 2019,
    found of sizes).
    """
    return np.random.default_rng([config.seed, epoch, 3]).random(number) < config.unchanged


def warps(config: TrainConfig) -> bool:
    return bool(config.elastic or config.pen)


def width(config: TrainConfig) -> int:
    """Returns how many numbers `draw_changes` draws for an image."""
    return AFFINE + 2 * LATTICE**2 + 1 if warps(config) else AFFINE


def lattice_weights() -> np.ndarray:
    """How much each lattice point moves each of 28 pixels along an axis: cubic, float32 `[28, 5]`, rows add up to 1."""
    from scipy.interpolate import CubicSpline  # only what trains needs it

    at = np.linspace(0, SIDE - 1, LATTICE)
    return CubicSpline(at, np.eye(LATTICE))(np.arange(SIDE)).astype(np.float32)


def affine_transforms(config: TrainConfig, number: int, epoch: int) -> np.ndarray:
    """Draws one random affine change an image about the picture's centre; the same epoch always draws the same.

    float32 `[number, 8]`: for an output pixel (x, y) the input pixel is `(a0 x + a1 y + a2, b0 x + b1 y + b2)`, the row
    is `[a0, a1, a2, b0, b1, b2, 0, 0]`, as `ImageProjectiveTransformV3` takes it.
    """
    random = np.random.default_rng([config.seed, epoch, 1])
    angle = np.deg2rad(random.uniform(-config.rotation, config.rotation, number))
    scale_x, scale_y = np.exp(random.uniform(-config.zoom, config.zoom, (2, number)))
    shear = random.uniform(-config.shear, config.shear, number)
    shift_x, shift_y = SIDE * random.uniform(-config.shift, config.shift, (2, number))
    cosine, sine = np.cos(angle), np.sin(angle)
    a0, a1 = cosine / scale_x, (shear * cosine - sine) / scale_x
    b0, b1 = sine / scale_y, (shear * sine + cosine) / scale_y
    centre = 13.5
    a2 = centre + shift_x - centre * (a0 + a1)
    b2 = centre + shift_y - centre * (b0 + b1)
    zero = np.zeros(number)
    return np.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1).astype(np.float32)
