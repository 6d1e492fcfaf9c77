"""Duel, on a pupil's page and on the board."""

from collections.abc import Sequence

import streamlit as st

from mnist_core.classroom import duel
from mnist_core.classroom.activities import Activity
from mnist_core.classroom.duel import LEAST, MOST, Task
from mnist_core.classroom.write import Written
from mnist_core.data.handed_digits import Digits
from mnist_core.evaluation.comparison import LETTERS, Comparison
from mnist_core.formatting import count, listed, with_article
from mnist_core.language import gettext, language, ngettext
from mnist_core.presentation.tables.board import RIGHT, SIGNS, WRONG, Tile, drawings_board
from mnist_core.presentation.tables.figures import Row, Share, counts_table, shares_table
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.ui import choices, loaders
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import plain
from mnist_core.ui.lesson.state import activities

SHOWN = 60  # drawings over which the models disagree
NO_BREAK = "\u00a0"


# --- A pupil ---------------------------------------------------------------------------------------------------------


def take_part(activity: Activity) -> None:
    """Who is against whom, and once it is revealed, who reads more right."""
    runs = duel.runs(Task.of(activity))
    st.header(gettext("Which model reads our drawings better?"), anchor=False)
    if not activity.revealed:
        _show_names(runs)
        st.markdown(gettext("What do you think? Your teacher shows it soon."))
        return
    _, digits = _drawings(activity, runs)
    comparison = duel.fight(digits, runs, loaders.evaluation_on)
    _show_figures(comparison, runs)


# --- The teacher -----------------------------------------------------------------------------------------------------


def choose() -> Task | None:
    """Asks which models fight, and over which drawings; None as long as there are too few."""
    models = choices.all_models()
    titles = summary.titles(models.values())
    if len(models) < LEAST:
        st.info(gettext("There is one model only. Train another one on the Train page."))
        return None
    names = list(models)
    first = [run_folders.SHIPPED_MODEL] if run_folders.SHIPPED_MODEL in names else names[:1]
    others = [name for name in names if name not in first]
    chosen = st.multiselect(
        gettext("Models"), names, [*first, others[0]], format_func=titles.__getitem__, max_selections=MOST
    )
    written = st.checkbox(gettext("What the class wrote in this lesson"), value=True)
    collection = st.checkbox(gettext("The drawings that this lab has collected"))
    st.caption(gettext("Let the class bet first: Bet has a question for it."))
    return Task(tuple(chosen), written, collection) if len(chosen) >= LEAST and (written or collection) else None


def show_board(activity: Activity, controls: bool) -> None:
    """Who is against whom; once it is revealed, who reads more right, of which digit, and where they disagree."""
    runs = duel.runs(Task.of(activity))
    drawings, digits = _drawings(activity, runs)
    st.header(gettext("Which model reads our drawings better?"), anchor=False)
    if not activity.revealed:
        _show_names(runs)
        number = ngettext("{number} drawing", "{number} drawings", len(digits), number=count(len(digits)))
        st.markdown(
            gettext("They read {drawings}. Press Reveal to see who wins.", drawings=number)
            if controls
            else gettext("They read {drawings}. Who wins?", drawings=number)
        )
        return
    comparison = duel.fight(digits, runs, loaders.evaluation_on)
    _show_figures(comparison, runs)
    _show_by_digit(comparison)
    _show_disputed(comparison, drawings, digits)
    if digits.note:
        st.caption(digits.note)


def _drawings(activity: Activity, runs: Sequence[Run]) -> tuple[list[Written], Digits]:
    """What the class wrote, and all that the models read, which begins with it."""
    task = Task.of(activity)
    drawings = duel.drawings(activities(), activity.id, by=actor()) if task.written else []
    painted = _painted(drawings, tuple(one.id for one in drawings), language())
    version = loaders.collection().version() if task.collection else ""
    names = tuple(run.id for run in runs) if task.collection else ()
    return drawings, _together(painted, list(runs), painted.identity, names, version, language())


@st.cache_resource(max_entries=4, show_spinner=False)
def _painted(_drawings: list[Written], ids: tuple[int, ...], spoken: str) -> Digits:
    return duel.painted(_drawings)


@st.cache_resource(max_entries=4, show_spinner=False)
def _together(
    _painted: Digits, _runs: list[Run], identity: str, names: tuple[str, ...], version: str, spoken: str
) -> Digits:
    return duel.together(_painted, _runs, bool(version))


# --- What comes out --------------------------------------------------------------------------------------------------


def _show_names(runs: Sequence[Run]) -> None:
    for letter, run in zip(LETTERS, runs, strict=False):
        st.markdown(f"**{letter}**: {plain(summary.title(run))}")


def _show_figures(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Who wins, how many each reads right, and whether that could be chance."""
    best = duel.winner(comparison)
    st.subheader(duel.outcome(comparison), anchor=False)
    total = len(comparison.labels)
    rows = [
        Row(letter, (Share(int(right.sum()), total, place == best),), summary.title(run))
        for place, (letter, right, run) in enumerate(zip(comparison.names, comparison.right, runs, strict=True))
    ]
    st.html(shares_table([], rows, gettext("How many drawings each model reads right"), decimals=1))
    st.markdown("\n\n".join(plain(pair.sentence) for pair in comparison.pairs))
    details = " ".join(pair.details for pair in comparison.pairs if pair.details)
    st.caption(plain(details) + " " + gettext("The first guess counts, however unsure the model is."))


def _show_by_digit(comparison: Comparison) -> None:
    scores = [score for score in duel.by_digit(comparison) if score.total]
    st.subheader(gettext("Digit by digit"), anchor=False)
    rows = [
        Row(name, tuple(Share(score.right[place], score.total, place in score.best) for score in scores))
        for place, name in enumerate(comparison.names)
    ]
    label = gettext("How many drawings of each digit a model reads right")
    st.html(counts_table([str(score.digit) for score in scores], rows, label))
    st.caption(gettext("★ reads most of them right. With few drawings of a digit that can be chance."))


def _show_disputed(comparison: Comparison, drawings: Sequence[Written], digits: Digits) -> None:
    places = duel.disputed(comparison).tolist()
    if not places:
        st.markdown(gettext("They read each drawing as the same digit."))
        return
    st.subheader(
        ngettext(
            "They disagree over {number} drawing",
            "They disagree over {number} drawings",
            len(places),
            number=count(len(places)),
        ),
        anchor=False,
    )
    tiles = [_tile(comparison, place, drawings, digits) for place in places[:SHOWN]]
    st.html(drawings_board(tiles, gettext("Where the models disagree")))


def _tile(comparison: Comparison, place: int, drawings: Sequence[Written], digits: Digits) -> Tile:
    answers = [int(one.predictions[place]) for one in comparison.evaluations]
    right = comparison.right[:, place]
    said = " ".join(
        f"{name}{NO_BREAK}{answer}{SIGNS[RIGHT if good else WRONG]}"
        for name, answer, good in zip(comparison.names, answers, right, strict=True)
    )
    whose = drawings[place].name if place < len(drawings) else ""
    strokes = drawings[place].strokes if place < len(drawings) else []
    image = None if strokes else digits.images[place]
    label = with_article(int(comparison.labels[place]))
    name = gettext("{digit} by {name}", digit=label, name=whose) if whose else label
    readers = [name for name, good in zip(comparison.names, right, strict=True) if good]
    state = gettext("{models} right", models=listed(readers)) if readers else gettext("none right")
    return Tile("", name, strokes, said, words=f"{name}: {said}", state=state, image=image)
