"""Bet, on a pupil's page and on the board."""

from typing import Any

import numpy as np
import streamlit as st

from mnist_core.classroom import bet
from mnist_core.classroom.activities import Activity
from mnist_core.classroom.bet import MOST_OPTIONS, Question
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, ngettext
from mnist_core.mnist import CLASSES, SIDE
from mnist_core.presentation.pictures import figure
from mnist_core.presentation.tables import board
from mnist_core.runs import run_folders
from mnist_core.ui import loaders
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.lesson.state import activities

OWN = N_("A question of mine")
READY = {
    "accuracy": N_("How many of 100 will the network read right?"),
    "picture": N_("What does the model take this for?"),
    "turn": N_("How far may a digit be turned until half of them are misread?"),
    "models": N_("Which of two models reads our digits better?"),
}
ABOUT: dict[str, dict[str, Any]] = {
    "accuracy": {"unit": "%"},
    "picture": {"options": tuple(map(str, range(CLASSES)))},
    "turn": {"most": 180.0, "unit": "°"},
    "models": {"options": ("A", "B")},
}


# --- A pupil ---------------------------------------------------------------------------------------------------------


def take_part(activity: Activity) -> None:
    """The question, a field for the answer, and, once it is revealed, how all answered."""
    question = Question.of(activity)
    _show_question(question)
    mine = bet.own(activities(), activity.id, by=actor())
    if activity.revealed:
        if mine is not None:
            st.markdown(gettext("You said **{answer}**.", answer=plain(question.quoted(mine))))
        _show_right(question)
        return
    if activity.closed:
        st.info(gettext("No more answers are taken. Look at the board."))
        return
    with st.form(f"bet-{activity.id}", border=True):
        if question.options:
            place = st.radio(
                gettext("Your answer"),
                range(len(question.options)),
                index=None if mine is None else int(mine),
                format_func=lambda place: plain(question.options[place]),
                horizontal=len(question.options) > 4,
            )
            value = None if place is None else float(place)
        else:
            unit = f" ({question.unit})" if question.unit else ""
            value = st.number_input(
                gettext("Your answer") + unit, question.least, question.most, mine, step=1.0, format="%g"
            )
        sent = st.form_submit_button(
            gettext("Change my answer") if mine is not None else gettext("Hand in"), type="primary", width="stretch"
        )
    if sent and value is not None:
        with explained():
            bet.hand_in(activities(), activity.id, int(value) if question.options else value, by=actor())
            st.rerun()
    if mine is not None:
        answer = plain(question.quoted(mine))
        st.success(gettext("Handed in: {answer}. Nobody sees it yet, and you can still change it.", answer=answer))


def _show_question(question: Question) -> None:
    st.header(plain(question.text), anchor=False)
    if question.image:
        image = np.array(question.image, np.uint8).reshape(SIDE, SIDE)
        st.html(figure(image, "", 180, gettext("The picture that is asked about")))


def _show_right(question: Question) -> None:
    if question.answer is not None:
        st.markdown(gettext("It was **{answer}**.", answer=plain(question.quoted(question.answer))))


# --- The teacher -----------------------------------------------------------------------------------------------------


def choose() -> Question | None:
    """Asks for a question: a ready one, which can be changed, or one of the teacher's own."""
    ready = str(
        st.selectbox(
            gettext("Question"), [*READY, OWN], format_func=lambda name: gettext(READY.get(name, OWN)), key="ready"
        )
    )
    text = st.text_input(
        gettext("What you ask"), gettext(READY[ready]) if ready in READY else "", max_chars=200, key=f"asked-{ready}"
    )
    about = dict(ABOUT.get(ready, {}))
    if ready == "picture":
        return _about_a_picture(text)
    if ready == OWN:
        lines = st.text_area(
            gettext("Answers to choose from, one a line; empty where a number is asked for"), key="options"
        )
        about["options"] = tuple(line.strip() for line in lines.splitlines() if line.strip())[:MOST_OPTIONS]
    return Question(text, **about) if text.strip() else None


def _about_a_picture(text: str) -> Question | None:
    """A picture of MNIST that the shipped model misreads, and what it takes it for."""
    run = run_folders.find(run_folders.SHIPPED_MODEL)
    known, data = loaders.evaluation(run), loaders.own_dataset(run)
    if data is None:
        st.info(gettext("The pictures of MNIST are not on this computer; the Explore page gets them."))
        return None
    wrong = known.mistakes()
    place = int(st.number_input(gettext("Which of its mistakes"), 1, len(wrong), 1)) - 1
    index = int(wrong[place])
    image = tuple(int(value) for value in data.test_images[index].ravel())
    return Question(text, tuple(map(str, range(CLASSES))), answer=int(known.predictions[index]), image=image)


def show_board(activity: Activity, controls: bool) -> None:
    """The question and how many have answered; the answers themselves once they are revealed."""
    question = Question.of(activity)
    entries = activities().entries(activity.id, by=actor())
    _show_question(question)
    if not activity.revealed:
        st.metric(gettext("Answers"), count(len(entries)))
        st.caption(
            gettext("They are hidden until you press Reveal.")
            if controls
            else gettext("They are hidden until your teacher shows them.")
        )
        return
    rows = bet.distribution(question, entries)
    right = int(question.answer) if question.options and question.answer is not None else None
    st.html(board.distribution(rows, right))
    _show_right(question)
    if winners := bet.nearest(question, entries):
        names = ", ".join(plain(entry.name) for entry in winners)
        words = (
            ngettext("Right: {names}.", "Right: {names}.", len(winners), names=names)
            if question.options
            else ngettext("Nearest: {names}.", "Nearest: {names}.", len(winners), names=names)
        )
        st.markdown(f"**{words}**")
    if controls:
        _settle(activity, question)


def _settle(activity: Activity, question: Question) -> None:
    """Lets the teacher say what decided it."""
    with st.expander(gettext("What was right?"), expanded=question.answer is None):
        if question.options:
            place = st.selectbox(
                gettext("Right answer"),
                range(len(question.options)),
                None if question.answer is None else int(question.answer),
                format_func=lambda place: question.options[place],
            )
            value = None if place is None else float(place)
        else:
            unit = f" ({question.unit})" if question.unit else ""
            value = st.number_input(
                gettext("Right answer") + unit, question.least, question.most, question.answer, step=1.0, format="%g"
            )
        if st.button(gettext("Say so to all")) and value is not None:
            with explained():
                settled = Question.of(activity)
                answer = settled.check(int(value) if question.options else value)
                activities().settle(activity.id, {**settled.settings, "answer": answer}, by=actor())
                st.rerun()
