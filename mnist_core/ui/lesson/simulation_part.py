"""A simulated class on the Class page, for a teacher who prepares alone."""

import numpy as np
import streamlit as st

from mnist_core.classroom import simulation
from mnist_core.classroom.lessons import Lesson
from mnist_core.formatting import count
from mnist_core.language import gettext
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, fragment
from mnist_core.ui.lesson.state import activities, classifier

EVERY = 3.0  # seconds


def offer() -> Lesson | None:
    """A button that begins such a lesson, which is returned."""
    found = None
    with st.container(horizontal=True, vertical_alignment="center", key="simulated-class"):
        st.markdown(gettext("Do you prepare alone? A simulated class draws and bets by itself."), width="stretch")
        if st.button(gettext("Try it with a simulated class"), icon=":material/smart_toy:"):
            with explained():
                found = simulation.begin(activities(), by=actor())
    return found


def drive(lesson: Lesson) -> None:
    """Lets the simulated members of a lesson hand in as long as this page is open; of others nothing is there."""
    members = simulation.simulated(activities(), lesson.id, by=actor())
    if members:
        st.caption(
            gettext(
                "A simulated class: {number} robots hand in by themselves while this page is open. They draw and bet; "
                "in other activities they only watch.",
                number=count(len(members)),
            )
        )
        fragment(_go_on, key="simulated-part", run_every=EVERY)(lesson.id)


def _go_on(lesson: int) -> None:
    simulation.take_part(activities(), lesson, classifier, np.random.default_rng(), by=actor())
