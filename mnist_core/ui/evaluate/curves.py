"""How well each digit is told from the others, what a threshold refuses, and how far certainty can be trusted."""

from typing import Any

import numpy as np
import streamlit as st

from mnist_core.errors import LabError
from mnist_core.evaluation import judging, reliability, roc, selective_prediction
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.reliability import Reliability
from mnist_core.evaluation.roc import DigitCurves
from mnist_core.evaluation.selective_prediction import THRESHOLDS, Outcome, RiskCoverage
from mnist_core.formatting import count, percent
from mnist_core.inference.calibration import Calibration
from mnist_core.language import N_, as_written, gettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.charts import reliability as reliability_charts
from mnist_core.presentation.charts import roc as roc_charts
from mnist_core.presentation.charts.template import Spec
from mnist_core.runs.run import Run
from mnist_core.ui import glossary
from mnist_core.ui.frame import fragment, show_chart
from mnist_core.ui.gallery import image_gallery
from mnist_core.ui.tables import harmless

AXES = (N_("Corner"), N_("Whole"))
START_THRESHOLD = 0.9
LET_THROUGH, CAUGHT, REFUSED_RIGHT = N_("Mistakes let through"), N_("Mistakes caught"), N_("Right answers refused")


def show_curves(run: Run, evaluation: Evaluation, images: np.ndarray | None) -> None:
    """Shows each digit's ROC and precision–recall curve, and what a threshold on the answer's probability does.

    Args:
        run: The model.
        evaluation: Its answers.
        images: uint8 `[N, 28, 28]` in the order of the evaluation, or None where they are not on this machine.
    """
    st.subheader(gettext("One digit against all others"), anchor=False)
    _show_digits(evaluation)
    st.subheader(gettext("May the model say “I don't know”?"), anchor=False)
    _show_threshold(run, evaluation, images)


# --- One digit against the others --------------------------------------------------------------------------------


@st.cache_resource(max_entries=8, show_spinner=False)
def _digit_curves(probabilities: np.ndarray, labels: np.ndarray) -> tuple[DigitCurves, ...]:
    return roc.digit_curves(probabilities, labels)


@fragment
def _show_digits(evaluation: Evaluation) -> None:
    curves = _digit_curves(evaluation.probabilities, evaluation.labels)
    low = roc_charts.corner(1 - evaluation.accuracy)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        digit = int(st.selectbox(gettext("Digit"), range(CLASSES), key="curves-digit", width=180))
        # The curves of a weak model fill the whole square.
        if low and _axes() != AXES[0]:
            low = 0.0
    roc, precision_recall = st.columns(2, gap="medium")
    with roc:
        sentence = roc_charts.roc_sentence(curves, digit, low)
        _show(roc_charts.roc(curves, digit, low), sentence, "curves-roc")
    with precision_recall:
        sentence = roc_charts.precision_recall_sentence(curves, digit, low)
        _show(roc_charts.precision_recall(curves, digit, low), sentence, "curves-precision-recall")
    _show_areas(curves)


def _axes() -> str:
    return st.segmented_control(
        gettext("Axes"), AXES, default=AXES[0], required=True, format_func=gettext, key="curves-axes"
    )


def _show(chart: Spec, sentence: str, key: str) -> None:
    show_chart(chart, alt=sentence, key=key)
    st.caption(sentence)


def _show_areas(curves: tuple[DigitCurves, ...]) -> None:
    auc, average = roc.macro_mean(curves)
    rows: list[dict[str, Any]] = [
        {"Digit": str(one.digit), "Images": one.images, "AUC": one.auc, "Average precision": one.average_precision}
        for one in curves
    ]
    every = sum(one.images for one in curves)
    rows.append({"Digit": gettext("mean"), "Images": every, "AUC": auc, "Average precision": average})
    for one in curves:
        if one.problem:
            st.caption(one.problem)
    with st.expander(gettext("What these curves mean, and their figures")):
        st.markdown(
            gettext(
                "The model gives each image a probability for each digit. From which probability on "
                "should it say that it is this digit? Say it early, and all of the digit's images are "
                "found, but others are taken for it. The curves show this trade for every such limit. "
                "On the left is the ROC curve, on the right the precision–recall curve.\n\nAUC is the "
                "area under the ROC curve: how often an image of the digit gets a higher probability "
                "for it than an image of another digit. 0.5 is guessing, 1 is perfect. Average "
                "precision is the mean precision over all recalls. The last row is the mean of the "
                "digits."
            )
        )
        st.dataframe(
            harmless(rows),
            hide_index=True,
            placeholder="–",
            height="content",
            column_config={
                "Digit": st.column_config.TextColumn(gettext("Digit"), width=60),
                "Images": st.column_config.NumberColumn(gettext("Images"), format="localized", width=70),
                "AUC": st.column_config.NumberColumn(format="%.6f", width=90),
                "Average precision": st.column_config.NumberColumn(gettext("Avg. precision"), format="%.6f", width=100),
            },
        )


