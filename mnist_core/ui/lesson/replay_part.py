"""A lesson played again by its teacher: its board at a moment that a slider chooses, or as a film."""

import datetime

import streamlit as st

from mnist_core.classroom import bet, break_it, handed_in, replay
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.replay import Film, Moment
from mnist_core.classroom.write import Written
from mnist_core.formatting import count, moment
from mnist_core.language import gettext, language, ngettext
from mnist_core.presentation.tables.board import Tile, distribution, drawings_board
from mnist_core.ui import script_run
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import fragment, plain
from mnist_core.ui.lesson import break_part, tiles
from mnist_core.ui.lesson.state import activities

SHOWN = 120  # drawings, the newest
TICK = 1.0  # seconds from one picture of the film to the next
PLAYED = 60  # seconds that the whole of a long lesson takes
LONGEST = 24 * 60 * 60 - 1  # seconds that the slider knows
REPLAY = "replay"  # in the address
FILM, PLACE, PLAYING = "replay-film", "replay-place", "replay-playing"


def offer() -> None:
    """A button that leads from a lesson to its film."""
    st.button(gettext("Play it again"), icon=":material/movie:", key="play-again", on_click=_open, args=[True])


def is_chosen() -> bool:
    return st.query_params.get(REPLAY) == "1"


def _open(chosen: bool) -> None:
    st.session_state[PLAYING] = False
    st.session_state.pop(PLACE, None)
    if chosen:
        st.query_params[REPLAY] = "1"
    else:
        st.query_params.pop(REPLAY, None)


def show(lesson: Lesson) -> None:
    """The film of a lesson, with or without names and answers."""
    st.header(plain(handed_in.lesson_title(lesson)), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", key="replay-controls"):
        st.button(gettext("Back to the lesson"), icon=":material/arrow_back:", on_click=_open, args=[False])
        named = st.toggle(gettext("Names"), value=True)
        told = st.toggle(gettext("Answers"), value=True)
    film = _film(lesson, named)
    if film.at(0.0) is None:
        st.info(gettext("Nothing was done in this lesson."))
        return
    playing = bool(st.session_state.get(PLAYING))
    fragment(_show_film, key="film", run_every=TICK if playing else None)(film, told, playing)


def _film(lesson: Lesson, named: bool) -> Film:
    """Read once for this session, until something of the lesson changes."""
    version = (lesson.id, lesson.changes, named, language())
    if (kept := st.session_state.get(FILM)) is None or kept[0] != version:
        film = replay.film(activities(), lesson.id, named, by=actor())
        kept = st.session_state[FILM] = (version, film)
    found: Film = kept[1]
    return found


def _show_film(film: Film, told: bool, playing: bool) -> None:
    if playing and script_run.is_of_parts():
        _go_on(film)
    if bool(st.session_state.get(PLAYING)) != playing:
        st.rerun()  # what runs by itself is said by the page
    second = 0
    length = _length(film)
    if length:
        play, slide = st.columns([1, 4], vertical_alignment="bottom")
        with play:
            _offer_to_play(length, playing)
        with slide:
            second = _slider(length)
    found = film.at(second)
    if found:
        _show_moment(found, told)


def _length(film: Film) -> int:
    return min(-int(-film.seconds // 1), LONGEST)


def _go_on(film: Film) -> None:
    """One picture on; at the end it stops."""
    length = _length(film)
    place = min(_seconds(st.session_state.get(PLACE, datetime.time())) + max(1, length * TICK // PLAYED), length)
    st.session_state[PLACE] = _time(int(place))
    if place >= length:
        st.session_state[PLAYING] = False


def _offer_to_play(length: int, playing: bool) -> None:
    def press() -> None:
        st.session_state[PLAYING] = not playing
        if not playing and _seconds(st.session_state.get(PLACE, datetime.time())) >= length:
            st.session_state[PLACE] = datetime.time()

    label, icon = (gettext("Pause"), "pause") if playing else (gettext("Play"), "play_arrow")
    kind = "secondary" if playing else "primary"
    st.button(label, icon=f":material/{icon}:", type=kind, key="play", on_click=press, width="stretch")  # type: ignore[arg-type]


def _slider(length: int) -> int:
    """The second of the film; who moves it stops what plays."""

    def stop() -> None:
        st.session_state[PLAYING] = False

    st.session_state[PLACE] = min(st.session_state.get(PLACE, datetime.time()), _time(length))
    place = st.slider(
        gettext("Time, without long pauses"),
        datetime.time(),
        _time(length),
        step=datetime.timedelta(seconds=1),
        format="HH:mm:ss" if length >= 60 * 60 else "mm:ss",
        key=PLACE,
        on_change=stop,
    )
    return _seconds(place)


def _time(seconds: int) -> datetime.time:
    return (datetime.datetime.min + datetime.timedelta(seconds=seconds)).time()


def _seconds(place: datetime.time) -> int:
    return place.hour * 3600 + place.minute * 60 + place.second


# --- What stood on the board -----------------------------------------------------------------------------------------


def _show_moment(found: Moment, told: bool) -> None:
    st.subheader(plain(handed_in.heading(found.activity)), anchor=False)
    number = len(found.entries)
    handed = ngettext("{number} handed in", "{number} handed in", number, number=count(number))
    st.caption(gettext("{time} · {handed}", time=moment(found.time), handed=handed))
    question = handed_in.question_of(found.activity)
    if question and told:
        st.html(distribution(bet.distribution(question, handed_in.bets(question, found.entries))))
    shown = _tiles(found, told)
    if shown:
        st.html(drawings_board(shown[-SHOWN:][::-1], gettext("Drawings of the class")))


def _tiles(found: Moment, told: bool) -> list[Tile]:
    """Of what has a drawing, in the order in which it came."""
    if found.activity.kind == break_it.KIND:
        entered = sorted(break_it.of_entries(found.entries), key=lambda one: one.drawing.id)
        return [break_part.tile(one, told)._replace(choice="") for one in entered]
    drawn = [entry for entry in found.entries if handed_in.strokes_of(entry)]
    return [tiles.tile(Written.of(entry), told)._replace(choice="") for entry in drawn]
