"""Which run the Train page shows."""

import streamlit as st

from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.ui.browser import owner
from mnist_core.ui.choices import named, remember


def watch(run: Run) -> None:
    """Shows this run on the Train page, and finds it again after a reload."""
    remember("run", run.id)
    st.session_state["watched-run"] = run.id


def watched_run() -> Run | None:
    """Returns the run of the address, or that of this session, or this person's, or somebody's, or None."""
    everything = run_folders.all_runs()
    own = [run for run in everything if run.owner == owner()]
    return named(everything, "run", "watched-run") or _most_alive(own) or _most_alive(everything)


def _most_alive(selection: list[Run]) -> Run | None:
    """Returns the run that trains, or the one that waits longest, or the newest, or None."""
    states = [(run.stored_status().state, run) for run in selection]
    trained = [run for state, run in states if state in ("running", "paused")]
    waiting = [run for state, run in states if state == "queued"]
    return next(iter([*trained, *reversed(waiting), *selection]), None)


def has_moved_on(run: Run, state: object) -> bool:
    """Says whether a run is in another state than when this session last looked at it."""
    before = st.session_state.get("watched")
    st.session_state["watched"] = (run.id, state)
    return before is not None and before[0] == run.id and before[1] != state
