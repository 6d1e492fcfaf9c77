"""Runs as a table to choose from."""

import zlib

import streamlit as st

from mnist_core.language import N_, gettext
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui.tables import harmless

COLUMNS = (
    N_("Settings"),
    N_("Data"),
    N_("State"),
    N_("Test accuracy"),
    N_("Epochs"),
    N_("Seconds"),
    N_("Parameters"),
    N_("Started"),
    N_("Run"),
)


def choose_run(selection: list[Run], key: str, shown: Run | None = None) -> Run | None:
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
    name, note = ([column] if any(row[column] for row in rows) else [] for column in (gettext("Name"), gettext("Note")))
    event = st.dataframe(
        harmless(rows),
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": marked}},
        placeholder="–",
        column_order=[*name, *COLUMNS, *note],
        column_config={
            "Name": st.column_config.TextColumn(width=140),
            "Test accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "Seconds": st.column_config.NumberColumn(gettext("Time (s)"), format="%.1f"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
    ticked = event.selection.rows
    chosen = selection[ticked[0]] if ticked and ticked[0] < len(selection) else None
    before = st.session_state.get(f"{key}-chosen", shown and shown.id)
    st.session_state[f"{key}-chosen"] = chosen and chosen.id
    return chosen if chosen and chosen.id != before else None
