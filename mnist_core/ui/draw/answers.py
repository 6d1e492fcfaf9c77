"""What stands around a drawing: the answer, its digits, other models, the microscope, why."""

import contextlib
import dataclasses
from collections.abc import Callable

import numpy as np
import streamlit as st

from mnist_core.evaluation.ablation import Ablation
from mnist_core.formatting import count
from mnist_core.inference import explain
from mnist_core.inference.reading import Reading
from mnist_core.language import N_, gettext, language, ngettext
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.pipeline import STAGE_NAMES, Steps
from mnist_core.presentation.answer import OneDigit, Said, answer
from mnist_core.presentation.charts.probability import probability_bars
from mnist_core.presentation.pictures import gallery, layer_picture, layers_gallery
from mnist_core.presentation.tables.probabilities import PROBABILITY_BARS_SHOW
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui.draw.answering import SHIPPED_SAYS, Answering
from mnist_core.ui.explanations import show_mattered, show_similar
from mnist_core.ui.frame import announced, changing_chart, plain
from mnist_core.ui.paths import without_paths

STEP_LABELS = {
    "invert": N_("White on black"),
    "crop": N_("Crop to the ink"),
    "keep_aspect": N_("Keep the shape"),
    "box": N_("20-pixel box"),
    "centre_of_mass": N_("Centre of mass"),
    "pen_width": N_("MNIST's pen"),
}
# The stage at which the lack of a step first shows.
STAGE_OF_STEP = {
    "invert": "ink",
    "crop": "box",
    "keep_aspect": "scaled",
    "box": "scaled",
    "centre_of_mass": "image",
    "pen_width": "pen",
}
WHY = [N_("What mattered"), N_("What the layers see"), N_("What they look for"), N_("What it resembles")]
HEIGHT_OF_OTHERS = 200
SIZE_OF_A_STAGE = 96
# A cost below this share is told in thousandths.
LITTLE = 0.02


def show_reading(reading: Reading, answering: Answering, shipped: Reading | None, strokes: int | None) -> None:
    """Shows who answers and what, what the network sees and how probable each digit is.

    Args:
        reading: By the model that answers.
        answering: That model.
        shipped: The shipped model's reading of the same, where that is another one.
        strokes: How many the canvas holds; its aid has a screen reader say each answer. None for a picture.
    """
    said = _said(answering.says, reading, answering.limit)
    other = _said(gettext(SHIPPED_SAYS), shipped) if shipped else None
    one = None
    if reading.stages is not None and not reading.parts:
        one = OneDigit(reading.stages.image, reading.answer.probabilities, reading.answer.digit)
    shown = answer(said, one, other, strokes)
    with announced() if strokes is None else contextlib.nullcontext():
        st.html(shown)


def _said(title: str, reading: Reading, limit: str = "") -> Said:
    return Said(without_paths(title), _prediction(reading), reading.answer.sentence, limit)


def warn_of_steps(steps: Steps) -> None:
    """Says which steps of the preparation were left out."""
    if left_out := [gettext(STEP_LABELS[name]) for name, taken in dataclasses.asdict(steps).items() if not taken]:
        st.warning(
            gettext(
                "Prepared without: {left_out}. The switches are in the microscope below.", left_out=", ".join(left_out)
            )
        )


def _prediction(reading: Reading) -> str:
    """The answer in a few large letters; the numbers of several rows stand below."""
    return (
        ngettext("{number} digit", "{number} digits", len(reading.digits), number=count(len(reading.digits)))
        if len(reading.rows) > 1
        else reading.shown
    )


# --- Other models ------------------------------------------------------------------------------------------------


def choose_others(models: dict[str, Run], titles: dict[str, str], chosen: Run) -> list[Run]:
    """Lets a person choose models, which have names for people, that answer beside the first."""
    others = st.multiselect(
        gettext("Compare with"),
        [name for name in models if name != chosen.id],
        format_func=titles.__getitem__,
        max_selections=2,
        key="compared",
        placeholder=gettext("Up to two other models"),
    )
    return [models[name] for name in others]


def compare(runs: list[Run], mine: Reading, read: Callable[[Run], Reading]) -> None:
    """Shows what other models answer to the same drawing, and says where they differ from the first of them."""
    if mine.stages is None:
        return
    models = {run.id: run for run in runs}
    readings = {run.id: read(run) if place else mine for place, run in enumerate(runs)}
    if len({reading.shown for reading in readings.values()}) > 1:
        said = "; ".join(
            gettext("{title} says {shown}", title=summary.title(models[name]), shown=reading.shown)
            for name, reading in readings.items()
        )
        st.warning(plain(gettext("They differ: {said}.", said=said)))
    else:
        st.success(gettext("All of them say {shown}.", shown=mine.shown))
    for column, (name, reading) in zip(st.columns(len(readings)), readings.items(), strict=True):
        with column, st.container(border=True):
            mark = ":material/warning: " if reading.shown != mine.shown else ""
            st.markdown(f"{mark}**{reading.shown}** · {plain(summary.title(models[name]))}")
            st.caption(reading.answer.sentence)
            bars = probability_bars(reading.answer.probabilities, reading.answer.digit, HEIGHT_OF_OTHERS)
            changing_chart(bars, gettext(PROBABILITY_BARS_SHOW), f"bars-{name}")


