"""What training does to a batch: random affine changes, so that a digit may be turned, slanted, larger or elsewhere."""

import numpy as np

from mnist_core.config import TrainConfig


def affine_transforms(config: TrainConfig, number: int, epoch: int) -> np.ndarray:
    """Draws one random affine change an image about the picture's centre.

    Args:
        config: Gives the limits (`rotation`, `zoom`, `shift`, `shear`) and the seed.
        number: How many images.
        epoch: Another epoch draws other changes; the same epoch always draws the same, so that a resumed run goes on
            exactly as it would have.

    Returns:
        float32 `[number, 8]`: for an output pixel (x, y) the input pixel is `(a0 x + a1 y + a2, b0 x + b1 y + b2)`,
        the row is `[a0, a1, a2, b0, b1, b2, 0, 0]`, as `ImageProjectiveTransformV3` takes it.
    """
    random = np.random.default_rng([config.seed, epoch, 1])
    angle = np.deg2rad(random.uniform(-config.rotation, config.rotation, number))
    scale_x, scale_y = np.exp(random.uniform(-config.zoom, config.zoom, (2, number)))
    shear = random.uniform(-config.shear, config.shear, number)
    shift_x, shift_y = 28 * random.uniform(-config.shift, config.shift, (2, number))
    cosine, sine = np.cos(angle), np.sin(angle)
    a0, a1 = cosine / scale_x, (shear * cosine - sine) / scale_x
    b0, b1 = sine / scale_y, (shear * sine + cosine) / scale_y
    centre = 13.5
    a2 = centre + shift_x - centre * (a0 + a1)
    b2 = centre + shift_y - centre * (b0 + b1)
    zero = np.zeros(number)
    return np.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1).astype(np.float32)
