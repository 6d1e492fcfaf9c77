"""What a model gets right, in figures; each leads to its images."""

import streamlit as st

from mnist_core.evaluation.evaluation import NORMALIZATIONS, Evaluation
from mnist_core.evaluation.selection import Selection
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import count, percent
from mnist_core.presentation.charts import confusion
from mnist_core.presentation.tables.confusion import confusion_table
from mnist_core.presentation.tables.report import DEFINITIONS, bars_start, report_table
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.evaluate.view_choice import select
from mnist_core.ui.frame import offer_file, offer_pictures

# The anchor of the heading above the images.
IMAGES = "images"


def show_headline(evaluation: Evaluation) -> None:
    """Accuracy with what chance leaves open, loss and mistakes."""
    low, high = wilson(evaluation.right, len(evaluation.labels))
    with st.container(horizontal=True, gap="medium"):
        st.metric("Test accuracy", percent(evaluation.accuracy), width="content")
        st.metric(
            "95 % interval",
            f"{percent(low)} to {percent(high)}",
            width="content",
            help="Wilson's interval: how far the accuracy may be off because there are only so many test images.",
        )
        st.metric("Loss", f"{evaluation.loss:.4f}", width="content")
        wrong = f"{count(len(evaluation.mistakes()))} of {count(len(evaluation.labels))}"
        st.metric("Wrong", wrong, width="content")
    if sentence := evaluation.absent_sentence():
        st.caption(sentence)


def show_matrix(evaluation: Evaluation, selection: Selection) -> None:
    st.header("Confusion matrix", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        normalization = st.segmented_control("Numbers", NORMALIZATIONS, default=NORMALIZATIONS[0], required=True)
        dim_diagonal = st.toggle("Dim the diagonal", help="So that the mistakes have all of the shades.")
    table = confusion_table(evaluation, normalization, selection, dim_diagonal)
    pressable(table, "matrix", on_press=select, leads_to=IMAGES)
    unit = "" if normalization == NORMALIZATIONS[0] else " Numbers are percentages, totals are images."
    st.caption(f"{evaluation.worst_confusion()}{unit} Press a number for its [images](#images).")
    offer_pictures("", lambda: confusion.titled_matrix(evaluation, normalization), "confusion-matrix")


def show_report(evaluation: Evaluation, selection: Selection) -> None:
    """scikit-learn's classification report."""
    st.header("Classification report", anchor=False)
    pressable(report_table(evaluation, selection), "report", on_press=select, leads_to=IMAGES)
    start = percent(bars_start(evaluation), 0)
    st.caption(f"{DEFINITIONS} The bars begin at {start}. Press a figure for its [images](#images).")
    offer_file("CSV", evaluation.report_csv(), "report.csv", "text/csv")
