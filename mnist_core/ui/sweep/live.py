"""A sweep while it goes on, and what can be made of it when it has ended."""

import streamlit as st

from mnist_core.engine import recovery
from mnist_core.engine.sweeps import results, trial_tasks
from mnist_core.engine.sweeps.search_space import called, in_words
from mnist_core.engine.sweeps.sweep import Sweep, Trial
from mnist_core.errors import InputError
from mnist_core.formatting import begun, percent
from mnist_core.language import gettext
from mnist_core.presentation import status_words
from mnist_core.presentation.charts.sweep import importance_bars, parallel_coordinates, parallel_sentence
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import announce, explained, fragment, plain, show_chart
from mnist_core.ui.loaders import engine
from mnist_core.ui.tables import harmless, harmless_chart

TICK_SECONDS = 1.0
GOING_ON = ("waiting", "running")


def show_watched(sweep: Sweep) -> None:
    """The sweep that is looked at, and when it has ended what can be made of it."""
    try:
        trials = sweep.trials()
    except InputError as error:  # a damaged folder must still get its Delete
        st.warning(plain(str(error)))
        _offer_deletion(sweep)
        return
    goes_on = results.state(sweep, trials) in GOING_ON
    fragment(_show_live, run_every=TICK_SECONDS if goes_on else None)(sweep, goes_on)
    if not goes_on and (best := results.best(trials)):
        _offer_recipe(sweep, best)


def _show_live(sweep: Sweep, goes_on: bool) -> None:
    """The sweep as it is now; runs again every second while it goes on."""
    recovery.care_for_sweeps(engine())
    trials = sweep.trials()
    state = results.state(sweep, trials)
    _show_sweep(sweep, trials, state)
    if goes_on and state not in GOING_ON:
        st.rerun()  # the whole page: its table changes, and a finished sweep ticks no more


def _show_sweep(sweep: Sweep, trials: list[Trial], state: str) -> None:
    st.caption(plain(results.title(sweep)))
    sentence = plain(results.sentence(sweep, trials))
    if state in GOING_ON:
        st.progress(results.progress(trials), sentence)
    else:
        announce(sentence)
    _show_buttons(sweep, state)
    if any(trial.ended for trial in trials):
        _show_charts(sweep, trials)
    _show_trials(trials)


def _show_buttons(sweep: Sweep, state: str) -> None:
    if not actor().may_change(sweep.owner):
        st.caption(gettext("Somebody else's sweep: only they can stop or delete it, and whoever runs the lab."))
        return
    with st.container(horizontal=True):
        if state in GOING_ON and not sweep.stopped:
            if st.button(
                gettext("Stop the sweep"), icon=":material/stop:", help=gettext("Trials that have ended stay")
            ):
                with explained():
                    sweep.stop(by=actor())
                    st.rerun()
        elif state == "stopped" and st.button(gettext("Resume"), icon=":material/play_arrow:"):
            with explained():
                trial_tasks.go_on(engine(), sweep, by=actor())
                st.rerun()
        if state not in GOING_ON:
            _offer_deletion(sweep)


def _show_charts(sweep: Sweep, trials: list[Trial]) -> None:
    """The trials as lines from settings to accuracy, and what mattered."""
    sentence = parallel_sentence(trials)
    chart = parallel_coordinates(sweep.plan().space.parameters, trials)
    show_chart(harmless_chart(chart), alt=sentence, key="parallel")
    st.caption(plain(sentence))
    if shares := results.importances(sweep):
        sentence = results.importance_sentence(shares)
        show_chart(importance_bars(shares), alt=sentence, key="importance")
        st.caption(plain(sentence))
        with st.expander(gettext("How this was measured")):
            st.markdown(gettext(results.IMPORTANCE_METHOD))


def _show_trials(trials: list[Trial]) -> None:
    """Shows the trials that began, sortable."""
    settings = {results.column(name): begun(gettext(called(name))) for trial in trials for name in trial.settings}
    st.dataframe(
        harmless(status_words.with_states_in_words(results.rows(trials, status_words.sentence))),
        hide_index=True,
        placeholder="–",
        column_config=settings
        | {
            "Trial": st.column_config.NumberColumn(gettext("Trial"), width=60),
            "State": gettext("State"),
            "Validation accuracy": st.column_config.NumberColumn(gettext("Accuracy"), format="%.2f %%"),
            results.column("learning_rate"): st.column_config.NumberColumn(
                begun(gettext(called("learning_rate"))), format="%.3g"
            ),
            "Epochs": gettext("Epochs"),
            "Seconds": st.column_config.NumberColumn(gettext("Time (s)"), format="%.1f"),
            "Why": gettext("Why"),
        },
    )


def _offer_deletion(sweep: Sweep) -> None:
    if actor().may_change(sweep.owner) and st.button(gettext("Delete"), icon=":material/delete:"):
        st.dialog(gettext("Delete this sweep?"))(_confirm_deletion)(sweep)


def _confirm_deletion(sweep: Sweep) -> None:
    st.write(
        gettext("{title}: its trials are removed for good; recipes and runs stay.", title=plain(results.title(sweep)))
    )
    if st.button(gettext("Delete it"), type="primary"):
        with explained():
            sweep.delete(by=actor())
            st.query_params.pop("sweep", None)
            st.rerun()


def _offer_recipe(sweep: Sweep, trial: Trial) -> None:
    """Lets a person make a recipe of a trial, whose model is then among the runs."""
    st.markdown(
        gettext(
            "**Best trial: {number}**, validation accuracy {accuracy} with {settings}.",
            number=trial.number,
            accuracy=percent(trial.accuracy),
            settings=plain(in_words(trial.settings)),
        )
    )
    with st.form(f"recipe-of-{sweep.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            gettext("Name of the recipe"), placeholder=gettext("our-best"), key=f"recipe-name-{sweep.id}",
            help=gettext("Small letters, digits and dashes"),
        )  # fmt: skip
        asked = st.form_submit_button(gettext("Make it a recipe"), icon=":material/bookmark_add:")
    if asked:
        with explained():
            results.recipe_of(sweep, trial, name.strip(), actor())
            link = {"recipe": name.strip()}
            st.success(
                plain(
                    gettext("The recipe '{name}' is saved, and the trial's model is among the runs.", name=name.strip())
                )
            )
            st.page_link(
                "pages/train.py", label=gettext("Train with it"), icon=":material/show_chart:", query_params=link
            )
