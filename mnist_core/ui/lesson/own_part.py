"""One's own drawings on a pupil's page, of which each can be deleted while more is taken."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from mnist_core.classroom.activities import Activity
from mnist_core.language import gettext
from mnist_core.presentation.tables.board import Tile, drawings_board
from mnist_core.ui.browser import actor
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.frame import explained
from mnist_core.ui.lesson.state import activities, toggle

CHOSEN = "own-chosen"


def show(activity: Activity, tiles: Sequence[Tile]) -> None:
    """The drawings; a press on one offers to delete it."""
    label = gettext("Your drawings")
    if activity.closed:
        st.html(drawings_board([one._replace(choice="") for one in tiles], label))
        return
    chosen = next((one.choice for one in tiles if one.choice == str(st.session_state.get(CHOSEN))), None)
    if chosen is None:
        st.caption(gettext("Press a drawing of yours to delete it."))
    elif st.button(gettext("Delete this drawing"), icon=":material/delete:", key="take-back"):
        with explained():
            activities().take_back(int(chosen), by=actor())
            st.rerun()
    shown = [one._replace(chosen=one.choice == chosen) for one in tiles]
    pressable(drawings_board(shown, label), f"own-{activity.id}", on_press=partial(toggle, CHOSEN))
