"""Write, on a pupil's page and on the board."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnist_core.classroom import write
from mnist_core.classroom.activities import Activity
from mnist_core.classroom.write import Task, Written
from mnist_core.errors import LabError
from mnist_core.formatting import count, percent, with_article
from mnist_core.language import gettext, language, ngettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.charts.probability import probability_bars, probability_sentence
from mnist_core.presentation.tables.board import drawings_board
from mnist_core.runs import run_folders, summary
from mnist_core.ui import choices
from mnist_core.ui.browser import actor
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.draw import canvas
from mnist_core.ui.frame import fragment, plain, show_chart
from mnist_core.ui.lesson import board_part, own_part
from mnist_core.ui.lesson.board_part import CHOSEN
from mnist_core.ui.lesson.state import activities, classifier, model
from mnist_core.ui.lesson.tiles import read_words, sentence_of, tile

SHOWN = 120  # drawings on the board; the newest first


# --- A pupil ---------------------------------------------------------------------------------------------------------


def take_part(activity: Activity) -> None:
    """What to write next, the canvas, and a button that hands it in."""
    task = Task.of(activity)
    mine = write.written(activities(), activity.id, own=True, by=actor())
    label = None if activity.closed else task.next([one.label for one in mine])
    if label is not None:
        st.header(gettext("Write {digit}", digit=with_article(label)), anchor=False)
        if task.in_all > 1:
            st.caption(gettext("{done} of {all} done", done=len(mine), all=task.in_all))
        with st.container(key="write-canvas"):
            fragment(canvas.canvas, key="drawing", beside=True)(lambda: None)
            st.button(
                gettext("Hand in"), type="primary", width="stretch", key="hand-in", on_click=_hand_in, args=[activity]
            )
        if said := st.session_state.pop("not-handed-in", ""):
            st.warning(plain(said))
    else:
        st.header(gettext("Done. Thank you!"), anchor=False)
        st.markdown(
            gettext("The class has gone on.") if activity.closed else gettext("Look at the board: yours is there.")
        )
    if mine:
        own_part.show(activity, [tile(one, shown=activity.revealed) for one in mine])


def _hand_in(activity: Activity) -> None:
    try:
        task = Task.of(activity)
        strokes = canvas.strokes_drawn()
        write.hand_in(activities(), activity.id, strokes, classifier(task.model), by=actor())
    except LabError as error:
        st.session_state["not-handed-in"] = str(error)
    else:
        canvas.begin_anew()


# --- The teacher -----------------------------------------------------------------------------------------------------


def choose() -> Task:
    """Asks what is to be written, how often, and who answers."""
    what = st.selectbox(
        gettext("Everybody writes"),
        [None, *range(CLASSES)],
        format_func=lambda digit: gettext("each digit") if digit is None else with_article(digit),
        key=f"write-what-{language()}",  # else a browser keeps the words of the language before
    )
    each = st.number_input(gettext("How often"), 1, write.MOST_EACH, 1)
    name = choose_model()
    digits = tuple(range(CLASSES)) if what is None else (what,)
    return Task(digits, int(each), name)


def choose_model() -> str:
    """Asks which model answers, by default the shipped one."""
    models = choices.all_models()
    titles = summary.titles(models.values())
    names = list(models)
    place = names.index(run_folders.SHIPPED_MODEL) if run_folders.SHIPPED_MODEL in names else 0
    return str(st.selectbox(gettext("Which model answers"), names, place, format_func=titles.__getitem__))


def show_board(activity: Activity, controls: bool) -> None:
    """All drawings with what the model says, and what the class's figures are."""
    drawings = write.written(activities(), activity.id, by=actor())
    _show_head(activity, drawings)
    if not drawings:
        st.info(gettext("No drawings yet. Each appears here as it is handed in."))
        board_part.offer_to_put_back(activity, controls)
        return
    _enlarge(activity, drawings, controls)
    if activity.revealed:
        show_mistakes(drawings)
    ordered = _as_shown(drawings, activity.revealed)
    chosen = st.session_state.get(CHOSEN)
    tiles = [tile(one, activity.revealed, one.id == chosen) for one in ordered[:SHOWN]]
    pressable(
        drawings_board(tiles, gettext("Drawings of the class")), f"board-{activity.id}", on_press=board_part.press
    )
    if len(drawings) > SHOWN:
        shown = {"shown": SHOWN, "all": count(len(drawings))}
        st.caption(
            gettext("{shown} of {all}, those that are misread first", **shown)
            if activity.revealed
            else gettext("The newest {shown} of {all}", **shown)
        )
    board_part.offer_to_put_back(activity, controls)


def _as_shown(drawings: Sequence[Written], revealed: bool) -> list[Written]:
    """The newest first; once answers are shown, before them those that are misread."""
    newest = list(drawings)[::-1]
    return sorted(newest, key=lambda one: one.is_right) if revealed else newest


def _show_head(activity: Activity, drawings: Sequence[Written]) -> None:
    task = Task.of(activity)
    what = task.named if len(task.digits) > 1 else with_article(task.digits[0])
    st.header(gettext("Everybody writes {what}", what=what), anchor=False)
    people = len({one.member for one in drawings})
    done = ngettext("{number} drawing", "{number} drawings", len(drawings), number=count(len(drawings)))
    who = ngettext("{number} person", "{number} people", people, number=count(people))
    sentence = gettext("{drawings} by {people}.", drawings=done, people=who)
    if activity.revealed and drawings:
        right = sum(one.is_right for one in drawings)
        sentence += " " + gettext(
            "{model} reads {right} of them right ({share}).",
            model=plain(summary.title(model(task.model))),
            right=count(right),
            share=percent(right / len(drawings), 0),
        )
    st.markdown(sentence)


def _enlarge(activity: Activity, drawings: Sequence[Written], controls: bool) -> None:
    """The chosen drawing, large, with its bars once answers are shown."""
    one = next((one for one in drawings if one.id == st.session_state.get(CHOSEN)), None)
    if one is None:
        return
    with st.container(border=True, key=f"enlarged-{activity.id}"):
        picture, bars = st.columns([1, 1], gap="large")
        with picture:
            st.html(drawings_board([tile(one, activity.revealed)._replace(choice="")], plain(one.name)))
        with bars:
            st.subheader(plain(one.name), anchor=False)
            if activity.revealed:
                st.markdown(sentence_of(one))
                sentence = probability_sentence(one.answer.probabilities)
                show_chart(probability_bars(one.answer.probabilities, one.answer.digit), alt=sentence)
            else:
                st.markdown(gettext("It was to be {digit}.", digit=with_article(one.label)))
            board_part.steer(activity, one.id, controls)


def show_mistakes(drawings: Sequence[Written]) -> None:
    """Which digit is taken for which, in words: the class's own confusions."""
    counts = write.confusion(drawings)
    wrong = counts.copy()
    wrong[np.arange(CLASSES), np.arange(CLASSES)] = 0
    if not wrong.any():
        st.caption(gettext("None of them is misread."))
        return
    order = np.argsort(-wrong, axis=None, kind="stable")[:3]
    places = [(int(place) // (CLASSES + 1), int(place) % (CLASSES + 1)) for place in order]
    words = [
        gettext("{actual} as {read} ({number})", actual=actual, read=read_words(read), number=int(wrong[actual, read]))
        for actual, read in places
        if wrong[actual, read]
    ]
    st.markdown(gettext("Most often misread: {words}.", words=", ".join(words)))
