"""A dataset as charts: how often each digit occurs, and an image's pixels."""

import altair as alt
import numpy as np

from mnist_core.formatting import percent
from mnist_core.presentation.charts.template import Spec, Template, filled
from mnist_core.presentation.palette import TRAINING_COLOUR


def class_balance(counts: dict[str, np.ndarray]) -> Spec:
    """How many images each digit has in each part, as bars beside each other with their numbers."""
    rows = [
        {"digit": digit, "part": part, "images": int(number), "share": float(number / max(values.sum(), 1))}
        for part, values in counts.items()
        for digit, number in enumerate(values)
    ]
    return filled(_balance_template, rows)


def balance_sentence(counts: np.ndarray) -> str:
    share = counts / max(counts.sum(), 1)
    return (
        f"The rarest digit of the training images is {share.argmin()} with {percent(share.min(), 1)}, "
        f"the most frequent is {share.argmax()} with {percent(share.max(), 1)}."
    )


def _balance_template() -> alt.Chart:
    bars = (
        alt.Chart(alt.Data(values=[]))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("digit:O", title="Digit", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("part:N", sort=["train", "test"]),
            y=alt.Y("share:Q", title="Share of the part", axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "part:N",
                sort=["train", "test"],
                scale=alt.Scale(domain=["train", "test"], range=[TRAINING_COLOUR, "#E69F00"]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["part:N", "digit:O", alt.Tooltip("images:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return bars.properties(height=260)


def pixel_values(image: np.ndarray) -> Spec:
    """One image uint8 `[28, 28]` enlarged, each pixel with its value."""
    rows = [
        {"row": row, "column": column, "value": int(value)}
        for row, values in enumerate(image)
        for column, value in enumerate(values)
    ]
    return filled(_pixel_template, rows)


def _pixel_template() -> Template:
    base = alt.Chart(alt.Data(values=[])).encode(
        x=alt.X("column:O", title=None, axis=None),
        y=alt.Y("row:O", title=None, axis=None),
        tooltip=["row:O", "column:O", "value:Q"],
    )
    cells = base.mark_rect().encode(
        color=alt.Color("value:Q", scale=alt.Scale(domain=[0, 255], range=["#000000", "#FFFFFF"]), legend=None)
    )
    text = base.mark_text(fontSize=8).encode(
        text="value:Q", color=alt.condition("datum.value > 110", alt.value("#000000"), alt.value("#D5DBE3"))
    )
    return alt.layer(cells, text).properties(height=560)
