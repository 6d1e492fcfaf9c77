"""Pictures of digits to read."""

import numpy as np

from mnist_core.preprocessing.picture_files import read_picture
from mnist_core.preprocessing.pipeline import from_picture


def image_of(content: bytes) -> np.ndarray:
    """What a model sees of a picture in a file, uint8 `[28, 28]`."""
    stages = from_picture(read_picture(content))
    assert stages is not None
    return stages.image


def on_canvas(image: np.ndarray, top: int = 100, left: int = 150, side: int = 280) -> np.ndarray:
    """Puts a picture somewhere on an empty canvas."""
    canvas = np.zeros((side, side), np.uint8)
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas
