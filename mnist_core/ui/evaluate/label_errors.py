"""Labels that look wrong: the images that a model contradicts, and what people found when they looked at them."""

import dataclasses
import hashlib

import numpy as np
import streamlit as st

from mnist_core.errors import InputError
from mnist_core.evaluation import label_errors, label_notes
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.label_errors import Doubts
from mnist_core.evaluation.label_notes import LONGEST_TEXT, VERDICTS, Note
from mnist_core.formatting import confidence, count, moment, percent
from mnist_core.inference.calibration import Calibration
from mnist_core.language import N_, as_written, gettext
from mnist_core.presentation.pictures import figure
from mnist_core.runs.run import Run
from mnist_core.ui.frame import explained, fragment, offer_file
from mnist_core.ui.gallery import NO_IMAGES, show_closer
from mnist_core.ui.paging import page_of

PAGE = 6
COLUMNS = 2
PICTURE = 128
FLAGGED, ALL = N_("Strong"), N_("All")


@fragment
def show_suspects(run: Run, evaluation: Evaluation, images: np.ndarray | None) -> None:
    """Shows the images whose label looks wrong to a model, and lets people say what they see.

    Args:
        run: The model; its calibration is read.
        evaluation: Its answers, not calibrated.
        images: uint8 `[N, 28, 28]` in the order of the evaluation, or None where they are not on this machine.
    """
    calibration = Calibration.load(run.calibration_path)
    probabilities = calibration.apply(evaluation.probabilities)
    doubts = label_errors.find(probabilities, evaluation.labels)
    st.markdown(f"**{label_errors.sentence(doubts)}**")
    st.caption(gettext("Your notes belong to the images. Who judges another model on them sees them."))
    with st.expander(gettext("Is the model to be trusted? How these labels were found")):
        st.markdown(f"{label_errors.details(doubts)} {_method(calibration)}".lstrip())
    if not len(doubts.contradictions):
        return
    if images is None:
        st.info(gettext(NO_IMAGES))
        return
    _show_list(run, evaluation, probabilities, images, doubts)


def _method(calibration: Calibration) -> str:
    calibrated = (
        gettext("Its probabilities are calibrated.")
        if calibration.fitted
        else gettext("Its probabilities are not calibrated.")
    )
    return gettext(
        "The model disagrees strongly if it is surer of another digit than it usually is of "
        "images with that label. {calibrated} The method is called confident learning (Northcutt, "
        "Jiang and Chuang, 2021). Only people can tell who is right.",
        calibrated=calibrated,
    )


def _show_list(run: Run, evaluation: Evaluation, probabilities: np.ndarray, images: np.ndarray, doubts: Doubts) -> None:
    notes = label_notes.load(evaluation.identity)
    numbers = {FLAGGED: doubts.flagged, ALL: doubts.contradictions}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        which = st.segmented_control(
            gettext("Disagreement"),
            list(numbers),
            default=FLAGGED if len(doubts.flagged) else ALL,
            required=True,
            format_func=lambda name: f"{gettext(name)} ({count(len(numbers[name]))})",
            key="doubts-which",
        )
        unseen = st.toggle(gettext("Only those not looked at yet"), key="doubts-unseen")
    listed = numbers[which]
    st.markdown(label_notes.progress_sentence(notes, listed))
    left = [int(index) for index in listed if not (unseen and int(index) in notes)]
    about = (evaluation.identity, which, unseen)
    shown = left[page_of(len(left), PAGE, "doubts-page", about, gettext("Page of labels"))]
    if not shown:
        st.success(
            gettext("All of these were looked at.")
            if len(listed)
            else gettext("There is no strong disagreement. See all of them.")
        )
    for first in range(0, len(shown), COLUMNS):
        for column, index in zip(st.columns(COLUMNS), shown[first : first + COLUMNS], strict=False):
            with column.container(border=True):
                _show_card(evaluation, probabilities[index], images[index], index, notes.get(index))
    _offer_export(evaluation, probabilities, listed, notes)
    _offer_closer_look(run, evaluation, probabilities, images, shown)


