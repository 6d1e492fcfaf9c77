"""Train on us: a model learns what one half of the class wrote, and the other half judges it before and after.

The halves are of people and not of drawings: whose hand a model has seen cannot judge how it reads a new one.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.checks import check_whole
from mnist_core.classroom import write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.write import NOT_READ, Written
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import Handwriting, paint_all
from mnist_core.engine import submission
from mnist_core.engine.connection import EngineConnection
from mnist_core.errors import InputError
from mnist_core.evaluation import significance
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.tables.board import Epoch
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.training import tuning

KIND = "tune"
FEWEST_PEOPLE, FEWEST_DRAWINGS = 2, 20
MOST_OF_ONE = 50  # the newest drawings of one person


@dataclass(frozen=True)
class Plan:
    """Which model learns from which drawings, and by which it is judged."""

    model: str  # the run that it begins with
    sources: tuple[int, ...]  # the Write activities that the drawings are of
    learned: tuple[int, ...]  # the entries of one half of the class
    judged: tuple[int, ...]  # those of the other
    seed: int = 1
    run: str = ""  # the run that learns; empty before it begins

    @classmethod
    def of(cls, activity: Activity) -> "Plan":
        """Of an activity as `settings` made it."""
        found = activity.settings
        sources, learned, judged = (tuple(found[name]) for name in ("sources", "learned", "judged"))
        return cls(found["model"], sources, learned, judged, found["seed"], found["run"])

    @property
    def settings(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @property
    def entries(self) -> tuple[int, ...]:
        """In the order in which a run has them."""
        return self.learned + self.judged


# --- Before ----------------------------------------------------------------------------------------------------------


def halves(people: Sequence[int], seed: int) -> tuple[frozenset[int], frozenset[int]]:
    """Parts people by chance, the same way for the same seed: who is learned from, and who judges.

    Of an odd number, one more is learned from.
    """
    order = np.random.default_rng(seed).permutation(sorted(set(people))).tolist()
    middle = (len(order) + 1) // 2
    return frozenset(order[:middle]), frozenset(order[middle:])


def plan(activities: Activities, lesson: int, model: str, seed: int = 1, *, by: Actor) -> Plan:
    """Takes all that was written in a lesson and is on its boards, and parts the class.

    Raises InputError where there is too little.
    """
    by.check_in_charge(gettext("Training on a class's drawings"))
    check_whole("seed", seed, 0, 2**31 - 1)
    sources = tuple(one.id for one in activities.of_lesson(lesson, by=by) if one.kind == write.KIND)
    drawings = _newest([one for source in sources for one in write.written(activities, source, by=by)])
    people = {one.member for one in drawings}
    if len(drawings) < FEWEST_DRAWINGS or len(people) < FEWEST_PEOPLE:
        raise InputError(
            gettext(
                "Train on us needs {drawings} drawings of {people} people or more, and this lesson has {number}. Let "
                "all write some digits first.",
                drawings=count(FEWEST_DRAWINGS),
                people=count(FEWEST_PEOPLE),
                number=count(len(drawings)),
            )
        )
    learning, _ = halves([one.member for one in drawings], seed)
    return Plan(
        model,
        sources,
        tuple(one.id for one in drawings if one.member in learning),
        tuple(one.id for one in drawings if one.member not in learning),
        seed,
    )


def _newest(drawings: Sequence[Written]) -> list[Written]:
    """Leaves out the oldest of whoever drew very many, so that no hand counts for all."""
    kept: dict[int, int] = {}
    found = []
    for one in reversed(drawings):
        kept[one.member] = kept.get(one.member, 0) + 1
        if kept[one.member] <= MOST_OF_ONE:
            found.append(one)
    return found[::-1]


def drawings(activities: Activities, plan: Plan, *, own: bool = False, by: Actor) -> dict[int, Written]:
    """Returns those of a plan's drawings that are still there, by their entries; others than one's own for the teacher.

    What was taken off a board since, or deleted, is not among them.
    """
    known = set(plan.entries)
    written = (one for source in plan.sources for one in write.written(activities, source, own=own, by=by))
    return {one.id: one for one in written if one.id in known}


def handwriting(plan: Plan, drawings: Mapping[int, Written]) -> Handwriting:
    """Returns the drawings as a run learns from them: by numbered writers, without a name, in the plan's order."""
    found = [drawings[entry] for entry in plan.entries]
    judging = {drawings[entry].member for entry in plan.judged}
    number_of = tuning.numbered([one.member for one in found], sorted(judging))
    return Handwriting(
        np.array([one.label for one in found], np.int64),
        np.array([number_of[one.member] for one in found], np.int64),
        tuple(one.strokes for one in found),
    )


# --- Training --------------------------------------------------------------------------------------------------------


def begin(activities: Activities, activity: int, engine: EngineConnection, dataset: Dataset, *, by: Actor) -> Run:
    """Has the engine train, with the old data mixed in that is given; returns the run, which is its teacher's.

    Raises InputError where it goes on or has ended well already, or a drawing has been taken off the board since, and
    as `submission.tune` does.
    """
    by.check_in_charge(gettext("Training on a class's drawings"))
    found = activities.activity(activity)
    agreed = Plan.of(found)
    before = run_of(agreed)
    if before and (before.has_model or not before.stored_status().finished):
        raise InputError(gettext("The model has been trained on these drawings already."))
    there = drawings(activities, agreed, by=by)
    if there.keys() != set(agreed.entries):
        raise InputError(gettext("A drawing was taken off the board since. Start this activity once more."))
    base = run_folders.find(agreed.model)
    run = submission.tune(engine, base, dataset, handwriting(agreed, there), agreed.seed, by)
    activities.settle(activity, dataclasses.replace(agreed, run=run.id).settings, by=by)
    return run


