"""Sweep: try many settings at once, and keep the best as a recipe."""

import streamlit as st

from mnist_core import environment
from mnist_core.engine import recovery
from mnist_core.engine.sweeps import results, sweep_folders, trial_tasks
from mnist_core.engine.sweeps.sweep import Sweep, Trial
from mnist_core.errors import InputError
from mnist_core.presentation.charts import sweep as sweep_charts
from mnist_core.ui import browser, choices, frame, loaders
from mnist_core.ui.sweep import plans

TICK_SECONDS = 1.0
GOING_ON = ("waiting", "running")


def show_watched(sweep: Sweep) -> None:
    """The sweep that is looked at, and when it has ended what can be made of it."""
    try:
        trials = sweep.trials()
    except InputError as error:  # a damaged folder must still get its Delete
        st.warning(frame.plain(str(error)))
        offer_deletion(sweep)
        return
    goes_on = results.state(sweep, trials) in GOING_ON
    frame.fragment(show_live, run_every=TICK_SECONDS if goes_on else None)(sweep, goes_on)
    if not goes_on and (best := results.best(trials)):
        plans.offer_recipe(sweep, best)


def show_live(sweep: Sweep, goes_on: bool) -> None:
    """The sweep as it is now; runs again every second while it goes on."""
    recovery.care_for_sweeps(loaders.engine())
    trials = sweep.trials()
    state = results.state(sweep, trials)
    show_sweep(sweep, trials, state)
    if goes_on and state not in GOING_ON:
        st.rerun()  # the whole page: its table changes, and a finished sweep ticks no more


def show_sweep(sweep: Sweep, trials: list[Trial], state: str) -> None:
    """Where the sweep stands, its buttons, charts and trials."""
    st.caption(frame.plain(results.title(sweep)))
    ended = [trial for trial in trials if trial.ended]
    sentence = frame.plain(results.sentence(sweep, trials))
    if state in GOING_ON:
        st.progress(results.progress(trials), sentence)
    else:
        frame.announce(sentence)
    show_buttons(sweep, state)
    if ended:
        show_charts(sweep, trials)
    plans.trial_table(trials)


def show_buttons(sweep: Sweep, state: str) -> None:
    """What can be done with the sweep in its state."""
    with st.container(horizontal=True):
        if state in GOING_ON and not sweep.stopped:
            if st.button("Stop the sweep", icon=":material/stop:", help="Trials that have ended stay"):
                sweep.stop()
                st.rerun()
        elif state == "stopped" and st.button("Resume", icon=":material/play_arrow:"):
            with frame.explained():
                trial_tasks.go_on(loaders.engine(), sweep)
                st.rerun()
        if state not in GOING_ON:
            offer_deletion(sweep)


def show_charts(sweep: Sweep, trials: list[Trial]) -> None:
    """The trials as lines from settings to accuracy, and what mattered."""
    sentence = sweep_charts.parallel_sentence(trials)
    chart = sweep_charts.parallel_coordinates(sweep.plan().space.parameters, trials)
    st.vega_lite_chart(chart, alt=sentence, key="parallel")
    st.caption(frame.plain(sentence))
    if shares := results.importances(sweep):
        sentence = results.importance_sentence(shares)
        st.vega_lite_chart(sweep_charts.importance_bars(shares), alt=sentence, key="importance")
        st.caption(frame.plain(sentence))


def offer_deletion(sweep: Sweep) -> None:
    """The button that leads to the end of a sweep."""
    if st.button("Delete", icon=":material/delete:"):
        confirm_deletion(sweep)


@st.dialog("Delete this sweep?")
def confirm_deletion(sweep: Sweep) -> None:
    """Deletes a sweep, after a second word that names it."""
    st.write(f"{frame.plain(results.title(sweep))}: its trials are removed for good; recipes and runs stay.")
    if st.button("Delete it", type="primary"):
        with frame.explained():
            sweep.delete()
            st.query_params.pop("sweep", None)
            st.rerun()


with frame.page("Sweep", "Let the lab try many settings at once, give weak ones up early, and keep the best."):
    environment.check_training("A sweep")
    loaders.engine().start()
    plan_column, live_column = st.columns([1, 2], gap="large")
    with plan_column:
        plan = None
        with frame.explained():
            data = choices.choose_dataset()
            plan = plans.choose_plan()
        label = f"Start {plan.trials} trials" if plan else "Start"
        if st.button(label, type="primary", disabled=plan is None, width="stretch", key="start-sweep") and plan:
            with frame.explained():
                with st.spinner("Handing the sweep to the engine …"):
                    sweep = trial_tasks.start(loaders.engine(), plan, data, browser.owner())
                choices.remember("sweep", sweep.id)
                st.rerun()
    with live_column:
        watched = plans.watched_sweep()
        if watched is None:
            st.info("No sweep yet. Choose what differs and press Start: twenty short trials take a few minutes.")
        else:
            show_watched(watched)

    st.header("Sweeps", anchor=False)
    everything = sweep_folders.all_sweeps()
    if not everything:
        st.caption("Every sweep will be listed here.")
        st.stop()
    st.caption("Tick a row to look at that sweep.")
    chosen = plans.sweep_table(everything)
    if chosen and watched and chosen.id != watched.id:
        choices.remember("sweep", chosen.id)
        st.rerun()
