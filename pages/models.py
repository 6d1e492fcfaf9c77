"""Models: the shipped one and those that were trained here."""

import streamlit as st

from mnist_core import history, runs, session
from mnist_core.phrases import size
from mnist_core.runs import Run


def show(run: Run) -> None:
    """One model: what it is, its files, and its end."""
    with st.container(border=True):
        st.header(history.title(run), anchor=False)
        with session.explained():  # a damaged folder must still get its Delete
            st.write(history.summary(run))
        card = run.card()
        if card:
            with st.expander("Model card"):
                st.markdown(card)
        with st.container(horizontal=True, vertical_alignment="center"):
            for path, label in ((run.keras_path, "Keras model"), (run.model_path, "LiteRT model")):
                if path.exists():
                    st.download_button(
                        f"{label} ({size(path.stat().st_size)})",
                        path.read_bytes,
                        f"{run.id}{path.suffix}",
                        icon=":material/download:",
                    )
            if run.folder.parent != runs.PRETRAINED and st.button("Delete", icon=":material/delete:"):
                confirm_deletion(run)
            if run.has_model:
                link = {"run": run.id}
                st.page_link("pages/evaluate.py", label="Evaluate", icon=":material/fact_check:", query_params=link)
                st.page_link("pages/draw.py", label="Draw", icon=":material/draw:", query_params=link)


@st.dialog("Delete this run?")
def confirm_deletion(run: Run) -> None:
    """Deletes a run, after a second word that names it."""
    st.write(f"{history.title(run)}: the run, its model and its history are removed for good.")
    if st.button("Delete it", type="primary"):
        with session.explained():
            name = history.title(run)
            run.delete()
            session.forget(run)
            st.toast(f"{name} is deleted.")
            st.rerun()


with session.page("Models", "The model that comes with the lab, and those that were trained here."):
    everything = [*runs.shipped_runs(), *runs.all_runs()]
    if not everything:
        st.info("No model yet. Train one on the Train page (about 30 s).")
        st.stop()
    st.caption("Choose a row to see the model, download it or delete it.")
    if chosen := session.run_table(everything, "models"):
        session.remember("run", chosen.id)
    named = st.query_params.get("run")
    if named and named not in [run.id for run in everything]:
        st.warning(session.plain(f"There is no model '{named}' here; choose another."))
    show(next((run for run in everything if run.id == named), everything[0]))
