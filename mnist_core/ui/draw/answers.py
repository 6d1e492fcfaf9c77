"""What stands around a drawing: the answer, its digits, other models, the microscope, why."""

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import streamlit as st

from mnist_core.evaluation.ablation import Ablation
from mnist_core.evaluation.strangers import Strangers
from mnist_core.formatting import count, percent, points
from mnist_core.inference import explain, reading_rows
from mnist_core.inference.reading import Reading
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.pipeline import STAGE_NAMES, Stages, Steps
from mnist_core.presentation.charts.probability import PROBABILITY_BARS_SHOW, probability_bars
from mnist_core.presentation.pictures import figure, framed, gallery, layer_picture, layers_gallery
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui.explanations import show_mattered, show_similar
from mnist_core.ui.frame import announce, changing_chart, offer_file, plain
from mnist_core.ui.loaders import classifier

STEP_LABELS = {
    "invert": "White on black",
    "crop": "Crop to the ink",
    "keep_aspect": "Keep the aspect",
    "box": "20-pixel box",
    "centre_of_mass": "Centre of mass",
    "pen_width": "MNIST's pen",
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
WHY = ["What mattered", "What the layers see", "What they look for", "What it resembles"]
HEIGHT_OF_OTHERS = 200
FEW_DIGITS = 6
SIZE_OF_A_DIGIT, SIZE_OF_MANY = 96, 64


def show_reading(reading: Reading, steps: Steps, beside_canvas: bool) -> None:
    """Shows the answer, and what the network sees; digits side by side stand in their place.

    Beside the canvas it is that one's aid that has a screen reader say each answer.
    """
    with st.container(horizontal=True, gap="large", key="answer"):
        st.metric("Prediction", _prediction(reading), width="content")
        if reading.stages is not None and not reading.parts:
            st.html(figure(reading.stages.image, "What the network sees", 140), width="content")
    announce(reading.answer.sentence, aided=beside_canvas)
    if reading.stages is None:
        return
    if left_out := [STEP_LABELS[name] for name, taken in dataclasses.asdict(steps).items() if not taken]:
        st.warning(f"Prepared without: {', '.join(left_out)}. The switches are in the microscope below.")
    if reading.parts:
        _show_parts(reading)
    else:
        answer = reading.answer
        changing_chart(probability_bars(answer.probabilities, answer.digit), PROBABILITY_BARS_SHOW, "bars")


def _prediction(reading: Reading) -> str:
    """The answer in a few large letters; the numbers of several rows stand below."""
    return f"{len(reading.digits)} digits" if len(reading.rows) > 1 else reading.shown


def _show_parts(reading: Reading) -> None:
    assert reading.stages is not None
    frames = [(dataclasses.astuple(part.box), part.shown) for part in reading.parts]
    st.html(framed(reading.stages.ink, frames, f"The drawing with a frame around each digit: {reading.number}"))
    _offer_rows(reading)
    st.caption("Each digit is cut out, prepared and classified by itself:")
    digits = reading.digits
    size = SIZE_OF_A_DIGIT if len(digits) <= FEW_DIGITS else SIZE_OF_MANY
    st.html(gallery([part.image for part in digits], [part.answer.sentence for part in digits], size))


def _offer_rows(reading: Reading) -> None:
    """The number of each row to copy, and all of it to take along; one level number is told by the answer already."""
    if len(reading.rows) < 2:
        return
    st.caption("Row by row, to copy or to save:")
    st.code("\n".join(reading.numbers), language=None)
    with st.container(horizontal=True):
        offer_file("Table (CSV)", reading_rows.to_csv(reading), "digits.csv", "text/csv", key="rows-csv")
        told = json.dumps(reading_rows.reading_row(reading), indent=2, ensure_ascii=False)
        offer_file("Everything (JSON)", told, "digits.json", "application/json", key="rows-json")


def show_refusals(run: Run) -> None:
    """Says how often this model refuses what is a digit, as measured when it was trained."""
    found = classifier(run).calibration
    if not found.images:
        st.caption("This model was trained before the lab measured when to doubt; it refuses little.")
        return
    if known := Strangers.of(run):
        st.caption(
            f"Of {count(known.digits)} digits from {count(known.places)} places whose people it never learned from, it "
            f"wrongly refused {percent(known.doubted, 1)} (“unsure” or “not a digit”); of their {count(known.signs)} "
            f"letters and signs, it refused {percent(known.caught, 0)}. Letters that look like a digit, such as O, S "
            "or l, may be read as one."
        )
        return
    caught = sum(found.caught.values()) / max(len(found.caught), 1)
    st.caption(
        f"On {count(found.images)} digits that it was not trained on, it wrongly refused {percent(found.refused, 1)} "
        f"(“unsure” or “not a digit”); of spirals, stars, letters and other kinds that no model learned "
        f"from, it refused {percent(caught, 0)}."
    )


# --- Other models ------------------------------------------------------------------------------------------------


def choose_others(models: dict[str, Run], titles: dict[str, str], chosen: Run) -> list[Run]:
    """Lets a person choose models, which have names for people, that answer beside the first."""
    others = st.multiselect(
        "Compare with",
        [name for name in models if name != chosen.id],
        format_func=titles.__getitem__,
        max_selections=2,
        key="compared",
        placeholder="Up to two other models",
    )
    return [models[name] for name in others]


def compare(runs: list[Run], mine: Reading, read: Callable[[Run], Reading]) -> None:
    """Shows what other models answer to the same drawing, and says where they differ from the first of them."""
    if mine.stages is None:
        return
    models = {run.id: run for run in runs}
    readings = {run.id: read(run) if place else mine for place, run in enumerate(runs)}
    if len({reading.shown for reading in readings.values()}) > 1:
        said = "; ".join(f"{summary.title(models[name])} says {reading.shown}" for name, reading in readings.items())
        st.warning(plain(f"They differ: {said}."))
    else:
        st.success(f"All of them say {mine.shown}.")
    for column, (name, reading) in zip(st.columns(len(readings)), readings.items(), strict=True):
        with column, st.container(border=True):
            mark = ":material/warning: " if reading.shown != mine.shown else ""
            st.markdown(f"{mark}**{reading.shown}** · {plain(summary.title(models[name]))}")
            st.caption(reading.answer.sentence)
            bars = probability_bars(reading.answer.probabilities, reading.answer.digit, HEIGHT_OF_OTHERS)
            changing_chart(bars, PROBABILITY_BARS_SHOW, f"bars-{name}")


# --- The microscope ----------------------------------------------------------------------------------------------


def chosen_steps() -> Steps:
    """Returns the steps that the microscope's switches leave on; they stand below what they change."""
    kept = st.session_state.setdefault("steps", {})
    for name in STEP_LABELS:
        if f"step-{name}" in st.session_state:
            kept[name] = st.session_state[f"step-{name}"]
    return Steps(**kept)


def show_stages(stages: Stages, steps: Steps) -> None:
    """Shows each stage of the preparation."""
    skipped = {STAGE_OF_STEP[name] for name, taken in dataclasses.asdict(steps).items() if not taken}
    names = [f"{title} (left out)" if name in skipped else title for name, title in STAGE_NAMES.items()]
    st.html(gallery([picture for _, picture in stages.in_order()], names, size=112))


def choose_steps(steps: Steps, run: Run) -> None:
    """A switch for each step of the preparation, and what skipping it costs."""
    measured = Ablation.of(run)
    for column, names in zip(st.columns(2), (list(STEP_LABELS)[:3], list(STEP_LABELS)[3:]), strict=True):
        with column:
            for name in names:
                # What the switches change stands above them, too.
                st.toggle(STEP_LABELS[name], getattr(steps, name), key=f"step-{name}", on_change=st.rerun)
                st.caption(f"{pipeline.EXPLANATIONS[name]} {_cost(measured, name)}")
    if measured:
        drawn = f" and {count(measured.stroke_count)} pen drawings of held-out writers" if measured.stroke_count else ""
        st.caption(
            f"Costs were measured for this model on {count(measured.picture_count)} MNIST test digits, as pictures "
            f"of any size and place{drawn}."
        )


def _cost(measured: Ablation | None, step: str) -> str:
    if measured is None:
        return ""
    pictures, drawn = measured.cost(step)
    words = f"Skipping it {_change(pictures)} on MNIST"
    return f"**{words}, {_change(drawn)} on drawings.**" if drawn is not None else f"**{words}.**"


def _change(cost: float) -> str:
    return f"{'gains' if cost <= -0.0005 else 'costs'} {points(cost)}"


# --- Why ---------------------------------------------------------------------------------------------------------


def show_why(reading: Reading, run: Run) -> None:
    """Shows why the network answers as it does; only what is open is computed."""
    stages, digit = reading.stages, reading.answer.digit
    if stages is None or digit is None:
        return
    tabs = st.tabs(WHY, on_change="rerun", key="why-tab")
    for tab, show in zip(tabs, (show_mattered, _seen, _wanted, show_similar), strict=True):
        if tab.open:
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
