"""Sweep: try many settings at once, and keep the best as a recipe."""

import streamlit as st

from mnist_core import environment
from mnist_core.data.dataset import Dataset
from mnist_core.engine.sweeps import sweep_folders, trial_tasks
from mnist_core.engine.sweeps.sweep import Plan, Sweep
from mnist_core.language import N_, gettext
from mnist_core.ui import browser, choices, frame, loaders, preview
from mnist_core.ui.sweep import live, plans, watched


def choose_next() -> None:
    """What the next sweep learns from and what it tries, and its start."""
    plan = None
    with frame.explained():
        data = choices.choose_dataset(with_drawings=True)
        preview.show_dataset(data)
        plan = plans.choose_plan()
    label = gettext("Start {trials} trials", trials=plan.trials) if plan else gettext("Start")
    if st.button(label, type="primary", disabled=plan is None, width="stretch", key="start-sweep") and plan:
        start(plan, data)


def start(plan: Plan, data: Dataset) -> None:
    """Puts the trials on the engine and shows them."""
    with frame.explained():
        with st.spinner(gettext("Handing the sweep to the engine …")):
            sweep = trial_tasks.start(loaders.engine(), plan, data, browser.actor())
        watched.watch(sweep)
        st.rerun()


def show_watched() -> Sweep | None:
    """The sweep that is looked at, as it is now; returns it."""
    sweep = watched.watched_sweep()
    if sweep is None:
        st.info(gettext("No sweep yet. Say what to try and press Start: twenty short trials take a few minutes."))
    else:
        live.show_watched(sweep)
    return sweep


def list_sweeps(shown: Sweep | None) -> None:
    """Every sweep, and the choice of one to look at."""
    st.header(gettext("Sweeps"), anchor=False)
    everything = sweep_folders.all_sweeps()
    if not everything:
        st.caption(gettext("Every sweep will be listed here."))
        return
    if shown and len(everything) > 1:
        watched.choose_sweep(everything, shown)
    watched.list_sweeps(everything)


with frame.page(N_("Sweep"), N_("Let the lab try many settings by itself, and keep the best.")):
    environment.check_training("A sweep")
    loaders.engine().start()
    plan_column, live_column = frame.form_beside(gettext("Next sweep"))
    with plan_column:
        choose_next()
    with live_column:
        sweep = show_watched()
    list_sweeps(sweep)
