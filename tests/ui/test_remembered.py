"""What a widget holds, in a session that is a plain dictionary."""

import pytest
import streamlit as st

from mnist_core.ui.remembered import Remembered


@pytest.fixture(autouse=True)
def _session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})


def test_the_widget_follows_the_address_unless_it_made_it() -> None:
    choice = Remembered[str]("digit")
    choice.follow_address("4")
    assert choice.get("") == "4"
    choice.note("4")
    choice.set("7")  # by a person; the address still says 4
    choice.follow_address("4")
    assert choice.get("") == "7"
    choice.note("7")
    choice.follow_address("9")  # by a link
    assert choice.get("") == "9"


def test_what_was_just_chosen_is_right_for_once_whatever_the_address_says() -> None:
    choice = Remembered[str]("digit")
    choice.set("3")
    choice.stay()
    choice.follow_address("4")
    assert choice.get("") == "3"
    choice.follow_address("4")
    assert choice.get("") == "4"


def test_a_widget_that_another_page_dropped_begins_at_the_address_and_a_forgotten_one_leaves_nothing() -> None:
    choice = Remembered[int]("page")
    choice.note(2)
    assert choice.is_old(2) and not choice.has_moved(2) and choice.get(1) == 1
    choice.set(5)
    choice.stay()
    choice.forget()
    assert st.session_state == {}


def test_a_widget_that_is_not_there_has_nothing_to_stay_with() -> None:
    choice = Remembered[str]("show")
    choice.stay()
    choice.follow_address("mistakes")
    assert choice.get("") == "mistakes"
