"""Duel: two to four models of the lab read the class's drawings; who is right more often, and could that be chance?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.classroom import write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.write import Written
from mnist_core.data import stroke_files
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError
from mnist_core.evaluation import judging
from mnist_core.evaluation.comparison import LETTERS, Comparison, Pair
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import is_real
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

KIND = "duel"
LEAST, MOST = 2, 4  # models


@dataclass(frozen=True)
class Task:
    """Who reads what."""

    models: tuple[str, ...]  # the runs, called A, B, C and D in this order
    written: bool = True  # what the class wrote in this lesson
    collection: bool = False  # the lab's collection, as far as none of them learned from it

    def __post_init__(self) -> None:
        if not LEAST <= len(set(self.models)) == len(self.models) <= MOST:
            raise InputError(gettext("Choose two to {most} models for a duel.", most=MOST))
        if not (self.written or self.collection):
            raise InputError(gettext("Choose which drawings they read."))

    @classmethod
    def of(cls, activity: Activity) -> "Task":
        """Of an activity as `settings` made it."""
        found = activity.settings
        return cls(tuple(found["models"]), found["written"], found["collection"])

    @property
    def settings(self) -> dict[str, Any]:
        return {"models": list(self.models), "written": self.written, "collection": self.collection}


@dataclass(frozen=True)
class DigitScore:
    """How often each model was right of one digit."""

    digit: int
    total: int
    right: tuple[int, ...]  # of each model

    @property
    def best(self) -> tuple[int, ...]:
        """The models that were right most often; none where there is no drawing, or all were equally good."""
        top = max(self.right)
        return tuple(np.flatnonzero(np.array(self.right) == top).tolist()) if top != min(self.right) else ()


def runs(task: Task) -> list[Run]:
    """Returns the models in their order; raises InputError where one was deleted."""
    known = {run.id: run for run in [*run_folders.all_runs(), *run_folders.shipped_runs()] if run.has_model}
    if not set(task.models) <= known.keys():
        raise InputError(gettext("A model of this duel was deleted. Start another duel."))
    return [known[name] for name in task.models]


def drawings(activities: Activities, activity: int, *, by: Actor) -> list[Written]:
    """Returns what the class wrote in this lesson, but for what was struck.

    For the teacher, and for who takes part once it is revealed; raises InputError before.
    """
    found = activities.activity(activity)
    if not (by.in_charge or found.revealed):
        raise InputError(gettext("Your teacher shows it soon."))
    return write.of_lesson(activities, found.lesson, by=by)


def painted(drawings: Sequence[Written]) -> Digits:
    """Makes drawings into what models are judged by, in the same order."""
    labels = np.array([one.label for one in drawings], np.int64)
    return Digits(gettext("Drawings of this class"), stroke_files.paint_all([one.strokes for one in drawings]), labels)


def together(written: Digits, runs: Sequence[Run], collection: bool) -> Digits:
    """Returns the class's drawings, and behind them those of the collection that none of the models learned from.

    Raises InputError where there is none.
    """
    if collection:
        kept = judging.data_for("collection", runs, judging.Sources())
        assert kept.labels is not None
        assert written.labels is not None
        images = np.concatenate([written.images, kept.images])
        written = replace(written, images=images, labels=np.concatenate([written.labels, kept.labels]), note=kept.note)
    if not len(written):
        raise InputError(gettext("There are no drawings yet. Let the class write some first."))
    return written


def fight(digits: Digits, runs: Sequence[Run], judge: Callable[[Run, Digits], Evaluation] | None = None) -> Comparison:
    """Lets all models read the same drawings; `judge` may keep what it has measured."""
    measured = judge or (lambda run, digits: judging.measure(Classifier(run.model_path), digits))
    return Comparison(tuple(measured(run, digits) for run in runs))


def by_digit(comparison: Comparison) -> list[DigitScore]:
    """Returns how often each model was right of each digit."""
    scores = []
    for digit in range(CLASSES):
        mine = comparison.labels == digit
        right = tuple(int(number) for number in comparison.right[:, mine].sum(axis=1))
        scores.append(DigitScore(digit, int(mine.sum()), right))
    return scores


def winner(comparison: Comparison) -> int | None:
    """Returns the model that reads more right than each other one, hardly by chance; None where there is none."""
    first = comparison.ranking[0]
    beaten = [_beaten_by(pair, first) for pair in comparison.pairs if first in pair.models]
    return first if all(beaten) else None


def is_draw(comparison: Comparison) -> bool:
    """Whether all read equally many right."""
    return len(set(comparison.right.sum(axis=1).tolist())) == 1


def outcome(comparison: Comparison) -> str:
    """`A wins.`, or that nobody does."""
    best = winner(comparison)
    if best is not None:
        return gettext("{name} wins.", name=LETTERS[best])
    if is_draw(comparison):
        return gettext("It is a draw.")
    return gettext("Nobody wins: the difference could be chance.")


def _beaten_by(pair: Pair, model: int) -> bool:
    mine, other = pair.accuracies if pair.models[0] == model else pair.accuracies[::-1]
    return is_real(pair.corrected) and mine > other


def disputed(comparison: Comparison) -> np.ndarray:
    """Returns the places of the drawings that not all models read as the same digit, int64 `[M]`."""
    answers = np.stack([evaluation.predictions for evaluation in comparison.evaluations])
    return np.flatnonzero((answers != answers[0]).any(axis=0))
