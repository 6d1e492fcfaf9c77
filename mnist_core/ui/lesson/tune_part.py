"""Train on us, on a pupil's page and on the board."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from mnist_core import environment
from mnist_core.classroom import tune
from mnist_core.classroom.activities import Activity
from mnist_core.classroom.tune import Change, Old, Plan
from mnist_core.classroom.write import Written
from mnist_core.data.dataset import MNIST_IDENTITY
from mnist_core.engine import recovery
from mnist_core.errors import InputError
from mnist_core.evaluation import significance
from mnist_core.formatting import count, percent, with_article
from mnist_core.language import gettext, ngettext
from mnist_core.presentation import status_words
from mnist_core.presentation.tables import board
from mnist_core.presentation.tables.board import RIGHT, WRONG, Tile
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.training import tuning
from mnist_core.ui import choices, loaders
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, fragment, plain
from mnist_core.ui.lesson.state import activities, classifier
from mnist_core.ui.lesson.tiles import read_words

# As long as it trains: the board, and thirty pupils, who see no more than how far it is.
BOARD_SECONDS, PUPIL_SECONDS = 1.0, 3.0


# --- A pupil ---------------------------------------------------------------------------------------------------------


def take_part(activity: Activity) -> None:
    """What becomes of one's own drawings: learned or judged by, and how they are read before and after."""
    plan = Plan.of(activity)
    mine = tune.drawings(activities(), plan, own=True, by=actor())
    st.header(gettext("The model learns from us"), anchor=False)
    if not mine:
        st.markdown(gettext("None of your drawings takes part. Look at the board."))
        return
    learned = any(entry in plan.learned for entry in mine)
    st.markdown(
        gettext("It **learns** from your drawings. Others judge it.")
        if learned
        else gettext("Your drawings **judge** it: it never learns from them.")
    )
    run = tune.run_of(plan)
    if run is None:
        st.markdown(gettext("Wait for your teacher to begin. What do you bet: will it read yours better?"))
    elif not run.stored_status().finished:
        fragment(_wait, run_every=PUPIL_SECONDS)(run)
    else:
        _show_mine(tune.changes(plan.entries, mine, tune.course(run, plan)), learned)


def _wait(run: Run) -> None:
    status = run.stored_status()
    if status.finished:
        st.rerun()
    _show_progress(run)


def _show_mine(found: Sequence[Change], learned: bool) -> None:
    if not found:
        st.markdown(gettext("Nothing came of it this time. Look at the board."))
        return
    st.markdown(tune.own_sentence(found))
    if learned:
        st.caption(gettext("It has seen these, so this is no fair test of it. The other half of the class is one."))
    st.html(board.drawings_board([_tile(one, named=False) for one in found], gettext("Your drawings")))


# --- The teacher -----------------------------------------------------------------------------------------------------


def choose(lesson: int) -> Plan:
    """Asks which model learns, and says from whom; raises InputError where the class has written too little."""
    environment.check_training(gettext("Train on us"))
    models = {name: run for name, run in choices.all_models().items() if _knows_mnist(run)}
    titles = summary.titles(models.values())
    names = list(models)
    place = names.index(run_folders.SHIPPED_MODEL) if run_folders.SHIPPED_MODEL in names else 0
    name = st.selectbox(gettext("Which model learns from us"), names, place, format_func=titles.__getitem__)
    plan = tune.plan(activities(), lesson, str(name), by=actor())
    st.caption(
        gettext(
            "One half of the class is drawn by chance: the model learns from their {learned}. The other half judges "
            "it, with {judged}.",
            learned=_drawings(len(plan.learned)),
            judged=_drawings(len(plan.judged)),
        )
    )
    return plan


def _knows_mnist(run: Run) -> bool:
    try:
        tuning.check_can_start(run)
        return run.description().dataset["identity"] == MNIST_IDENTITY
    except InputError:
        return False


def show_board(activity: Activity, controls: bool) -> None:
    """How well the model reads the half that judges it: before, epoch by epoch, and after."""
    plan = Plan.of(activity)
    run, drawings = tune.run_of(plan), tune.drawings(activities(), plan, by=actor())
    _show_head(plan, drawings)
    if run is None:
        _show_before(plan, drawings)
    elif not run.stored_status().finished:
        fragment(_show_live, run_every=BOARD_SECONDS)(plan, run, drawings)
        return
    elif run.has_model:
        _show_outcome(plan, run, drawings)
        return
    else:
        _show_course(plan, run, drawings)
        st.warning(plain(status_words.sentence(run.status()) or gettext("The training has ended without a model.")))
    if controls:
        _offer_training(activity)


def _show_head(plan: Plan, drawings: Mapping[int, Written]) -> None:
    st.header(gettext("The model learns from us"), anchor=False)
    people = [
        len({drawings[entry].member for entry in half if entry in drawings}) for half in (plan.learned, plan.judged)
    ]
    st.markdown(
        gettext(
            "{model} learns the {learned} of {learners}. {judges} judge it, with {judged}: hands that it never saw.",
            model=plain(_title(plan)),
            learned=_drawings(len(plan.learned)),
            learners=_people(people[0]),
            judges=_people(people[1]),
            judged=_drawings(len(plan.judged)),
        )
    )


def _title(plan: Plan) -> str:
    try:
        return summary.title(run_folders.find(plan.model))
    except InputError:
        return gettext("A model that is gone")


def _drawings(number: int) -> str:
    return ngettext("{number} drawing", "{number} drawings", number, number=count(number))


