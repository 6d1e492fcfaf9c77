"""Sweep: try many settings at once, and keep the best as a recipe."""

import streamlit as st

from mnist_core import environment, recovery, session, sweep_charts, sweep_results, sweep_trials, sweeps
from mnist_core.errors import InputError
from mnist_core.sweeps import Sweep, Trial

TICK_SECONDS = 1.0
GOING_ON = ("waiting", "running")


def show_watched(sweep: Sweep) -> None:
    """The sweep that is looked at, and when it has ended what can be made of it."""
    try:
        trials = sweep.trials()
    except InputError as error:  # a damaged folder must still get its Delete
        st.warning(session.plain(str(error)))
        offer_deletion(sweep)
        return
    goes_on = sweep_results.state(sweep, trials) in GOING_ON
    session.fragment(show_live, run_every=TICK_SECONDS if goes_on else None)(sweep, goes_on)
    if not goes_on and (best := sweep_results.best(trials)):
        session.offer_recipe(sweep, best)


def show_live(sweep: Sweep, goes_on: bool) -> None:
    """The sweep as it is now; runs again every second while it goes on."""
    recovery.care_for_sweeps(session.engine())
    trials = sweep.trials()
    state = sweep_results.state(sweep, trials)
    show_sweep(sweep, trials, state)
    if goes_on and state not in GOING_ON:
        st.rerun()  # the whole page: its table changes, and a finished sweep ticks no more


def show_sweep(sweep: Sweep, trials: list[Trial], state: str) -> None:
    """Where the sweep stands, its buttons, charts and trials."""
    st.caption(session.plain(sweep_results.title(sweep)))
    ended = [trial for trial in trials if trial.ended]
    sentence = session.plain(sweep_results.sentence(sweep, trials))
    if state in GOING_ON:
        st.progress(sweep_results.progress(trials), sentence)
    else:
        session.announce(sentence)
    show_buttons(sweep, state)
    if ended:
        show_charts(sweep, trials)
    session.trial_table(trials)


def show_buttons(sweep: Sweep, state: str) -> None:
    """What can be done with the sweep in its state."""
    with st.container(horizontal=True):
        if state in GOING_ON and not sweep.stopped:
            if st.button("Stop the sweep", icon=":material/stop:", help="Trials that have ended stay"):
                sweep.stop()
                st.rerun()
        elif state == "stopped" and st.button("Go on", icon=":material/play_arrow:"):
            with session.explained():
                sweep_trials.go_on(session.engine(), sweep)
                st.rerun()
        if state not in GOING_ON:
            offer_deletion(sweep)


def show_charts(sweep: Sweep, trials: list[Trial]) -> None:
    """The trials as lines from settings to accuracy, and what mattered."""
    sentence = sweep_charts.parallel_sentence(trials)
    chart = sweep_charts.parallel_coordinates(sweep.plan().space.parameters, trials)
    st.vega_lite_chart(chart, alt=sentence, key="parallel")
    st.caption(session.plain(sentence))
    if shares := sweep_results.importances(sweep):
        sentence = sweep_results.importance_sentence(shares)
        st.vega_lite_chart(sweep_charts.importance_bars(shares), alt=sentence, key="importance")
        st.caption(session.plain(sentence))


def offer_deletion(sweep: Sweep) -> None:
    """The button that leads to the end of a sweep."""
    if st.button("Delete", icon=":material/delete:"):
        confirm_deletion(sweep)


@st.dialog("Delete this sweep?")
def confirm_deletion(sweep: Sweep) -> None:
    """Deletes a sweep, after a second word that names it."""
    st.write(f"{session.plain(sweep_results.title(sweep))}: its trials are removed for good; recipes and runs stay.")
    if st.button("Delete it", type="primary"):
        with session.explained():
            sweep.delete()
            st.query_params.pop("sweep", None)
            st.rerun()


with session.page("Sweep", "Let the lab try many settings at once, give weak ones up early, and keep the best."):
    environment.check_training("A sweep")
    session.engine().start()
    plan_column, live_column = st.columns([1, 2], gap="large")
    with plan_column:
        plan = None
        with session.explained():
            data = session.choose_dataset()
            plan = session.choose_plan()
        label = f"Start {plan.trials} trials" if plan else "Start"
        if st.button(label, type="primary", disabled=plan is None, width="stretch", key="start-sweep") and plan:
            with session.explained():
                with st.spinner("Handing the sweep to the engine …"):
                    sweep = sweep_trials.start(session.engine(), plan, data, session.owner())
                session.remember("sweep", sweep.id)
                st.rerun()
    with live_column:
        watched = session.watched_sweep()
        if watched is None:
            st.info("No sweep yet. Choose what differs and press Start: twenty short trials take a few minutes.")
        else:
            show_watched(watched)

    st.header("Sweeps", anchor=False)
    everything = sweeps.all_sweeps()
    if not everything:
        st.caption("Every sweep will be listed here.")
        st.stop()
    st.caption("Tick a row to look at that sweep.")
    chosen = session.sweep_table(everything)
    if chosen and watched and chosen.id != watched.id:
        session.remember("sweep", chosen.id)
        st.rerun()
