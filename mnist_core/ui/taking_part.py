"""The lesson that a browser takes part in, as every page asks; before anything was kept, nothing is loaded for it."""

import logging
from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.access.actor import Actor
from mnist_core.database import place
from mnist_core.errors import LabError
from mnist_core.ui import late

if TYPE_CHECKING:
    from mnist_core.classroom.lessons import Lesson, Lessons

logger = logging.getLogger(__name__)


def lessons() -> "Lessons":
    with late.LOADING:
        from mnist_core.database.connection import address
    return _lessons(address())


@st.cache_resource(max_entries=2, show_spinner=False)
def _lessons(url: str) -> "Lessons":
    with late.LOADING:
        from mnist_core.classroom.lessons import Lessons
    return Lessons(url)


def lesson_of(by: Actor) -> "Lesson | None":
    """Returns the open lesson that a pupil takes part in, as it is now; None for the teacher, who leads it."""
    if by.in_charge or not place.is_there():
        return None
    try:
        known = lessons()
        found = known.own(by) if known.database.is_there else None
    except LabError:  # a page that needs the database says so
        logger.info("Whether somebody takes part in a lesson cannot be looked up", exc_info=True)
        return None
    return found and found[0]


def is_held(owner: str) -> bool:
    """Whether a teacher keeps a pupil's browser on the lesson's page now."""
    lesson = lesson_of(Actor(owner))
    return lesson is not None and lesson.locked
