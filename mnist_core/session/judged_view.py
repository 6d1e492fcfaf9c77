"""Choosing what a model is judged on."""

from pathlib import Path

import streamlit as st

from mnist_core import datasets, digit_files, unseen
from mnist_core.datasets import Dataset
from mnist_core.digits import Digits
from mnist_core.errors import InputError
from mnist_core.evaluation import Evaluation
from mnist_core.inference import Classifier
from mnist_core.judged import Judged
from mnist_core.phrases import count, several
from mnist_core.runs import Run
from mnist_core.session.choices import OTHER, choose, offer_download
from mnist_core.session.frame import plain
from mnist_core.session.handed_files import choose_files, show_left_out
from mnist_core.session.loaders import classifier, collection, dataset, evaluation, own_dataset

OWN, UPLOAD = "own", "upload"
UPLOADED = "judged-files"
TITLES = {
    OWN: "The test set of its own data",
    "mnist": "MNIST's test set",
    "digits-8x8": "Digits 8×8",
    "collection": "Drawings of this lab",
    OTHER: "A file or folder on the server …",
    UPLOAD: "Upload a file …",
}


def choose_judged(run: Run) -> Judged:
    """Lets a person choose the data to judge a model on: its own test set by default, even if its images are not here.

    The choice is in the address (`?data=…`); an upload is only as long in this session as nothing else is uploaded.

    Raises:
        InputError: The data cannot be used, or the model has not been judged yet.
    """
    named = st.query_params.get("data") or OWN
    options = [*TITLES, *([] if named in TITLES else [named])]
    choice = choose("Data", options, named, "judged-data", lambda name: TITLES.get(name, name))
    if choice == OWN:
        st.query_params.pop("data", None)
        return _own(run)
    if choice == OTHER:
        path = _ask_for_path()
        _digits(run, path)
        st.query_params["data"] = path
        st.rerun()
    if st.query_params.get("data") != choice:
        st.query_params["data"] = choice
    digits = _digits(run, choice)
    show_left_out(digits)
    if digits.labels is None:
        raise InputError(
            f"There are no labels with {digits.title} to judge by; “Files to read” above reads it without."
        )
    if digits.note:
        st.caption(digits.note)
    _warn_of_repetition(run, digits)
    return Judged(_judge(run, digits), digits.images, digits.title)


def _own(run: Run) -> Judged:
    own = own_dataset(run)
    return Judged(evaluation(run), own.test_images if own else None, own.title if own else "its own test set")


def _ask_for_path() -> str:
    """Asks for a file or folder on the server; the page goes on once it is in the address."""
    path = st.text_input(
        "Path",
        placeholder="/data/digits.zip",
        help="An .npz, a folder of IDX files, one of them, Kaggle's train.csv, strokes as .jsonl, or a zip of pictures",
    )
    if not path:
        raise InputError("Give the path of a file or folder of labelled digits.")
    return datasets.resolve(path)


def _digits(run: Run, name: str) -> Digits:
    """Reads the images and labels behind a choice."""
    if name == UPLOAD:
        digits = choose_files(UPLOADED, "Labelled digits")
        if digits is None:
            st.info("Choose a CSV, an IDX file with that of its labels, an .npz, or a zip with one folder a digit.")
            st.stop()
        return digits
    if name == "collection":
        return _collected(run, run.id, collection().version())
    path = Path(datasets.resolve(name))
    if digit_files.is_such(path):
        return _read(str(path), datasets.modified(path))
    if name == "mnist" and not datasets.find_mnist():
        offer_download()
    data = dataset(name)
    return _part(run, data, run.id, data.identity)


@st.cache_resource(max_entries=2, show_spinner="Painting the drawings …")
def _collected(_run: Run, run: str, version: str) -> Digits:
    return unseen.collected(_run, collection().handwriting())


@st.cache_resource(max_entries=2, show_spinner="Reading the file …")
def _read(path: str, version: float) -> Digits:
    return digit_files.read_apart([Path(path)])


@st.cache_resource(max_entries=4, show_spinner=False)
def _part(_run: Run, _data: Dataset, run: str, identity: str) -> Digits:
    return unseen.part(_run, _data)


def _judge(run: Run, digits: Digits) -> Evaluation:
    if run.evaluation_path.exists() and (stored := evaluation(run)).identity == digits.identity:
        return stored
    return _evaluation(classifier(run), digits, run.id, run.model_path.stat().st_mtime, digits.identity)


@st.cache_resource(max_entries=8, show_spinner="Judging …")
def _evaluation(_classifier: Classifier, _digits: Digits, run: str, version: float, identity: str) -> Evaluation:
    assert _digits.labels is not None
    return Evaluation.measure(_classifier.probabilities(_digits.images), _digits.labels, identity)


def _warn_of_repetition(run: Run, digits: Digits) -> None:
    """Says how many of the images the model learned from, by which it looks better than it is."""
    own = own_dataset(run)
    if own is None or own.identity == digits.identity:
        return
    if known := _repeated(digits, own, digits.identity, own.identity):
        st.warning(
            f"{count(known)} of these {several(len(digits), 'image')} are among those that the model learned from: it "
            f"looks better on them than on new ones. They are the same, pixel for pixel, in {plain(own.title)}."
        )


@st.cache_resource(max_entries=8, show_spinner=False)
def _repeated(_digits: Digits, _own: Dataset, identity: str, own: str) -> int:
    return unseen.repeated(_digits.images, _own.train_images)
