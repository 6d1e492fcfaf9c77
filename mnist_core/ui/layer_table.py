"""The layers of a network as a table that can be changed."""

from typing import Any

import streamlit as st

from mnist_core.config.network import ACTIVATIONS, LAYER_KINDS, PADDINGS, Layer, parse_layer

COLUMNS = ("kind", "units", "size", "padding", "activation", "rate")


def edit_layers(start: tuple[Layer, ...], key: str) -> tuple[Layer, ...]:
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
    return {name: getattr(layer, name) for name in COLUMNS}


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
