"""What an imported model expects of its pictures and calls its classes: what was measured, and another choice."""

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.formatting import percent, several
from mnist_core.presentation import status_words
from mnist_core.runs import summary
from mnist_core.runs.description import Imported, Tried
from mnist_core.runs.run import Run
from mnist_core.sharing import importing, inputs
from mnist_core.ui.browser import actor
from mnist_core.ui.choices import remember
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.loaders import recorded_dataset
from mnist_core.ui.tables import harmless

CHOSEN = "chosen-expectation"


def show(run: Run) -> None:
    """The ways in which a model was tried when it was imported, to choose another one from."""
    try:
        about = run.description().imported
    except InputError:  # what it is was to be shown before this, and that said so
        return
    if about is None or not about.tried:
        return
    if said := st.session_state.pop(CHOSEN, ""):
        st.success(plain(said))
    ways = sorted(about.tried, key=lambda way: -way.share)
    with st.expander("What it expects", icon=":material/input:"):
        st.caption(
            f"Of {several(about.tried_on, 'training image')}, on which it is not judged, it reads so many where its "
            "pictures and classes are taken so. The lab takes what reads best, and the plainest of what reads as well."
        )
        st.dataframe(harmless([_row(way) for way in ways]), hide_index=True, height=250)
        if actor().may_change(run.owner):
            _offer_choice(run, about, ways)


def _row(way: Tried) -> dict[str, object]:
    return {
        "Read right": percent(way.share),
        "Pixels": way.pixels,
        "Pictures": "transposed" if way.transposed else "as they are",
        "Classes": " ".join(way.classes),
    }


def _offer_choice(run: Run, about: Imported, ways: list[Tried]) -> None:
    taken = next((place for place, way in enumerate(ways) if _is_taken(about, way)), 0)
    chosen = st.selectbox("It shall be taken with", ways, taken, format_func=_words, key=f"expects-{run.id}")
    st.caption(
        "Another choice makes the model anew and judges it, about half a minute. This one goes to the bin; choosing "
        "again brings the former choice back."
    )
    if not st.button("Make it so", icon=":material/build:", disabled=_is_taken(about, chosen)):
        return
    with explained(), st.status("Making the model anew …", expanded=True) as status:
        try:
            made = importing.choose(run, chosen, recorded_dataset, lambda step: status.write(plain(step)), actor())
        except Exception:
            status.update(label="The model stays as it is.", state="error", expanded=False)
            raise
        st.session_state[CHOSEN] = f"{summary.title(made)} is ready. {status_words.sentence(made.status())}"
        remember("run", made.id)
        st.rerun()


def _is_taken(about: Imported, way: Tried) -> bool:
    taken = (about.pixels or inputs.OWN.words, about.transposed, about.classes or inputs.DIGITS)
    return taken == (way.pixels, way.transposed, way.classes)


def _words(way: Tried) -> str:
    words = inputs.words(way.pixels, way.transposed, way.classes) or "pictures and classes as the lab has them"
    return f"{words}: {percent(way.share)}"
