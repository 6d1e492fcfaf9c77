"""Pictures of the data: a page of them, one of them as its numbers, and the mean of each digit."""

import numpy as np
import streamlit as st

from mnist_core.data.dataset import Dataset, indices_of
from mnist_core.formatting import count, with_article
from mnist_core.language import N_, gettext
from mnist_core.presentation.pictures import gallery
from mnist_core.presentation.tables.picture_grid import Picture, picture_grid
from mnist_core.ui import glossary, loaders, paging, pins
from mnist_core.ui.components.pixels import pixels
from mnist_core.ui.components.pressable import pressable

GRID = 60
PARTS = {"train": N_("to train on"), "test": N_("to test with")}
ALL = N_("all")
NUMBER = "samples-number"
# What is to be enlarged in the run that a press causes: the part and the number of a picture.
ASKED = "samples-asked"


def show_samples(data: Dataset) -> None:
    """Pictures of a part of the data; the one that is pressed, or whose number is given, is enlarged."""
    st.header(gettext("Pictures"), anchor=False)
    st.markdown(gettext("To a network, a picture is {numbers}. Press one to see them.", numbers=_784_numbers()))
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        part = st.segmented_control(
            gettext("Part"),
            list(PARTS),
            format_func=lambda part: gettext(PARTS[part]),
            default="train",
            required=True,
            key="samples-part",
        )
        digit = st.selectbox(
            gettext("Digit"),
            [ALL, *range(10)],
            format_func=lambda digit: gettext(ALL) if digit == ALL else str(digit),
            key="samples-digit",
            width=110,
        )
        images, labels = data.parts()[part]
        indices = indices_of(labels, None if digit == ALL else int(digit))
        shown = indices[paging.page_of(len(indices), GRID, "samples-page", (data.identity, part, digit))]
        st.number_input(
            gettext("Picture (0 to {last})", last=count(len(images) - 1)),
            0,
            len(images) - 1,
            None,
            key=f"{NUMBER}-{part}",
            placeholder=gettext("Find one"),
            width=160,
            on_change=_ask_by_number,
            args=[part],
        )
    if not len(indices):
        st.info(gettext("There is no {digit} among the pictures {parts}.", digit=digit, parts=PARTS[part]))
    else:
        pictures = [
            Picture(
                images[index],
                str(labels[index]),
                gettext("{label}, picture number {index}: enlarge", label=labels[index], index=index),
                str(index),
            )
            for index in shown
        ]
        pressable(
            picture_grid(pictures, gettext("Pictures of the data")), "samples", on_press=lambda one: _ask(part, one)
        )
    asked, number = st.session_state.pop(ASKED, ("", 0))
    if asked == part and number < len(images):
        enlarge(part, images[number], int(labels[number]), number)


def _784_numbers() -> str:
    return glossary.term("pixel", gettext("784 numbers"))


def _ask(part: str, choice: str) -> None:
    """Has a picture enlarged; its number comes from a browser."""
    if choice.isdecimal() and len(choice) < 10:
        st.session_state[ASKED] = part, int(choice)


def _ask_by_number(part: str) -> None:
    if (number := st.session_state[f"{NUMBER}-{part}"]) is not None:
        _ask(part, str(number))


def enlarge(part: str, image: np.ndarray, label: int, number: int) -> None:
    """Opens one picture with the number of each pixel."""

    def show() -> None:
        st.markdown(gettext("Its {numbers}: 0 is black paper, 255 is white ink.", numbers=_784_numbers()))
        pixels(image, gettext("A {label} as its numbers", label=label), f"pixels-{part}-{number}")
        pins.pin_button(image, label, f"{part}-{number}")

    title = gettext("Picture number {number}: {label}", number=count(number), label=with_article(label))
    st.dialog(title, width="large")(show)()


def show_means(data: Dataset) -> None:
    """What all pictures of a digit have in common."""
    st.header(gettext("The mean of each digit"), anchor=False)
    st.markdown(
        gettext(
            "All pictures to train on of a digit, laid over each other: its {mean_image}. "
            "Where is it blurred, and why?",
            mean_image=glossary.term("mean-image"),
        )
    )
    means = loaders.mean_images(data, data.identity, "train")
    st.html(gallery(means, [str(number) for number in range(10)], size=96))
    with st.expander(gettext("Show the answer"), icon=":material/visibility:"):
        st.markdown(
            gettext(
                "Where a mean is sharp, people agree on how to write the digit. Where it is blurred, "
                "they do not: they tilt it, bend it and close it in different ways."
            )
        )
