"""Runs to choose from as rows that can be pressed: one of them, or several."""

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from mnist_core.formatting import percent
from mnist_core.language import N_, gettext
from mnist_core.presentation.tables.runs import runs_table
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.tables import harmless

NEWEST, BEST = N_("Newest first"), N_("Best first")
# Fewer are seen at a glance.
ORDERED_FROM = 4


def show_runs(
    runs: Sequence[Run], key: str, chosen: Collection[str], on_press: Callable[[str], None], several: bool = False
) -> None:
    """Shows runs, in the order in which they come or the most accurate first; a press reports a run's id.

    Args:
        runs: The runs, the newest first.
        key: Sets the list apart from others.
        chosen: The ids of those that are marked.
        on_press: Called with the id of the run whose row is pressed, before the page runs again.
        several: Whether more than one can be chosen.
    """
    known = {run.id: run for run in runs}
    rows = summary.rows(list(runs))
    if len(rows) >= ORDERED_FROM:
        order = st.segmented_control(
            gettext("Order"), [NEWEST, BEST], format_func=gettext, default=NEWEST, required=True, key=f"{key}-order"
        )
        if order == BEST:
            rows = sorted(rows, key=lambda row: -(row["Test accuracy"] or 0))
    titles = [{name: _without_accuracy(known[name], title) for name, title in summary.titles(runs).items()}]

    def pressed(choice: str) -> None:
        if choice in known:
            on_press(choice)

    pressable(runs_table(harmless(rows), harmless(titles)[0], chosen, several), key, on_press=pressed)


def _without_accuracy(run: Run, title: str) -> str:
    """A run's name without the figure that stands beside it."""
    return title.replace(f" ({percent(run.stored_status().test_accuracy)})", "", 1)
