"""Explore: the pictures that a network learns from."""

import streamlit as st

from mnist_core.data.dataset import Dataset
from mnist_core.formatting import count, percent
from mnist_core.language import N_, gettext
from mnist_core.presentation.charts.data import balance_sentence, class_balance
from mnist_core.ui import choices, collection, frame, glossary, loaders, preview
from mnist_core.ui.explore import paper, samples

READY = {"mnist": N_("The MNIST digits are ready."), "digits-8x8": N_("These small digits come with the lab.")}


def choose_data() -> Dataset:
    """Lets a person choose data, and says how much of it there is."""
    picker, numbers = st.columns(2, vertical_alignment="bottom")
    with picker:
        data = choices.choose_dataset(looked_at=True)
    with numbers.container(horizontal=True, gap="large"):
        st.metric(gettext("Pictures to train on"), count(len(data.train_labels)), width="content")
        st.metric(gettext("Pictures to test with"), count(len(data.test_labels)), width="content")
    ready = READY.get(data.name)
    st.caption(frame.plain(gettext(ready) if ready else f"{data.title}: {data.source}."))
    preview.show_dataset(data, told=True)
    return data


def show_balance(data: Dataset) -> None:
    """How often each digit occurs."""
    st.header(gettext("How many of each digit"), anchor=False)
    described = loaders.description(data, data.identity)
    balance = {part: what.class_counts for part, what in described.items()}
    sentence = balance_sentence(balance["train"])
    frame.show_chart(class_balance(balance), alt=sentence)
    st.caption(sentence)


def show_details(data: Dataset) -> None:
    """Where the data came from, and what can be said of its pixels: for those who want to know."""
    with st.expander(gettext("More about this data"), icon=":material/info:"):
        st.markdown(frame.plain(f"{data.title}: {data.source}."))
        if len(data.unlabelled_images):
            st.markdown(
                gettext(
                    "{unlabelled_images} more pictures come without a {term}.",
                    unlabelled_images=count(len(data.unlabelled_images)),
                    term=glossary.term("label"),
                )
            )
        for part, what in loaders.description(data, data.identity).items():
            shape = " × ".join(count(side) for side in what.shape)
            st.markdown(
                gettext(
                    (
                        "**Pictures {parts}**: shape {shape}, type {dtype}. Pixels go from {least} to "
                        "{greatest}: mean {mean:.1f}, standard deviation {deviation:.1f}, {inked} of them "
                        "inked, {missing} missing."
                    ),
                    parts=samples.PARTS[part],
                    shape=shape,
                    dtype=what.dtype,
                    least=what.least,
                    greatest=what.greatest,
                    mean=what.mean,
                    deviation=what.deviation,
                    inked=percent(what.inked, 1),
                    missing=count(what.missing),
                )
            )


with frame.page(N_("Explore"), N_("The pictures that a network learns from. What does a computer see in them?")):
    data = choose_data()
    samples.show_samples(data)
    samples.show_means(data)
    show_balance(data)
    show_details(data)
    collection.show_collection()
    paper.show_paper()
