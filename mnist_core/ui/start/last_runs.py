"""The runs of late with what came of them."""

from collections.abc import Sequence

import streamlit as st

from mnist_core.language import gettext
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui import frame

SHOWN = 5


def show_last_runs(runs: Sequence[Run]) -> None:
    """Leads from each of the newest runs to its evaluation or, while it is under way, to where it is watched."""
    st.header(gettext("Last runs"), anchor=False)
    if not runs:
        st.markdown(gettext("Nobody has trained here yet. Be the first: it takes seconds."))
        return
    for run in runs[:SHOWN]:
        page, icon = frame.PAGES["Evaluate" if run.has_model else "Train"]
        title = summary.title(run)
        said = title if run.has_model else f"{title} · {gettext(run.status().state)}"
        st.page_link(page, label=frame.plain(said), icon=icon, query_params={"run": run.id})
