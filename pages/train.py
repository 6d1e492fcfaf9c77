"""Train: choose a recipe, start it, and watch the network learn."""

import streamlit as st

from mnist_core import environment
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.engine import submission
from mnist_core.language import N_, gettext
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.ui import browser, choices, frame, loaders, pins, preview, run_list, settings_form, start_form
from mnist_core.ui.components.into_view import bring_into_view
from mnist_core.ui.train import before_start, live, watched


def choose_next() -> None:
    """What the next run learns from and how, and its start."""
    settings, data, place = None, None, None
    with frame.explained():
        data = choices.choose_dataset(with_drawings=True)
        preview.show_dataset(data)
        settings, place = settings_form.choose_settings()
    tensorboard = st.checkbox(
        gettext("TensorBoard files"),
        key="tensorboard",
        help=gettext("Event files in the run's folder, for tensorboard --logdir"),
    )
    with place or st.container():
        before_start.choose_bets()
        name = start_form.offer_start(settings, data)
        if name is not None and settings and data:
            start(settings, data, name, tensorboard)


def start(settings: TrainConfig, data: Dataset, name: str, tensorboard: bool) -> None:
    """Puts a run on the engine and shows it."""
    with frame.explained(), st.spinner(gettext("Handing the run to the engine …")):
        label, by = RunLabel(name), browser.actor()
        about = {"tensorboard": tensorboard, "slow_start": before_start.is_slow()}
        bets = before_start.take_bets()
        run = submission.submit(loaders.engine(), settings, data, by, about, pins.own_pins(), bets)
        if name:
            run.write_label(label, by=by)
        start_form.forget_name()
        before_start.forget_bets()
        watched.watch(run)
        st.rerun()


def show_watched(run: Run | None) -> None:
    """The run that is looked at, as it is now."""
    if run is None:
        st.info(
            gettext(
                "Nothing trained yet. Press Start: the quick recipe takes about {seconds} seconds.",
                seconds=before_start.quick_seconds(),
            )
        )
    else:
        live.show_watched(run)


def list_runs() -> None:
    """Every run; a press on one shows it above, from where it leads to its evaluation."""
    st.header(gettext("Runs"), anchor=False)
    everything = run_folders.all_runs()
    if not everything:
        st.caption(gettext("Every run will be listed here."))
        return
    st.caption(gettext("Press a row to see that run above."))
    shown = st.query_params.get("run") or st.session_state.get("watched-run", "")
    run_list.show_runs(everything, "runs", [shown], lambda name: watched.watch(run_folders.find(name)))


with frame.page(N_("Train"), N_("Choose a recipe, press Start, and watch the network learn.")):
    environment.check_training()
    loaders.engine().start()
    # A link to a run was sent for the run.
    settings_column, live_column = frame.form_beside(gettext("Next run"), shown_first="run" in st.query_params)
    with settings_column:
        choose_next()
    run = watched.watched_run()
    with live_column:
        show_watched(run)
    list_runs()
    # Whoever pressed Start below open bets, or a row of the list, sees what came of it.
    bring_into_view(live.PART, run.id if run else "")
