"""HTML whose parts can be pressed, by mouse, finger and keyboard."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "digit_lab_pressable",
    html='<div class="shown"></div>',
    css=(HERE / "pressable.css").read_text(encoding="utf-8"),
    js=(HERE / "pressable.js").read_text(encoding="utf-8"),
)


def pressable(html: str, key: str, on_press: Callable[[str], None] | None = None, leads_to: str = "") -> str | None:
    """Shows HTML and reports which of its elements was pressed: by a click, by Enter or by the space bar.

    What can be pressed has the attribute `data-choice`, best on a `<button type="button">`, and is a stop of the Tab
    key. The pressable parts of an element with the attribute `data-grid` are one stop together: within it the arrow
    keys, Home and End move. The element with `data-start` is where Tab arrives first. The focus stays where it was when
    other HTML takes the place of this.

    Args:
        html: Markup of the lab's own making, every text from elsewhere escaped; it may hold its own `<style>`, which
            reaches nothing else on the page.
        key: Of the widget; unique on the page.
        on_press: Called with the choice before the run that a press causes, as a button's `on_click` is, for what
            stands above this on the page.
        leads_to: The anchor of a heading that a press scrolls to, where it is out of sight.

    Returns:
        The value of `data-choice` in the run that a press caused, else None. It comes from the browser and can be any
        text: look it up, do not trust it.
    """

    def pressed() -> None:
        choice = st.session_state[key].get("choice")
        if on_press and isinstance(choice, str):
            on_press(choice)

    choice = _component(data={"html": html, "leadsTo": leads_to}, key=key, on_choice_change=pressed).choice
    return choice if isinstance(choice, str) else None
