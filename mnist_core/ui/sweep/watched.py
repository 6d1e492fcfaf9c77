"""Which sweep the Sweep page shows."""

import streamlit as st

from mnist_core.engine.sweeps import results, sweep_folders
from mnist_core.engine.sweeps.sweep import Sweep
from mnist_core.ui.choices import named, remember
from mnist_core.ui.tables import harmless


def watch(sweep: Sweep) -> None:
    """Shows this sweep from the next run of the page, and finds it again after a reload."""
    remember("sweep", sweep.id)


def watched_sweep() -> Sweep | None:
    """Returns the sweep of the address, or that of this session, or the newest, or None."""
    everything = sweep_folders.all_sweeps()
    return named(everything, "sweep") or next(iter(everything), None)


def choose_sweep(selection: list[Sweep]) -> Sweep | None:
    """Shows the sweeps; returns the one whose row is chosen."""
    event = st.dataframe(
        harmless(results.overview(selection)),
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
