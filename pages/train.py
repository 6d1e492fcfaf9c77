"""Train: choose a recipe, start it, and watch the network learn."""

import streamlit as st

from mnist_core import environment
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.engine import submission
from mnist_core.runs import run_folders
from mnist_core.ui import browser, choices, frame, loaders, pins, preview, run_table, settings_form, settings_memory
from mnist_core.ui.train import before_start, live, watched


def choose_next() -> None:
    """What the next run learns from and how, and its start."""
    settings = None
    with frame.explained():
        data = choices.choose_dataset(with_drawings=True)
        preview.show_dataset(data)
        settings = settings_form.choose_settings()
        settings_memory.remember_settings(settings)
    if settings:
        settings_form.warn_of_few_steps(settings, data)
    tensorboard = st.checkbox("TensorBoard files", help="Event files in the run's folder, for tensorboard --logdir")
    before_start.choose_bets()
    before_start.choose_slow_start()
    if st.button("Start", type="primary", disabled=settings is None, width="stretch") and settings:
        start(settings, data, tensorboard)


def start(settings: TrainConfig, data: Dataset, tensorboard: bool) -> None:
    """Puts a run on the engine and shows it."""
    with frame.explained(), st.spinner("Handing the run to the engine …"):
        about = {"tensorboard": tensorboard, "slow_start": before_start.is_slow()}
        bets = before_start.take_bets()
        run = submission.submit(loaders.engine(), settings, data, browser.actor(), about, pins.own_pins(), bets)
        before_start.forget_bets()
        watched.watch(run)
        st.rerun()


def show_watched() -> None:
    """The run that is looked at, as it is now."""
    run = watched.watched_run()
    if run is None:
        st.info("Nothing trained yet. Press Start: the quick recipe takes about ten seconds.")
    else:
        live.show_watched(run)


def list_runs() -> None:
    """Every run; a press on one leads to its evaluation, or shows it above while it is not done."""
    st.header("Runs", anchor=False)
    everything = run_folders.all_runs()
    if not everything:
        st.caption("Every run will be listed here.")
        return
    st.caption("Tick a row to judge that run, or to watch one that is not done yet.")
    if chosen := run_table.choose_run(everything, "runs"):
        watched.watch(chosen)
        if chosen.has_model:
            st.switch_page("pages/evaluate.py", query_params={"run": chosen.id})
        st.rerun()


with frame.page("Train", "Choose a recipe, press Start, and watch the network learn."):
    environment.check_training()
    loaders.engine().start()
    settings_column, live_column = frame.form_beside("Next run")
    with settings_column:
        choose_next()
    with live_column:
        show_watched()
    list_runs()
