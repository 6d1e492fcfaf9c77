"""What blocks or fields hold, as text that can be typed."""

import zlib
from collections.abc import Callable

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.ui.frame import plain


def edit(label: str, text: str, key: str, take: Callable[[str], None], most: int, words: str | None = None) -> None:
    """Shows a folded field with a text; another one that is typed there is taken over, or why not is said below.

    Args:
        label: What stands above the field.
        text: What it holds.
        key: Tells the field apart on its page.
        take: Takes over a text; raises InputError for one that cannot be used.
        most: How many characters there may be.
        words: What its question mark says.
    """
    widget, problem = f"{key}-text-{zlib.crc32(text.encode())}", f"{key}-text-problem"

    def typed() -> None:
        try:
            take(st.session_state[widget])
        except InputError as error:
            st.session_state[problem] = str(error)

    with st.expander(gettext("As text")):
        # Of another text it is another field, which begins with that.
        st.text_area(label, text, max_chars=most, key=widget, on_change=typed, help=words)
        if said := st.session_state.pop(problem, ""):
            st.warning(plain(said))
