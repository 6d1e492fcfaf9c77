"""Evaluate: what a model reads right, what it confuses, and the images behind every figure."""

import streamlit as st

from mnist_core.evaluation.evaluation import NORMALISATIONS, Evaluation
from mnist_core.evaluation.judging import Judged
from mnist_core.evaluation.selection import Selection
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import count, percent
from mnist_core.presentation.charts import confusion
from mnist_core.presentation.tables.confusion import confusion_table
from mnist_core.presentation.tables.report import DEFINITIONS, bars_start, report_table
from mnist_core.runs.run import Run
from mnist_core.ui import choices, frame, gallery
from mnist_core.ui.components import pressable
from mnist_core.ui.evaluate import (
    comparison,
    curves,
    data_choice,
    digit_map,
    label_errors,
    predictions,
    report,
    robustness,
    training,
    view_choice,
)

# The anchor of their heading.
IMAGES = "images"
VIEWS = {"one": "One model", "several": "Several models", "files": "Predict files"}


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


@frame.fragment
def show_evidence(run: Run, judged: Judged) -> None:
    """Matrix and report, and beside them the images behind the figure that is chosen."""
    figures, images = st.columns([3, 2], gap="large")
    with images:  # the first to be sent: whoever presses a figure waits for them
        st.header("Images", anchor=IMAGES)
        selection = view_choice.choose_selection()
        chosen = selection.of(judged.evaluation)
        frame.announce(selection.sentence(len(chosen)))
        gallery.image_gallery(run, judged.evaluation, judged.images, chosen, "images", pinning=True, beside=False)
    with figures:
        show_matrix(judged.evaluation, selection)
        show_report(judged.evaluation, selection)


def show_matrix(evaluation: Evaluation, selection: Selection) -> None:
    """The confusion matrix, with its downloads."""
    st.header("Confusion matrix", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        normalisation = st.segmented_control("Numbers", NORMALISATIONS, default=NORMALISATIONS[0], required=True)
        dim_diagonal = st.toggle("Dim the diagonal", help="So that the mistakes have all of the shades.")
    table = confusion_table(evaluation, normalisation, selection, dim_diagonal)
    pressable.pressable(table, "matrix", on_press=view_choice.select, leads_to=IMAGES)
    unit = "" if normalisation == NORMALISATIONS[0] else " Numbers are percentages, totals are images."
    st.caption(f"{evaluation.worst_confusion()}{unit} Press a number for its [images](#images).")
    frame.offer_pictures("", lambda: confusion.titled_matrix(evaluation, normalisation), "confusion-matrix")


def show_report(evaluation: Evaluation, selection: Selection) -> None:
    """scikit-learn's classification report."""
    st.header("Classification report", anchor=False)
    pressable.pressable(report_table(evaluation, selection), "report", on_press=view_choice.select, leads_to=IMAGES)
    start = percent(bars_start(evaluation), 0)
    st.caption(f"{DEFINITIONS} The bars begin at {start}. Press a figure for its [images](#images).")
    frame.offer_file("CSV", evaluation.report_csv(), "report.csv", "text/csv")


def show_more(run: Run, judged: Judged) -> None:
    """What else there is to know of the model; only what is open is computed."""
    given = run, judged.evaluation, judged.images
    st.header("More about this model", anchor="more")
    view_choice.show_tabs(
        {
            "Training": lambda: training.show_training(run),
            "Curves and threshold": lambda: curves.show_curves(*given),
            "Calibration": lambda: curves.show_calibration(run, judged.evaluation),
            "Suspect labels": lambda: label_errors.show_suspects(*given),
            "Map": lambda: digit_map.show_map(*given),
            "Robustness": lambda: robustness.show_robustness(*given),
            "Report": lambda: report.offer_report(*given, judged.title),
        }
    )


def show_one() -> None:
    """One model, on the data of one's choice."""
    model, data = st.columns(2)
    with model:
        run = choices.choose_model()
    with data:
        judged = data_choice.choose_judged(run)
    show_headline(judged.evaluation)
    st.caption("Further down: [training, curves, calibration, suspect labels, map, robustness, report](#more).")
    show_evidence(run, judged)
    show_more(run, judged)


with frame.page("Evaluate", "What a model reads right, and what it confuses, on images that it never trained on."):
    view = view_choice.choose_view(VIEWS)
    if view == "one":
        show_one()
    elif view == "several":
        comparison.show_comparison()
    else:
        predictions.show_predictions()
