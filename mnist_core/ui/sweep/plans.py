"""What the next sweep is to try."""

import dataclasses

import streamlit as st

from mnist_core.engine.sweeps.sweep import METHODS, Plan
from mnist_core.language import N_, gettext
from mnist_core.ui.settings_form import Field, choose_recipe, choose_value
from mnist_core.ui.settings_memory import SWEEP_MEMORY, keep_drawings, remember_settings, settings_from_address
from mnist_core.ui.sweep.space_form import choose_space

EPOCHS = Field("epochs", N_("Epochs of a trial"))
SHARE = Field(
    "data_share", N_("Share of the data"), 0.1, N_("A part is often enough to tell good settings from bad ones")
)
METHOD_TITLES = {
    "search": N_("Search: more tries where it goes well"),
    "random": N_("By chance"),
    "everything": N_("Every combination"),
}


def choose_plan() -> Plan:
    """The plan of a sweep: a recipe, what differs between trials, how many of them and how they are chosen.

    Raises:
        InputError: What differs cannot be used.
    """
    start = settings_from_address(SWEEP_MEMORY)
    recipe, story = choose_recipe(start.recipe, "sweep-recipe")
    if recipe != start.recipe:
        start = keep_drawings(start, story.config)
    left, right = st.columns(2)
    epochs = choose_value(left, EPOCHS, start, f"sweep-{recipe}-epochs")
    share = choose_value(right, SHARE, start, f"sweep-{recipe}-share")
    config = dataclasses.replace(start, epochs=epochs, data_share=share)
    remember_settings(config, SWEEP_MEMORY)
    table = st.container()
    method = st.selectbox(
        gettext("How to choose"), METHODS, format_func=lambda method: gettext(METHOD_TITLES[method]),
        key="sweep-method",
        help=gettext(
            "Search looks at the trials before it. By chance, each trial is drawn. Every combination needs lists."
        ),
    )  # fmt: skip
    left, right = st.columns(2)
    trials = left.number_input(gettext("Trials"), 1, 500, 20, key="sweep-trials", disabled=method == "everything")
    seed = right.number_input(
        gettext("Seed"), 0, 2**31 - 1, 1, key="sweep-seed", help=gettext("The same seed tries the same values again")
    )
    pruning = st.checkbox(
        gettext("Give weak trials up early"), value=True, key="sweep-pruning",
        help=gettext("A trial ends when it is worse than most others were at that point"),
    )  # fmt: skip
    with table:  # last, because a mistake in it must not take the other fields away, with what they hold
        space = choose_space(config)
    return Plan(config, space, int(trials), method, pruning, int(seed))
