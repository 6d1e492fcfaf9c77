"""Explore: the images that a network learns from."""

import streamlit as st

from mnist_core.data.dataset import Dataset
from mnist_core.formatting import count, percent
from mnist_core.presentation.charts.data import balance_sentence, class_balance
from mnist_core.ui import choices, collection, frame, loaders, preview
from mnist_core.ui.explore import paper, samples


def choose_data() -> Dataset:
    """Lets a person choose data, and says where it came from."""
    picker, source = st.columns([1, 2], vertical_alignment="bottom")
    with picker:
        data = choices.choose_dataset()
    more = f" {count(len(data.unlabelled_images))} more come without labels." if len(data.unlabelled_images) else ""
    source.caption(frame.plain(f"{data.title}: {data.source}.{more}"))
    preview.show_dataset(data, told=True)
    return data


def show_parts(data: Dataset) -> None:
    """How many images each part has, and what can be said of their pixels."""
    described = loaders.description(data, data.identity)
    for column, (part, what) in zip(st.columns(2), described.items(), strict=True):
        with column.container(border=True):
            st.header(f"{part.capitalize()} images", anchor=False)
            with st.container(horizontal=True, gap="medium"):
                st.metric("Images", count(what.images), width="content")
                st.metric("Inked pixels", percent(what.inked, 1), width="content")
                st.metric("Missing values", count(what.missing), width="content")
            shape = " × ".join(count(side) for side in what.shape)
            st.caption(
                f"Shape {shape}, type {what.dtype}; pixel values {what.least} to {what.greatest}, "
                f"mean {what.mean:.1f}, standard deviation {what.deviation:.1f}."
            )


def show_balance(data: Dataset) -> None:
    """How often each digit occurs."""
    st.header("Share of each digit", anchor=False)
    described = loaders.description(data, data.identity)
    balance = {part: what.class_counts for part, what in described.items()}
    sentence = balance_sentence(balance["train"])
    frame.show_chart(class_balance(balance), alt=sentence)
    st.caption(sentence)


with frame.page("Explore", "The images that a network learns from: where they came from and what they look like."):
    data = choose_data()
    show_parts(data)
    show_balance(data)
    samples.show_samples(data)
    collection.show_collection()
    paper.show_paper()
