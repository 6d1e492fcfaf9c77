"""How a model came about: a sentence, its curves, and the curves as files."""

import streamlit as st

from mnist_core import charts, status_words
from mnist_core.runs import Run
from mnist_core.session.frame import offer_file, plain


def show_training(run: Run) -> None:
    """Shows the settings and the learning curves of a run that is over."""
    st.caption(plain(status_words.summary(run)))
    metrics, batches = run.metrics(), run.batches()
    if not batches["epoch"]:
        st.info("The curves of this run are lost.")
        return
    for column, quantity in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        sentence = charts.curve_sentence(quantity, batches, metrics)
        column.vega_lite_chart(charts.learning_curve(quantity, batches, metrics), alt=sentence)
        column.caption(sentence)
    with st.container(horizontal=True):
        for name, mime in charts.FORMATS.items():
            offer_file(
                f"Curves as {name.upper()}",
                lambda name=name: charts.curves_file(batches, metrics, name),  # type: ignore[misc]
                f"curves.{name}",
                mime,
            )
