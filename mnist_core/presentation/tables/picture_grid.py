"""Pictures as HTML, each of which can be pressed: to look closer at it, or to choose it among others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mnist_core.presentation.markup import render
from mnist_core.presentation.pictures import source


class Picture(NamedTuple):
    """One of them; without a choice it can only be looked at."""

    image: np.ndarray  # uint8 `[28, 28]`
    caption: str
    label: str  # what a press does, for screen readers and whoever points at it
    choice: str
    is_chosen: bool | None = None  # whether it is chosen, where a press chooses it


def picture_grid(pictures: Sequence[Picture], label: str) -> str:
    """Pictures in rows that wrap; `label` says to screen readers what they are."""
    shown = [picture._asdict() | {"source": source(picture.image)} for picture in pictures]
    return render("picture_grid.html", pictures=shown, label=label)
