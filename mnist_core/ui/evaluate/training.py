"""How a model came about: a sentence, its curves, and the curves as files."""

import streamlit as st

from mnist_core.language import gettext
from mnist_core.presentation import status_words
from mnist_core.presentation.charts import learning, picture_files
from mnist_core.presentation.charts.curve import Curve
from mnist_core.runs.run import Run
from mnist_core.ui.frame import offer_pictures, plain, show_chart
from mnist_core.ui.train.axis_choice import choose_axis


def show_training(run: Run) -> None:
    """Shows the settings and the learning curves of a run that is over."""
    st.caption(plain(status_words.summary(run)))
    curve, quantities = Curve.of(run), ("loss", "accuracy")
    if not curve.batches["epoch"]:
        st.info(gettext("The curves of this run are lost."))
        return
    close_up = choose_axis()
    drawn = [learning.learning_curves([curve], quantity, close_up=close_up) for quantity in quantities]
    for column, quantity, chart in zip(st.columns(2), quantities, drawn, strict=True):
        sentence = learning.caption(curve, quantity, close_up)
        with column:
            show_chart(chart, alt=sentence)
            st.caption(sentence)
    offer_pictures(gettext("Curves as "), lambda: picture_files.beside(*drawn, width=400), "curves")
