"""Break it, on a pupil's page and on the board."""

from collections.abc import Sequence

import streamlit as st
from streamlit.errors import StreamlitAPIException

from mnist_core.classroom import break_it
from mnist_core.classroom.activities import Activity
from mnist_core.classroom.break_it import AGREED, COUNTS, MOST_EACH, OTHERWISE, USUAL_EACH, WAITS, Entered, Task
from mnist_core.classroom.write import NOT_READ, Written, read
from mnist_core.errors import LabError
from mnist_core.formatting import confidence, with_article
from mnist_core.inference import reading
from mnist_core.inference.answer import Answer
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.preprocessing import pipeline
from mnist_core.presentation.tables.board import REFUSED, WRONG, Tile, drawings_board
from mnist_core.runs import summary
from mnist_core.ui import explanations, script_run
from mnist_core.ui.browser import actor
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.draw import canvas
from mnist_core.ui.frame import explained, fragment, plain, presenting
from mnist_core.ui.lesson import board_part, own_part
from mnist_core.ui.lesson.board_part import CHOSEN
from mnist_core.ui.lesson.state import activities, classifier, model
from mnist_core.ui.lesson.write_part import choose_model

JUDGE_SECONDS = 8.0  # between two looks for a drawing to judge; thirty pupils look
CLAIM, ASKED, NOT_SAID = "label-claim", "break-asked", "not-said"
TAKEN, NOT_TAKEN = "handed-in", "not-handed-in"
SMALL, LARGE = 220, 330  # of what mattered, in pixels; on a beamer
ANSWER = "break-answer"  # the key of the part


# --- A pupil ---------------------------------------------------------------------------------------------------------


def take_part(activity: Activity) -> None:
    """A canvas whose drawing the model reads after each stroke, others' drawings to judge, and one's own."""
    task = Task.of(activity)
    mine = break_it.own(activities(), activity.id, by=actor())
    if activity.closed:
        st.header(gettext("Done. Thank you!"), anchor=False)
        st.markdown(gettext("The class has gone on."))
    elif len(mine) < task.each:
        _draw(activity, task, task.each - len(mine))
    else:
        st.header(gettext("You have handed in all of yours."), anchor=False)
    if not activity.closed:
        fragment(_judge, key="judge", run_every=JUDGE_SECONDS)(activity)
    if mine:
        st.subheader(gettext("Yours"), anchor=False)
        own_part.show(activity, [tile(one) for one in mine])


def _draw(activity: Activity, task: Task, left: int) -> None:
    st.header(gettext("Fool the model"), anchor=False)
    st.markdown(
        gettext("Draw a digit that everybody can read and the model reads wrong.")
        + " "
        + ngettext("You have {number} try left.", "You have {number} tries left.", left, number=left)
    )
    st.segmented_control(gettext("It is to be a …"), range(CLASSES), key=CLAIM, width=460, wrap=False)
    with st.container(key="break-canvas"):
        fragment(canvas.canvas, key="drawing", beside=True)(_follow)
        fragment(_show_answer, key=ANSWER, beside=True)(task)
        st.button(
            gettext("Hand in"), type="primary", width="stretch", key="hand-in", on_click=_hand_in, args=[activity]
        )
    if said := st.session_state.pop(NOT_TAKEN, ""):
        st.warning(plain(said))
    if st.session_state.pop(TAKEN, False):
        st.success(gettext("It is on the board. It counts once {number} others read it as you meant.", number=AGREED))


def keep_claim() -> None:
    """What a drawing is to be outlives that the page shows something else."""
    if CLAIM in st.session_state:
        st.session_state[CLAIM] = st.session_state[CLAIM]


def _follow() -> None:
    """From the callback of a stroke: the answer runs again, and the canvas where its buttons change."""
    if not script_run.is_of_parts():
        return
    try:
        st.rerun([ANSWER] if canvas.is_up_to_date() else ["drawing", ANSWER])
    except StreamlitAPIException:  # the part was stopped before it was shown
        st.rerun()


