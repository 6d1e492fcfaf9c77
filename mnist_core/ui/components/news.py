"""What lets a part of a page run again as soon as something of a lesson has changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from mnist_core.ui import script_run

if TYPE_CHECKING:
    from mnist_core.classroom.lessons import Lesson

_component = st.components.v2.component(
    "digit_lab_news", js=(Path(__file__).parent / "news.js").read_text(encoding="utf-8"), isolate_styles=False
)


def follow(lesson: "Lesson", key: str, steps: bool = False, parts: Sequence[str] = ()) -> None:
    """Runs the part in which it stands again after each change of the lesson; the browser is told, and asks nobody.

    Args:
        lesson: As the part shows it.
        key: Of the widget; unique on the page.
        steps: Whether only what the teacher changes for all is of interest, and not what each hands in.
        parts: The keys of the parts that run again instead, which follow the same lesson.
    """

    def changed() -> None:
        if parts and script_run.is_of_parts():
            try:
                st.rerun(list(parts))
            except StreamlitAPIException:  # one of them is not on the page
                st.rerun()

    known = lesson.steps if steps else lesson.changes
    _component(data={"lesson": lesson.id, "known": known, "steps": steps}, key=key, on_changed_change=changed)
