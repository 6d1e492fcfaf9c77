"""The layers of a network as a table that can be changed."""

import re
from typing import Any

import streamlit as st

from mnist_core.config.network import (
    ACTIVATION_NUMBERS,
    ACTIVATIONS,
    KINDS,
    LAYER_KINDS,
    PADDINGS,
    SHARED,
    Layer,
    parse_layer,
)

COLUMNS = ("kind", "units", "size", "padding", "activation", "rate")
OPTIONS = "Stride2; a number of an activation; pixels of pad and crop: 2, or top:bottom:left:right; shared, of prelu"


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
            "options": st.column_config.TextColumn("Options", help=OPTIONS, default=""),
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
    return {name: getattr(layer, name) for name in COLUMNS} | {"options": _options(layer)}


def _options(layer: Layer) -> str:
    """What the layer says in its notation beside what has a column of its own."""
    fields = [name for name in KINDS[layer.kind].fields if name not in COLUMNS]
    return ":".join(filter(None, map(layer.written, fields)))


def _layer_of(row: dict[str, Any]) -> Layer:
    """Reads a row of the table; what its kind does not use goes back to its default."""
    kind, activation = row["kind"] or "", row["activation"] or "linear"
    fields = KINDS[kind].fields if kind in KINDS else ()
    cells = {"units": str(int(row["units"] or 0)), "size": str(int(row["size"] or 0)), "rate": str(row["rate"] or 0)}
    cells |= {"padding": row["padding"] or "valid", "activation": activation}
    words = [word for word in re.split(r"[:,;\s]+", str(row.get("options") or "").lower()) if word]
    options = [word for word in words if _is_for(word, fields, activation)]
    return parse_layer(":".join([kind, *(cells[name] for name in fields if name in cells), *options]))


def _is_for(word: str, fields: tuple[str, ...], activation: str) -> bool:
    """Whether an option is one of this kind; what is none of any kind is, so that it is refused."""
    if word.startswith("stride"):
        return "stride" in fields
    if word == SHARED:
        return "shared" in fields
    if re.fullmatch(r"[\d.]+", word):
        return "sides" in fields or ("number" in fields and activation in ACTIVATION_NUMBERS)
    return True