def _show_card(
    evaluation: Evaluation, probabilities: np.ndarray, image: np.ndarray, index: int, note: Note | None
) -> None:
    """One image with its label, the model's answer, and what a person says."""
    label, answer = int(evaluation.labels[index]), int(probabilities.argmax())
    words = gettext("#{index} is labelled {label}, read as {answer}", index=index, label=label, answer=answer)
    # What a widget holds is the session's; when another one changes the note, it must start from it.
    version = hashlib.sha256(f"{evaluation.identity} {note}".encode()).hexdigest()[:8]
    key = f"doubt-{index}-{version}"
    with st.form(key, border=False):
        with st.container(horizontal=True, gap="medium"):
            st.html(figure(image, "", PICTURE, words), width="content")
            with st.container(width=320, gap="small"):
                st.markdown(f"**{words}**")
                sure, rest = confidence(float(probabilities[answer])), _small(float(probabilities[label]))
                st.caption(f"{answer}: {sure}, {label}: {rest}.{_noted(note)}")
                verdict = note.verdict if note else None
                st.pills(
                    gettext("What do you see?"),
                    VERDICTS,
                    default=verdict,
                    format_func=gettext,
                    key=f"{key}-verdict",
                )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            text = note.text if note else ""
            st.text_input(gettext("Note"), text, LONGEST_TEXT, key=f"{key}-text", placeholder=gettext("Why?"))
            st.form_submit_button(
                gettext("Save"), icon=":material/check:", on_click=_save, args=[evaluation.identity, index, key]
            )


def _noted(note: Note | None) -> str:
    return gettext(" Noted {time}.", time=moment(note.time)) if note else ""


def _small(probability: float) -> str:
    return as_written("< 0.01 %") if probability < 0.0001 else percent(probability)


def _save(identity: str, index: int, key: str) -> None:
    """Saves what the form of an image says, or removes its note where it says nothing."""
    verdict, text = st.session_state[f"{key}-verdict"], st.session_state[f"{key}-text"].strip()
    with explained():
        if verdict:
            label_notes.keep(identity, index, verdict, text)
        elif text:
            raise InputError(
                gettext(
                    "Say first what you see in #{index}: {verdicts}; then save the note.",
                    index=index,
                    verdicts=", ".join(map(gettext, VERDICTS)),
                )
            )
        else:
            label_notes.remove(identity, index)


def _offer_export(
    evaluation: Evaluation, probabilities: np.ndarray, listed: np.ndarray, notes: dict[int, Note]
) -> None:
    rows = label_notes.rows(notes, listed, probabilities, evaluation.labels)
    name = f"labels-{evaluation.identity[:8]}"
    with st.container(horizontal=True):
        offer_file(gettext("Notes as CSV"), lambda: label_notes.as_csv(rows), f"{name}.csv", "text/csv")
        offer_file(
            gettext("Notes as JSON"),
            lambda: label_notes.as_json(rows, evaluation.identity),
            f"{name}.json",
            "application/json",
        )


def _offer_closer_look(
    run: Run, evaluation: Evaluation, probabilities: np.ndarray, images: np.ndarray, shown: list[int]
) -> None:
    if not shown:
        return
    titles = {
        index: gettext("#{index}, labelled {label}", index=index, label=evaluation.labels[index]) for index in shown
    }
    chosen = st.selectbox(
        gettext("Look closer at"),
        shown,
        None,
        format_func=lambda index: titles.get(index, str(index)),
        placeholder=gettext("Choose an option"),
        key="doubts-closer",
        width=320,
    )
    if chosen in shown:
        show_closer(run, dataclasses.replace(evaluation, probabilities=probabilities), images, chosen, "doubts-why")
