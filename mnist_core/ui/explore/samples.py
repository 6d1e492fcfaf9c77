"""Images of the data: a page of them, one of them pixel by pixel, and the mean of each digit."""

import numpy as np
import streamlit as st

from mnist_core.data.dataset import Dataset, indices_of
from mnist_core.presentation.charts.data import pixel_values
from mnist_core.presentation.pictures import figure, gallery
from mnist_core.ui import glossary, loaders, paging, pins

GRID = 60


def show_samples(data: Dataset) -> None:
    """Images of a part of the data, one of them pixel by pixel, and the mean of each digit."""
    st.header("Samples", anchor=False)
    controls = st.columns(3)
    part = controls[0].segmented_control("Part", ["train", "test"], default="train", required=True)
    digit = controls[1].selectbox("Digit", ["all", *range(10)])
    images, labels = data.parts()[part]
    indices = indices_of(labels, None if digit == "all" else int(digit))
    if not len(indices):
        st.info(f"There is no {digit} among the {part} images.")
        return
    with controls[2]:
        shown = indices[paging.page_of(len(indices), GRID, "samples-page", (data.identity, part, digit))]
    st.html(gallery(images[shown], [f"{labels[index]} · #{index}" for index in shown], size=64))
    show_pixels(part, images, labels, int(shown[0]))
    show_means(data, part)


def show_pixels(part: str, images: np.ndarray, labels: np.ndarray, first: int) -> None:
    """One image and the values of its pixels, the first of the samples until another is chosen."""
    st.header("One image, pixel by pixel", anchor=False)
    choice, values = st.columns([1, 2], gap="large")
    index = choice.number_input(f"Number of the {part} image", 0, len(images) - 1, first)
    sentence = f"Image {index} of the {part} images is a {labels[index]}; 0 is black paper, 255 white ink."
    choice.html(figure(images[index], f"A {labels[index]}", 224))
    choice.caption(sentence)
    with choice:
        pins.pin_button(images[index], int(labels[index]), f"{part}-{index}")
    values.vega_lite_chart(pixel_values(images[index]), alt=sentence)


def show_means(data: Dataset, part: str) -> None:
    """What all images of a digit have in common."""
    st.header("The mean of each digit", anchor=False)
    means = loaders.mean_images(data, data.identity, part)
    st.html(gallery(means, [f"mean {number}" for number in range(10)], size=96))
    st.caption(f"The {glossary.term('mean-image')} of a digit.")
    st.caption("Where a mean is sharp, people agree on how to write the digit; where it is blurred, they do not.")
