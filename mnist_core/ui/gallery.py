"""The images behind a figure, and one of them looked at closer."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.language import N_, gettext
from mnist_core.presentation.charts.probability import probability_bars, probability_sentence
from mnist_core.presentation.pictures import figure
from mnist_core.presentation.tables.image_grid import caption, image_grid
from mnist_core.presentation.tables.probabilities import PROBABILITY_BARS_SHOW
from mnist_core.runs.run import Run
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.explanations import show_mattered, show_similar
from mnist_core.ui.frame import changing_chart
from mnist_core.ui.paging import page_of
from mnist_core.ui.pins import pin_button

MOST_SHOWN = 60
# Of the closer look, in pixels, so that it fits beside a gallery.
PICTURE, BARS = 120, 230
NO_IMAGES = N_("The images of this test set are not on this machine, or are damaged; the Explore page downloads MNIST.")


def image_gallery(
    run: Run,
    evaluation: Evaluation,
    images: np.ndarray | None,
    indices: Sequence[int] | np.ndarray,
    key: str,
    pinning: bool = False,
    beside: bool = True,
) -> None:
    """Shows images by the page, each with its answer; the one that is pressed, or chosen by name, is shown closer.

    Args:
        run: The model that was judged.
        evaluation: Its answers.
        images: uint8 `[N, 28, 28]` in the order of `evaluation.labels`, or None where they are not on this machine.
        indices: Which of them, in the order in which they are shown.
        key: Tells the galleries of a page apart.
        pinning: Whether the chosen image can be pinned; in one gallery of a page at most.
        beside: Whether the closer look stands beside the pictures, or below them where there is less room.
    """
    if images is None:
        st.info(gettext(NO_IMAGES))
        return
    if not len(indices):
        return
    pictures, closer = st.columns([3, 2], gap="large") if beside else (st.container(), st.container())
    with pictures:
        numbers = [int(index) for index in indices]
        shown = numbers[page_of(len(numbers), MOST_SHOWN, f"page-{key}", tuple(numbers))]
        # Its select box stands below the pictures, which mark what it says.
        above = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = _choose(evaluation, shown, key)
            if pinning:
                pin_button(images[chosen], int(evaluation.labels[chosen]), f"test-{chosen}")
        with above:
            pressable(
                image_grid(evaluation, images, shown, chosen),
                f"{key}-pictures",
                on_press=lambda choice: _press(choice, shown, f"{key}-chosen"),
            )
    with closer:
        show_closer(run, evaluation, images, chosen, f"{key}-why")


def _choose(evaluation: Evaluation, shown: list[int], key: str) -> int:
    """Lets a person choose an image by its name: the first of the page until then."""
    if st.session_state.get(f"{key}-chosen") not in shown:
        st.session_state[f"{key}-chosen"] = shown[0]
    return int(
        st.selectbox(
            gettext("Look closer at"),
            shown,
            format_func=lambda index: caption(evaluation, index),
            key=f"{key}-chosen",
            width=320,
        )
    )


def _press(choice: str, shown: list[int], key: str) -> None:
    if choice.isdecimal() and int(choice) in shown:
        st.session_state[key] = int(choice)


def show_closer(run: Run, evaluation: Evaluation, images: np.ndarray | None, index: int, key: str) -> None:
    """Shows one image with its ten probabilities, what mattered in it, and the training digits most like it.

    Args:
        run: The model that was judged.
        evaluation: Its answers.
        images: uint8 `[N, 28, 28]` in the order of `evaluation.labels`, or None where they are not on this machine.
        index: The image's number.
        key: Tells this look from others on the page.
    """
    if images is None:
        st.info(gettext(NO_IMAGES))
        return
    image, predicted = images[index], int(evaluation.predictions[index])
    words = caption(evaluation, index)
    st.markdown(f"**{words}**")
    picture, bars = st.columns([1, 2])
    picture.html(figure(image, "", PICTURE, alt=words))
    probabilities = tuple(evaluation.probabilities[index].tolist())
    sentence = probability_sentence(probabilities)
    with bars:
        changing_chart(probability_bars(probabilities, predicted, BARS), gettext(PROBABILITY_BARS_SHOW))
    st.caption(sentence)
    # Who is wrong, the network or the writer? Whoever looks decides before the network explains itself.
    why = st.expander(
        gettext("Why does the model say so? Decide first, then open."), key=f"{key}-{index}", on_change="rerun"
    )
    if why.open:
        with why:
            show_mattered(image, predicted, run, PICTURE, beside=True)
            show_similar(image, predicted, run, 64)
