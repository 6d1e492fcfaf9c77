"""What the lab does, in a picture that moves: a digit is drawn, shrinks to 784 numbers and is read; or one's own is."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from mnist_core.errors import InputError
from mnist_core.inference import reading
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext, language
from mnist_core.preprocessing.strokes import Strokes, check_strokes
from mnist_core.runs.run import Run
from mnist_core.ui import frame, loaders

HERE = Path(__file__).parent
KEY = "demonstration"
ANSWER = "demonstration-answer"
# Turning points of a hand, in pixels of the canvas; what is between them is rounded.
EXAMPLES = (
    [[(78, 78), (150, 70), (240, 68), (214, 124), (176, 186), (146, 262)]],
    [[(92, 92), (136, 58), (202, 62), (216, 108), (160, 146), (214, 176), (222, 232), (160, 266), (90, 246)]],
    [[(196, 52), (150, 128), (100, 196), (240, 192)], [(208, 128), (200, 200), (192, 276)]],
)
POINTS_A_TURN = 12

_component = st.components.v2.component(
    "digit_lab_demonstration",
    html="""<div class="demonstration"><figure class="first"><canvas class="drawn" width="320" height="320"
    role="img"></canvas><figcaption class="draw"></figcaption></figure><div class="arrow" aria-hidden="true">→</div>
    <figure><canvas class="seen" width="28" height="28" role="img"></canvas><figcaption class="numbers"></figcaption>
    </figure><div class="arrow" aria-hidden="true">→</div><figure class="result"><div class="shown"></div><figcaption
    class="sentence"></figcaption></figure><button type="button"></button></div>""",
    css=(HERE / "demonstration.css").read_text(encoding="utf-8"),
    js=(HERE / "demonstration.js").read_text(encoding="utf-8"),
)


class Told(NamedTuple):
    """What the model says to strokes, as the browser shows it."""

    strokes: list[list[list[int]]]
    image: list[int] | None  # 28 rows of 28 numbers
    shown: str
    sentence: str


def show_demonstration(run: Run) -> None:
    """Plays examples, as a model answers them, and lets a person draw over them."""
    frame.fragment(_demonstration)(run)


def _demonstration(run: Run) -> None:
    classifier = loaders.classifier(run)

    def drawn() -> None:
        with frame.explained():
            st.session_state[ANSWER] = _answered(st.session_state[KEY].get("drawn"), classifier)

    _component(
        data={
            "examples": [told._asdict() for told in _examples(classifier, run.id, language())],
            "answer": st.session_state.get(ANSWER),
            "words": {
                "canvas": gettext("A digit is drawn; draw your own over it"),
                "seen": gettext("The drawing as the network sees it"),
                "draw": gettext("Draw a digit here."),
                "numbers": gettext("The network sees 784 numbers."),
                "stop": gettext("Stop"),
                "again": gettext("Play again"),
                "clear": gettext("Clear"),
            },
        },
        key=KEY,
        on_drawn_change=drawn,
    )


def _answered(value: Any, classifier: Classifier) -> dict[str, Any] | None:
    """Answers what came from a browser: the number of a drawing and its strokes; raises InputError."""
    if not isinstance(value, dict) or not isinstance(value.get("drawing"), int):
        raise InputError(gettext("The canvas sent something that is not a drawing; clear it and draw again."))
    told = _told(check_strokes(value.get("strokes")), classifier)
    return told._asdict() | {"drawing": value["drawing"], "strokes": []}  # the browser has its strokes


@st.cache_resource(max_entries=2, show_spinner=False)
def _examples(_classifier: Classifier, run: str, spoken: str) -> list[Told]:
    return [_told([_rounded(turns) for turns in strokes], _classifier) for strokes in EXAMPLES]


def _told(strokes: Strokes, classifier: Classifier) -> Told:
    read = reading.read_strokes(strokes, classifier, on_canvas=True)
    image = read.stages.image.reshape(-1).tolist() if read.stages is not None else None
    return Told([np.round(stroke).astype(int).tolist() for stroke in strokes], image, read.shown, read.answer.sentence)


def _rounded(turns: list[tuple[int, int]]) -> np.ndarray:
    """A curve through points, float64 `[N, 2]`: Catmull and Rom's."""
    points = np.array([turns[0], *turns, turns[-1]], np.float64)
    t = np.linspace(0, 1, POINTS_A_TURN, endpoint=False)[:, np.newaxis]
    pieces = [
        (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3) / 2
        for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False)
    ]
    return np.vstack([*pieces, points[-1:]])
