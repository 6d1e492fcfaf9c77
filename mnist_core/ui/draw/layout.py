"""Where the parts of the Draw page stand on a phone, a tablet, a desk and a beamer."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

STYLE = (Path(__file__).parent / "draw.css").read_text(encoding="utf-8")


class Places(NamedTuple):
    """In the order in which they are read, and in which the Tab key goes through them."""

    given: DeltaGenerator  # what is to be read: the canvas, or a picture
    answer: DeltaGenerator  # beside it or, on a phone, right below
    choice: DeltaGenerator  # who answers, and other ways to write


def places() -> Places:
    """Lays the page out."""
    st.html(f"<style>{STYLE}</style>")
    with st.container(key="draw-page"):
        return Places(*(st.container(key=f"draw-{name}") for name in Places._fields))
