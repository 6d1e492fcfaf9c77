"""What pages show, read once and kept: data, models, evaluations."""

import hashlib
import logging
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.data import dataset as datasets
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset, Description, describe
from mnist_core.data.handed_digits import Digits
from mnist_core.engine import connection
from mnist_core.engine.connection import EngineConnection
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import judging, label_fit, preparation
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.label_fit import Doubt
from mnist_core.files import atomic, folders, leftovers
from mnist_core.inference import explain
from mnist_core.inference.classifier import Classifier
from mnist_core.language import SOURCE, gettext, language, speaking
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.ui import late
from mnist_core.ui.browser import actor
from mnist_core.ui.server import network_door

if TYPE_CHECKING:
    from mnist_core.data.collection.store import Collection

# After the first page is shown, which needs the processor for itself.
READ_AHEAD_SECONDS = 2.0
# Ten models are compared, by more than one person; an evaluation takes half a megabyte. It is read in some
# milliseconds, and made in some hundred.
MOST_READ, MOST_JUDGED = 16, 32

logger = logging.getLogger(__name__)


def dataset(name: str) -> Dataset:
    """Returns data that a visitor names, if a page may read it; the errors of `sources.shared` and `sources.load`.

    Squares of another size are prepared the way that reads better, which its source tells.
    """
    data = recorded_dataset(sources.shared(name))
    return _prepared_dataset(data, data.name, data.identity, language()) if data.resized else data


@st.cache_resource(max_entries=2, show_spinner=False)
def _prepared_dataset(_data: Dataset, name: str, identity: str, spoken: str) -> Dataset:
    return preparation.of_dataset(_data, recorded_dataset, _shipped_classifier)


def prepared(digits: Digits) -> Digits:
    """Returns digits of another size prepared the way that reads better, which their note tells."""
    return preparation.of_digits(digits, _shipped_classifier)


def _shipped_classifier() -> Classifier:
    return classifier(run_folders.find(run_folders.SHIPPED_MODEL))


def recorded_dataset(name: str) -> Dataset:
    """Returns data that a run's folder names, wherever it lies, from memory if it was read before; as `sources.load`.

    What a visitor names, in the address or a field, is for `dataset`.
    """
    # A file that was replaced, or a collection that grew, is read again.
    with st.spinner(gettext("Reading the images …")):
        if name == "collection":
            return _spoken_dataset(name, name, collection().version())
        path = sources.place(name)
        return _spoken_dataset(name, str(path), atomic.stamp(path))


def _spoken_dataset(name: str, path: str, version: tuple[int, ...] | str) -> Dataset:
    """The images that all visitors share, with words in the language of this one."""
    data = _dataset(name, path, version)
    return data if language() == SOURCE else _translated_dataset(data, name, path, version, language())


@st.cache_resource(max_entries=4, show_spinner=False)
def _translated_dataset(_data: Dataset, name: str, path: str, version: tuple[int, ...] | str, spoken: str) -> Dataset:
    """The same images; what is said of them is known by who reads them, so they are read once more."""
    return replace(_data, source=sources.load(name).source)


@st.cache_resource(show_spinner=False)
def engine() -> EngineConnection:
    """Returns the way to the engine that all pages share."""
    return connection.EngineConnection()


@st.cache_resource(show_spinner=False)
def read_ahead() -> None:
    """Reads MNIST and packs the shipped model once in the background, so that the first page need not wait for them."""

    def read() -> None:
        try:
            if path := sources.find_mnist():
                data = _dataset("mnist", str(path), atomic.stamp(path))
                description(data, data.identity)
            for run in run_folders.shipped_runs():
                network_door.make_ready(run)
        except LabError:  # who opens it gets the sentence
            logger.debug("MNIST or the shipped model cannot be read", exc_info=True)

    reader = threading.Timer(READ_AHEAD_SECONDS, read)
    reader.daemon = True
    reader.start()


@st.cache_resource(show_spinner=False)
def clear_leftovers() -> None:
    """Clears once, in the background, what writers that were killed left in the home."""
    threading.Thread(target=leftovers.clear_home, name="leftovers", daemon=True).start()


@st.cache_resource(max_entries=2, show_spinner=False)
def _dataset(name: str, path: str, version: tuple[int, ...] | str) -> Dataset:
    with speaking(SOURCE):
        return sources.load(name)


