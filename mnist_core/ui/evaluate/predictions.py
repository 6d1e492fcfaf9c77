"""Digits that nobody labelled, read by a model: a table, the pictures, Kaggle's submission."""

from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.data import sources
from mnist_core.data.handed_digits import Digits
from mnist_core.evaluation.predictions import Predictions
from mnist_core.files import atomic
from mnist_core.formatting import count
from mnist_core.inference.calibration import DIGIT_VERDICTS
from mnist_core.inference.classifier import Classifier
from mnist_core.language import N_, gettext, ngettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.pictures import gallery
from mnist_core.runs.run import Run
from mnist_core.ui import preview
from mnist_core.ui.choices import choose_model
from mnist_core.ui.evaluate.data_choice import UPLOAD, UPLOADED
from mnist_core.ui.evaluate.view_choice import ANY, digit_name
from mnist_core.ui.frame import announce, fragment, offer_file, plain
from mnist_core.ui.loaders import classifier, own_dataset
from mnist_core.ui.paging import page_of
from mnist_core.ui.tables import harmless
from mnist_core.ui.uploads import choose_files, hand_over, read_on_server, show_left_out

UPLOADED_HERE, NAMED = N_("A file of mine"), N_("A file in the lab's data folder")
OWN = N_("Its own images, which have no labels")
READ = "read-files"
MOST_SHOWN = 60


def show_predictions() -> None:
    """Lets a person hand over digits without labels, and shows what a model reads in them.

    Raises:
        InputError: The files cannot be used.
    """
    model, data = st.columns(2)
    below = st.container()
    with model:
        run = choose_model(gettext("Model"))
    with data:
        digits = _choose_digits(run, below)
    if digits is None:
        st.info(
            gettext(
                "Nothing to read yet. Give Kaggle's test.csv, an IDX file of images, a zip of "
                "pictures, or pictures of one digit each. The answers come as a table and as "
                "submission.csv."
            )
        )
        return
    show_left_out(digits)
    if digits.note:
        st.caption(plain(digits.note))
    _offer_judging(digits)
    found = _predictions(run, digits)
    announce(found.sentence())
    _offer_downloads(found)
    _show_answers(found)


def _choose_digits(run: Run, below: DeltaGenerator) -> Digits | None:
    """Takes what is to be read; what was read of a file is shown `below`, and can be changed there."""
    unlabelled = _own_unlabelled(run)
    ways = [UPLOADED_HERE, NAMED, *([OWN] if unlabelled else [])]
    way = st.selectbox(gettext("Images to read"), ways, int("file" in st.query_params), format_func=gettext)
    if way != NAMED:
        st.query_params.pop("file", None)
    if way == OWN:
        return unlabelled
    if way == UPLOADED_HERE:
        digits = choose_files(READ, gettext("Digits without labels"))
        if digits is not None:
            with below:
                preview.show_upload(digits, READ)
        return digits
    name = st.text_input(gettext("Path"), st.query_params.get("file", ""), placeholder="test.csv")
    if not name:
        return None
    digits = read_on_server(name)
    if st.query_params.get("file") != name:
        st.query_params["file"] = name
    with below:
        preview.show_named(digits, name, "file")
    return digits


def _own_unlabelled(run: Run) -> Digits | None:
    """Returns the images without labels that came with a run's own data, as with Kaggle's two tables."""
    if run.description().dataset["name"] in sources.BUILT_IN:
        return None  # none of them has any, and reading them takes time
    own = own_dataset(run)
    if own is None or not len(own.unlabelled_images):
        return None
    return Digits(gettext("images without labels of {data}", data=own.title), own.unlabelled_images)


def _predictions(run: Run, digits: Digits) -> Predictions:
    """Lets a model read digits; only what it says to the pixels is kept.

    The names are those of whoever handed the digits over, and a model may be calibrated after it has read them.
    """
    model = classifier(run)
    with st.spinner(gettext("Reading the digits …")):
        raw = _probabilities(model, digits.images, run.id, atomic.stamp(run.model_path), digits.identity)
    return Predictions(digits, model.calibration.apply(raw), model.calibration)


@st.cache_resource(max_entries=4, show_spinner=False)
def _probabilities(
    _classifier: Classifier, _images: np.ndarray, run: str, version: tuple[int, ...], identity: str
) -> np.ndarray:
    return _classifier.probabilities(_images)


def _offer_judging(digits: Digits) -> None:
    """Says that there are labels, by which a model can be judged."""
    if digits.labels is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            gettext(
                "There are labels with {data}. They are not used here. A model can be judged by them.",
                data=plain(digits.title),
            )
        )
        st.button(gettext("Judge the model by it"), on_click=_judge, args=(digits,), icon=":material/fact_check:")


def _judge(digits: Digits) -> None:
    """Goes to the view of one model with these digits."""
    hand_over(UPLOADED, digits)
    for name in ("view", "file"):
        st.query_params.pop(name, None)
    st.query_params["data"] = UPLOAD


def _offer_downloads(found: Predictions) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        offer_file(
            "submission.csv",
            found.submission,
            "submission.csv",
            "text/csv",
            type="primary",
            help=gettext(
                "One line for each image, in their order: ImageId and Label, as Kaggle's Digit Recognizer wants it"
            ),
        )
        offer_file(gettext("Table as CSV"), found.table_csv, "predictions.csv", "text/csv")
    if found.digits.left_out:
        st.caption(gettext("Files that were left out have no line. The lines are numbered without them."))


@fragment
def _show_answers(found: Predictions) -> None:
    """The pictures with their answers, by the page, and the table of the same; only this runs again for others."""
    with st.container(horizontal=True):
        verdict = st.segmented_control(
            gettext("Verdict"),
            [ANY, *DIGIT_VERDICTS],
            default=ANY,
            required=True,
            format_func=gettext,
            key="read-verdict",
        )
        digit = st.selectbox(
            gettext("Read as"), [ANY, *range(CLASSES)], format_func=digit_name, width=120, key="read-digit"
        )
    chosen = found.selected(None if digit == ANY else int(digit), "" if verdict == ANY else verdict)
    if not len(chosen):
        st.info(gettext("None of the images is among these. Choose another verdict or digit."))
        return
    pictures, table = st.columns(2, gap="large")
    with pictures:
        shown = chosen[page_of(len(chosen), MOST_SHOWN, "read-page", tuple(chosen))].tolist()
        st.html(gallery(found.digits.images[shown], [found.caption(index) for index in shown], size=88))
    with table:
        # Those that fit a phone; what else a digit might be is in the file.
        columns = {name: values for name, values in found.columns(chosen).items() if name in _heads()}
        columns["verdict"] = [gettext(str(verdict)) for verdict in columns["verdict"]]
        st.dataframe(harmless(columns), hide_index=True, column_config=_heads(), height=520)
        st.caption(
            gettext(
                "{chosen} in this table. Click the head of a column to sort it.",
                chosen=ngettext("{number} image", "{number} images", len(chosen), number=count(len(chosen))),
            )
        )


def _heads() -> dict[str, Any]:
    return {
        "image": st.column_config.Column(gettext("Image"), width="small"),
        "digit": st.column_config.NumberColumn(gettext("Read as"), width=70),
        "probability": st.column_config.NumberColumn(gettext("How sure"), format="%.4f", width=80),
        "verdict": st.column_config.TextColumn(gettext("Verdict"), width=90),
    }