def run_of(plan: Plan) -> Run | None:
    """Returns the run that learns; None before it begins, and where it was deleted."""
    if not plan.run:
        return None
    try:
        return run_folders.find(plan.run)
    except InputError:
        return None


# --- What came out ---------------------------------------------------------------------------------------------------


def readings(probabilities: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Returns what raw probabilities `[…, 10]` are given as: int64 `[…]`, a digit or `NOT_READ`.

    Each drawing counts as one digit; the Draw page may take one for several.
    """
    flat = calibration.apply(probabilities.reshape(-1, CLASSES))
    read = np.where(calibration.refuses(flat), NOT_READ, flat.argmax(axis=1))
    return read.reshape(probabilities.shape[:-1]).astype(np.int64)


def read_by(classifier: Classifier, drawings: Sequence[Written]) -> np.ndarray:
    """Lets a model read drawings, int64 `[N]` as `readings`."""
    images = paint_all([one.strokes for one in drawings])
    return readings(classifier.probabilities(images), classifier.calibration)


def course(run: Run, plan: Plan) -> dict[int, np.ndarray]:
    """Returns what each of a plan's drawings was read as before training and after each epoch, int64 `[1 + E]`.

    Empty as long as nothing is known.
    """
    answers = tuning.answers(run)
    if answers is None or answers.shape[1] != len(plan.entries):
        return {}
    read = readings(answers, Calibration.load(run.calibration_path))
    return dict(zip(plan.entries, read.T, strict=True))


@dataclass(frozen=True)
class Change:
    """How a drawing was read before, and how it is read now."""

    drawing: Written
    before: int  # a digit, or `NOT_READ`
    after: int

    @property
    def was_right(self) -> bool:
        return self.before == self.drawing.label

    @property
    def is_right(self) -> bool:
        return self.after == self.drawing.label


def changes(entries: Sequence[int], drawings: Mapping[int, Written], course: Mapping[int, np.ndarray]) -> list[Change]:
    """Pairs those of some drawings that are still there with what they were read as, and are after the last epoch."""
    return [
        Change(drawings[entry], int(course[entry][0]), int(course[entry][-1]))
        for entry in entries
        if entry in drawings and entry in course
    ]


@dataclass(frozen=True)
class Counted:
    """How many of somebody's drawings were read right."""

    name: str
    total: int
    before: int
    after: int


def by_person(found: Sequence[Change]) -> list[Counted]:
    """Counts for each person, in the order of their first drawings."""
    members = dict.fromkeys(one.drawing.member for one in found)
    return [counted([one for one in found if one.drawing.member == member]) for member in members]


def counted(found: Sequence[Change]) -> Counted:
    """Counts all, by the name of whoever drew the last."""
    right = sum(one.was_right for one in found), sum(one.is_right for one in found)
    return Counted(found[-1].drawing.name if found else "", len(found), *right)


def own_sentence(found: Sequence[Change]) -> str:
    """`Of your 10 drawings, it read 8 right before, and 9 now.`"""
    both = counted(found)
    return gettext(
        "Of your {total}, it read {before} right before, and {after} now.",
        total=ngettext("{number} drawing", "{number} drawings", both.total, number=count(both.total)),
        before=count(both.before),
        after=count(both.after),
    )


def verdict(found: Sequence[Change]) -> str:
    """Whether what changed could be chance, by McNemar's test."""
    both = counted(found)
    mended = sum(one.is_right and not one.was_right for one in found)
    broken = mended - (both.after - both.before)
    if both.after == both.before:
        return gettext("As many as before.")
    if significance.mcnemar(mended, broken) < significance.LEVEL:
        return gettext("So much is hardly chance.")
    return gettext("So few drawings changed that this may still be chance.")


def epochs(run: Run, plan: Plan, drawings: Mapping[int, Written]) -> tuple[list[Epoch], int]:
    """Returns how the model stood before and after each epoch, and by how many drawings; none where that is lost."""
    known = course(run, plan)
    judged = [drawings[entry] for entry in plan.judged if entry in drawings and entry in known]
    if not judged:
        return [], 0
    right = np.sum([known[one.id] == one.label for one in judged], axis=0)
    old = dict(zip(run.metrics()["epoch"], run.metrics()["val_accuracy"], strict=True))
    checks = run.checks()
    old |= {epoch: share for epoch, share in zip(checks["epoch"], checks["val_accuracy"], strict=True) if epoch == 0}
    rows = [
        Epoch(gettext("epoch {epoch}", epoch=epoch) if epoch else gettext("before"), int(number), old.get(epoch))
        for epoch, number in enumerate(right)
    ]
    return rows, len(judged)


def sign(read: int) -> str:
    """Of what is read as no digit, what the Draw page shows."""
    return str(read) if read < NOT_READ else "–"


@dataclass(frozen=True)
class Old:
    """What became of the test images of the data that the model knew before."""

    total: int
    before: int  # how many were read right
    after: int
    forgotten: int  # how many are read wrong now, and were right
    gained: int  # the other way round


def old(before: Evaluation, after: Evaluation) -> Old | None:
    """Compares two models on the same test images; None where they are not the same."""
    if before.identity != after.identity:
        return None
    was, now = (one.predictions == one.labels for one in (before, after))
    return Old(len(was), int(was.sum()), int(now.sum()), int((was & ~now).sum()), int((now & ~was).sum()))
