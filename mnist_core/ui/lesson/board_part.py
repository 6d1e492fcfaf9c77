"""A drawing of a board: pressed it stands large, and the teacher shows it to all, takes it off or puts it back."""

import streamlit as st

from mnist_core.classroom.activities import Activity
from mnist_core.classroom.handed_in import strokes_of
from mnist_core.formatting import count
from mnist_core.language import gettext, ngettext
from mnist_core.presentation.tables.board import Tile, drawings_board
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.lesson import showing_part
from mnist_core.ui.lesson.state import activities, run_again, toggle

CHOSEN = "board-chosen"
SMALL = 150  # of a drawing that was taken off, in pixels


def press(choice: str) -> None:
    """Enlarges a drawing of the board, or makes it small again."""
    toggle(CHOSEN, choice)


def steer(activity: Activity, drawing: int, controls: bool) -> None:
    """What can be done with the enlarged drawing: show it to all, take it off the board, make it small again."""
    with st.container(horizontal=True):
        if controls:
            showing_part.offer(activity.lesson, drawing)
            if st.button(gettext("Take off the board"), icon=":material/block:", key="strike"):
                with explained():
                    activities().strike(drawing, by=actor())
                    st.session_state[CHOSEN] = None
                    run_again()
        if st.session_state.get(CHOSEN) == drawing and st.button(
            gettext("Close"), key="close-enlarged", type="tertiary"
        ):
            st.session_state[CHOSEN] = None
            run_again()


def offer_to_put_back(activity: Activity, controls: bool) -> None:
    """Folded: what was taken off the board, each with a button that puts it back."""
    off = activities().taken_off(activity.id, by=actor()) if controls else []
    if not off:
        return
    label = ngettext("{number} taken off", "{number} taken off", len(off), number=count(len(off)))
    with st.expander(label, icon=":material/block:"), st.container(horizontal=True):
        for entry in off:
            with st.container(width=SMALL):
                words = gettext("A drawing of {name}", name=entry.name)
                st.html(drawings_board([Tile("", entry.name, strokes_of(entry), words=words)], plain(words)))
                if st.button(gettext("Put back"), key=f"put-back-{entry.id}", icon=":material/undo:", width="stretch"):
                    with explained():
                        activities().strike(entry.id, False, by=actor())
                        run_again()
