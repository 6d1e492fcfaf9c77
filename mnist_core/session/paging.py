"""Leafing through more images than fit on a page."""

from collections.abc import Hashable, Sequence

import numpy as np
import streamlit as st

from mnist_core.phrases import count


def one_page(
    numbers: Sequence[int] | np.ndarray, most: int, key: str, about: Hashable = None, label: str = "Page"
) -> list[int]:
    """Lets a person leaf through numbers of images; returns those of the page.

    Args:
        numbers: All of them.
        most: How many a page has.
        key: Tells the choices of a page apart.
        about: What is leafed through, the numbers themselves by default; where it changes, the first page is shown.
        label: What stands above the choice.
    """
    numbers = [int(number) for number in numbers]
    about = tuple(numbers) if about is None else about
    pages = max(-(-len(numbers) // most), 1)
    if st.session_state.get(f"{key}-about") != about or st.session_state.get(key, 1) > pages:
        st.session_state[key] = 1
    st.session_state[f"{key}-about"] = about
    if pages == 1:
        return numbers
    page = st.number_input(f"{label} (of {count(pages)})", 1, pages, key=key, width=160)
    return numbers[(page - 1) * most : page * most]
