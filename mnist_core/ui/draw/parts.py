"""The parts of the Draw page that run again by themselves, and which of them a change of the drawing concerns.

A stroke changes the answer and the stages of its preparation. All else on the page stays as it is: model choice,
switches and buttons would cost the app more than the reading itself, and thirty pupils draw at once.
"""

from typing import Literal, NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from mnist_core.errors import LabError
from mnist_core.language import gettext, language, speaking
from mnist_core.preprocessing.pipeline import ALL_STEPS, Steps
from mnist_core.runs.run import Run
from mnist_core.ui import collection, pins, script_run
from mnist_core.ui.draw import answers, canvas, several
from mnist_core.ui.draw.answering import Answering
from mnist_core.ui.draw.inputs import CAMERA, DRAW, Input
from mnist_core.ui.frame import fragment, presenting

# What can be looked into: nothing, one digit, or several of which only the answer says more.
Kind = Literal["", "one", "several"]


def show_canvas(given: Input, answering: Answering | None, steps: Steps) -> None:
    """The canvas with its buttons; only its answer runs again after a stroke."""
    run = answering.run if answering else None
    fragment(canvas.canvas, key="drawing", beside=True)(lambda: follow(given, run, steps))


def show_answer(given: Input, answering: Answering, steps: Steps) -> None:
    """The model's answer, and below it what can be done with the drawing: say what it was, pin it."""
    fragment(_answer, key="answer")(given, answering, steps)
    fragment(_offers, key="offers", beside=True)(given, answering.run, steps)


def show_others(given: Input, runs: list[Run], steps: Steps) -> None:
    """What other models answer, beside the first of these."""
    st.session_state["compared-shown"] = ["others"] if len(runs) > 1 else []
    if len(runs) > 1:
        fragment(_others, key="others", beside=True)(given, runs, steps)


def look_inside(given: Input, answering: Answering, steps: Steps) -> None:
    """How one digit was prepared, and why the network answers as it does; only what is open is made."""
    fragment(_inside, key="inside", beside=True)(given, answering, steps)


# --- Which of them a change concerns -----------------------------------------------------------------------------


def follow(given: Input, run: Run | None, steps: Steps) -> None:
    """From the callback of a change of the drawing: lets the parts run again that show it otherwise."""
    if not script_run.is_of_parts():
        return  # the whole page runs, or another one
    with speaking(language()):
        concerned = _concerned(given, run, steps)
    try:
        st.rerun(concerned or ["drawing"])
    except StreamlitAPIException:  # what was to show one of them was stopped before it did
        st.rerun()


def _concerned(given: Input, run: Run | None, steps: Steps) -> list[str]:
    parts = [] if canvas.is_up_to_date() else ["drawing"]
    if run:
        parts += ["answer", *st.session_state.get("compared-shown", [])]
        parts += [] if _offered(given, run, steps) == st.session_state.get("offered") else ["offers"]
        inside: tuple[Kind, list[str]] = st.session_state.get("inside-shown", ("", []))
        parts += inside[1] if inside[0] == _kind(given, run, steps) else ["inside"]
    return parts


def _kind(given: Input, run: Run, steps: Steps) -> Kind:
    try:
        reading = given.read_once(run, steps)
    except LabError:  # the answer says it
        return ""
    if reading.stages is None:
        return ""
    return "several" if reading.parts else "one"


class _Offered(NamedTuple):
    """What the offers below an answer look like; they stay as they are where another drawing has the same."""

    is_asked: bool  # what the drawing was
    said: int | None  # what it was, by its writer
    is_pinned: bool


def _offered(given: Input, run: Run, steps: Steps) -> _Offered | None:
    """None where there are none: nothing was read, or several digits, which have their own."""
    if _kind(given, run, steps) != "one":
        return None
    is_asked = bool(given.strokes) and steps == ALL_STEPS
    return _Offered(is_asked, collection.said_of(given.strokes), pins.is_pinned(_seen(given, run, steps)))


# --- What they show ----------------------------------------------------------------------------------------------


