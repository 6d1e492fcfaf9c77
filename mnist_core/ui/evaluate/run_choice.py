"""Choosing several runs: a table with search, sort and filter, and a box for the keyboard; both say the same."""

import functools
from typing import Any

import streamlit as st

from mnist_core.evaluation.comparison import MOST_COMPARED
from mnist_core.formatting import several
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.ui.browser import owner
from mnist_core.ui.frame import plain
from mnist_core.ui.remembered import Remembered
from mnist_core.ui.tables import harmless

# In the address and in the session's memory; the box, whose value is what counts; the table, renewed when it must be.
MEMORY, BOX, TABLE = "runs", Remembered[list[str]]("compared-box"), "compared-table"
ALL, MINE = "Everybody's", "Mine"
COLUMNS = ["Name", "Settings", "Data", "State", "Test accuracy", "Epochs", "Seconds", "Parameters", "Started", "Run"]
SEARCHED = ("Name", "Note", "Settings", "Data", "Run")
FILTERS = ("Recipe", "Data", "State")


def choose_runs() -> list[Run]:
    """Lets a person choose up to ten runs; the address holds them in the order of their choice (`?runs=a,b`)."""
    known = {run.id: run for run in [*run_folders.all_runs(), *run_folders.shipped_runs()]}
    _follow_address(known)
    _show_table(known)
    chosen = st.multiselect(
        "Compared",
        list(known),
        format_func=summary.titles(known.values()).__getitem__,
        max_selections=MOST_COMPARED,
        key=BOX.key,
        on_change=_renew_table,
        placeholder=f"2 to {MOST_COMPARED} runs",
        help="Tick rows of the table, or choose here by name.",
    )
    _remember(chosen)
    return [known[name] for name in chosen]


def _follow_address(known: dict[str, Run]) -> None:
    """Sets the box to what the address says, where that changed by other means than the box itself."""
    named: list[str] = [name for name in st.query_params.get(MEMORY, "").split(",") if name]
    if not named:
        kept = st.session_state.get(MEMORY, _to_start_with(known))
        named = [name for name in kept if name in known]  # a run may have been deleted on another page
    if not BOX.is_old(named):
        # A run that was deleted meanwhile would be no option of the box any more.
        BOX.set([name for name in BOX.get([]) if name in known])
        return
    unknown = [name for name in named if name not in known]
    if unknown:
        words = "This run of the link is" if len(unknown) == 1 else "These runs of the link are"
        shown = ", ".join(unknown[:MOST_COMPARED])
        st.warning(plain(f"{words} not here: {shown}. The link is old, or another lab's; the rest is compared."))
    here = list(dict.fromkeys(name for name in named if name in known))
    if len(here) > MOST_COMPARED:
        st.warning(f"The link names {len(here)} runs; the first {MOST_COMPARED} of them are compared.")
    BOX.set(here[:MOST_COMPARED])
    _renew_table()


def _to_start_with(known: dict[str, Run]) -> list[str]:
    """Returns the model that was looked at last and the newest other one, so that there is something to see."""
    models = [name for name, run in known.items() if run.has_model]
    return sorted(models, key=lambda name: name != st.session_state.get("run"))[:2]


def _remember(chosen: list[str]) -> None:
    st.session_state[MEMORY] = chosen
    BOX.note(chosen)
    if not chosen:
        st.query_params.pop(MEMORY, None)
    elif st.query_params.get(MEMORY) != ",".join(chosen):
        st.query_params[MEMORY] = ",".join(chosen)


def _renew_table() -> None:
    """Lets the table begin again with the rows that are chosen elsewhere: its own state cannot be set."""
    st.session_state[f"{TABLE}-version"] = st.session_state.get(f"{TABLE}-version", 0) + 1


def _show_table(known: dict[str, Run]) -> None:
    rows = summary.rows(list(known.values()))
    shown = _filtered(rows, known)
    if not shown:
        st.info("No run matches; search for something else, or take a filter away.")
        return
    names = [row["Run"] for row in shown]
    # A selection is rows' numbers: with other rows it would mark other runs, so they get another table.
    key = f"{TABLE}-{st.session_state[f'{TABLE}-version']}-{hash(tuple(names))}"
    chosen = [names.index(name) for name in BOX.get([]) if name in names]
    st.dataframe(
        harmless(shown),
        hide_index=True,
        key=key,
        on_select=functools.partial(_take, key, names),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": sorted(chosen)}},
        placeholder="–",
        column_order=[name for name in COLUMNS if name != "Name" or any(row["Name"] for row in shown)],
        column_config={
            "Test accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "Seconds": st.column_config.NumberColumn("Time (s)", format="%.1f"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        alt=f"{several(len(shown), 'run')}, of which {len(chosen)} are compared",
    )
    st.caption(
        f"{len(shown)} of {several(len(rows), 'run')}. Tick those to compare; a click on a column's head sorts. "
        "Test accuracy is here that on each run's own test set."
    )


def _take(key: str, names: list[str]) -> None:
    """Takes over what was ticked in the table; what its filter hides stays chosen."""
    ticked = [names[row] for row in st.session_state[key]["selection"]["rows"] if row < len(names)]
    before = BOX.get([])
    kept = [name for name in before if name in ticked or name not in names]
    chosen = kept + [name for name in ticked if name not in before]
    if len(chosen) > MOST_COMPARED:
        st.toast(f"At most {MOST_COMPARED} runs stand beside each other; untick one first.")
        _renew_table()
    BOX.set(chosen[:MOST_COMPARED])


def _filtered(rows: list[dict[str, Any]], known: dict[str, Run]) -> list[dict[str, Any]]:
    """Lets a person search and filter; returns the rows that are left."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            placeholder="Recipe, name, note or data",
            key="compared-search",
            icon=":material/search:",
            width=320,
        )
        with st.popover("Filter", icon=":material/filter_list:"):
            wanted = {name: _choose_values(name, rows) for name in FILTERS}
            whose = st.segmented_control("Show", [ALL, MINE], default=ALL, required=True, key="compared-whose")
    return [
        row
        for row in rows
        if all(word in _words(row) for word in text.lower().split())
        and all(not values or row[name] in values for name, values in wanted.items())
        and (whose == ALL or known[row["Run"]].owner == owner())
    ]


def _choose_values(name: str, rows: list[dict[str, Any]]) -> list[str]:
    values = sorted({str(row[name]) for row in rows})
    return st.multiselect(name, values, key=f"compared-{name}", placeholder="All")


def _words(row: dict[str, Any]) -> str:
    return " ".join(str(row.get(name, "")) for name in SEARCHED).lower()
