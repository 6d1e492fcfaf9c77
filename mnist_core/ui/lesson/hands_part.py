"""Whose hands? on a pupil's page and on the board."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnist_core import environment
from mnist_core.classroom import duel, hands
from mnist_core.classroom.activities import Activity
from mnist_core.classroom.hands import CLASS, COLUMNS, GROUPS, NAMES, Task
from mnist_core.data import mnist_writers
from mnist_core.data.dataset import Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.data.mnist_writers import Groups
from mnist_core.engine import fair_queue, recovery
from mnist_core.evaluation.comparison import Comparison
from mnist_core.files import atomic
from mnist_core.formatting import percent
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation import status_words
from mnist_core.presentation.pictures import gallery
from mnist_core.presentation.tables.figures import Row, Share, shares_table
from mnist_core.runs.run import Run
from mnist_core.ui import loaders
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, fragment, plain, presenting
from mnist_core.ui.lesson.state import activities

TICK_SECONDS, WAIT_SECONDS = 1.0, 5.0
SMALL, LARGE = 44, 72  # the side of a picture, in pixels; on a beamer


# --- A pupil ---------------------------------------------------------------------------------------------------------


def take_part(activity: Activity) -> None:
    """What it is about, and once it is revealed, what came out."""
    runs = hands.runs_of(Task.of(activity))
    _show_story()
    if activity.revealed and hands.are_trained(runs) and not hands.is_under_way(runs):
        _show_result(activity, runs)
    else:
        if activity.revealed and hands.is_under_way(runs):
            fragment(_wait, run_every=WAIT_SECONDS)(runs)
        st.markdown(gettext("Which of them will read **our** digits better? Your teacher shows it soon."))


def _wait(runs: Mapping[str, Run]) -> None:
    """Nobody tells a pupil's page that a run has ended."""
    st.caption(gettext("Both models still learn."))
    if not hands.is_under_way(runs):
        st.rerun()


def _show_story() -> None:
    st.header(gettext("Whose hands?"), anchor=False)
    st.markdown(
        gettext(
            "Half of MNIST was written by the staff of a census, the other half by high-school pupils. "
            "One model learns from each half. Then both read the hands of all."
        )
    )


# --- The teacher -----------------------------------------------------------------------------------------------------


def choose() -> Task | None:
    """Asks for the seed; None, with the reason, where it cannot be done on this machine."""
    mnist_writers.load(loaders.recorded_dataset("mnist"))
    seed = st.number_input(gettext("Seed"), 0, 1000, 1)
    st.caption(gettext("Trains the recipe quick twice. Let the class write before: then its digits are read, too."))
    return Task(int(seed))


def show_board(activity: Activity, controls: bool) -> None:
    """The two hands, the way to train on them, and once it is revealed, who reads whose digits."""
    task = Task.of(activity)
    runs = hands.runs_of(task)
    _show_story()
    mnist = loaders.recorded_dataset("mnist")
    written_by = _groups(mnist)
    is_shown = activity.revealed and hands.are_trained(runs) and not hands.is_under_way(runs)
    if not is_shown:
        _show_samples(mnist, written_by)
    if hands.is_under_way(runs):
        fragment(_follow, run_every=TICK_SECONDS)(runs)
    elif not hands.are_trained(runs):
        _offer_training(activity, runs, controls)
    elif is_shown:
        _show_result(activity, runs)
    else:
        st.subheader(gettext("Both models are trained. Which of them reads our digits better?"), anchor=False)
        if controls:
            st.caption(gettext("Press Reveal to see it."))


def _groups(mnist: Dataset) -> Groups:
    path = mnist_writers.find()
    return _read_groups(mnist, str(path), atomic.stamp(path))


@st.cache_resource(max_entries=2, show_spinner=False)
def _read_groups(_mnist: Dataset, path: str, version: tuple[int, ...]) -> Groups:
    return mnist_writers.load(_mnist)


def _show_samples(mnist: Dataset, written_by: Groups) -> None:
    """One of each digit by each of the two hands."""
    for column, (name, group) in zip(st.columns(2), GROUPS.items(), strict=True):
        mine = np.flatnonzero(written_by.test == group)
        places = [int(mine[mnist.test_labels[mine] == digit][0]) for digit in range(CLASSES)]
        with column:
            st.markdown(f"**{gettext(COLUMNS[name])}**")
            st.html(gallery(mnist.test_images[places], [""] * CLASSES, size=LARGE if presenting() else SMALL))


def _offer_training(activity: Activity, runs: Mapping[str, Run], controls: bool) -> None:
    if runs:
        st.warning(gettext("One of the runs ended without a model. The Train page says why."))
    if not controls:
        st.subheader(gettext("They are not trained yet."), anchor=False)
        return
    if environment.can_train():
        loaders.engine().start()  # while the class talks
    if st.button(gettext("Train both now"), type="primary", icon=":material/play_arrow:", key="train-hands"):
        with explained(), st.spinner(gettext("Handing the runs to the engine …")):
            environment.check_training()
            hands.train(loaders.engine(), activities(), activity.id, by=actor())
            st.rerun()


def _follow(runs: Mapping[str, Run]) -> None:
    """Where both runs stand; the whole page runs once they have ended."""
    for name, run in runs.items():
        with explained():
            recovery.care_for(loaders.engine(), run)
        status = run.status()
        words = status_words.sentence(status)
        if status.state == "queued":
            words = fair_queue.queue_sentence(run)
        elif status.state == "running" and not words:
            words = gettext("It trains: {share} done.", share=percent(status.progress, 0))
        elif status.finished and not words:
            words = gettext("It is trained.")
        st.progress(1.0 if status.finished else status.progress, f"**{gettext(NAMES[name])}** · {plain(words)}")
    if not hands.is_under_way(runs):
        st.rerun()


# --- What comes out --------------------------------------------------------------------------------------------------


def _show_result(activity: Activity, runs: Mapping[str, Run]) -> None:
    """Who reads whose digits, in figures and in words."""
    mnist = loaders.recorded_dataset("mnist")
    drawings = duel.drawings(activities(), activity.id, by=actor())
    drawn = duel.painted(drawings)
    read = _hands(mnist, _groups(mnist), drawn, mnist.identity, drawn.identity)
    judged = hands.judged(runs, read, loaders.evaluation_on)
    _show_winner(judged.get(CLASS))
    columns = [gettext(COLUMNS[name]) for name in judged]
    rows = []
    for place, (letter, learner) in enumerate(zip("AB", GROUPS, strict=True)):
        shares = [
            Share(int(one.right[place].sum()), len(one.labels), duel.winner(one) == place) for one in judged.values()
        ]
        rows.append(Row(f"{letter}: {gettext(NAMES[learner])}", tuple(shares)))
    st.html(shares_table(columns, rows, gettext("Who reads whose digits right"), decimals=1))
    for name, one in judged.items():
        st.markdown(f"**{gettext(COLUMNS[name])}:** {plain(one.pairs[0].sentence)}")
    st.caption(gettext("★ is better, and hardly by chance. The first guess counts, however unsure the model is."))


@st.cache_resource(max_entries=4, show_spinner=False)
def _hands(_mnist: Dataset, _written_by: Groups, _drawn: Digits, identity: str, drawn: str) -> dict[str, Digits]:
    return hands.hands(_mnist, _written_by, _drawn)


def _show_winner(ours: Comparison | None) -> None:
    if ours is None:
        st.subheader(gettext("Write some digits first: then they are read, too."), anchor=False)
        return
    st.subheader(hands.outcome(ours), anchor=False)
