"""What both pages of a lesson look up: lessons and activities, and the model that answers."""

import streamlit as st

from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import Lessons
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.ui import loaders, script_run, taking_part

LONGEST_NUMBER = 12  # of a tile; it comes from the browser


def activities() -> Activities:
    return Activities(lessons())


def lessons() -> Lessons:
    return taking_part.lessons()


def toggle(key: str, choice: str) -> None:
    """Notes which tile of a board was pressed, or that it was pressed once more; the choice comes from the browser."""
    number = int(choice) if choice.isdecimal() and len(choice) < LONGEST_NUMBER else None
    st.session_state[key] = None if st.session_state.get(key) == number else number


def run_again() -> None:
    """Runs the part again in which something was pressed; the page where that is not known."""
    st.rerun(scope="fragment" if script_run.is_of_parts() else "app")


def model(name: str) -> Run:
    """Returns the run of this name, or the shipped one where it is not there any more."""
    known = {run.id: run for run in [*run_folders.all_runs(), *run_folders.shipped_runs()] if run.has_model}
    return known.get(name) or known[run_folders.SHIPPED_MODEL]


def classifier(name: str) -> Classifier:
    return loaders.classifier(model(name))
