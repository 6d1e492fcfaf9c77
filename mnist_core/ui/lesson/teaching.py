"""Class: a teacher begins a lesson, sees who is there, and leads all through its activities."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlencode

import streamlit as st

from mnist_core.classroom import break_it, duel, tune
from mnist_core.classroom.activities import KINDS, Activity
from mnist_core.classroom.handed_in import heading, lesson_title
from mnist_core.classroom.lessons import KEPT_DAYS, PRESENT_SECONDS, Lesson, Member
from mnist_core.classroom.tables import LONGEST_TITLE
from mnist_core.formatting import count, listed, moment
from mnist_core.language import N_, gettext, language, ngettext
from mnist_core.presentation import qr_code
from mnist_core.presentation.markup import part
from mnist_core.runs import summary
from mnist_core.ui.browser import actor
from mnist_core.ui.components import news
from mnist_core.ui.components.into_view import bring_into_view
from mnist_core.ui.frame import explained, fragment, plain
from mnist_core.ui.lesson import (
    bet_part,
    break_part,
    duel_part,
    hands_part,
    keeping_part,
    people_part,
    plan_part,
    replay_part,
    showing_part,
    simulation_part,
    tune_part,
    write_part,
)
from mnist_core.ui.lesson.state import activities, lessons, model
from mnist_core.ui.server import reach

Toggle = Callable[..., None]


class Choice(Protocol):
    """What an activity is started with."""

    @property
    def settings(self) -> Mapping[str, object]: ...


BOARDS = {
    "write": write_part.show_board,
    "bet": bet_part.show_board,
    "tune": tune_part.show_board,
    "break": break_part.show_board,
    "duel": duel_part.show_board,
    "hands": hands_part.show_board,
}
# What is missing where an activity cannot be started yet.
MISSING = {"bet": N_("Write a question first."), "duel": N_("Choose two models and some drawings first.")}
# Each is told the lesson of which something is chosen.
CHOICES: dict[str, Callable[[int], Choice | None]] = {
    "write": lambda lesson: write_part.choose(),
    "bet": lambda lesson: bet_part.choose(),
    "tune": tune_part.choose,
    "break": lambda lesson: break_part.choose(),
    "duel": lambda lesson: duel_part.choose(),
    "hands": lambda lesson: hands_part.choose(),
}
QR_SIZE = 260
BOARD, PEOPLE = "board-part", "people-part"  # keys of the parts that run again by themselves


def show() -> None:
    """The lesson that the address names, or the newest; where there is none, how to begin one."""
    everything = lessons().all(by=actor())
    lesson = _chosen(everything)
    if lesson is None:
        _begin(everything)
        return
    if st.query_params.get("lesson") != str(lesson.id):
        st.query_params["lesson"] = str(lesson.id)
    if replay_part.is_chosen():
        replay_part.show(lesson)
        return
    bring_into_view("lesson-controls", f"{lesson.id} {lesson.is_open} {lesson.plan} {lesson.plan_step}")
    if not lesson.is_open:
        _show_ended(lesson)
        return
    if st.query_params.get("board") == "1":
        fragment(_show_board, key=BOARD)(lesson.id, controls=False)
        return
    _show_controls(lesson)
    board, beside = st.columns([2, 1], gap="large")
    with board:
        fragment(_show_board, key=BOARD)(lesson.id, controls=True)
    with beside:
        simulation_part.drive(lesson)
        plan_part.show(lesson)
        if lesson.plan is not None:  # it starts the next one itself
            with st.expander(gettext("Next activity"), icon=":material/play_arrow:"):
                _choose_activity(lesson)
        else:
            st.header(gettext("Next activity"), anchor=False)
            _choose_activity(lesson)
        fragment(people_part.show, key=PEOPLE, run_every=PRESENT_SECONDS / 2)(lesson.id)
        if lesson.activity is not None:
            replay_part.offer()
        _end(lesson)


def _chosen(everything: Sequence[Lesson]) -> Lesson | None:
    named = st.query_params.get("lesson", "")
    if named == "new":
        return None
    for lesson in everything:
        if str(lesson.id) == named:
            return lesson
    if named:
        st.warning(gettext("This lesson is not there any more. Begin another one, or choose one below."))
        return None
    return next((lesson for lesson in everything if lesson.is_open), None)


def _open(lesson: str) -> None:
    st.query_params["lesson"] = lesson


# --- Beginning and ending --------------------------------------------------------------------------------------------


def _begin(everything: Sequence[Lesson]) -> None:
    with st.form("begin", border=True):
        title = st.text_input(
            gettext("Name of the lesson"), max_chars=LONGEST_TITLE, placeholder=gettext("such as 8b, Tuesday")
        )
        if st.form_submit_button(gettext("Teach a class"), type="primary", icon=":material/school:"):
            with explained():
                _open(str(lessons().begin(title, by=actor()).id))
                st.rerun()
    st.caption(
        gettext(
            "Pupils join with a code, and no account. What they do stays on this computer, and is gone after {days} "
            "days, or when you delete it.",
            days=KEPT_DAYS,
        )
    )
    if simulated := simulation_part.offer():
        _open(str(simulated.id))
        st.rerun()
    keeping_part.show_promises_and_letter()
    keeping_part.offer_undo()
    if everything:
        st.header(gettext("Lessons so far"), anchor=False)
        for lesson in everything:
            with st.container(horizontal=True, vertical_alignment="center"):
                state = gettext("going on") if lesson.is_open else gettext("ended")
                st.markdown(f"{plain(lesson_title(lesson))} · {moment(lesson.began)} · {state}", width="stretch")
                st.button(gettext("Open"), key=f"open-{lesson.id}", on_click=_open, args=[str(lesson.id)])


def _show_ended(lesson: Lesson) -> None:
    with st.container(key="lesson-controls"):
        st.header(plain(lesson_title(lesson)), anchor=False)
        st.info(gettext("This lesson has ended. What was done in it is still here, for you alone."))
    done = activities().of_lesson(lesson.id, by=actor())
    with st.container(horizontal=True):
        if st.button(gettext("Take it up again"), icon=":material/play_arrow:"):
            lessons().go_on(lesson.id, by=actor())
            st.rerun()
        replay_part.offer()
        if keeping_part.offer_deletion(lesson):
            _open("new")
            st.rerun()
        st.button(gettext("Another lesson"), on_click=_open, args=["new"], type="tertiary")
    keeping_part.offer_copy(lesson)
    for activity in done:
        with st.expander(_words(activity)):
            BOARDS[activity.kind](activity, controls=False)


def _end(lesson: Lesson) -> None:
    keeping_part.show_promises_and_letter()
    with st.expander(gettext("End the lesson"), icon=":material/logout:"):
        st.markdown(
            gettext("Nobody can join or hand in anything then. You can still look at it, keep a copy, or delete it.")
        )
        if st.button(gettext("End it now")):
            lessons().end(lesson.id, by=actor())
            st.rerun()


# --- Leading ---------------------------------------------------------------------------------------------------------


def _show_controls(lesson: Lesson) -> None:
    """What the teacher presses: the next activity, eyes up, reveal."""
    activity = activities().activity(lesson.activity) if lesson.activity else None
    with st.container(horizontal=True, vertical_alignment="center", key="lesson-controls"):
        st.header(plain(lesson_title(lesson)), anchor=False)
        _toggle_frozen(lesson)
        _toggle_locked(lesson)
        if activity and activity.kind != tune.KIND:  # of which nothing is hidden, and nothing is handed in
            _toggle(activity, "revealed", gettext("Reveal"), gettext("Hide again"), activities().reveal)
            _toggle(activity, "closed", gettext("Take no more"), gettext("Take more"), activities().close)
        link = urlencode({"lesson": lesson.id, "board": 1, "present": 1, "lang": language()})
        st.link_button(gettext("Board for the beamer"), f"class?{link}", icon=":material/cast:")
        st.button(gettext("Another lesson"), on_click=_open, args=["new"], type="tertiary")


def _toggle_frozen(lesson: Lesson) -> None:
    label = gettext("Go on") if lesson.frozen else gettext("Eyes up")
    icon = ":material/play_arrow:" if lesson.frozen else ":material/visibility:"
    if st.button(label, icon=icon, type="primary" if lesson.frozen else "secondary", key="freeze"):
        lessons().freeze(lesson.id, not lesson.frozen, by=actor())
        st.rerun()


def _toggle_locked(lesson: Lesson) -> None:
    label = gettext("Unlock pages") if lesson.locked else gettext("Lock pages")
    icon = ":material/lock_open:" if lesson.locked else ":material/lock:"
    told = gettext("Keeps the class on the lesson's page. It frees all when you end the lesson.")
    if st.button(label, icon=icon, type="primary" if lesson.locked else "secondary", key="lock", help=told):
        lessons().lock(lesson.id, not lesson.locked, by=actor())
        st.rerun()


def _toggle(activity: Activity, name: str, on: str, off: str, do: Toggle) -> None:
    now = bool(getattr(activity, name))
    if st.button(off if now else on, key=f"{name}-{activity.id}"):
        do(activity.id, not now, by=actor())
        st.rerun()


def _choose_activity(lesson: Lesson) -> None:
    kind = st.pills(
        gettext("Activity"),
        list(KINDS),
        format_func=lambda kind: gettext(KINDS[kind]),
        default="write",
        required=True,
        key="next-kind",
        label_visibility="collapsed",
        wrap=True,
    )
    with explained():
        settings = _settings(str(kind), lesson)
        look = "primary" if lesson.activity is None and lesson.plan is None else "secondary"
        if st.button(gettext("Start for all"), type=look, icon=":material/play_arrow:", key="start-activity"):  # type: ignore[arg-type]
            if settings is None:
                st.warning(gettext(MISSING[str(kind)]))
                return
            activities().start(lesson.id, str(kind), settings, by=actor())
            st.rerun()
    done = activities().of_lesson(lesson.id, by=actor())
    if len(done) > 1:
        st.caption(gettext("Or go back to one before:"))
        for activity in reversed([one for one in done[-8:] if one.id != lesson.activity]):
            if st.button(_words(activity), key=f"back-{activity.id}", type="tertiary"):
                activities().show(lesson.id, activity.id, by=actor())
                st.rerun()


def _settings(kind: str, lesson: Lesson) -> Mapping[str, object] | None:
    chosen = CHOICES[kind](lesson.id)
    return chosen.settings if chosen else None


def _words(activity: Activity) -> str:
    """`Write: 7`, `Duel: quick and best`, as the list of what was done names it."""
    models = [summary.title(model(name)) for name in _models(activity)]
    return plain(f"{heading(activity)}: {listed(models)}" if models else heading(activity))


def _models(activity: Activity) -> tuple[str, ...]:
    """Those that an activity is about."""
    if activity.kind == break_it.KIND:
        return (break_it.Task.of(activity).model,)
    if activity.kind == tune.KIND:
        return (tune.Plan.of(activity).model,)
    return duel.Task.of(activity).models if activity.kind == duel.KIND else ()


# --- What the class sees ---------------------------------------------------------------------------------------------


def _show_board(number: int, controls: bool) -> None:
    """The board of what goes on; before the first activity, how to join. Runs again with each change."""
    lesson = lessons().lesson(number)
    news.follow(lesson, "board-news", parts=[BOARD, PEOPLE] if controls else [])
    if not lesson.is_open:
        st.info(gettext("This lesson has ended."))
        return
    members = lessons().members(number, by=actor())
    here = [member for member in members if not member.removed]
    if lesson.frozen:
        st.markdown(f"## {gettext('Eyes up!')}")
    title = plan_part.title_for_class(lesson)
    if lesson.activity is None and not title:
        _show_way_in(lesson, here)
        return
    if controls:
        with st.expander(_joined(here, lesson), icon=":material/qr_code_2:"):
            _show_way_in(lesson, here)
        showing_part.show_above_board(lesson)
    else:
        st.caption(f"{plain(_address_of_pupils())} · {_joined(here, lesson)}")
        if showing_part.show_to_class(lesson):
            return
    if title:
        st.header(plain(title), anchor=False)
    if not controls:
        plan_part.show_figure_to_class(lesson)
    if lesson.activity is None:
        return
    activity = activities().activity(lesson.activity)
    BOARDS[activity.kind](activity, controls)


def _address_of_pupils() -> str:
    """For those who come late."""
    found = reach.addresses(st.context.headers.get("Host", "")) or [reach.local()]
    chosen = st.session_state.get("class-network")
    return _bare(chosen if chosen in found else found[0])


def _bare(address: str) -> str:
    return address.split("//")[-1] + "/join"


def _joined(here: Sequence[Member], lesson: Lesson) -> str:
    return gettext("{joined} · code {code}", joined=_so_many(here), code=lesson.code)


def _so_many(here: Sequence[Member]) -> str:
    return ngettext("{number} has joined", "{number} have joined", len(here), number=count(len(here)))


def _show_way_in(lesson: Lesson, here: Sequence[Member]) -> None:
    """Code, address and QR code, large enough for the last row."""
    found = reach.addresses(st.context.headers.get("Host", ""))
    if not found:
        st.warning(
            gettext(
                "Other devices cannot reach this lab: it listens to this computer alone. Start it with the address "
                "0.0.0.0, or connect this computer to a network."
            )
        )
        found = [reach.local()]
    address = found[0]
    if len(found) > 1:
        address = st.selectbox(
            gettext("Network of the pupils"), found, key="class-network", format_func=lambda one: one.split("//")[-1]
        )
    link = f"{address}/join?{urlencode({'code': lesson.code})}"
    code, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with code:
        st.html(part("way_in.html", "shown", _bare(address), lesson.code))
        st.markdown(f"**{_so_many(here)}**")
    with picture, st.container(key="way-in-code"):
        st.html(part("qr_code.html", "shown", qr_code.source(link), "", QR_SIZE))
    with st.expander(gettext("Phones cannot reach it?")):
        st.markdown(
            gettext(
                "Phones and this computer must be in the same network; a guest network often keeps devices apart. A "
                "firewall on this computer must let the lab's port in. If nothing helps, open a hotspot on this "
                "computer and choose its address above."
            )
        )