# --- The microscope ----------------------------------------------------------------------------------------------


def chosen_steps() -> Steps:
    """Returns the steps that the microscope's switches leave on; they stand below what they change."""
    kept = st.session_state.setdefault("steps", {})
    for name in STEP_LABELS:
        if f"step-{name}" in st.session_state:
            kept[name] = st.session_state[f"step-{name}"]
    return Steps(**kept)


def show_stages(reading: Reading, steps: Steps, says: str) -> None:
    """Shows the answer, whose it is (`says`), and each stage of the preparation that leads to it."""
    assert reading.stages is not None
    skipped = {STAGE_OF_STEP[name] for name, taken in dataclasses.asdict(steps).items() if not taken}
    names = [
        gettext("{title} (left out)", title=title) if name in skipped else gettext(title)
        for name, title in STAGE_NAMES.items()
    ]
    with st.container(key="stages"):
        whose = plain(gettext("{says}: {sentence}", says=says, sentence=reading.answer.sentence))
        st.markdown(f"**{whose}**")
        st.html(gallery([picture for _, picture in reading.stages.in_order()], names, size=SIZE_OF_A_STAGE))


def choose_steps(steps: Steps, run: Run) -> None:
    """A switch for each step of the preparation, and what skipping it costs."""
    measured = Ablation.of(run)
    for name, label in STEP_LABELS.items():
        # What the switches change stands beside them and above.
        st.toggle(gettext(label), getattr(steps, name), key=f"step-{name}", on_change=st.rerun)
        st.caption(f"{gettext(pipeline.EXPLANATIONS[name])} {_cost(measured, name)}")
    if measured:
        st.caption(_measured_on(measured))


def _measured_on(measured: Ablation) -> str:
    pictures, drawings = count(measured.picture_count), count(measured.stroke_count)
    if measured.stroke_count:
        return gettext(
            (
                "Measured for this model on {pictures} MNIST test digits, as pictures of any size and "
                "place. Also on {drawings} drawings by people from whom it never learned."
            ),
            pictures=pictures,
            drawings=drawings,
        )
    return gettext(
        "Measured for this model on {pictures} MNIST test digits, as pictures of any size and place.", pictures=pictures
    )


def _cost(measured: Ablation | None, step: str) -> str:
    if measured is None:
        return ""
    pictures, drawn = measured.cost(step)
    if drawn is None:
        return gettext("**Without this step it reads {fewer_of_mnist} MNIST digits.**", fewer_of_mnist=_fewer(pictures))
    return gettext(
        "**Without this step it reads {fewer_of_mnist} MNIST digits, and {fewer_drawn} drawings.**",
        fewer_of_mnist=_fewer(pictures),
        fewer_drawn=_fewer(drawn),
    )


def _fewer(cost: float) -> str:
    """`65 fewer of 100`, or of 1,000 where that is little."""
    out_of = 100 if abs(cost) >= LITTLE else 1000
    number = round(abs(cost) * out_of)
    if not number:
        return gettext("as many")
    return (
        gettext("{number} fewer of {out_of}", number=number, out_of=count(out_of))
        if cost > 0
        else gettext("{number} more of {out_of}", number=number, out_of=count(out_of))
    )


# --- Why ---------------------------------------------------------------------------------------------------------


def show_why(reading: Reading, run: Run) -> None:
    """Shows why the network answers as it does; only what is open is computed."""
    stages, digit = reading.stages, reading.answer.digit
    if stages is None or digit is None:
        return
    # The one that was open, also after a drawing that had none.
    shown = gettext(st.session_state.get("why-shown", WHY[0]))
    # Streamlit knows tabs by their words: in another language they are others.
    tabs = st.tabs([gettext(name) for name in WHY], on_change="rerun", key=f"why-tab-{language()}", default=shown)
    for name, tab, show in zip(WHY, tabs, (show_mattered, _seen, _wanted, show_similar), strict=True):
        if tab.open:
            st.session_state["why-shown"] = name
            with tab:
                show(stages.image, digit, run)


def _seen(image: np.ndarray, digit: int, run: Run) -> None:
    maps = explain.feature_maps(run.model_path, run.config().layers, image)
    st.markdown(explain.feature_sentence(maps))
    names = [one.name for one in maps]
    st.html(layers_gallery([layer_picture(one.values) for one in maps], names, names))


def _wanted(image: np.ndarray, digit: int, run: Run) -> None:
    found = explain.filters(run.model_path, run.config().layers)
    st.markdown(explain.filter_sentence(found))
    names = [one.name for one in found]
    st.html(layers_gallery([layer_picture(one.weights, same_scale=False) for one in found], names, names))
