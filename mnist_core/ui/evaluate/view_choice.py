"""What of an evaluation is looked at, kept in the address, so that a reload or a link shows it again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from mnist_core.evaluation.selection import Selection
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.remembered import Remembered

ANY = N_("any")
DIGITS = (ANY, *(str(digit) for digit in range(CLASSES)))
SHOWN = {"mistakes": N_("Mistakes"), "all": N_("All images")}
# A link of an earlier release names a tab as it was called then.
TABS_OF_OLD_LINKS = {"Doubtful labels": "Suspect labels", "Where it breaks": "Robustness", "Report to keep": "Report"}
TAB = Remembered[str]("tab")
CHOICES = {"actual": DIGITS, "predicted": DIGITS, "show": list(SHOWN)}


def _choice(name: str) -> Remembered[str]:
    return Remembered(f"{name}-choice")


def choose_view(views: dict[str, str]) -> str:
    """Lets a person choose one of a page's views; all but the first are in the address (`?view=…`).

    Args:
        views: What each is called in the address and for people.
    """
    _follow_address("view", list(views))
    chosen = st.segmented_control(
        gettext("View"),
        list(views),
        format_func=lambda name: gettext(views[name]),
        required=True,
        key=_choice("view").key,
        label_visibility="collapsed",
    )
    return _lead_address("view", list(views), str(chosen))


def show_tabs(shows: Mapping[str, Callable[[], None]]) -> None:
    """Shows tabs, each by its function; only what is open is computed, and it is in the address (`?tab=…`).

    Args:
        shows: By each tab's name in the address, which is translated for people.
    """
    names = list(shows)
    named = st.query_params.get("tab", "")
    named = _known(TABS_OF_OLD_LINKS.get(named, named), names)
    if TAB.is_old(named):
        TAB.set(gettext(named))
    open_tab(shows, TAB.key, named, lambda name: _lead_address("tab", names, name, TAB))


def open_tab(shows: Mapping[str, Callable[[], None]], key: str, named: str, note: Callable[[str], object]) -> None:
    """Shows tabs, each by its function; only what is open is computed.

    Args:
        shows: By each tab's name, which is translated for people.
        key: Where the session keeps what the open one is called.
        named: Which is open where that is a word of another language, or not there yet.
        note: Is told the name of the open one.
    """
    titles = [gettext(name) for name in shows]
    if st.session_state.get(key) not in titles:
        st.session_state[key] = gettext(named)
    for tab, (name, show) in zip(st.tabs(titles, on_change="rerun", key=key), shows.items(), strict=True):
        if tab.open:
            note(name)
            with tab, explained():
                show()


def choose_selection() -> Selection:
    """Lets a person choose the images to look at; the address holds the choice (`actual`, `predicted`, `show`)."""
    for name, options in CHOICES.items():
        _follow_address(name, options)
    looks: dict[str, Any] = {"format_func": digit_name, "width": 130, "on_change": _stay}
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        actual = st.selectbox(gettext("Actual digit"), DIGITS, key=_choice("actual").key, **looks)
        predicted = st.selectbox(gettext("Read as"), DIGITS, key=_choice("predicted").key, **looks)
        shown = st.segmented_control(
            gettext("Show"),
            list(SHOWN),
            format_func=lambda name: gettext(SHOWN[name]),
            required=True,
            key=_choice("show").key,
            on_change=_stay,
        )
    for name, chosen in (("actual", actual), ("predicted", predicted), ("show", shown)):
        _lead_address(name, CHOICES[name], str(chosen))
    selection = Selection(_digit(actual), _digit(predicted), shown == "mistakes")
    if (selection.actual, selection.predicted) != (None, None):
        row.button(gettext("All mistakes"), on_click=select, args=[Selection().choice], key="all-mistakes")
    return selection


def select(choice: str) -> None:
    """Selects the images behind what was pressed; for the `on_press` of `pressable`."""
    selection = Selection.from_choice(choice)
    if selection is None:
        return
    for name, digit in (("actual", selection.actual), ("predicted", selection.predicted)):
        _choice(name).set(ANY if digit is None else str(digit))
    _choice("show").set("mistakes" if selection.mistakes_only else "all")
    _stay()


def _stay() -> None:
    """Notes that one of the choices was just made: whoever is quick sends the next before the address knows of it."""
    for name in CHOICES:
        _choice(name).stay()


def digit_name(choice: object) -> str:
    """Names one of `DIGITS` for people."""
    return gettext(ANY) if choice == ANY else str(choice)


def _digit(choice: str) -> int | None:
    return None if choice == ANY else int(choice)


def _follow_address(name: str, options: Sequence[str]) -> None:
    """Sets a choice to what the address says; to the first of the options where it says none of them."""
    _choice(name).follow_address(_known(st.query_params.get(name, ""), options))


def _known(named: str, options: Sequence[str]) -> str:
    """Returns what an address names, if it is one of the options; else the first, and says so."""
    if named in options:
        return named
    if named:
        said = gettext("This link asks for “{named}”, but there is no such choice here. It is left out.", named=named)
        st.warning(plain(said))
    return options[0]


def _lead_address(name: str, options: Sequence[str], chosen: str, widget: Remembered[str] | None = None) -> str:
    """Writes a choice into the address, the first of the options by leaving it out; returns it."""
    (widget or _choice(name)).note(chosen)
    if chosen == options[0]:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != chosen:
        st.query_params[name] = chosen
    return chosen
