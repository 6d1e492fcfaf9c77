"""What lies behind the figures of several models: a tab each on the Evaluate page, computed only when it is open."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import streamlit as st

from mnist_core.evaluation import judging
from mnist_core.evaluation.comparison import LETTERS, MEASURES, MOST_TESTED, Comparison, Group, measure_name
from mnist_core.evaluation.published import COLUMNS as PUBLISHED_COLUMNS
from mnist_core.evaluation.published import published_rows
from mnist_core.formatting import percent
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.charts import comparison as comparison_charts
from mnist_core.presentation.charts import learning
from mnist_core.presentation.charts.comparison import DIGIT
from mnist_core.presentation.charts.curve import Curve
from mnist_core.presentation.charts.learning import PARTS
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui.choices import all_models
from mnist_core.ui.frame import plain, show_chart
from mnist_core.ui.gallery import image_gallery
from mnist_core.ui.loaders import stored_evaluation
from mnist_core.ui.tables import harmless, harmless_chart

# The group of images that is looked at: set by what is pressed above the tabs.
GROUP = "compared-group"
LINES: dict[str, tuple[str, ...]] = {N_("both"): PARTS, N_("training"): PARTS[:1], N_("validation"): PARTS[1:]}
QUANTITIES = (N_("loss"), N_("accuracy"))


@dataclass(frozen=True)
class Compared:
    """Models judged on the same images.

    Attributes:
        models: Their runs.
        comparison: Their answers, not calibrated, as their figures are made of them.
        images: uint8 `[N, 28, 28]`, or None where they are not on this machine.
        title: What the data is called.
    """

    models: tuple[Run, ...]
    comparison: Comparison
    images: np.ndarray | None
    title: str

    @cached_property
    def shown(self) -> Comparison:
        """Their answers as sure as all other pages give them; for what is told of single images."""
        answers = zip(self.models, self.comparison.evaluations, strict=True)
        return Comparison(tuple(judging.calibrated(run, evaluation) for run, evaluation in answers))

    def title_of(self, model: int) -> str:
        """Returns a model's letter and name."""
        return f"{self.comparison.names[model]}, {name_of(self.models[model])}"


def name_of(run: Run) -> str:
    """Names a run without the accuracy on its own test set, which may not be the data of this comparison."""
    accuracy = run.status().test_accuracy
    return summary.title(run).removesuffix(f" ({percent(accuracy)})")


# --- Accuracies, images, digits ----------------------------------------------------------------------------------


def show_accuracies(compared: Compared) -> None:
    """The accuracies with their intervals, the best on top."""
    sentence = comparison_charts.accuracies_sentence(compared.comparison)
    titles = [name_of(run) for run in compared.models]
    show_chart(harmless_chart(comparison_charts.accuracies(compared.comparison, titles)), alt=sentence)
    st.markdown(sentence)
    with st.expander(gettext("What the lines mean")):
        st.markdown(
            gettext(
                "The lines are 95 % intervals (Wilson). Two lines may overlap although the difference "
                "is real: all models read the same images, and McNemar's test above makes use of that."
            )
        )


def show_images(compared: Compared) -> None:
    """The images that only one model reads right, that none does, and those behind each other count."""
    groups = compared.shown.groups
    if st.session_state.get(GROUP) not in groups:
        st.session_state[GROUP] = next((key for key, group in groups.items() if len(group.indices)), "none")
    chosen = st.selectbox(
        gettext("Images"),
        list(groups),
        format_func=lambda key: groups[key].sentence,
        key=GROUP,
    )
    _show_group(compared, groups[chosen], f"compared-{chosen}")


def _show_group(compared: Compared, group: Group, key: str) -> None:
    """Shows a group's images with the answers of one model, and what all say to the one that is looked at."""
    if not len(group.indices):
        st.info(gettext("There are no images {which}.", which=group.words))
        return
    reader = st.segmented_control(
        gettext("Answers of"),
        range(len(compared.models)),
        default=group.reader,
        required=True,
        format_func=lambda model: compared.comparison.names[model],
        key=f"{key}-reader-{len(compared.models)}",
    )
    st.markdown(
        gettext(
            "{images}; below are the answers of {model}.",
            images=group.sentence,
            model=plain(compared.title_of(reader)),
        )
    )
    of_all = st.container()
    image_gallery(compared.models[reader], compared.shown.evaluations[reader], compared.images, group.indices, key)
    if compared.images is not None:
        # The gallery has chosen one of its images, whatever is on the page.
        closer = int(st.session_state[f"{key}-chosen"])
        label, answers = compared.comparison.labels[closer], compared.shown.answers(closer)
        of_all.caption(gettext("Image #{closer} is {label}: {answers}", closer=closer, label=label, answers=answers))


