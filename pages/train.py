"""Train: choose a recipe, start it, and watch the network learn."""

import streamlit as st

from mnist_core import environment, recovery, runs, session, submission
from mnist_core.config import TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.runs import Run

TICK_SECONDS = 0.5
FEW_STEPS = 300


def show_live(run: Run) -> None:
    """The run as it is now; runs again every half second while it goes on."""
    with session.explained():
        recovery.care_for(session.engine(), run)
    moved_on = session.has_moved_on(run, run.status().state)
    session.show_run(run)
    if moved_on:
        # The whole page: its tables change, and a finished run ticks no more. Last, or a click would be lost.
        st.rerun()


def start(settings: TrainConfig, data: Dataset, tensorboard: bool) -> None:
    """Puts a run on the engine and shows it."""
    with session.explained(), st.spinner("Handing the run to the engine …"):
        about = {"tensorboard": True} if tensorboard else {}
        run = submission.submit(session.engine(), settings, data, session.owner(), about, session.own_pins())
        session.watch(run)
        st.rerun()


with session.page("Train", "Choose a recipe, press Start, and watch the network learn."):
    environment.check_training()
    session.engine().start()
    settings_column, live_column = st.columns([1, 2], gap="large")
    with settings_column:
        settings = None
        with session.explained():
            data = session.choose_dataset()
            settings = session.choose_settings()
            session.remember_settings(settings)
        if settings and (steps := settings.steps(len(data.train_images))) < FEW_STEPS:
            st.info(
                f"These settings make only {steps} steps of training, too few to learn much from little data. "
                f"Try {settings.epochs * FEW_STEPS // steps} epochs."
            )
        tensorboard = st.checkbox("TensorBoard files", help="Event files in the run's folder, for tensorboard --logdir")
        if st.button("Start", type="primary", disabled=settings is None, width="stretch") and settings:
            start(settings, data, tensorboard)
    with live_column:
        run = session.watched_run()
        if run is None:
            st.info("Nothing trained yet. Press Start: the quick recipe takes about ten seconds.")
        else:
            # As it was written: a run that only fell silent may come back, and the page must see it.
            ticking = not run.stored_status().finished
            session.fragment(show_live, run_every=TICK_SECONDS if ticking else None)(run)
            session.show_replay(run)

    st.header("Runs", anchor=False)
    everything = runs.all_runs()
    if not everything:
        st.caption("Every run will be listed here.")
        st.stop()
    st.caption("Tick a row to judge that run, or to watch one that is not done yet.")
    if chosen := session.run_table(everything, "runs"):
        session.watch(chosen)
        if chosen.has_model:
            st.switch_page("pages/evaluate.py", query_params={"run": chosen.id})
        st.rerun()
