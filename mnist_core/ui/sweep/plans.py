"""What the next sweep is to try."""

import dataclasses

import streamlit as st

from mnist_core.config.train_config import TrainConfig
from mnist_core.engine.sweeps.search_space import NETWORK, SWEPT, Parameter, Space
from mnist_core.engine.sweeps.sweep import METHODS, Plan
from mnist_core.ui.settings_form import choose_recipe
from mnist_core.ui.settings_memory import SWEEP_MEMORY, keep_drawings, remember_settings, settings_from_address

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
        start = keep_drawings(start, story.config)
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
