"""Models: the shipped one and those that were trained here or come from elsewhere; files for others, and from them."""

import streamlit as st

from mnist_core import runs, session
from mnist_core.runs import Run


def show(run: Run) -> None:
    """One model: what it is, what can be done with it, and its files."""
    with st.container(border=True):
        session.show_facts(run)
        with st.container(horizontal=True, vertical_alignment="center"):
            if run.has_model:
                link = {"run": run.id}
                st.page_link("pages/evaluate.py", label="Evaluate", icon=":material/fact_check:", query_params=link)
                st.page_link("pages/draw.py", label="Draw", icon=":material/draw:", query_params=link)
            session.edit_label(run)
            session.offer_deletion(run)
        session.offer_downloads(run)


with session.page(
    "Models", "The model that comes with the lab, those that were trained here, and those from elsewhere."
):
    session.offer_undo()
    everything = [*runs.shipped_runs(), *runs.all_runs()]
    if everything:
        st.caption("Choose a row to see the model, name it, download it or delete it.")
        named = st.query_params.get("run")
        if named and named not in [run.id for run in everything]:
            st.warning(session.plain(f"There is no model '{named}' here; choose another."))
        shown = next((run for run in everything if run.id == named), everything[0])
        if chosen := session.run_table(everything, "models", shown):
            session.remember("run", chosen.id)
        show(chosen or shown)
    else:
        st.info("No model yet. Train one on the Train page (about 30 s).")
    session.show_deleted()
    session.offer_import()
