"""What a person hands over to be read: a drawing or a picture."""

from dataclasses import dataclass

import streamlit as st

from mnist_core.inference import reading
from mnist_core.inference.reading import Reading
from mnist_core.preprocessing.pipeline import Steps
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.runs.run import Run
from mnist_core.ui.draw.canvas import strokes_drawn
from mnist_core.ui.loaders import classifier
from mnist_core.ui.uploader import accepted

DRAW, PICTURE = "Draw", "Picture"
LARGEST_MEGABYTES = 20


@dataclass(frozen=True)
class Input:
    """What is to be read; it is looked at only when its reading is asked for.

    Attributes:
        way: `DRAW`, which is what the canvas holds at the time, or `PICTURE`.
        picture: The content of a PNG or JPEG; None where none is chosen yet.
    """

    way: str
    picture: bytes | None = None

    @property
    def is_missing(self) -> bool:
        """Whether a picture is still to be chosen."""
        return self.way == PICTURE and self.picture is None

    @property
    def strokes(self) -> Strokes:
        """The visible strokes of the drawing; raises InputError if it is not what the canvas sends."""
        return strokes_drawn() if self.way == DRAW else []

    def read(self, run: Run, steps: Steps) -> Reading:
        """Lets a model read it; raises InputError if it cannot be read."""
        if self.picture is not None:
            return reading.read_picture(self.picture, classifier(run), steps)
        return reading.read_strokes(self.strokes, classifier(run), steps, on_canvas=True)

    def read_once(self, run: Run, steps: Steps) -> Reading:
        """As `read`, for all parts of the page that show it after the same change."""
        what = self.strokes if self.picture is None else self.picture
        before: _Read | None = st.session_state.get("reading")
        if before and before.is_of(what, run, steps):
            return before.reading
        read = _Read(what, run, steps, self.read(run, steps))
        st.session_state["reading"] = read
        return read.reading


@dataclass(frozen=True)
class _Read:
    """A reading, what was read, and by which model."""

    what: Strokes | bytes
    run: Run
    steps: Steps
    reading: Reading

    def is_of(self, what: Strokes | bytes, run: Run, steps: Steps) -> bool:
        return self.what is what and self.run is run and self.steps == steps


def choose_way() -> str:
    return str(st.segmented_control("Input", [DRAW, PICTURE], default=DRAW, required=True))


def choose_picture() -> Input:
    file = st.file_uploader(
        "A PNG or JPEG of one or more digits", type=["png", "jpg", "jpeg"], max_upload_size=accepted(LARGEST_MEGABYTES)
    )
    st.caption(
        "Pen darker or lighter than the paper, both work; leave some paper around the digit. "
        "A sheet with rows of digits works, too."
    )
    return Input(PICTURE, picture=file.getvalue() if file else None)
