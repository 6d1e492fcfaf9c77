"""Which sweep the Sweep page shows."""

import streamlit as st

from mnist_core.engine.sweeps import results, sweep_folders
from mnist_core.engine.sweeps.sweep import Sweep
from mnist_core.language import gettext
from mnist_core.presentation import status_words
from mnist_core.ui.choices import choose, named, remember
from mnist_core.ui.tables import harmless


def watch(sweep: Sweep) -> None:
    """Shows this sweep from the next run of the page, and finds it again after a reload."""
    remember("sweep", sweep.id)


def watched_sweep() -> Sweep | None:
    """Returns the sweep of the address, or that of this session, or the newest, or None."""
    everything = sweep_folders.all_sweeps()
    return named(everything, "sweep") or next(iter(everything), None)


def choose_sweep(selection: list[Sweep], shown: Sweep) -> None:
    """Lets a person choose which sweep is shown above; the address holds it (`?sweep=…`)."""
    titles = {sweep.id: results.title(sweep) for sweep in selection}
    chosen = choose(gettext("Show"), list(titles), shown.id, "sweep-choice", titles.__getitem__)
    if chosen != shown.id:
        remember("sweep", chosen)
        st.rerun()


def list_sweeps(selection: list[Sweep]) -> None:
    """Shows the sweeps as a table to read."""
    st.dataframe(
        harmless(status_words.with_states_in_words(results.overview(selection))),
        hide_index=True,
        placeholder="–",
        column_order=["What", "State", "Trials", "Best validation accuracy", "Sweep"],
        column_config={
            "What": gettext("What"),
            "State": gettext("State"),
            "Trials": gettext("Trials"),
            "Best validation accuracy": st.column_config.NumberColumn(
                gettext("Best validation accuracy"), format="%.2f %%"
            ),
            "Sweep": gettext("Sweep"),
        },
    )
