"""Showing one pupil's screen: a drawing stands large on the beamer and on the pupils' pages until the teacher stops."""

import streamlit as st

from mnist_core.classroom import showing
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.showing import Shown
from mnist_core.language import gettext
from mnist_core.presentation.tables.board import Tile, one_drawing
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.lesson import tiles
from mnist_core.ui.lesson.state import activities, lessons, run_again


def show_to_class(lesson: Lesson) -> bool:
    """The drawing that stands before all, in place of what else is shown; whether there is one."""
    shown = showing.shown(activities(), lesson.id, by=actor())
    if shown is None:
        return False
    st.header(plain(tiles.sentence_of(shown.told)) if shown.told else _heading(shown), anchor=False)
    tile = tiles.tile(shown.told, shown=True) if shown.told else Tile("", "", shown.strokes)
    st.html(one_drawing(tile._replace(choice="", name="", words=gettext("A drawing of {name}", name=shown.name))))
    return True


def show_above_board(lesson: Lesson) -> None:
    """To the teacher: whose drawing all see, and a way to stop it."""
    shown = showing.shown(activities(), lesson.id, by=actor())
    if shown is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="shown-to-all"):
        st.markdown(gettext("All see this now: {drawing}", drawing=_heading(shown)), width="stretch")
        _offer_to_stop(lesson.id)


def offer(lesson: int, drawing: int) -> None:
    """A button that shows a drawing to all, unless it is shown."""
    if lessons().lesson(lesson).shown != drawing and st.button(
        gettext("Show to all"), icon=":material/co_present:", key="show-to-all"
    ):
        _show(lesson, drawing)


def _offer_to_stop(lesson: int) -> None:
    if st.button(gettext("Stop showing"), icon=":material/cancel_presentation:", key="stop-showing", type="primary"):
        _show(lesson, None)


def _show(lesson: int, drawing: int | None) -> None:
    with explained():
        activities().show_to_all(lesson, drawing, by=actor())
        run_again()


def _heading(shown: Shown) -> str:
    return plain(gettext("A drawing of {name}", name=shown.name))
