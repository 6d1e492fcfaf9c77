"""Choosing several runs: a list with search, order and filter, and a box; both say the same."""

from typing import Any

import streamlit as st

from mnist_core.evaluation.comparison import MOST_COMPARED
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, ngettext
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.ui.browser import owner
from mnist_core.ui.frame import plain
from mnist_core.ui.remembered import Remembered
from mnist_core.ui.run_list import show_runs

# In the address and in the session's memory; the box, whose value is what counts.
MEMORY, BOX = "runs", Remembered[list[str]]("compared-box")
ALL, MINE = N_("Everybody's"), N_("Mine")
# By their columns in `runs.summary.rows`.
SEARCHED = ("Name", "Note", "Settings", "Data", "Run")
FILTERS = (N_("Recipe"), N_("Data"), N_("State"))


def choose_runs() -> list[Run]:
    """Lets a person choose up to ten runs; the address holds them in the order of their choice (`?runs=a,b`)."""
    known = {run.id: run for run in [*run_folders.all_runs(), *run_folders.shipped_runs()]}
    _follow_address(known)
    _show_list(known)
    chosen = st.multiselect(
        gettext("Compared"),
        list(known),
        format_func=summary.titles(known.values()).__getitem__,
        max_selections=MOST_COMPARED,
        key=BOX.key,
        placeholder=gettext("2 to {most} runs", most=MOST_COMPARED),
        help=gettext("Press rows of the list, or choose here by name."),
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
        st.warning(
            plain(
                ngettext(
                    "This run of the link is not here: {names}. The link is old, or another lab's; the rest is "
                    "compared.",
                    "These runs of the link are not here: {names}. The link is old, or another lab's; the rest is "
                    "compared.",
                    len(unknown),
                    names=", ".join(unknown[:MOST_COMPARED]),
                )
            )
        )
    here = list(dict.fromkeys(name for name in named if name in known))
    if len(here) > MOST_COMPARED:
        st.warning(
            gettext(
                "The link names {number} runs; the first {most} of them are compared.",
                number=len(here),
                most=MOST_COMPARED,
            )
        )
    BOX.set(here[:MOST_COMPARED])


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


def _show_list(known: dict[str, Run]) -> None:
    rows = summary.rows(list(known.values()))
    shown = _filtered(rows, known)
    if not shown:
        st.info(gettext("No run matches. Search for something else, or take a filter away."))
        return
    show_runs([known[row["Run"]] for row in shown], "compared-list", BOX.get([]), _toggle, several=True)
    st.caption(
        gettext(
            "{shown} of {rows}. Press those to compare. The accuracy here is that on each run's own test set.",
            shown=len(shown),
            rows=ngettext("{number} run", "{number} runs", len(rows), number=count(len(rows))),
        )
    )


def _toggle(name: str) -> None:
    """Takes a run in, or out where it is among the chosen."""
    before = BOX.get([])
    if name in before:
        BOX.set([one for one in before if one != name])
    elif len(before) == MOST_COMPARED:
        st.toast(gettext("At most {most} runs stand beside each other; take one out first.", most=MOST_COMPARED))
    else:
        BOX.set([*before, name])


def _filtered(rows: list[dict[str, Any]], known: dict[str, Run]) -> list[dict[str, Any]]:
    """Lets a person search and filter; returns the rows that are left."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            gettext("Search"),
            placeholder=gettext("Recipe, name, note or data"),
            key="compared-search",
            icon=":material/search:",
            width=320,
        )
        with st.popover(gettext("Filter"), icon=":material/filter_list:"):
            wanted = {name: _choose_values(name, rows) for name in FILTERS}
            whose = st.segmented_control(
                gettext("Show"), [ALL, MINE], default=ALL, required=True, format_func=gettext, key="compared-whose"
            )
    return [
        row
        for row in rows
        if all(word in _words(row) for word in text.lower().split())
        and all(not values or row[name] in values for name, values in wanted.items())
        and (whose == ALL or known[row["Run"]].owner == owner())
    ]


def _choose_values(name: str, rows: list[dict[str, Any]]) -> list[str]:
    values = sorted({str(row[name]) for row in rows})
    return st.multiselect(
        gettext(name),
        values,
        format_func=gettext if name == "State" else str,
        key=f"compared-{name}",
        placeholder=gettext("All"),
    )


def _words(row: dict[str, Any]) -> str:
    return " ".join(str(row.get(name, "")) for name in SEARCHED).lower()
