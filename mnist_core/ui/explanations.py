"""Why a network reads one image as it does: what mattered in it, and the training digits that it resembles."""

import numpy as np
import streamlit as st

from mnist_core.data.dataset import Dataset
from mnist_core.files import atomic
from mnist_core.formatting import with_article
from mnist_core.inference import explain
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.explain.neighbours import Neighbours
from mnist_core.inference.explain.relevance import Relevance
from mnist_core.language import gettext
from mnist_core.presentation.pictures import figure, gallery, overlay
from mnist_core.runs.run import Run
from mnist_core.ui.loaders import blurred_lengths, classifier, own_dataset

NEIGHBOURS = 5


def show_mattered(image: np.ndarray, digit: int, run: Run, size: int = 280, beside: bool = False) -> None:
    """Shows what in an image uint8 `[28, 28]` speaks for a digit and what against it, `size` pixels wide.

    The words stand above the picture, or beside it.
    """
    relevance = _relevance(classifier(run), run.id, atomic.stamp(run.model_path), image, digit)
    words = explain.mattered_sentence(relevance)
    if beside:
        picture, text = st.columns([1, 2])
    else:
        text, picture = st.container(), st.container()
    text.markdown(words)
    picture.html(figure(overlay(image, relevance.values), "", size, alt=words))
    (text if beside else picture).caption(
        gettext("Orange: ink here makes {digit} more likely. Blue: less likely.", digit=with_article(digit))
    )


@st.cache_resource(max_entries=256, show_spinner=False)
def _relevance(_classifier: Classifier, run: str, version: tuple[int, ...], image: np.ndarray, digit: int) -> Relevance:
    return explain.what_mattered(image, _classifier, digit)


def show_similar(image: np.ndarray, digit: int, run: Run, size: int = 88) -> None:
    """Shows the training digits most like an image uint8 `[28, 28]`, and whether they agree with the answer `digit`."""
    data = own_dataset(run)
    if data is None:
        st.info(gettext("The images that this model learned from are not on this machine, or are damaged."))
        return
    near = _neighbours(data, data.identity, image)
    st.markdown(explain.nearest_sentence(near, digit))
    if run.config().also:
        st.caption(
            gettext(
                "Found among the images of {data_title}. It also learned from drawings, which are not shown.",
                data_title=data.title,
            )
        )
    pairs = zip(near.labels, near.distances, strict=True)
    st.html(
        gallery(
            data.train_images[near.indices],
            [gettext("{one} · {far:.1f} away", one=one, far=far) for one, far in pairs],
            size=size,
        )
    )


@st.cache_resource(max_entries=256, show_spinner=False)
def _neighbours(_data: Dataset, identity: str, image: np.ndarray) -> Neighbours:
    images = _data.train_images
    return explain.nearest(images, _data.train_labels, image, NEIGHBOURS, blurred_lengths(images, identity))