def show_digits(compared: Compared) -> None:
    """How precision, recall and F1 of each digit differ, and the images over which models disagree."""
    comparison = compared.comparison
    if len(compared.models) > MOST_TESTED:
        st.info(gettext("Choose up to {most_tested} runs to compare them digit by digit.", most_tested=MOST_TESTED))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.segmented_control(
            gettext("Measure"),
            MEASURES,
            default="recall",
            required=True,
            format_func=measure_name,
            key="compared-measure",
        )
        reference = st.segmented_control(
            gettext("Zero line"),
            range(len(compared.models)),
            default=0,
            required=True,
            format_func=lambda model: comparison.names[model],
            key=f"compared-reference-{len(compared.models)}",
        )
    sentence = comparison_charts.differences_sentence(comparison, measure, reference)
    show_chart(
        comparison_charts.differences(comparison, measure, reference),
        alt=sentence,
        key="compared-digits",
        on_select=_choose_digit,
    )
    st.markdown(gettext("{sentence} Press a bar to see the images.", sentence=sentence))
    with st.expander(gettext("How this was measured")):
        st.markdown(
            gettext(
                "Differences are in percentage points. Whether one in recall could be chance is told "
                "by McNemar's test, with Holm's correction for all digits and models that it was "
                "chosen from."
            )
        )
    # That of which the sentence speaks.
    largest = int(np.abs(comparison.differences(measure, reference)).argmax()) % CLASSES
    st.session_state.setdefault("compared-digit", largest)
    digit = st.selectbox(gettext("Images of the digit"), range(CLASSES), key="compared-digit", width=200)
    _show_group(compared, compared.shown.disputed(digit), f"compared-digit-{digit}")


def _choose_digit() -> None:
    picked = st.session_state["compared-digits"]["selection"].get(DIGIT) or []
    if picked:
        st.session_state["compared-digit"] = int(picked[0]["digit"])


# --- How they learned, and what was published --------------------------------------------------------------------


def show_curves(runs: list[Run]) -> None:
    """Draws the learning curves of up to five runs in one chart, also of those that are still at it."""
    curves = [Curve.of(run, letter) for letter, run in zip(LETTERS, runs, strict=False)]
    curves = curves[:MOST_TESTED]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        quantity = st.segmented_control(
            gettext("Quantity"),
            QUANTITIES,
            default="accuracy",
            required=True,
            format_func=gettext,
            key="compared-quantity",
        )
        lines = st.segmented_control(
            gettext("Lines"), list(LINES), default="both", required=True, format_func=gettext, key="compared-lines"
        )
        smoothing = st.slider(gettext("Smoothing"), 0.0, 0.99, 0.0, 0.01, key="compared-smoothing", width=240)
    sentence = learning.curves_sentence(curves, quantity, LINES[lines], smoothing)
    # Runs differ in the last few percent.
    chart = learning.learning_curves(curves, quantity, LINES[lines], smoothing, close_up=True)
    show_chart(harmless_chart(chart), alt=sentence)
    st.caption(f"{sentence} {learning.axis_sentence(curves, quantity, LINES[lines], close_up=True)}".strip())
    names = ", ".join(
        gettext("{letter} is {model}", letter=curve.letter, model=name_of(run))
        for curve, run in zip(curves, runs, strict=False)
    )
    first = (
        gettext(" Of {runs} runs, the first {most_tested} are drawn.", runs=len(runs), most_tested=MOST_TESTED)
        if len(runs) > MOST_TESTED
        else ""
    )
    st.caption(plain(f"{names}.{first}"))


def show_published(compared: Compared) -> None:
    """Shows what the sources of the recipes report, beside what was measured here on MNIST's test images."""
    letters = dict(zip((run.id for run in compared.models), compared.comparison.names, strict=True))
    measured = zip(compared.models, compared.comparison.evaluations, strict=True)
    others = {name: run for name, run in all_models().items() if name not in letters}
    rows = published_rows(measured, ((run, known) for run in others.values() if (known := stored_evaluation(run))))
    titles = letters | {name: name_of(run) for name, run in others.items()}
    named = [row | {"Run": titles.get(row["Run"] or "")} for row in rows]
    heads: dict[str, Any] = {name: st.column_config.Column(gettext(name)) for name in PUBLISHED_COLUMNS}
    st.dataframe(harmless(named), hide_index=True, placeholder="–", column_config=heads)
    st.markdown(gettext("Some recipes come from public notebooks. Does the lab reach what their authors report?"))
    with st.expander(gettext("How this was measured")):
        st.markdown(
            gettext(
                "All figures are for MNIST's test images. Where no run above is of a recipe, the "
                "newest model of it stands here. In brackets is the 95 % interval (Wilson). “Reached "
                "for sure”: all of it lies at or above what was published. “Other settings” names "
                "what the run does otherwise than the recipe."
            )
        )
