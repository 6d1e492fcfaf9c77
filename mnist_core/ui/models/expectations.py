"""What an imported model expects of its pictures and calls its classes: what was measured, and another choice."""

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.formatting import count, percent
from mnist_core.language import gettext, ngettext
from mnist_core.presentation import status_words
from mnist_core.runs import summary
from mnist_core.runs.description import Imported, Tried
from mnist_core.runs.run import Run
from mnist_core.sharing import importing, inputs
from mnist_core.ui.browser import actor
from mnist_core.ui.choices import remember
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.loaders import recorded_dataset

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
    with st.expander(gettext("What it expects"), icon=":material/input:"):
        st.markdown(
            gettext(
                "A model from elsewhere may have learned from other pictures, or counts its digits in "
                "another order. The lab tried these ways and took the one that reads best. If none "
                "reads well, it takes its own."
            )
        )
        st.markdown(_table(about, ways))
        st.caption(
            gettext(
                "Tried with {tried_on}. The model is judged by others.",
                tried_on=ngettext(
                    "{number} training image", "{number} training images", about.tried_on, number=count(about.tried_on)
                ),
            )
        )
        if actor().may_change(run.owner):
            _offer_choice(run, about, ways)


def _table(about: Imported, ways: list[Tried]) -> str:
    """The ways as a table in Markdown, in two columns so that a phone has room for it."""
    rows = [f"| {_figure(way)} | {_marked(_difference(way), _is_taken(about, way))} |" for way in ways]
    return "\n".join([gettext("| Reads right | With |"), "|---:|:---|", *rows])


def _figure(way: Tried) -> str:
    return percent(way.share).replace(" ", "\N{NO-BREAK SPACE}")


def _marked(words: str, is_taken: bool) -> str:
    words = plain(words).replace("|", " ")
    return gettext("**{words}** (taken)", words=words) if is_taken else words


def _difference(way: Tried) -> str:
    """What a way has that the lab's own pictures have not."""
    return inputs.words(way.pixels, way.transposed, way.classes) or gettext("pictures and digits as the lab has them")


def _offer_choice(run: Run, about: Imported, ways: list[Tried]) -> None:
    taken = next((place for place, way in enumerate(ways) if _is_taken(about, way)), 0)
    chosen = st.selectbox(gettext("Give it"), ways, taken, format_func=_words, key=f"expects-{run.id}")
    st.caption(
        gettext(
            "Another choice makes a new model of it and judges that, in about half a minute. The "
            "old one is deleted, but you can choose the former way again."
        )
    )
    if not st.button(gettext("Make it so"), icon=":material/build:", disabled=_is_taken(about, chosen)):
        return
    with explained(), st.status(gettext("Making the new model …"), expanded=True) as status:
        try:
            made = importing.choose(run, chosen, recorded_dataset, lambda step: status.write(plain(step)), actor())
        except Exception:
            status.update(label=gettext("The model stays as it is."), state="error", expanded=False)
            raise
        st.session_state[CHOSEN] = gettext(
            "{title} is ready. {sentence}", title=summary.title(made), sentence=status_words.sentence(made.status())
        )
        remember("run", made.id)
        st.rerun()


def _is_taken(about: Imported, way: Tried) -> bool:
    taken = (about.pixels or inputs.OWN.words, about.transposed, about.classes or inputs.DIGITS)
    return taken == (way.pixels, way.transposed, way.classes)


def _words(way: Tried) -> str:
    return f"{_difference(way)}: {percent(way.share)}"
