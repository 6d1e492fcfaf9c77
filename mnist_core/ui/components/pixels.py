"""A picture as its 784 numbers, with a magnifier, as large as the screen if wanted."""

from pathlib import Path

import numpy as np
import streamlit as st

from mnist_core.language import gettext

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "digit_lab_pixels",
    html="""<div class="pixels"><div class="frame"><div class="grid" tabindex="0" role="application"><div
    class="window"></div></div></div><div class="beside"><p class="said" role="status"></p><div class="magnifier"
    aria-hidden="true"></div><p class="hint"></p><button type="button"></button></div></div>""",
    css=(HERE / "pixels.css").read_text(encoding="utf-8"),
    js=(HERE / "pixels.js").read_text(encoding="utf-8"),
)


def pixels(image: np.ndarray, alt: str, key: str) -> None:
    """Shows an image uint8 `[28, 28]`, each pixel with its number; the one that is pressed is said, and seen closer.

    Args:
        image: White on black.
        alt: What it shows, for screen readers.
        key: Of the widget; unique on the page.
    """
    _component(
        data={
            "values": image.reshape(-1).tolist(),
            "alt": alt,
            "place": gettext("Row {row}, column {column}: {value}"),
            "hint": gettext("Press anywhere in the picture, or move with the arrow keys."),
            "larger": gettext("Full screen"),
            "smaller": gettext("Close full screen"),
        },
        key=key,
    )
