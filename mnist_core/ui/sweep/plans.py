"""What a sweep changes, and what came of it, on the Sweep page."""

import dataclasses

import streamlit as st

from mnist_core.config.train_config import TrainConfig
from mnist_core.engine.sweeps import results, sweep_folders
from mnist_core.engine.sweeps.search_space import NETWORK, SWEPT, Parameter, Space, in_words
from mnist_core.engine.sweeps.sweep import METHODS, Plan, Sweep, Trial
from mnist_core.formatting import percent
from mnist_core.presentation import status_words
from mnist_core.ui.choices import named
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.runs import SWEEP_MEMORY, remember_settings, settings_from_address
from mnist_core.ui.settings_form import choose_recipe

METHOD_TITLES = {
    "search": "Search: try more where trials were good",
    "random": "Random",
    "everything": "Everything in this table",
}
SPACE = "sweep-space"


def choose_plan() -> Plan:
    """The plan of a sweep: a recipe, what differs between trials, how many of them and how they are chosen.

    Raises:
        InputError: The table holds something that cannot be used.
    """
    start = settings_from_address(SWEEP_MEMORY)
    recipe, story = choose_recipe(start.recipe, "sweep-recipe")
    if recipe != start.recipe:
        start = story.config
    left, right = st.columns(2)
    epochs = left.number_input("Epochs of a trial", 1, 1000, start.epochs, key=f"sweep-{recipe}-epochs")
    share = right.number_input(
        "Share of the data", 0.001, 1.0, start.data_share, 0.1, "%g", key=f"sweep-{recipe}-share",
        help="A part of the images is often enough to tell good settings from bad ones",
    )  # fmt: skip
    config = dataclasses.replace(start, epochs=int(epochs), data_share=share)
    remember_settings(config, SWEEP_MEMORY)
    table = st.container()
    method = st.selectbox("Method", METHODS, format_func=METHOD_TITLES.__getitem__, key="sweep-method")
    left, right = st.columns(2)
    everything = method == "everything"
    trials = left.number_input("Trials", 1, 500, 20, key="sweep-trials", disabled=everything)
    seed = right.number_input("Seed of the choice", 0, 2**31 - 1, 1, key="sweep-seed")
    pruning = st.checkbox("Give weak trials up early", value=True, key="sweep-pruning")
    with table:  # last, because a mistake in it must not take the other fields away, with what they hold
        space = choose_space(config)
    return Plan(config, space, int(trials), method, pruning, int(seed))


def choose_space(config: TrainConfig) -> Space:
    """What differs between trials, as a table to change.

    Args:
        config: The settings that trials start from, around which the table's first rows lie.

    Raises:
        InputError: A row cannot be used.
    """
    held = st.session_state.get(SPACE)
    if held is None or held["recipe"] != config.recipe or f"{SPACE}-table" not in st.session_state:
        # On a first visit, with another recipe, and after a visit to another page, which drops the table's own state.
        kept = held["rows"] if held and held["recipe"] == config.recipe else [_row(it) for it in usual_space(config)]
        held = {"recipe": config.recipe, "start": kept, "rows": kept}
        st.session_state.pop(f"{SPACE}-table", None)
    st.caption(
        "What differs: a list such as 32, 64, 128; a range such as 0.001..0.03:log, where :log covers it evenly on a "
        "logarithmic scale; or with steps, 0..15:step=5."
    )
    rows = st.data_editor(
        held["start"],
        key=f"{SPACE}-table",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "setting": st.column_config.SelectboxColumn("Setting", options=SWEPT, required=True),
            "values": st.column_config.TextColumn(
                "Values", required=True, help=f"Words such as adam, sgd too; layers of a {NETWORK} are parted by |"
            ),
        },
    )
    st.session_state[SPACE] = held | {"rows": rows}
    return Space.parse(f"{row['setting']}={row['values'] or ''}" for row in rows if row["setting"])


def usual_space(config: TrainConfig) -> tuple[Parameter, ...]:
    """Returns what is worth a first try: the learning rate around that of the recipe, and the batch size."""
    rate, batch = config.learning_rate, config.batch_size
    sizes = sorted({max(batch // 2, 1), batch, min(2 * batch, 4096)})
    return (
        Parameter("learning_rate", (), float(f"{rate / 5:.2g}"), float(f"{rate * 5:.2g}"), True),
        Parameter("batch_size", tuple(sizes)),
    )


def _row(parameter: Parameter) -> dict[str, str]:
    setting, _, values = str(parameter).partition("=")
    return {"setting": setting, "values": values if "|" in values else values.replace(",", ", ")}


def watched_sweep() -> Sweep | None:
    """Returns the sweep of the address, or that of this session, or the newest, or None."""
    everything = sweep_folders.all_sweeps()
    return named(everything, "sweep") or next(iter(everything), None)


def trial_table(trials: list[Trial]) -> None:
    """Shows the trials that began, sortable."""
    st.dataframe(
        results.rows(trials, status_words.sentence),
        hide_index=True,
        placeholder="–",
        column_config={
            "Trial": st.column_config.NumberColumn(width=60),
            "Validation accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "Learning rate": st.column_config.NumberColumn(format="%.3g"),
            "Seconds": st.column_config.NumberColumn("Time (s)", format="%.1f"),
        },
    )


def sweep_table(selection: list[Sweep]) -> Sweep | None:
    """Shows the sweeps; returns the one whose row is chosen."""
    event = st.dataframe(
        results.overview(selection),
        hide_index=True,
        # A selection is a row's number: with other rows it would mark another sweep, so they get another table.
        key=f"sweeps-{len(selection)}-{selection[0].id if selection else ''}",
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        column_order=["What", "State", "Trials", "Best validation accuracy", "Sweep"],
        column_config={"Best validation accuracy": st.column_config.NumberColumn(format="%.2f %%")},
    )
    rows = event.selection.rows
    return selection[rows[0]] if rows and rows[0] < len(selection) else None


def offer_recipe(sweep: Sweep, trial: Trial) -> None:
    """Lets a person make a recipe of a trial, whose model is then among the runs."""
    st.markdown(
        f"**Best trial: {trial.number}**, validation accuracy {percent(trial.accuracy)} with "
        f"{plain(in_words(trial.settings))}."
    )
    with st.form(f"recipe-of-{sweep.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the recipe", placeholder="our-best", help="Small letters, digits and dashes")
        asked = st.form_submit_button("Make it a recipe", icon=":material/bookmark_add:")
    if asked:
        with explained():
            results.recipe_of(sweep, trial, name.strip())
            link = {"recipe": name.strip()}
            st.success(plain(f"The recipe '{name.strip()}' is saved, and the trial's model is among the runs."))
            st.page_link("pages/train.py", label="Train with it", icon=":material/show_chart:", query_params=link)
