"""Who is there: a tile for each pupil on the Class page, where the teacher renames and removes them."""

import time
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from mnist_core.classroom import devices
from mnist_core.classroom.activities import Entry
from mnist_core.classroom.lessons import Member
from mnist_core.classroom.tables import LONGEST_NAME
from mnist_core.classroom.write import Written
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, ngettext
from mnist_core.presentation.tables.board import Person, Tile, people_board
from mnist_core.ui.browser import actor
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.lesson.state import activities, lessons, toggle
from mnist_core.ui.lesson.tiles import tile

MISREAD = "wrong"
SORTED = {"name": N_("as they came"), "idle": N_("idle first"), MISREAD: N_("misread first")}
PERSON, ORDER = "person-chosen", "people-order"


def show(lesson: int) -> None:
    """A tile for each pupil: name, last drawing, present or away; press one to rename or remove them.

    A model's answer stands there once the board shows it, too: a class sees this page on the beamer.
    """
    members = lessons().members(lesson, by=actor())
    st.header(gettext("Who is here"), anchor=False)
    if warning := devices.warning(lessons().present(by=actor())):
        st.warning(warning)
    if not members:
        st.caption(gettext("Nobody yet."))
        return
    last = activities().latest(lesson, by=actor())
    drawn = {member: Written.of(entry) for member, entry in last.items() if "strokes" in entry.content}
    revealed = {one.id for one in activities().of_lesson(lesson, by=actor()) if one.revealed}
    answered = {member for member in drawn if last[member].activity in revealed}
    here = [one for one in members if not one.removed]
    tiles = {number: tile(one, number in answered) for number, one in drawn.items()}
    misread = {number for number in answered if not drawn[number].is_right}
    order = _order(bool(answered))
    people = [_person(member, tiles.get(member.id)) for member in _in_order(here, order, last, misread)]
    _steer_person(members)
    pressable(people_board(people, gettext("Who takes part")), "people", on_press=partial(toggle, PERSON))


def _order(any_answered: bool) -> str:
    """Asks for it; to sort by what is hidden would give it away."""
    offered = [name for name in SORTED if any_answered or name != MISREAD]
    if st.session_state.get(ORDER) not in offered:  # the next activity hides its answers again
        st.session_state.pop(ORDER, None)
    chosen = st.segmented_control(
        gettext("Order"),
        offered,
        format_func=lambda name: gettext(SORTED[name]),
        default="name",
        required=True,
        key=ORDER,
    )
    return str(chosen)


def _in_order(members: list[Member], order: str, last: Mapping[int, Entry], misread: set[int]) -> list[Member]:
    if order == "idle":
        return sorted(members, key=lambda one: last[one.id].made if one.id in last else 0.0)
    if order == MISREAD:
        return sorted(members, key=lambda one: one.id not in misread)
    return members


def _person(member: Member, tile: Tile | None) -> Person:
    return Person(
        str(member.id),
        member.name,
        member.is_present(time.time()),
        tile.strokes if tile else [],
        tile.answer if tile else "",
        tile.kind if tile else "",
        member.id == st.session_state.get(PERSON),
    )


def _steer_person(members: Sequence[Member]) -> None:
    one = next((one for one in members if one.id == st.session_state.get(PERSON)), None)
    if one and not one.removed:
        with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(gettext("Name"), one.name, max_chars=LONGEST_NAME, key=f"name-{one.id}")
            if st.button(gettext("Rename")):
                with explained():
                    lessons().rename(one.id, name, by=actor())
                    st.rerun(scope="fragment")
            if st.button(gettext("Remove {name}", name=plain(one.name)), icon=":material/person_remove:"):
                lessons().remove(one.id, by=actor())
                st.session_state[PERSON] = None
                st.rerun(scope="fragment")
    removed = [one for one in members if one.removed]
    if removed:
        with st.expander(ngettext("{number} removed", "{number} removed", len(removed), number=count(len(removed)))):
            for one in removed:
                if st.button(gettext("Let {name} in again", name=plain(one.name)), key=f"in-{one.id}"):
                    lessons().remove(one.id, removed=False, by=actor())
                    st.rerun(scope="fragment")
