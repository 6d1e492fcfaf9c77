"""The map of the digits: a click on a point shows its image."""

import numpy as np
import streamlit as st

from mnist_core.evaluation import digit_map, judging
from mnist_core.evaluation.digit_map import PCA, TSNE, DigitMap
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count
from mnist_core.language import N_, gettext
from mnist_core.presentation.charts import digit_map as digit_map_charts
from mnist_core.runs.run import Run
from mnist_core.ui.frame import fragment, show_chart
from mnist_core.ui.gallery import NO_IMAGES, show_closer

WORK = {
    PCA: N_("Looking into the network …"),
    TSNE: N_("Making the map takes half a minute, the first time only …"),
}
NUMBER = "map-image"


@fragment
def show_map(run: Run, evaluation: Evaluation, images: np.ndarray | None) -> None:
    """Shows images as points, those alike to the network close together.

    Args:
        run: The model.
        evaluation: Its answers.
        images: uint8 `[N, 28, 28]` in the order of the evaluation, or None where they are not on this machine.
    """
    if images is None:
        st.info(gettext(NO_IMAGES))
        return
    kind = st.segmented_control(gettext("Arranged by"), [PCA, TSNE], default=PCA, required=True, key="map-kind")
    st.caption(
        gettext(
            "PCA is quick and shows the rough shape. t-SNE shows groups better, but takes about "
            "half a minute the first time. How far apart its groups lie, and how large they are, "
            "means nothing."
        )
    )
    place = digit_map.stored_at(kind, run.model_path, images, evaluation)
    with st.spinner(gettext(WORK[kind])):
        found = _digit_map(run, evaluation, images, kind, place.name)
    points, closer = st.columns([3, 2], gap="large")
    with points:
        _show_points(found, evaluation, place.stem)
    with closer:
        _show_image(run, evaluation, images)


@st.cache_resource(max_entries=8, show_spinner=False)
def _digit_map(_run: Run, _evaluation: Evaluation, _images: np.ndarray, kind: str, identity: str) -> DigitMap:
    """Returns the map; `identity` tells models and data apart."""
    return digit_map.load_or_make(kind, _run.model_path, _images, _evaluation)


def _show_points(found: DigitMap, evaluation: Evaluation, identity: str) -> None:
    sentence = digit_map.map_sentence(found, evaluation)
    key = f"map-{identity}"
    show_chart(
        digit_map_charts.digit_map(found, evaluation),
        alt=sentence,
        key=key,
        on_select=lambda: _pick(key),
        selection_mode=[digit_map_charts.PICKED],
    )
    st.markdown(
        gettext("{sentence} Each image is drawn as its digit. A ring marks what is read wrong.", sentence=sentence)
    )
    st.caption(
        gettext(
            "Click a digit to see its image. Zoom with Ctrl and the mouse wheel, drag to move, double-click to see all."
        )
    )
    with st.expander(gettext("How this map is made")):
        st.markdown(digit_map.map_details(found))


def _pick(key: str) -> None:
    """Takes the number of the image that was clicked over into the box that keyboards use."""
    picked = st.session_state[key].selection.get(digit_map_charts.PICKED)
    if picked:
        st.session_state[NUMBER] = picked[0]["number"]


def _show_image(run: Run, evaluation: Evaluation, images: np.ndarray) -> None:
    last = len(images) - 1
    label, hint = gettext("Image (0 to {last})", last=count(last)), gettext("Click or type")
    number = st.number_input(label, 0, None, None, key=NUMBER, placeholder=hint)
    if number is None:
        return
    if number > last:  # typed so, or of data that was judged before
        st.warning(
            gettext(
                "There is no image {number}; give a number from 0 to {last}.", number=count(number), last=count(last)
            )
        )
    else:
        show_closer(run, judging.calibrated(run, evaluation), images, number, "map-why")
