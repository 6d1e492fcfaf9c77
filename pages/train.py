"""Train: choose a recipe, start it, and watch the network learn."""

import streamlit as st

from mnist_core import environment
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.engine import recovery, submission
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.ui import browser, choices, frame, loaders, pins, runs, settings_form
from mnist_core.ui.train import live, replay

TICK_SECONDS = 0.5
FEW_STEPS = 300


def show_live(run: Run) -> None:
    """The run as it is now; runs again every half second while it goes on."""
    with frame.explained():
        recovery.care_for(loaders.engine(), run)
    moved_on = runs.has_moved_on(run, run.status().state)
    live.show_run(run)
    if moved_on:
        # The whole page: its tables change, and a finished run ticks no more. Last, or a click would be lost.
        st.rerun()


def start(settings: TrainConfig, data: Dataset, tensorboard: bool) -> None:
    """Puts a run on the engine and shows it."""
    with frame.explained(), st.spinner("Handing the run to the engine …"):
        about = {"tensorboard": True} if tensorboard else {}
        run = submission.submit(loaders.engine(), settings, data, browser.owner(), about, pins.own_pins())
        runs.watch(run)
        st.rerun()


with frame.page("Train", "Choose a recipe, press Start, and watch the network learn."):
    environment.check_training()
    loaders.engine().start()
    settings_column, live_column = st.columns([1, 2], gap="large")
    with settings_column:
        settings = None
        with frame.explained():
            data = choices.choose_dataset()
            settings = settings_form.choose_settings()
            runs.remember_settings(settings)
        if settings and (steps := settings.steps(len(data.train_images))) < FEW_STEPS:
            st.info(
                f"These settings make only {steps} steps of training, too few to learn much from little data. "
                f"Try {settings.epochs * FEW_STEPS // steps} epochs."
            )
        tensorboard = st.checkbox("TensorBoard files", help="Event files in the run's folder, for tensorboard --logdir")
        if st.button("Start", type="primary", disabled=settings is None, width="stretch") and settings:
            start(settings, data, tensorboard)
    with live_column:
        run = runs.watched_run()
        if run is None:
            st.info("Nothing trained yet. Press Start: the quick recipe takes about ten seconds.")
        else:
            # As it was written: a run that only fell silent may come back, and the page must see it.
            ticking = not run.stored_status().finished
            frame.fragment(show_live, run_every=TICK_SECONDS if ticking else None)(run)
            replay.show_replay(run)

    st.header("Runs", anchor=False)
    everything = run_folders.all_runs()
    if not everything:
        st.caption("Every run will be listed here.")
        st.stop()
    st.caption("Tick a row to judge that run, or to watch one that is not done yet.")
    if chosen := runs.run_table(everything, "runs"):
        runs.watch(chosen)
        if chosen.has_model:
            st.switch_page("pages/evaluate.py", query_params={"run": chosen.id})
        st.rerun()
