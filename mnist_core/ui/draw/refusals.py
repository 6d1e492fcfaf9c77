"""How well a model tells what is no digit, and where that was measured."""

import streamlit as st

from mnist_core.evaluation.strangers import Strangers
from mnist_core.formatting import count, percent
from mnist_core.inference.calibration import Calibration
from mnist_core.language import N_, gettext
from mnist_core.ui.draw.answering import Answering
from mnist_core.ui.loaders import classifier

NOT_MEASURED = N_(
    "This model was trained before the lab measured when to doubt. It takes nearly everything for a digit."
)


def show(answering: Answering) -> None:
    """Says how often a model notices what is no digit, and how often it doubts what is one."""
    run = answering.run
    measured = classifier(run).calibration
    if not measured.images:
        st.caption(gettext(NOT_MEASURED))
        return
    known = Strangers.of(run)
    noticed = known.caught if known else _noticed(measured)
    if answering.limit:
        st.caption(answering.limit)
    else:
        st.caption(
            gettext(
                "Shown something that is no digit, this model notices it {caught:.0f} times out of 100.",
                caught=100 * noticed,
            )
        )
    with st.expander(gettext("Where this was measured"), key="refusals"):
        st.caption(_of_strangers(known) if known else _of_validation(measured, noticed))


def _noticed(measured: Calibration) -> float:
    return sum(measured.caught.values()) / max(len(measured.caught), 1)


def _of_strangers(known: Strangers) -> str:
    return gettext(
        "People from {places} places, from whom it never learned, wrote {digits} digits and "
        "{signs} letters and signs. It doubted {doubted} of the digits, which is wrong, and "
        "{caught} of the letters and signs, which is right. Letters that look like a digit, "
        "such as O, S or l, may be read as one.",
        places=count(known.places),
        digits=count(known.digits),
        signs=count(known.signs),
        doubted=percent(known.doubted, 1),
        caught=percent(known.caught, 0),
    )


def _of_validation(measured: Calibration, noticed: float) -> str:
    return gettext(
        "On {images} digits that it did not learn from: it doubted {refused} of them, which "
        "is wrong. Of spirals, stars, letters and other things from which no model learned, "
        "it doubted {noticed}, which is right.",
        images=count(measured.images),
        refused=percent(measured.refused, 1),
        noticed=percent(noticed, 0),
    )
