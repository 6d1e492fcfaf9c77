"""What is settled just before a run starts: what people bet that it will reach, and at what pace it begins."""

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.presentation import bet_words
from mnist_core.runs.bets import LONGEST_NAME, Bet, Bets
from mnist_core.training.pace import SLOW_SECONDS
from mnist_core.ui.frame import plain
from mnist_core.ui.remembered import Remembered

# What this session keeps of the bets on the next run: those that were added, why the last one was not, and a number
# that gives the next run's fields names of their own, so that they are empty again.
BETS, PROBLEM, ROUND = "bets", "bet-problem", "bet-round"
SLOW = Remembered[bool]("slow-start")
QUICK_SECONDS = 10


def _choose_slow_start() -> None:
    """Lets people follow the first points of the curve; the choice is in the address (`?slow=1`)."""
    SLOW.follow_address(st.query_params.get("slow") == "1")
    slow = st.toggle(
        gettext("Slow start"),
        key=SLOW.key,
        help=gettext(
            "The first steps take {slow_seconds:.0f} seconds, so that a class can follow. The result is the same.",
            slow_seconds=SLOW_SECONDS,
        ),
    )
    if slow:
        st.query_params["slow"] = "1"
    elif "slow" in st.query_params:
        del st.query_params["slow"]
    SLOW.note(slow)


def is_slow() -> bool:
    """Whether the next run shall start slowly."""
    return SLOW.get(False)


def quick_seconds() -> int:
    """About as long as the next run takes by the quick recipe on MNIST."""
    return round(QUICK_SECONDS + (SLOW_SECONDS if is_slow() else 0))


def choose_bets() -> None:
    """Takes bets on the next run, of one person or of several; this session keeps them until the start.

    A slow start is for those who bet, too, and stands with them.
    """
    with (
        st.expander(gettext("Bet: what will it reach?"), icon=":material/casino:", key="bets-open"),
        st.container(gap="xsmall"),  # or Start below it would be out of sight
    ):
        share, name = st.columns(2)
        share.number_input(gettext("My bet, in %"), 0.0, 100.0, None, 0.1, "%g", key=_key("share"), placeholder="97")
        name.text_input(
            gettext("Name"), key=_key("name"), max_chars=LONGEST_NAME, placeholder=gettext("if you are several")
        )
        with st.container(horizontal=True, gap="small"):
            st.button(gettext("Add this bet"), icon=":material/add:", on_click=_add)
            bets = _added()
            if len(bets):
                st.button(gettext("Remove all bets"), type="tertiary", on_click=forget_bets)
        if problem := st.session_state.get(PROBLEM):
            st.warning(plain(problem))
        if len(bets):
            st.caption(plain(bet_words.placed(bets)))
        _choose_slow_start()


def take_bets() -> Bets:
    """Returns the bets for a run that starts, with one that was typed and not added."""
    typed = _typed()
    return _added().with_bet(typed) if typed else _added()


def forget_bets() -> None:
    """Forgets them: they are locked in the run that has started, and the next one gets its own."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    for key in (BETS, PROBLEM):
        st.session_state.pop(key, None)


def _key(field: str) -> str:
    return f"bet-{field}-{st.session_state.get(ROUND, 0)}"


def _added() -> Bets:
    added: Bets = st.session_state.get(BETS, Bets())
    return added


def _typed() -> Bet | None:
    share, name = st.session_state.get(_key("share")), st.session_state.get(_key("name")) or ""
    return None if share is None else Bet(name.strip(), share / 100)


def _add() -> None:
    try:
        bet = _typed()
        if bet is None:
            raise InputError(gettext("Type a number from 0 to 100: how many of 100 test images it will read right."))
        st.session_state[BETS] = _added().with_bet(bet)
    except InputError as error:
        st.session_state[PROBLEM] = str(error)
        return
    st.session_state[PROBLEM] = ""
    st.session_state[_key("share")], st.session_state[_key("name")] = None, ""
