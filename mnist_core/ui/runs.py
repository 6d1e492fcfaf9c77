"""Runs and the settings of the next one."""

import zlib
from typing import Any

import streamlit as st

from mnist_core.config.network import ACTIVATIONS, LAYER_KINDS, PADDINGS, Layer, parse_layer
from mnist_core.config.recipes import DEFAULT_RECIPE, all_recipes, from_address, to_address
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.engine import fair_queue
from mnist_core.errors import InputError
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.ui.browser import owner
from mnist_core.ui.choices import named, remember
from mnist_core.ui.frame import plain
from mnist_core.ui.remembered import Remembered

RUN_COLUMNS = ("Recipe", "Data", "State", "Test accuracy", "Epochs", "Seconds", "Parameters", "Started", "Run")


def run_table(selection: list[Run], key: str, shown: Run | None = None) -> Run | None:
    """Shows runs as a sortable table; returns the run whose row was chosen, once, although the row stays marked.

    Args:
        selection: The runs.
        key: Sets the table apart from others.
        shown: The run whose row is marked until another is chosen; none by default.
    """
    # A selection is a row's number: with other rows it would mark another run, so they get another table.
    key = f"{key}-{zlib.crc32(' '.join(run.id for run in selection).encode())}"
    rows = summary.rows(selection)
    marked = [selection.index(shown)] if shown else []
    # Nobody need look at empty columns where nobody has named or noted anything.
    name, note = ([column] if any(row[column] for row in rows) else [] for column in ("Name", "Note"))
    event = st.dataframe(
        rows,
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": marked}},
        placeholder="–",
        column_order=[*name, *RUN_COLUMNS, *note],
        column_config={
            "Name": st.column_config.TextColumn(width=140),
            "Test accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "Seconds": st.column_config.NumberColumn("Time (s)", format="%.1f"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
    ticked = event.selection.rows
    chosen = selection[ticked[0]] if ticked and ticked[0] < len(selection) else None
    before = st.session_state.get(f"{key}-chosen", shown and shown.id)
    st.session_state[f"{key}-chosen"] = chosen and chosen.id
    return chosen if chosen and chosen.id != before else None


# Apart from each other: the trials of a sweep are shorter than a run.
SETTINGS_MEMORY = "settings"
SWEEP_MEMORY = "sweep-settings"
RECIPE = Remembered[str]("recipe-choice")


def settings_from_address(memory: str = SETTINGS_MEMORY) -> TrainConfig:
    """Returns the settings of the link, or those this browser session left, or the default recipe's.

    Args:
        memory: Under which name the session remembers them.

    Raises:
        InputError: The link holds a value that cannot be used.
    """
    address = {
        name: value for name, value in st.query_params.to_dict().items() if name in ("recipe", "network", *SETTINGS)
    }
    if not address:
        address = st.session_state.get(memory) or st.session_state.get(SETTINGS_MEMORY, {})
    try:
        return from_address(address)
    except InputError as error:
        st.warning(
            f"The link sets up something that cannot be used; the recipe's own settings are shown. {plain(str(error))}"
        )
        known = all_recipes()
        return known.get(address.get("recipe", ""), known[DEFAULT_RECIPE]).config


def remember_settings(settings: TrainConfig, memory: str = SETTINGS_MEMORY) -> None:
    """Keeps the settings in the address, so that a link sets up a class, and in the session's memory."""
    address = to_address(settings)
    for name in ("recipe", "network", *SETTINGS):
        if name in st.query_params and name not in address:
            del st.query_params[name]
    for name, value in address.items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    st.session_state[memory] = address


def use_settings(settings: TrainConfig) -> None:
    """Sets the Train page up with these settings, as a link would; for a button's `on_click`."""
    shown = to_address(settings)["recipe"]  # not its own where that was deleted
    for name in [name for name in st.session_state if str(name).startswith(f"{shown}-")]:
        del st.session_state[name]  # else the widgets would keep what they hold
    RECIPE.forget()
    remember_settings(settings)


LAYER_COLUMNS = ("kind", "units", "size", "padding", "activation", "rate")


def layer_table(start: tuple[Layer, ...], key: str) -> tuple[Layer, ...]:
    """Shows the layers as a table that can be changed; returns them in the order of their numbers.

    Raises:
        InputError: A row is not a layer.
    """
    held = st.session_state.get(key)
    if held is None or not (held["fresh"] or f"{key}-{held['version']}" in st.session_state):
        # On a first visit, and after one to another page, which drops what the table itself holds.
        held = {"layers": start, "version": 0}
    st.session_state[key] = held | {"fresh": False}
    rows = [{"number": float(number), **_cells(layer)} for number, layer in enumerate(held["layers"], 1)]
    choose, number = st.column_config.SelectboxColumn, st.column_config.NumberColumn
    edited = st.data_editor(
        rows,
        key=f"{key}-{held['version']}",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "number": number("No.", format="%g", width=60, required=True, default=len(rows) - 0.5),
            "kind": choose("Layer", options=LAYER_KINDS, required=True, default="dropout", width=90),
            "units": number("Units", help="Filters or neurons", min_value=0, step=1, default=0, required=True),
            "size": number("Size", help="Side of kernel or pool", min_value=0, step=1, default=0, required=True),
            "padding": choose("Padding", options=PADDINGS, default="valid", required=True),
            "activation": choose("Activation", options=ACTIVATIONS, default="linear", required=True),
            "rate": number("Dropout", min_value=0.0, max_value=0.95, default=0.0, required=True),
        },
    )
    layers = tuple(_layer_of(row) for row in sorted(edited, key=lambda row: row["number"] or 0))
    shown = [{"number": float(number), **_cells(layer)} for number, layer in enumerate(layers, 1)]
    if edited != shown:
        # A layer was moved, added or deleted, or a cell was filled that its kind does not use: show what counts.
        st.session_state[key] = {"layers": layers, "version": held["version"] + 1, "fresh": True}
        st.rerun()
    return layers


def _cells(layer: Layer) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in LAYER_COLUMNS}