@st.cache_resource(max_entries=2, show_spinner=False)
def description(_dataset: Dataset, identity: str) -> dict[str, Description]:
    """Returns what can be said of the parts of a dataset; `identity` tells datasets apart."""
    return {part: describe(*arrays) for part, arrays in _dataset.parts().items()}


@st.cache_resource(max_entries=4, show_spinner=False)
def mean_images(_dataset: Dataset, identity: str, part: str) -> np.ndarray:
    """Returns the mean image of each digit, uint8 `[10, 28, 28]`."""
    return datasets.mean_images(*_dataset.parts()[part])


def classifier(run: Run) -> Classifier:
    """Returns a run's model, loaded once."""
    if not run.has_model:
        raise InputError(
            gettext(
                "{title} has no model yet; choose another one or wait until it is trained.", title=summary.title(run)
            )
        )
    # A run is calibrated a moment after its model is there.
    return _classifier(str(run.model_path), (*atomic.stamp(run.model_path), *atomic.stamp(run.calibration_path)))


@st.cache_resource(max_entries=8, show_spinner=False)
def _classifier(path: str, version: tuple[int, ...]) -> Classifier:
    return Classifier(Path(path), os.cpu_count())


def label_doubt(images: np.ndarray, labels: np.ndarray, identity: str) -> Doubt | None:
    """Returns what the shipped model has to say against labels, once for the same data; None where they fit.

    The labels tell the parts of a dataset apart, which have one identity.
    """
    part = hashlib.sha256(labels.astype(np.uint8).tobytes()).hexdigest()
    try:
        return _label_doubt(images, labels, identity, part, language())
    except LabError:  # without a shipped model nothing can be said
        logger.debug("Labels cannot be looked at", exc_info=True)
        return None


@st.cache_data(max_entries=MOST_JUDGED, show_spinner=False)
def _label_doubt(_images: np.ndarray, _labels: np.ndarray, identity: str, part: str, spoken: str) -> Doubt | None:
    return label_fit.doubt(_images, _labels, _shipped_classifier())


def evaluation(run: Run) -> Evaluation:
    """Returns the stored judgement of a run on its own test set."""
    if not folders.exists(run.evaluation_path):
        raise InputError(
            gettext(
                "{title} has not been judged yet; choose another one or wait until it is trained.",
                title=summary.title(run),
            )
        )
    return _evaluation(str(run.evaluation_path), atomic.stamp(run.evaluation_path))


@st.cache_resource(max_entries=MOST_READ, show_spinner=False)
def _evaluation(path: str, version: tuple[int, ...]) -> Evaluation:
    return Evaluation.load(Path(path))


def stored_evaluation(run: Run) -> Evaluation | None:
    """Returns how a run was judged on its own test set, or None where its folder does not say."""
    try:
        return evaluation(run)
    except LabError:
        logger.debug("The run %s has no evaluation", run.id, exc_info=True)
        return None


def evaluation_on(run: Run, digits: Digits) -> Evaluation:
    """Judges a run on labelled digits, once."""
    with st.spinner(gettext("Judging …")):
        return _evaluation_on(classifier(run), digits, run.id, atomic.stamp(run.model_path), digits.identity)


@st.cache_resource(max_entries=MOST_JUDGED, show_spinner=False)
def _evaluation_on(
    _classifier: Classifier, _digits: Digits, run: str, version: tuple[int, ...], identity: str
) -> Evaluation:
    return judging.measure(_classifier, _digits)


def dataset_of(run: Run) -> Dataset:
    """Returns the data that a run learned from; raises InputError if it is not on this machine any more."""
    return sources.load_same(run.description().dataset, recorded_dataset)


def own_dataset(run: Run) -> Dataset | None:
    """Returns the data that a run was judged on; None if it is not on this machine any more, or not theirs to see."""
    if not sources.may_look_at(run.description().dataset.get("name", ""), actor()):
        return None
    return judging.own_dataset(run, recorded_dataset)


def collection() -> "Collection":
    with late.LOADING:
        from mnist_core.database.connection import address

    return _collection(address())


@st.cache_resource(max_entries=2, show_spinner=False)
def _collection(url: str) -> "Collection":
    with late.LOADING:
        from mnist_core.data.collection.store import Collection
    return Collection(url)


@st.cache_resource(max_entries=4, show_spinner=False)
def blurred_lengths(_images: np.ndarray, identity: str) -> np.ndarray:
    """Returns what the search for the nearest digits needs of each image; `identity` tells datasets apart."""
    return explain.blurred_lengths(_images)
