"""Join: a pupil takes part by a code and a name, and lands in what the class does."""

import json
from pathlib import Path

import streamlit as st

from mnist_core.classroom.lessons import Lesson, Member
from mnist_core.classroom.names import CODE_LENGTH
from mnist_core.classroom.tables import LONGEST_NAME
from mnist_core.language import gettext
from mnist_core.ui.browser import actor
from mnist_core.ui.components import news
from mnist_core.ui.draw import layout
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.lesson import (
    bet_part,
    break_part,
    duel_part,
    hands_part,
    keeping_part,
    plan_part,
    showing_part,
    tune_part,
    write_part,
)
from mnist_core.ui.lesson.state import activities, lessons

STYLE = (Path(__file__).parent / "lesson.css").read_text(encoding="utf-8")
PARTS = {
    "write": write_part.take_part,
    "bet": bet_part.take_part,
    "tune": tune_part.take_part,
    "break": break_part.take_part,
    "duel": duel_part.take_part,
    "hands": hands_part.take_part,
}


def show() -> None:
    """The lesson that this browser takes part in, or how to join one."""
    hint = json.dumps(gettext("Draw here"), ensure_ascii=False)
    st.html(f"<style>{layout.STYLE}{STYLE}:root {{ --draw-here: {hint} }}</style>")
    code = st.query_params.get("code", "")
    here = lessons().own(actor())
    if here is None or (code and here[0].code != code.upper()):
        ask_for_code(code)
    else:
        show_lesson(*here)


def ask_for_code(code: str) -> None:
    """A form of two fields; a link has filled the first. Whoever has just done a lesson may take theirs home."""
    keeping_part.offer_to_take_home()
    _ask(code)
    keeping_part.show_promises()


def _ask(code: str) -> None:
    with st.form("join", border=True):
        given = st.text_input(
            gettext("Code on the board"), code, max_chars=CODE_LENGTH + 4, autocomplete="off", key=f"code-{code}"
        )
        name = st.text_input(
            gettext("A name for this lesson"),
            max_chars=LONGEST_NAME,
            autocomplete="off",
            placeholder=gettext("empty: you get one, such as Blue Fox"),
            help=gettext("Not your real name: everybody sees it on the board."),
        )
        st.caption(gettext("Please no real names. Your teacher sees what you draw, and it stays on this computer."))
        if not st.form_submit_button(gettext("Join"), type="primary", width="stretch"):
            return
    with explained():
        lessons().join(given, name, by=actor())
        st.rerun()


def show_lesson(lesson: Lesson, member: Member) -> None:
    """What the class does now; the page runs again whenever the teacher goes on."""
    news.follow(lesson, "news", steps=True)
    _show_name(member)
    break_part.keep_claim()
    if lesson.frozen:
        st.header(gettext("Eyes up!"), anchor=False)
        st.markdown(gettext("Your teacher has stopped for a moment. It goes on by itself."))
    elif showing_part.show_to_class(lesson):
        st.caption(gettext("Your own work is kept. It comes back when your teacher goes on."))
    elif title := plan_part.title_for_class(lesson):
        st.header(plain(title), anchor=False)
        st.markdown(gettext("Look to the front; this page goes on by itself."))
    elif lesson.activity is None:
        st.header(gettext("You are in."), anchor=False)
        st.markdown(gettext("Wait for your teacher to begin; this page goes on by itself."))
    else:
        activity = activities().activity(lesson.activity)
        PARTS[activity.kind](activity)


def _show_name(member: Member) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="who"):
        st.markdown(gettext("You are **{name}**", name=plain(member.name)), width="stretch")
        with st.popover(gettext("Me"), icon=":material/person:"):
            with st.form("rename", border=False):
                name = st.text_input(gettext("Another name"), max_chars=LONGEST_NAME, autocomplete="off")
                if st.form_submit_button(gettext("Rename me")):
                    with explained():
                        lessons().rename(member.id, name, by=actor())
                        st.rerun()
            st.caption(gettext("Delete what you drew and answered, and leave. This cannot be undone."))
            if st.button(gettext("Delete mine and leave"), icon=":material/delete:"):
                with explained():
                    lessons().leave(member.id, by=actor())
                    st.query_params.pop("code", None)
                    st.rerun()