def _people(number: int) -> str:
    return ngettext("{number} person", "{number} people", number, number=count(number))


def _show_before(plan: Plan, drawings: Mapping[int, Written]) -> None:
    """What the model reads now, which is what it will be compared with."""
    judged = [drawings[entry] for entry in plan.judged if entry in drawings]
    if judged:
        read = tune.read_by(classifier(plan.model), judged)
        right = int(np.sum(read == [one.label for one in judged]))
        st.metric(
            gettext("Read right before"), gettext("{right} of {total}", right=count(right), total=count(len(judged)))
        )
    st.caption(gettext("Bet first: how many will it be after training? Will it forget what it knew?"))


def _offer_training(activity: Activity) -> None:
    st.caption(
        gettext(
            "It takes about a minute. The new model stands among the others then. Its folder keeps the drawings, "
            "without names, until you delete it or this lesson."
        )
    )
    if st.button(gettext("Train on us"), type="primary", icon=":material/school:", key=f"tune-{activity.id}"):
        with explained():
            tune.begin(activities(), activity.id, loaders.engine(), loaders.dataset("mnist"), by=actor())
            st.rerun()


# --- While it trains -------------------------------------------------------------------------------------------------


def _show_live(plan: Plan, run: Run, drawings: Mapping[int, Written]) -> None:
    with explained():
        recovery.care_for(loaders.engine(), run)
    _show_progress(run)
    _show_course(plan, run, drawings)
    if run.stored_status().finished:
        st.rerun()


def _show_progress(run: Run) -> None:
    status = run.stored_status()
    if not status.steps:
        st.progress(0.0, gettext("It gets ready …"))
    elif status.problem == "writing" or status.epoch >= status.epochs:
        st.progress(1.0, gettext("Trained. It is judged once more …"))
    else:
        words = gettext("It learns: epoch {epoch} of {epochs}", epoch=status.epoch + 1, epochs=status.epochs)
        st.progress(min(status.progress, 1.0), words)


def _show_course(plan: Plan, run: Run, drawings: Mapping[int, Written]) -> None:
    """Before and after each epoch: how many of ours, and which share of MNIST, are read right."""
    rows, total = tune.epochs(run, plan, drawings)
    if rows:
        st.html(board.course(rows, total))


# --- What came out ---------------------------------------------------------------------------------------------------


def _show_outcome(plan: Plan, run: Run, drawings: Mapping[int, Written]) -> None:
    found = tune.changes(plan.judged, drawings, tune.course(run, plan))
    if not found:
        return
    _show_figures(found, _old(plan, run))
    _show_tiles(gettext("Right now, wrong before"), [one for one in found if one.is_right and not one.was_right])
    _show_tiles(gettext("Wrong now, right before"), [one for one in found if one.was_right and not one.is_right])
    st.subheader(gettext("Epoch by epoch"), anchor=False)
    _show_course(plan, run, drawings)
    st.subheader(gettext("Who judged"), anchor=False)
    st.html(board.by_person([(one.name, one.before, one.after, one.total) for one in tune.by_person(found)]))


def _show_figures(found: Sequence[Change], old: Old | None) -> None:
    """Before and after on the half that judges, and on what the model knew."""
    both = tune.counted(found)
    before, after, beside = st.columns(3)
    with before:
        _show_share(gettext("Ours, read right before"), both.before, both.total)
    with after:
        _show_share(gettext("Ours, read right now"), both.after, both.total, both.after - both.before)
    with beside:
        if old:
            _show_old(old)
    st.markdown(tune.verdict(found))


def _show_share(label: str, right: int, total: int, more: int | None = None) -> None:
    low, high = significance.wilson(right, total)
    st.metric(label, gettext("{right} of {total}", right=count(right), total=count(total)), more)
    st.caption(
        gettext(
            "{share} right; for others who write as we do, likely {low} to {high}.",
            share=percent(right / total, 1),
            low=percent(low, 0),
            high=percent(high, 0),
        )
    )


def _old(plan: Plan, run: Run) -> Old | None:
    """What became of the test images of MNIST; None where the model that it began with is gone."""
    try:
        before = loaders.stored_evaluation(run_folders.find(plan.model))
    except InputError:
        return None
    after = loaders.stored_evaluation(run)
    return tune.old(before, after) if before and after else None


def _show_old(old: Old) -> None:
    st.metric(
        gettext("MNIST, read right now"),
        gettext("{right} of {total}", right=count(old.after), total=count(old.total)),
        old.after - old.before,
    )
    st.caption(
        gettext(
            "Test images that it read right before: {before}. It forgot {forgotten} and learned {gained}.",
            before=count(old.before),
            forgotten=count(old.forgotten),
            gained=count(old.gained),
        )
    )


def _show_tiles(title: str, found: Sequence[Change]) -> None:
    if not found:
        return
    st.subheader(f"{title}: {count(len(found))}", anchor=False)
    st.html(board.drawings_board([_tile(one) for one in found], title))


def _tile(one: Change, named: bool = True) -> Tile:
    """A drawing with what it was read as, and is now."""
    before, after = read_words(one.before), read_words(one.after)
    words = gettext(
        "{name}: {digit}, read as {before} before and as {after} now",
        name=one.drawing.name,
        digit=with_article(one.drawing.label),
        before=before,
        after=after,
    )
    answer = f"{tune.sign(one.before)} → {tune.sign(one.after)}" if one.before != one.after else tune.sign(one.after)
    kind = RIGHT if one.is_right else WRONG
    return Tile("", one.drawing.name if named else "", one.drawing.strokes, answer, kind, words)
