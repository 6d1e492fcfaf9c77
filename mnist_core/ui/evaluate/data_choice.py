"""Choosing what a model is judged on."""

import contextlib

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.data import corrections, kept_uploads, readers, sources, uploads
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import held_out, judging
from mnist_core.evaluation.comparison import MOST_COMPARED
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.judging import Judged, Sources
from mnist_core.files import atomic
from mnist_core.language import N_, gettext, language
from mnist_core.runs.run import Run
from mnist_core.ui import preview
from mnist_core.ui.browser import actor
from mnist_core.ui.choices import FILE, TITLES, choose, data_title, offer_download
from mnist_core.ui.frame import plain
from mnist_core.ui.loaders import (
    MOST_JUDGED,
    collection,
    dataset,
    evaluation,
    evaluation_on,
    own_dataset,
)
from mnist_core.ui.uploads import IN_NAMES, ask_for_labels, choose_files, read_on_server, show_left_out

OWN, UPLOAD, OTHER = "own", "upload", FILE
UPLOADED = "judged-files"
CHOICES = {
    OWN: N_("The test set of its own data"),
    "mnist": N_("MNIST's test set"),
    "collection": TITLES["collection"],
    "digits-8x8": TITLES["digits-8x8"],
    UPLOAD: TITLES[FILE],
    OTHER: N_("A file in the lab's data folder …"),
}


def choose_judged(run: Run, below: DeltaGenerator) -> Judged:
    """Lets a person choose the data to judge a model on: its own test set by default, even if its images are not here.

    What was read is shown `below`, over the whole width.
    The choice is in the address (`?data=…`); an upload is only as long in this session as nothing else is uploaded.

    Raises:
        InputError: The data cannot be used, or the model has not been judged yet.
    """
    named = st.query_params.get("data") or OWN
    own = [upload.name for upload in kept_uploads.own(actor())]
    known = [name for name in CHOICES if sources.may_look_at(name, actor())]
    options = list(dict.fromkeys([*known, *own, named]))
    choice = choose(gettext("Data"), options, named, "judged-data", _title)
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
    judging.labelled(digits, gettext("“Predict files” above"))
    data = _dataset_of_somebody(choice)
    for note in filter(None, (digits.note, f"{data.source}." if data else "")):
        st.caption(plain(note))
    with below:
        if choice == UPLOAD:
            preview.show_upload(digits, UPLOADED)
        else:
            preview.show_named(digits, choice, "data", data is None or data.resized)
    if sentence := repetition(run, digits.images, digits.identity):
        st.warning(plain(sentence))
    return Judged(judge(run, digits), digits.images, digits.title)


def _title(name: str) -> str:
    return gettext(CHOICES[name]) if name in CHOICES else data_title(name)


def _own(run: Run) -> Judged:
    own = own_dataset(run)
    if own is None:
        _say_what_is_damaged(run)
    return Judged(evaluation(run), own.test_images if own else None, own.title if own else gettext("its own test set"))


def _say_what_is_damaged(run: Run) -> None:
    """Says that the images are here, and damaged; those that are not here are told of where they would be shown."""
    with contextlib.suppress(LabError):
        try:
            dataset(run.description().dataset["name"])
        except sources.DamagedDataError as error:
            st.warning(plain(str(error)))


def _ask_for_path() -> str:
    """Asks for a file or folder on the server; the page goes on once it is in the address."""
    path = st.text_input(
        gettext("Path"),
        placeholder="digits.zip",
        help=gettext("In the lab's data folder: {kinds}", kinds=readers.KINDS),
    )
    if not path:
        raise InputError(gettext("Give the path of a file or folder of labelled digits in the lab's data folder."))
    return path


def _digits(run: Run, name: str) -> Digits:
    """Reads the images and labels behind a choice."""
    if name == UPLOAD:
        digits = choose_files(UPLOADED, gettext("Labelled digits"))
        if digits is None:
            st.info(
                gettext(
                    "Choose a table (CSV), an IDX file with that of its labels, an .npz, a zip with one "
                    "folder a digit, or any other form that the question mark names."
                )
            )
            st.stop()
        return digits
    sources.check_may_look_at(name, actor())
    if name == "mnist" and not sources.find_mnist():
        offer_download()
    shared = sources.shared(name)
    try:
        return ask_for_labels(judging.data_for(shared, [run], SOURCES), "judged-in-names")
    except sources.LabelsInNamesError:  # of a folder
        if not st.checkbox(gettext(IN_NAMES), key="judged-folder-in-names"):
            raise
        return judging.data_for(corrections.with_base(shared, LABELS_IN_NAMES), [run], SOURCES)


def _dataset_of_somebody(name: str) -> Dataset | None:
    """Returns a dataset that is not the lab's own; None for all else."""
    lab = (UPLOAD, *sources.BUILT_IN)
    if corrections.parted(name)[0] in lab or uploads.is_such(sources.path_of(sources.shared(name))):
        return None
    with contextlib.suppress(LabError):  # what is too little, or not labelled, to learn from is no dataset
        return dataset(name)
    return None


def _drawings(run: Run) -> Digits:
    with st.spinner(gettext("Painting the drawings …")):
        return _collected(run, run.id, collection().version(), language())


def _part_of(run: Run, data: Dataset) -> Digits:
    return _part(run, data, run.id, data.name, data.identity, language())


@st.cache_resource(max_entries=MOST_COMPARED, show_spinner=False)
def _collected(_run: Run, run: str, version: str, spoken: str) -> Digits:
    return held_out.collected(_run, collection().handwriting(signs=True))


@st.cache_resource(max_entries=MOST_COMPARED, show_spinner=False)
def _part(_run: Run, _data: Dataset, run: str, name: str, identity: str, spoken: str) -> Digits:
    # The name too: the same pixels may lie at two places, and are called by theirs.
    return held_out.part(_run, _data)


SOURCES = Sources(dataset, read_on_server, _drawings, _part_of)


def judge(run: Run, digits: Digits) -> Evaluation:
    """Returns a model's answers to digits, those of its folder where they are to the same."""
    return judging.judge(run, digits, evaluation_on, evaluation)


def repetition(run: Run, images: np.ndarray, identity: str, learner: str = "") -> str:
    """Says how many of some images a run learned from (`held_out.repetition`); empty where its own data is not here."""
    with contextlib.suppress(LabError):
        own = run.description().dataset
        known = _learned(run, images, own["identity"], atomic.stamp(sources.place(own["name"])), identity)
        return held_out.repetition(run, known, len(images), learner)
    return ""


@st.cache_resource(max_entries=MOST_JUDGED, show_spinner=False)
def _learned(_run: Run, _images: np.ndarray, own: str, version: tuple[int, ...], identity: str) -> int:
    # Zero is kept where the data is not here, or has changed: a table would else be read again by each click.
    with contextlib.suppress(LabError):
        return held_out.learned(_run, _images, identity)
    return 0
