"""Whether curves are shown whole or in a close-up."""

import streamlit as st

from mnist_core.language import N_, gettext

KEY = "curve-axis"
WHOLE, CLOSE_UP = N_("All points"), N_("Close-up")


def chosen_axis() -> bool:
    """Whether a close-up was chosen."""
    return bool(st.session_state.get(KEY) == CLOSE_UP)


def choose_axis() -> bool:
    """Lets people choose, and returns whether it is the close-up: a long run ends in the last few percent."""
    choice = st.segmented_control(
        gettext("Axis"), (WHOLE, CLOSE_UP), format_func=gettext, default=WHOLE, required=True, key=KEY,
        label_visibility="collapsed",
    )  # fmt: skip
    return choice == CLOSE_UP
