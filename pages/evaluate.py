"""Evaluate: what a model reads right, what it confuses, and the images behind every figure."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.evaluation import judging
from mnist_core.evaluation.judging import Judged
from mnist_core.language import N_, gettext
from mnist_core.runs.run import Run
from mnist_core.ui import choices, frame, gallery
from mnist_core.ui.evaluate import (
    comparison,
    curves,
    data_choice,
    digit_map,
    figures,
    label_errors,
    predictions,
    report,
    robustness,
    training,
    view_choice,
)

VIEWS = {"one": N_("One model"), "several": N_("Several models"), "files": N_("Predict files")}


@frame.fragment
def show_evidence(run: Run, judged: Judged) -> None:
    """Matrix and report, and beside them the images behind the figure that is chosen."""
    answers = judging.calibrated(run, judged.evaluation)
    figures_column, images_column = st.columns([3, 2], gap="large")
    with images_column:  # the first to be sent: whoever presses a figure waits for them
        st.header(gettext("Images"), anchor=figures.IMAGES)
        selection = view_choice.choose_selection()
        chosen = selection.of(answers)
        frame.announce(selection.sentence(len(chosen)))
        gallery.image_gallery(run, answers, judged.images, chosen, "images", pinning=True, beside=False)
    with figures_column:
        figures.show_matrix(judged.evaluation, selection)
        figures.show_report(judged.evaluation, selection)


def show_more(run: Run, judged: Judged) -> None:
    """What else there is to know of the model; only what is open is computed."""
    given = run, judged.evaluation, judged.images
    st.header(gettext("More about this model"), anchor="more")
    view_choice.show_tabs(
        {
            N_("Training"): lambda: training.show_training(run),
            N_("Curves and threshold"): lambda: curves.show_curves(*given),
            N_("Calibration"): lambda: curves.show_calibration(run, judged.evaluation),
            N_("Suspect labels"): lambda: label_errors.show_suspects(*given),
            N_("Map"): lambda: digit_map.show_map(*given),
            N_("Robustness"): lambda: robustness.show_robustness(*given),
            N_("Report"): lambda: report.offer_report(*given, judged.title),
        }
    )


def show_one(model: DeltaGenerator, data: DeltaGenerator) -> None:
    """One model, on the data of one's choice, each chosen in its place."""
    below = st.container()
    with model:
        run = choices.choose_model(gettext("Model"))
    with data:
        judged = data_choice.choose_judged(run, below)
    figures.show_headline(judged.evaluation)
    show_evidence(run, judged)
    show_more(run, judged)


with frame.page(
    N_("Evaluate"), N_("What a model reads right, and what it confuses, on images that it never trained on.")
):
    # In one row, so that the matrix begins higher up.
    views, model, data = st.columns([1.2, 1, 1], vertical_alignment="bottom")
    with views:
        view = view_choice.choose_view(VIEWS)
    if view == "one":
        show_one(model, data)
    elif view == "several":
        comparison.show_comparison()
    else:
        predictions.show_predictions()
