"""What a model gets right, in figures; each leads to its images."""

import streamlit as st

from mnist_core.evaluation.evaluation import NORMALIZATIONS, Evaluation
from mnist_core.evaluation.selection import Selection
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import count, percent
from mnist_core.language import as_written, gettext
from mnist_core.presentation.charts import confusion
from mnist_core.presentation.tables.comparison import interval_words
from mnist_core.presentation.tables.confusion import NUMBERS, confusion_table
from mnist_core.presentation.tables.report import METHOD, bars_start, report_table
from mnist_core.ui import glossary
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.evaluate.view_choice import select
from mnist_core.ui.frame import offer_file, offer_pictures

# The anchor of the heading above the images.
IMAGES = "images"


def show_headline(evaluation: Evaluation) -> None:
    """Accuracy with what chance leaves open, loss and mistakes, and where more is to be found."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="evaluate-headline"):
        st.metric(gettext("Test accuracy"), percent(evaluation.accuracy), width="content")
        wrong = gettext(
            "{mistakes} of {images}", mistakes=count(len(evaluation.mistakes())), images=count(len(evaluation.labels))
        )
        st.metric(gettext("Wrong"), wrong, width="content")
        st.metric(
            gettext("Likely between"),
            interval_words(wilson(evaluation.right, len(evaluation.labels))),
            width="content",
            help=glossary.help_text("likely-between"),
        )
        st.metric(
            gettext("Loss"),
            as_written(f"{evaluation.loss:.4f}"),
            width="content",
            help=glossary.help_text("loss"),
        )
        st.markdown(
            gettext("Further down: [training, curves, trust, robustness, labels, a map and a report](#more)."),
        )
    if sentence := evaluation.absent_sentence():
        st.caption(sentence)


def show_matrix(evaluation: Evaluation, selection: Selection) -> None:
    st.header(gettext("Confusion matrix"), anchor=False)
    matrix = st.container()
    # Below it, so that more of it is seen at once.
    with st.container(horizontal=True, vertical_alignment="bottom"):
        normalization = st.segmented_control(
            gettext("Numbers"),
            NORMALIZATIONS,
            default=NORMALIZATIONS[0],
            required=True,
            format_func=lambda name: gettext(NUMBERS[name]),
            key="matrix-numbers",
        )
        dim_diagonal = st.toggle(
            gettext("Dim the diagonal"),
            help=gettext("What is read right gets no colour: the mistakes stand out."),
            key="matrix-dimmed",
        )
    table = confusion_table(evaluation, normalization, selection, dim_diagonal)
    with matrix:
        pressable(table, "matrix", on_press=select, leads_to=IMAGES)
        st.markdown(gettext("Press a number to see its [images](#images)."))
    with st.expander(gettext("What is confused most? Look first, then open this.")):
        st.markdown(evaluation.worst_confusion())
    offer_pictures("", lambda: confusion.titled_matrix(evaluation, normalization), "confusion-matrix")


def show_report(evaluation: Evaluation, selection: Selection) -> None:
    """scikit-learn's classification report."""
    st.header(gettext("Classification report"), anchor=False)
    pressable(report_table(evaluation, selection), "report", on_press=select, leads_to=IMAGES)
    start = percent(bars_start(evaluation), 0)
    st.markdown(gettext("Press a figure to see its [images](#images). The bars begin at {start}.", start=start))
    offer_file("CSV", evaluation.report_csv(), "report.csv", "text/csv")
    with st.expander(gettext("How this is computed")):
        st.markdown(gettext(METHOD))