def _show_answer(task: Task) -> None:
    """What the model says to the drawing as it is, for whoever draws alone."""
    with explained():
        strokes = canvas.strokes_drawn()
        answer = reading.read_strokes(strokes, classifier(task.model), on_canvas=True).answer
        label = st.session_state.get(CLAIM)
        st.markdown(f"**{gettext('The model:')}** {answer.sentence} {_verdict(answer, label) if strokes else ''}")


def _verdict(answer: Answer, label: int | None) -> str:
    if label is None:
        return gettext("Say above what it is to be.")
    if read(answer) == NOT_READ:
        return gettext("That is no mistake.")
    return gettext("✓ That is right.") if read(answer) == label else gettext("✗ **Wrong! Hand it in.**")


def _hand_in(activity: Activity) -> None:
    label = st.session_state.get(CLAIM)
    try:
        if label is None:
            st.session_state[NOT_TAKEN] = gettext("Say above what it is to be.")
            return
        strokes = canvas.strokes_drawn()
        model_name = Task.of(activity).model
        break_it.hand_in(activities(), activity.id, int(label), strokes, classifier(model_name), by=actor())
    except LabError as error:
        st.session_state[NOT_TAKEN] = str(error)
    else:
        canvas.begin_anew()
        st.session_state[CLAIM] = None
        st.session_state[TAKEN] = True


def _judge(activity: Activity) -> None:
    """A drawing of somebody else, and the question what it is; nothing tells what it was to be."""
    st.subheader(gettext("What is this?"), anchor=False)
    asked = break_it.to_judge(activities(), activity.id, st.session_state.get(ASKED), by=actor())
    st.session_state[ASKED] = asked.id if asked else None
    if said := st.session_state.pop(NOT_SAID, ""):
        st.caption(plain(said))
    if asked is None:
        st.caption(gettext("Drawings of the others come here, and you say what they are."))
        return
    with st.container(key="judged"):
        st.html(drawings_board([Tile("", "", asked.strokes)], gettext("A drawing of somebody else"), large=True))
    st.pills(
        gettext("I read …"),
        range(NO_DIGIT + 1),
        format_func=break_it.label_words,
        key=f"judge-{asked.id}",
        on_change=_say,
        args=[activity, asked.id],
        wrap=True,
    )


def _say(activity: Activity, about: int) -> None:
    label = st.session_state.get(f"judge-{about}")
    if label is None:
        return
    try:
        break_it.say(activities(), activity.id, about, int(label), by=actor())
        st.session_state[NOT_SAID] = gettext("Thank you.")
    except LabError as error:
        st.session_state[NOT_SAID] = str(error)


# --- The teacher -----------------------------------------------------------------------------------------------------


def choose() -> Task:
    """Asks which model is to be broken, and how many each may hand in."""
    name = choose_model()
    each = st.number_input(gettext("How many each may hand in"), 1, MOST_EACH, USUAL_EACH)
    st.caption(
        gettext(
            "The model must be wrong. A drawing counts once {number} others read it as it was meant.", number=AGREED
        )
    )
    return Task(name, int(each))


def show_board(activity: Activity, controls: bool) -> None:
    """Those that count by how sure the model was of its mistake, and those of which the class has to say what it is."""
    drawings = break_it.entered(activities(), activity.id, by=actor())
    counted = [one for one in drawings if one.standing == COUNTS]
    waiting = [one for one in drawings if one.standing == WAITS]
    otherwise = [one for one in drawings if one.standing == OTHERWISE]
    st.header(gettext("Who fools the model?"), anchor=False)
    st.markdown(_sentence(activity, drawings, counted))
    chosen = next((one for one in drawings if one.drawing.id == st.session_state.get(CHOSEN)), None)
    if chosen:
        _enlarge(activity, chosen, controls)
    if counted:
        _tiles(counted, gettext("Those that count"), f"board-{activity.id}", shown=True, ranked=True)
        if chosen is None:
            _enlarge(activity, counted[0], controls)
    if waiting:
        st.subheader(gettext("What are these? Two of you must agree."), anchor=False)
        _tiles(
            waiting, gettext("Those that wait for a second opinion"), f"board-waiting-{activity.id}", activity.revealed
        )
    if otherwise:
        st.subheader(gettext("You read these in another way"), anchor=False)
        _tiles(otherwise, gettext("Those that do not count"), f"board-otherwise-{activity.id}", shown=True)
    board_part.offer_to_put_back(activity, controls)


