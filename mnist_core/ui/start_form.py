"""What starts a run: its name, the button, and a word where the same run is here already."""

import dataclasses
import secrets

import streamlit as st

from mnist_core.config import recipes
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.language import gettext
from mnist_core.runs import repeats, run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import LONGEST_NAME
from mnist_core.ui.frame import plain
from mnist_core.ui.settings_form import warn_of_few_steps
from mnist_core.ui.settings_memory import use_settings
from mnist_core.ui.train import watched

STARTS = "starts"
MOST_SEED = 9999  # short enough to be said aloud


def offer_start(settings: TrainConfig | None, data: Dataset | None) -> str | None:
    """Shows the button; returns the name of the run once it is pressed, empty where nobody gave one."""
    if settings and (words := recipes.in_words(settings)) != settings.recipe:
        st.caption(plain(gettext("This run: {words}", words=words)))
    with st.container(horizontal=True, vertical_alignment="bottom", key="start-form"):
        # A started run takes its name with it, and the next one gets a field of its own.
        name = st.text_input(
            gettext("Name of the run"), placeholder=gettext("Name (if you like)"), max_chars=LONGEST_NAME,
            key=f"run-name-{st.session_state.get(STARTS, 0)}", label_visibility="collapsed",
        )  # fmt: skip
        pressed = st.button(gettext("Start"), type="primary", disabled=settings is None or data is None, width=120)
    if settings and data:  # below the button, which keeps its place
        if same := repeats.same_run(settings, data.reference(), run_folders.all_runs()):
            _tell_of(same, settings)
        else:
            warn_of_few_steps(settings, data)
    return name.strip() if pressed else None


def forget_name() -> None:
    """Empties the field of the name, from the next run of the page on."""
    st.session_state[STARTS] = st.session_state.get(STARTS, 0) + 1


def _tell_of(same: Run, settings: TrainConfig) -> None:
    """Says that the same run is here already, and offers it, or another seed."""
    st.markdown(gettext("**This very run is here already.** Training it again would give the same model."))
    with st.container(horizontal=True, vertical_alignment="center"):
        link = {"run": same.id}
        st.page_link("pages/evaluate.py", label=gettext("See it"), help=plain(summary.title(same)), query_params=link)
        shown = st.query_params.get("run") or st.session_state.get("watched-run")
        if shown != same.id and st.button(gettext("Use it")):
            watched.watch(same)
            st.rerun()
        st.button(gettext("Another seed"), on_click=_take_another_seed, args=(settings,))


def _take_another_seed(settings: TrainConfig) -> None:
    """Many may press this at once, and each wants a network of their own: the seed is drawn, not counted."""
    seed = secrets.randbelow(MOST_SEED) + 1
    use_settings(dataclasses.replace(settings, seed=seed + 1 if seed == settings.seed else seed))
