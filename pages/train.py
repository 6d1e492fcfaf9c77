"""Train: choose a recipe, start it, and watch the network learn."""

import streamlit as st

from mnist_core import charts, engine, history, runs, session
from mnist_core.config import TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.phrases import duration, epoch_sentence, percent
from mnist_core.runs import Run

TICK_SECONDS = 0.5
FEW_STEPS = 300


def show_live(run: Run) -> None:
    """The run as it is now; runs again every half second while it goes on."""
    with session.explained():
        engine.care_for(run)
    moved_on = session.has_moved_on(run, run.status().state)
    show_run(run)
    if moved_on:
        # The whole page: its tables change, and a finished run ticks no more. Last, or a click would be lost.
        st.rerun()


def show_run(run: Run) -> None:
    """State, figures, buttons and curves of a run."""
    status = run.status()
    metrics, batches = run.metrics(), run.batches()
    st.caption(history.title(run))
    match status.state:
        case "queued":
            st.info(history.queue_sentence(run))
        case "failed":
            st.error(status.reason)
        case "done":
            st.success(
                f"Done in {duration(status.seconds)}. Test accuracy {percent(status.test_accuracy)}. {status.reason}"
            )
        case "stopped":
            st.warning(status.reason)
        case _:
            sentence = epoch_sentence(min(status.epoch + 1, status.epochs), status.epochs, metrics["val_accuracy"])
            if status.state == "paused":
                sentence = f"Paused. {sentence}"
            elif status.seconds_left:
                sentence += f" · {duration(status.seconds_left)} left"
            st.progress(status.progress, status.reason or sentence)
    last = {name: values[-1] if values else float("nan") for name, values in {**batches, **metrics}.items()}
    with st.container(horizontal=True, gap="medium"):
        st.metric("Validation accuracy", percent(last["val_accuracy"]), width="content")
        epoch = min(status.epoch + (not status.finished), status.epochs)
        st.metric("Epoch", f"{epoch} of {status.epochs}", width="content")
        st.metric("Training loss", f"{batches['loss'][-1]:.4f}" if batches["loss"] else "–", width="content")
    show_buttons(run, status.state)
    if not batches["epoch"]:
        return
    for column, quantity in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        sentence = charts.curve_sentence(quantity, batches, metrics)
        curve = charts.learning_curve(quantity, batches, metrics, status.epochs)
        column.vega_lite_chart(curve, alt=sentence, key=f"curve-{quantity}")
        column.caption(sentence)


def show_buttons(run: Run, state: str) -> None:
    """What can be done with the run in its state."""
    if run.stored_status().reason and state in ("running", "paused"):
        return  # it is being written; there is nothing left to stop
    with st.container(horizontal=True):
        if state in ("queued", "running", "paused"):
            if state == "running" and st.button("Pause", icon=":material/pause:"):
                run.request("pause")
            if state == "paused" and st.button("Go on", icon=":material/play_arrow:"):
                run.request("resume")
            if st.button("Stop" if state == "queued" else "Stop and keep", icon=":material/stop:"):
                run.request("stop")
        elif state == "failed" and run.can_resume:
            if st.button("Go on", icon=":material/play_arrow:"):
                with session.explained():
                    engine.resume(run)
                    st.rerun()
        elif run.has_model:
            link = {"run": run.id}
            st.page_link(
                "pages/evaluate.py", label="See its evaluation", icon=":material/fact_check:", query_params=link
            )
            st.page_link("pages/draw.py", label="Draw with it", icon=":material/draw:", query_params=link)


def start(settings: TrainConfig, data: Dataset) -> None:
    """Puts a run on the engine and shows it."""
    with st.spinner("Handing the run to the engine …"):
        run = engine.submit(settings, data)
    session.watch(run)
    st.rerun()


with session.page("Train", "Choose a recipe, press Start, and watch the network learn."):
    engine.start()
    settings_column, live_column = st.columns([1, 2], gap="large")
    with settings_column:
        settings, problem = None, ""
        try:
            data = session.choose_dataset()
            settings = session.choose_settings()
            session.remember_settings(settings)
        except InputError as error:
            problem = str(error)
        if problem:
            st.warning(session.plain(problem))
        elif settings and (steps := settings.steps(len(data.train_images))) < FEW_STEPS:
            st.info(
                f"These settings make only {steps} steps of training, too few to learn much from little data. "
                f"Try {settings.epochs * FEW_STEPS // steps} epochs."
            )
        if st.button("Start", type="primary", disabled=settings is None, width="stretch") and settings:
            start(settings, data)
    with live_column:
        run = session.watched_run()
        if run is None:
            st.info("Nothing trained yet. Press Start: the quick recipe takes about ten seconds.")
        else:
            # As it was written: a run that only fell silent may come back, and the page must see it.
            ticking = not run.stored_status().finished
            st.fragment(show_live, run_every=TICK_SECONDS if ticking else None)(run)

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
