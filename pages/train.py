"""Train: choose a recipe, start it, and watch the network learn."""

import streamlit as st

from mnist_core import charts, config, engine, history, runs, session
from mnist_core.config import RECIPES, TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.layers import Layer, count_parameters, summarize
from mnist_core.phrases import count, duration, epoch_sentence, percent
from mnist_core.runs import Run

TICK_SECONDS = 0.5
FEW_STEPS = 300


def choose_settings() -> TrainConfig:
    """The settings, starting from a recipe or from a link; what is set is in the address."""
    start = session.settings_from_address()
    names = list(RECIPES)
    recipe = session.choose("Recipe", names, start.recipe, "recipe-choice")
    if recipe != start.recipe:
        start = RECIPES[recipe].config
    story = RECIPES[recipe]
    published = f" Published result: {story.published}." if story.published else ""
    st.caption(f"**{story.title}.** {story.description}{published}")

    def field(name: str) -> str:
        return f"{recipe}-{name}"

    left, right = st.columns(2)
    epochs = left.number_input("Epochs", 1, 1000, start.epochs, key=field("epochs"))
    batch = right.number_input("Batch size", 1, 4096, start.batch_size, key=field("batch"))
    rate, step = start.learning_rate, start.learning_rate / 10
    rate = left.number_input("Learning rate", 1e-7, 10.0, rate, step, "%g", key=field("rate"))
    seed = right.number_input("Seed", 0, 2**31 - 1, start.seed, key=field("seed"))
    with st.expander("More settings"):
        left, right = st.columns(2)
        optimizer = left.selectbox(
            "Optimizer", config.OPTIMIZERS, config.OPTIMIZERS.index(start.optimizer), key=field("optimizer")
        )
        schedule = right.selectbox(
            "Rate over time", config.SCHEDULES, config.SCHEDULES.index(start.schedule), key=field("schedule")
        )
        loss = st.selectbox("Loss", config.LOSSES, config.LOSSES.index(start.loss), key=field("loss"))
        validation = left.number_input(
            "Validation share", 0.0, 0.5, start.validation_share, 0.05, key=field("validation"), help="0: the test set"
        )
        share = right.number_input("Share of the data", 0.001, 1.0, start.data_share, 0.1, "%g", key=field("share"))
        patience = left.number_input(
            "Early stopping", 0, 1000, start.early_stopping, key=field("patience"), help="Epochs of patience; 0: never"
        )
        st.caption("Random changes of each training image:")
        left, right = st.columns(2)
        rotation = left.number_input("Rotation (degrees)", 0.0, 90.0, start.rotation, 1.0, key=field("rotation"))
        zoom = right.number_input("Zoom (share)", 0.0, 0.5, start.zoom, 0.05, key=field("zoom"))
        shift = left.number_input("Shift (share)", 0.0, 0.5, start.shift, 0.05, key=field("shift"))
        shear = right.number_input("Shear (share)", 0.0, 0.5, start.shear, 0.05, key=field("shear"))
    layers = choose_layers(start.layers, field("layers"))
    return TrainConfig(
        recipe, layers, int(epochs), int(batch), optimizer, rate, schedule, loss, validation, int(patience), share,
        rotation, zoom, shift, shear, int(seed),
    )  # fmt: skip


def choose_layers(start: tuple[Layer, ...], key: str) -> tuple[Layer, ...]:
    """The network as a table to change, and what becomes of the picture in it."""
    with st.expander("Network"):
        st.caption("Change a cell, add or delete rows. To move a layer, change its number: 2.5 puts it behind 2.")
        layers = session.layer_table(start, key)
        rows = [
            {"Layer": str(row.layer), "Output": "×".join(map(str, row.output_shape)), "Parameters": row.parameters}
            for row in summarize(layers)
        ]
        st.dataframe(
            rows, hide_index=True, column_config={"Parameters": st.column_config.NumberColumn(format="localized")}
        )
    st.caption(f"{count(count_parameters(layers))} parameters in {len(layers)} layers.")
    return layers


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
            settings = choose_settings()
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
