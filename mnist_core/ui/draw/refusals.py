"""How well a model tells what is no digit, and where that was measured."""

import streamlit as st

from mnist_core.language import N_, gettext
from mnist_core.presentation import refusals
from mnist_core.ui.draw.answering import Answering

NOT_MEASURED = N_(
    "This model was trained before the lab measured when to doubt. It takes nearly everything for a digit."
)


def show(answering: Answering) -> None:
    """Says how often a model notices what is no digit, and how often it doubts what is one."""
    known = refusals.of(answering.run)
    if known is None:
        st.caption(gettext(NOT_MEASURED))
        return
    st.caption(answering.limit or known.sentence)
    with st.expander(gettext("Where this was measured"), key="refusals"):
        st.caption(known.details)