def _layer_of(row: dict[str, Any]) -> Layer:
    """Reads a row of the table; what its kind does not use goes back to its default."""
    words = {name: row[name] or "" for name in ("kind", "padding", "activation")}
    layer = Layer(
        words["kind"],
        int(row["units"] or 0),
        int(row["size"] or 0),
        words["activation"] or "linear",
        words["padding"] or "valid",
        float(row["rate"] or 0),
    )
    return parse_layer(str(layer))


def watch(run: Run) -> None:
    """Shows this run on the Train page, and finds it again after a reload."""
    remember("run", run.id)
    st.session_state["watched-run"] = run.id


def watched_run() -> Run | None:
    """Returns the run of the address, or that of this session, or this person's, or somebody's, or None."""
    everything = run_folders.all_runs()
    own = [run for run in everything if fair_queue.owner(run) == owner()]
    return named(everything, "run", "watched-run") or _most_alive(own) or _most_alive(everything)


def _most_alive(selection: list[Run]) -> Run | None:
    """Returns the run that trains, or the one that waits longest, or the newest, or None."""
    states = [(run.stored_status().state, run) for run in selection]
    trained = [run for state, run in states if state in ("running", "paused")]
    waiting = [run for state, run in states if state == "queued"]
    return next(iter([*trained, *reversed(waiting), *selection]), None)


def has_moved_on(run: Run, state: str) -> bool:
    """Says whether a run is in another state than when this session last looked at it."""
    before = st.session_state.get("watched")
    st.session_state["watched"] = (run.id, state)
    return before is not None and before[0] == run.id and before[1] != state


def forget(run: Run) -> None:
    """Takes a deleted run out of the address and of this session's choices."""
    st.session_state.pop("run", None)
    if st.query_params.get("run") == run.id:
        del st.query_params["run"]
