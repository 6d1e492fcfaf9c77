"""Leafing through more images than fit on a page."""

import math
from collections.abc import Hashable

import streamlit as st

from mnist_core.formatting import count
from mnist_core.language import gettext
from mnist_core.ui.remembered import Remembered


def page_of(number: int, most: int, key: str, about: Hashable, label: str = "") -> slice:
    """Lets a person leaf through a list, where it is longer than a page; returns the places that the page shows.

    Args:
        number: How long the list is.
        most: How many a page has.
        key: Tells the choices of a page apart.
        about: What is leafed through; where it changes, the first page is shown.
        label: What stands above the choice, if that is not `Page`.
    """
    page, pages = Remembered[int](key), max(math.ceil(number / most), 1)
    if page.has_moved(about) or page.get(1) > pages:
        page.set(1)
    page.note(about)
    if pages == 1:
        return slice(0, number)
    words = gettext("{label} (of {pages})", label=label or gettext("Page"), pages=count(pages))
    chosen = int(st.number_input(words, 1, pages, key=key, width=160))
    return slice((chosen - 1) * most, chosen * most)