# --- A threshold -------------------------------------------------------------------------------------------------


@fragment
def _show_threshold(run: Run, evaluation: Evaluation, images: np.ndarray | None) -> None:
    evaluation = judging.calibrated(run, evaluation)
    found = RiskCoverage.measure(evaluation.probabilities, evaluation.labels)
    setting, picture = st.columns([2, 3], gap="large")
    with setting:
        threshold = st.select_slider(
            gettext("Refuse answers less sure than"),
            THRESHOLDS,
            START_THRESHOLD,
            format_func=selective_prediction.threshold_name,
            key="curves-threshold",
        )
        outcome = found.at(threshold)
        st.markdown(selective_prediction.threshold_sentence(outcome))
        st.caption(gettext("The steps are finer near 100 %, where most answers are."))
    with picture:
        _show(roc_charts.risk_coverage(found, outcome), roc_charts.risk_sentence(found, outcome), "curves-risk")
    _show_behind(run, evaluation, images, outcome)


def _show_behind(run: Run, evaluation: Evaluation, images: np.ndarray | None, outcome: Outcome) -> None:
    """The images that a threshold lets through, catches, or refuses although they are read right."""
    numbers = {LET_THROUGH: outcome.let_through, CAUGHT: outcome.caught, REFUSED_RIGHT: outcome.refused_right}
    which = st.segmented_control(
        gettext("Images behind it"),
        list(numbers),
        default=LET_THROUGH,
        required=True,
        format_func=lambda name: f"{gettext(name)} ({count(numbers[name])})",
        key="curves-behind",
    )
    if not numbers[which]:
        st.info(gettext("{which}: none at this threshold.", which=gettext(which)))
        return
    indices = selective_prediction.behind(evaluation, outcome.threshold, which != LET_THROUGH, which == REFUSED_RIGHT)
    image_gallery(run, evaluation, images, indices, f"curves-{which}")


# --- Calibration -------------------------------------------------------------------------------------------------


def show_calibration(run: Run, evaluation: Evaluation) -> None:
    """Shows whether a model is right as often as it is sure, before and after its temperature.

    Args:
        run: The model; its calibration is read.
        evaluation: Its answers, not calibrated.
    """
    calibration = Calibration.load(run.calibration_path)
    before, after = reliability.before_and_after(evaluation.probabilities, evaluation.labels, calibration)
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            gettext("Calibration error"), percent(before.error), width="content", help=glossary.help_text("calibration")
        )
        if after is not None:
            st.metric(gettext("After the correction"), percent(after.error), width="content")
            st.metric(
                gettext("Temperature"),
                as_written(f"{calibration.temperature:.2f}"),
                width="content",
                help=glossary.help_text("temperature"),
            )
    st.markdown(reliability.error_sentence(before, after))
    if after is None:
        st.info(gettext(reliability.NOT_CALIBRATED))
    else:
        st.markdown(reliability.temperature_sentence(calibration))
    diagram, numbers = st.columns([3, 2], gap="large")
    with diagram:
        sentence = reliability_charts.reliability_sentence(before, after)
        _show(reliability_charts.reliability(before, after), sentence, "calibration-reliability")
    with numbers:
        sentence = reliability_charts.bin_counts_sentence(before, after)
        _show(reliability_charts.bin_counts(before, after), sentence, "calibration-counts")
    with st.expander(gettext("How this was measured, and the groups as a table")):
        st.markdown(gettext(reliability.METHOD))
        if after is not None:
            st.markdown(reliability.temperature_details(calibration, _held_back(run)))
        _show_bins(before, after)


def _held_back(run: Run) -> bool:
    """Says whether a run held validation images back; one whose settings are lost is taken at its recipe's word."""
    try:
        return run.config().validation_share > 0
    except LabError:
        return True


def _show_bins(before: Reliability, after: Reliability | None) -> None:
    rows = reliability.rows(before, after)
    heads = {column: _head(column) for column in rows[0]}
    st.dataframe(harmless(rows), hide_index=True, placeholder="–", height="content", column_config=heads)


def _head(column: str) -> Any:
    """The head of a column of `reliability.rows`, and how its figures are written."""
    heads = {
        "Probability": gettext("Probability"),
        "Images": gettext("Images"),
        "Images, before": gettext("Images, before"),
        "Images, after": gettext("Images, after"),
        "Sure": gettext("Sure"),
        "Sure, before": gettext("Sure, before"),
        "Sure, after": gettext("Sure, after"),
        "Right": gettext("Read right"),
        "Right, before": gettext("Right, before"),
        "Right, after": gettext("Right, after"),
    }
    if column.startswith(("Sure", "Right")):
        return st.column_config.NumberColumn(heads[column], format="%.2f %%")
    return st.column_config.Column(heads[column])
