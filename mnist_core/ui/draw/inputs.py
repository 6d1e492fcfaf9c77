"""What a person hands over to be read: a drawing or a picture."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from mnist_core.inference import reading
from mnist_core.inference.reading import Reading
from mnist_core.preprocessing.canvas import strokes_from_canvas, visible
from mnist_core.preprocessing.pipeline import Steps
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.runs.run import Run
from mnist_core.ui.draw.canvas import canvas
from mnist_core.ui.loaders import classifier
from mnist_core.ui.uploader import accepted

DRAW, PICTURE = "Draw", "Picture"
LARGEST_MEGABYTES = 20


@dataclass(frozen=True)
class Input:
    """What is to be read; it is looked at only when its reading is asked for.

    Attributes:
        way: `DRAW` or `PICTURE`.
        drawing: What the canvas sent.
        picture: The content of a PNG or JPEG; None where none is chosen yet.
    """

    way: str
    drawing: Any = None
    picture: bytes | None = None

    @property
    def is_missing(self) -> bool:
        """Whether a picture is still to be chosen."""
        return self.way == PICTURE and self.picture is None

    @cached_property
    def strokes(self) -> Strokes:
        """The visible strokes of the drawing; raises InputError if it is not what the canvas sends."""
        return visible(strokes_from_canvas(self.drawing))

    def read(self, run: Run, steps: Steps) -> Reading:
        """Lets a model read it; raises InputError if it cannot be read."""
        if self.picture is not None:
            return reading.read_picture(self.picture, classifier(run), steps)
        return reading.read_strokes(self.strokes, classifier(run), steps, on_canvas=True)


def choose_input() -> Input:
    way = st.segmented_control("Input", [DRAW, PICTURE], default=DRAW, required=True)
    if way == DRAW:
        return Input(DRAW, drawing=canvas())
    file = st.file_uploader(
        "A PNG or JPEG of one or more digits", type=["png", "jpg", "jpeg"], max_upload_size=accepted(LARGEST_MEGABYTES)
    )
    st.caption("Dark on light or light on dark; the paper is told by the picture's border.")
    return Input(PICTURE, picture=file.getvalue() if file else None)