def _answer(given: Input, answering: Answering, steps: Steps) -> None:
    if given.is_missing:
        st.info(
            gettext("No picture yet. Take one, or draw instead.")
            if given.way == CAMERA
            else gettext("No picture yet. Choose one, or draw instead.")
        )
    run, shipped = answering.run, answering.shipped
    reading = given.read_once(run, steps)
    # What was spoiled by a switch is not what somebody wrote.
    strokes = given.strokes if steps == ALL_STEPS else []
    drawn = canvas.number_of_strokes() if given.way == DRAW else None
    answers.show_reading(reading, answering, given.read(shipped, steps) if shipped else None, drawn)
    if reading.stages is None:
        return
    answers.warn_of_steps(steps)
    if reading.parts:
        several.show_parts(reading, strokes, run)


def _offers(given: Input, run: Run, steps: Steps) -> None:
    offered = _offered(given, run, steps)
    if offered:
        if offered.is_asked:
            collection.show_correction(given.strokes, given.read_once(run, steps).answer, run)
            # The next drawing has another label than what is chosen now, which may be just kept, or not to be kept.
            offered = offered._replace(said=st.session_state.get(collection.LABEL))
        elif given.strokes:
            st.caption(gettext("You can say what it was once all steps are on again."))
        pins.pin_drawing(lambda: (_seen(given, run, steps), given.strokes))
    st.session_state["offered"] = offered


def _seen(given: Input, run: Run, steps: Steps) -> np.ndarray:
    """uint8 `[28, 28]` of what is one digit."""
    stages = given.read_once(run, steps).stages
    assert stages is not None
    return stages.image


def _others(given: Input, runs: list[Run], steps: Steps) -> None:
    answers.compare(runs, given.read_once(runs[0], steps), lambda run: given.read(run, steps))


def _inside(given: Input, answering: Answering, steps: Steps) -> None:
    kind, parts = _kind(given, answering.run, steps), list[str]()
    if kind == "several":
        st.caption(gettext("The microscope and “Why?” work for one digit at a time."))
    if kind == "one":
        parts = [*_microscope(given, answering, steps), *_why(given, answering.run, steps)]
    st.session_state["inside-shown"] = (kind, parts)


def _microscope(given: Input, answering: Answering, steps: Steps) -> list[str]:
    """Returns the parts of it that follow the drawing."""
    label = gettext("The microscope: each step of the preparation")
    microscope, is_open = _lasting_expander(label, ":material/biotech:", "microscope", at_first=presenting())
    if not is_open:
        return []
    with microscope, st.container(key="microscope-table"):
        with st.container(key="microscope-shown"):
            fragment(_stages, key="stages", beside=True)(given, answering, steps)
        with st.container(key="microscope-steps"):
            answers.choose_steps(steps, answering.run)
    return ["stages"]


def _lasting_expander(label: str, icon: str, key: str, at_first: bool) -> tuple[DeltaGenerator, bool]:
    """An expander that is as it was left, also after a drawing that had none; and whether it is open."""
    memory = f"{key}-is-open"
    expander = st.expander(
        label, expanded=st.session_state.get(memory, at_first), icon=icon, key=key, on_change="rerun"
    )
    st.session_state[memory] = expander.open
    return expander, bool(expander.open)


def _stages(given: Input, answering: Answering, steps: Steps) -> None:
    reading = given.read_once(answering.run, steps)
    if reading.stages is not None:
        answers.show_stages(reading, steps, answering.says)


def _why(given: Input, run: Run, steps: Steps) -> list[str]:
    """Returns the parts of it that follow the drawing."""
    label = gettext("Why? What the network looked at")
    why, is_open = _lasting_expander(label, ":material/psychology:", "why", at_first=False)
    if not is_open:
        return []
    with why:
        fragment(_reasons, key="reasons", beside=True)(given, run, steps)
    return ["reasons"]


def _reasons(given: Input, run: Run, steps: Steps) -> None:
    answers.show_why(given.read_once(run, steps), run)