def _sentence(activity: Activity, drawings: Sequence[Entered], counted: Sequence[Entered]) -> str:
    if not drawings:
        return gettext("Draw a digit that everybody can read and the model reads wrong. The surest mistake wins.")
    sentence = break_it.sentence(drawings)
    if counted:
        best = counted[0].drawing
        sentence += " " + gettext(
            "In front: {name}. {model} takes {actual} for {read} and is {sure} sure.",
            name=plain(best.name),
            model=plain(summary.title(model(Task.of(activity).model))),
            actual=with_article(best.label),
            read=with_article(best.read),
            sure=confidence(best.answer.probability),
        )
    return sentence


def _tiles(drawings: Sequence[Entered], label: str, key: str, shown: bool, ranked: bool = False) -> None:
    chosen = st.session_state.get(CHOSEN)
    tiles = [
        tile(one, shown, one.drawing.id == chosen, place if ranked else 0) for place, one in enumerate(drawings, 1)
    ]
    pressable(drawings_board(tiles, label, large=ranked), key, on_press=board_part.press)


def _enlarge(activity: Activity, one: Entered, controls: bool) -> None:
    """A drawing large, and what in it made the model err, where that is shown."""
    shown = activity.revealed or one.standing != WAITS
    with st.container(border=True, key=f"enlarged-{activity.id}"):
        picture, why = st.columns([2, 3], gap="large")
        with picture:
            st.html(drawings_board([tile(one, shown)._replace(choice="")], plain(one.drawing.name), large=True))
        with why:
            if shown:
                _show_why(activity, one.drawing)
            board_part.steer(activity, one.drawing.id, controls)


def _show_why(activity: Activity, one: Written) -> None:
    stages = pipeline.from_strokes(one.strokes)
    st.subheader(gettext("Why {read}?", read=with_article(one.read)), anchor=False)
    if stages is not None and one.read != NOT_READ:
        size = LARGE if presenting() else SMALL
        explanations.show_mattered(stages.image, one.read, model(Task.of(activity).model), size)


# --- One drawing -----------------------------------------------------------------------------------------------------


def tile(one: Entered, shown: bool = True, chosen: bool = False, place: int = 0) -> Tile:
    """A drawing as a tile; what it was to be and what the model says only where it is shown."""
    drawing = one.drawing
    if not shown:
        state = gettext("{number} of {needed} agree", number=break_it.agree(one), needed=AGREED)
        words = gettext("A drawing of {name}", name=drawing.name)
        return Tile(str(drawing.id), drawing.name, drawing.strokes, words=words, chosen=chosen, state=state)
    kind = {COUNTS: WRONG, WAITS: WRONG, OTHERWISE: REFUSED}[one.standing]
    sure = confidence(drawing.answer.probability)
    answer = gettext("{read} · {sure}", read=drawing.read, sure=sure)
    name = gettext("{place}. {name}", place=place, name=drawing.name) if place else drawing.name
    return Tile(str(drawing.id), name, drawing.strokes, answer, kind, _words(one), chosen, break_it.state(one))


def _words(one: Entered) -> str:
    return gettext(
        "{name}: {digit}, read as {read}, {sure} sure",
        name=one.drawing.name,
        digit=with_article(one.drawing.label),
        read=with_article(one.drawing.read),
        sure=confidence(one.drawing.answer.probability),
    )
