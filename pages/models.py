"""Models: the shipped one and those that were trained here or come from elsewhere; files for others, and from them."""

import streamlit as st

from mnist_core.language import N_, gettext
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.ui import choices, collection, frame, run_list
from mnist_core.ui.models import details, expectations


def choose(everything: list[Run]) -> Run:
    """Lets a person choose a model; the address holds it (`?run=…`)."""
    st.markdown(gettext("Press a row to see the model, name it, download it or delete it."))
    named = st.query_params.get("run")
    if named and named not in [run.id for run in everything]:
        st.warning(frame.plain(gettext("There is no model '{named}' here; choose another.", named=named)))
    shown = next((run for run in everything if run.id == named), everything[0])
    if named == shown.id:
        choices.remember("run", shown.id)  # other pages show it, too
    run_list.show_runs(everything, "models", [shown.id], lambda name: choices.remember("run", name))
    return shown


def show(run: Run) -> None:
    """One model: what it is, what can be done with it, and its files."""
    with st.container(border=True):
        details.show_facts(run)
        with st.container(horizontal=True, vertical_alignment="center"):
            if run.has_model:
                link = {"run": run.id}
                st.page_link(
                    "pages/evaluate.py", label=gettext("Evaluate"), icon=":material/fact_check:", query_params=link
                )
                st.page_link("pages/draw.py", label=gettext("Draw"), icon=":material/draw:", query_params=link)
            details.edit_label(run)
            details.offer_deletion(run)
        expectations.show(run)
        details.offer_downloads(run)


with frame.page(
    N_("Models"), N_("The model that comes with the lab, those that were trained here, and those from elsewhere.")
):
    everything = [*run_folders.shipped_runs(), *run_folders.all_runs()]
    if everything:
        chosen = choose(everything)
        details.offer_undo()
        show(chosen)
    else:
        details.offer_undo()
        st.info(gettext("No model yet. Train one on the Train page (about 30 s)."))
    details.show_deleted()
    collection.show_deleted()
    details.offer_import()
