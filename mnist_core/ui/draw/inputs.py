"""What a person hands over to be read: a drawing, a picture, or what a camera sees."""

import contextlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_core.errors import InputError
from mnist_core.inference import reading
from mnist_core.inference.reading import Reading
from mnist_core.language import N_, gettext, language
from mnist_core.preprocessing import picture_files
from mnist_core.preprocessing.pipeline import Steps
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.runs.run import Run
from mnist_core.ui.draw.canvas import strokes_drawn
from mnist_core.ui.loaders import classifier
from mnist_core.ui.server import hosts
from mnist_core.ui.uploader import accepted

DRAW, PICTURE, CAMERA = N_("Draw"), N_("Picture"), N_("Camera")
LARGEST_MEGABYTES = 40  # a photograph of 50 megapixels has up to 30
LONGEST_SHOWN = 640


@dataclass(frozen=True)
class Input:
    """What is to be read; it is looked at only when its reading is asked for.

    Attributes:
        way: `DRAW`, which is what the canvas holds at the time, `PICTURE` or `CAMERA`.
        picture: The content of a PNG or JPEG; None where none is chosen or taken yet.
    """

    way: str
    picture: bytes | None = None

    @property
    def is_missing(self) -> bool:
        """Whether a picture is still to be chosen or taken."""
        return self.way != DRAW and self.picture is None

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
    """A reading, what was read, by which model, and in which language it is told."""

    what: Strokes | bytes
    run: Run
    steps: Steps
    reading: Reading
    spoken: str = field(default_factory=language)

    def is_of(self, what: Strokes | bytes, run: Run, steps: Steps) -> bool:
        is_same = self.what is what and self.run is run and self.steps == steps
        return is_same and self.spoken == language()


def choose() -> Input:
    """Asks what to read, and for the picture where it is one; a browser asks for its camera only who chooses that."""
    ways = [DRAW, PICTURE, *([CAMERA] if may_use_camera(st.context.url) else [])]
    way = st.segmented_control(
        gettext("Input"),
        ways,
        format_func=gettext,
        default=DRAW,
        required=True,
        key="way-of-input",
        label_visibility="collapsed",
    )
    if way == DRAW:
        return Input(DRAW)
    file = _taken() if way == CAMERA else _chosen()
    st.caption(
        gettext(
            "Pen darker or lighter than the paper, both work. Leave some paper around the digit. "
            "A sheet with rows of digits works, too."
        )
    )
    given = Input(way, picture=file.getvalue() if file else None)
    # What a camera took is shown by its own field.
    if given.picture is not None and way == PICTURE:
        with contextlib.suppress(InputError):  # the answer says it
            picture = picture_files.shrunk_copy(given.picture, LONGEST_SHOWN)
            with st.container(key="draw-picture"):
                st.image(picture, gettext("Your picture"), width="content")
    return given


def may_use_camera(url: str | None) -> bool:
    """Whether a browser lets a page at this address use a camera: over https, or on the browser's own machine.

    Elsewhere Streamlit's camera would show nothing but an error (W3C, "Secure Contexts").
    """
    with contextlib.suppress(ValueError):
        parts = urlsplit(url or "")
        host = hosts.bare(parts.hostname or "")
        address = hosts.address(host)
        is_here = address.is_loopback if address else host == "localhost" or host.endswith(".localhost")
        return parts.scheme == "https" or is_here
    return False


def _chosen() -> UploadedFile | None:
    return st.file_uploader(
        gettext("A PNG or JPEG of one or more digits"),
        type=["png", "jpg", "jpeg"],
        max_upload_size=accepted(LARGEST_MEGABYTES),
        key="picture-to-read",
    )


def _taken() -> UploadedFile | None:
    accepted(LARGEST_MEGABYTES)
    return st.camera_input(gettext("A photo of one or more digits"), resolution="720p", key="photo-to-read")
