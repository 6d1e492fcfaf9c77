"""Pinning digits, and what the network takes them for while it learns."""

import functools
from collections.abc import Callable

import numpy as np
import streamlit as st

from mnist_core.language import N_, gettext
from mnist_core.mnist import NO_DIGIT
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.presentation.charts.replay import pinned_digits, title
from mnist_core.presentation.pictures import figure
from mnist_core.runs.run import Run
from mnist_core.training import pins
from mnist_core.training.pins import MOST_PINS, UNKNOWN, Pins
from mnist_core.training.replay import Replay, scores_sentence
from mnist_core.ui.browser import owner
from mnist_core.ui.collection import said_of
from mnist_core.ui.frame import explained

NO_PINS = N_(
    'Tip: press "Pin this digit" on Draw, Explore or Evaluate. Then watch here how the network\'s answer to it changes.'
)
LINES = N_(
    "The line below a digit shows how sure the network is of it, epoch by epoch, from 0 "
    "to 100 %. It begins with the network that only guesses. Where nobody said which "
    "digit it is, the line follows the last answer."
)


def own_pins() -> Pins:
    return Pins.load(pins.path_of(owner()))


def pin(image: np.ndarray, label: int, source: str) -> None:
    with explained():
        pins.keep(own_pins().with_pin(image, label, pins.pin_name(source, image)), owner())


def unpin(name: str) -> None:
    with explained():
        pins.keep(own_pins().without(name), owner())


# --- Pinning -----------------------------------------------------------------------------------------------------


def pin_button(image: np.ndarray, label: int, source: str, press: Callable[[], None] | None = None) -> None:
    """Offers to pin a digit, or to unpin it.

    Args:
        image: uint8 `[28, 28]`.
        label: The digit that it is, or `UNKNOWN`.
        source: Where it is from, the first part of its name: `drawn`, `test-115`.
        press: What pins it, where that is not always the same one.
    """
    own = own_pins()
    place = own.place(image)
    if place is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(gettext("Pinned. Train shows what it is read as after each epoch."), width="content")
            st.button(
                gettext("Unpin"),
                type="tertiary",
                icon=":material/keep_off:",
                key=f"unpin-{source}",
                on_click=unpin,
                args=[own.names[place]],
            )
        return
    full = len(own) >= MOST_PINS
    st.button(
        gettext("Pin this digit"),
        icon=":material/keep:",
        key=f"pin-{source}",
        disabled=full,
        help=gettext(pins.FULL, number=MOST_PINS)
        if full
        else gettext("Train then shows what your network reads it as, after each epoch."),
        on_click=press or functools.partial(pin, image, label, source),
    )


def is_pinned(image: np.ndarray) -> bool:
    """Whether this browser pinned what the network sees, uint8 `[28, 28]`."""
    return own_pins().place(image) is not None


def pin_drawing(drawn: Callable[[], tuple[np.ndarray, Strokes]]) -> None:
    """Offers to pin a drawing, which may have changed when the button is pressed.

    Args:
        drawn: Returns what the network sees, uint8 `[28, 28]`, and the strokes, none of a picture. The digit that their
            writer said they are goes with them.
    """

    def press() -> None:
        image, strokes = drawn()
        pin(image, _label(strokes), _source(strokes))

    image, strokes = drawn()
    own, label = own_pins(), _label(strokes)
    place = own.place(image)
    if place is not None and label not in (UNKNOWN, own.labels[place]):
        press()
    pin_button(image, label, _source(strokes), press)


def _label(strokes: Strokes) -> int:
    said = said_of(strokes)
    return UNKNOWN if said in (None, NO_DIGIT) else said


def _source(strokes: Strokes) -> str:
    return "drawn" if strokes else "picture"


# --- While it learns ---------------------------------------------------------------------------------------------


def show_pins(run: Run) -> None:
    """Shows what a run takes its pinned digits for now, and lets this browser unpin its own."""
    own, scored = own_pins(), Pins.load(run.pins_path)
    if not len(own) and not len(scored):
        st.caption(gettext(NO_PINS))
        return
    if len(scored):
        replay = Replay.load(run.replay_path)
        scores = replay.scores(scored, replay.epochs)
        st.caption(scores_sentence(scores, replay.epochs))
        st.html(pinned_digits(scored, scores, run.stored_status().epochs))
        st.caption(gettext(LINES))
    else:
        st.caption(gettext("This run does not read your pinned digits. Your next one will."))
    if len(own):
        _offer_unpinning(own)


def _offer_unpinning(own: Pins) -> None:
    popover = st.popover(
        gettext("Your pinned digits ({number})", number=len(own)),
        icon=":material/keep:",
        key="own-pins",
        on_change="rerun",
    )
    if not popover.open:
        return
    with popover:
        for image, name in zip(own.images, own.names, strict=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(figure(image, "", 40, title(name)), width="content")
                st.button(
                    gettext("Unpin {name}", name=title(name)),
                    icon=":material/keep_off:",
                    key=f"unpin-{name}",
                    on_click=unpin,
                    args=[name],
                )
