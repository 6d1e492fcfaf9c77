"""Whose hands? A model learns from the census staff's half of MNIST and one from the pupils'; each reads all hands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.classroom import duel
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.config.recipes import DEFAULT_RECIPE, RECIPES
from mnist_core.data import kept_uploads, mnist_writers, sources
from mnist_core.data.dataset import Dataset
from mnist_core.data.greys import Part
from mnist_core.data.handed_digits import Digits
from mnist_core.data.kept_uploads import Given
from mnist_core.data.mnist_writers import Groups
from mnist_core.engine import submission
from mnist_core.engine.connection import EngineConnection
from mnist_core.errors import InputError
from mnist_core.evaluation.comparison import Comparison
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.language import N_, gettext
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel

KIND = "hands"
GROUPS = {"staff": mnist_writers.STAFF, "pupils": mnist_writers.PUPILS}
# What the two runs and the files that they learn from are called.
NAMES = {"staff": N_("Learned from census staff"), "pupils": N_("Learned from pupils")}
FILES = {"staff": "mnist-census-staff", "pupils": "mnist-pupils"}
CLASS = "class"  # what the class wrote, beside the groups
COLUMNS = {"staff": N_("Census staff's digits"), "pupils": N_("Pupils' digits"), CLASS: N_("Our digits")}
WINS = {
    "staff": N_("A, from census staff, reads our digits better."),
    "pupils": N_("B, from pupils, reads our digits better."),
}


@dataclass(frozen=True)
class Task:
    """What is trained, and once it was begun, which runs they are."""

    seed: int = 1
    runs: Mapping[str, str] = field(default_factory=dict)  # by the group that they learn from

    @classmethod
    def of(cls, activity: Activity) -> "Task":
        """Of an activity as `settings` made it."""
        return cls(activity.settings["seed"], activity.settings["runs"])

    @property
    def settings(self) -> dict[str, Any]:
        return {"seed": self.seed, "runs": dict(self.runs)}


# --- Training --------------------------------------------------------------------------------------------------------


def train(engine: EngineConnection, activities: Activities, activity: int, *, by: Actor) -> dict[str, Run]:
    """Puts two runs of the recipe `quick` in the queue that learn from one group each, and notes them.

    They have the same seed and equally many images, and are nobody's own: the teacher alone steers them. Raises
    InputError where MNIST is not here, or they have begun, and as `submission.submit` does.
    """
    by.check_in_charge(gettext("Training for a class"))
    found = activities.activity(activity)
    task = Task.of(found)
    before = runs_of(task)
    if is_under_way(before) or are_trained(before):
        raise InputError(gettext("Both models are there already."))
    mnist = sources.load("mnist")
    written_by = mnist_writers.load(mnist)
    # Of one person only one run may wait; these two belong together.
    nobody = replace(by, owner="")
    runs = {}
    for name in GROUPS:
        data = dataset_of(mnist, written_by, name, task.seed, by=nobody)
        config = replace(RECIPES[DEFAULT_RECIPE].config, seed=task.seed)
        runs[name] = submission.submit(engine, config, data, nobody)
        runs[name].write_label(RunLabel(gettext(NAMES[name])), by=by)
    activities.settle(activity, replace(task, runs={name: run.id for name, run in runs.items()}).settings, by=by)
    return runs


def dataset_of(mnist: Dataset, written_by: Groups, name: str, seed: int, *, by: Actor) -> Dataset:
    """Returns what one group wrote of MNIST's training images, kept as an upload is; as many of each group.

    It is judged by all of MNIST's test images, whose writers are others.
    """
    chosen = chosen_of(written_by, name, seed)
    parts = {
        "train": Part(mnist.train_images[chosen], mnist.train_labels[chosen]),
        "test": Part(mnist.test_images, mnist.test_labels),
    }
    given = Given(FILES[name], parts, {})
    return sources.of_upload(given, kept_uploads.keep(given, by))


def chosen_of(written_by: Groups, name: str, seed: int) -> np.ndarray:
    """Returns which training images are taken of a group: int64, in their order."""
    number = min(int((written_by.train == group).sum()) for group in GROUPS.values())
    mine = np.flatnonzero(written_by.train == GROUPS[name])
    return np.sort(np.random.default_rng(seed).permutation(mine)[:number])


def runs_of(task: Task) -> dict[str, Run]:
    """Returns the runs by what they learn from; empty where they have not begun, or one was deleted."""
    known = {run.id: run for run in run_folders.all_runs()} if task.runs else {}
    found = {name: known[task.runs[name]] for name in GROUPS if task.runs.get(name) in known}
    return found if len(found) == len(GROUPS) else {}


def is_under_way(runs: Mapping[str, Run]) -> bool:
    """Whether one of them is still on its way to a model."""
    return any(not run.status().finished for run in runs.values())


def are_trained(runs: Mapping[str, Run]) -> bool:
    """Whether both have a model."""
    return bool(runs) and all(run.has_model for run in runs.values())


# --- Judging ---------------------------------------------------------------------------------------------------------


def hands(mnist: Dataset, written_by: Groups, drawn: Digits) -> dict[str, Digits]:
    """Returns what both models read: the test images of each group, and what the class drew if there is any."""
    found = {}
    for name, group in GROUPS.items():
        mine = written_by.test == group
        found[name] = Digits(FILES[name], mnist.test_images[mine], mnist.test_labels[mine])
    return found | ({CLASS: drawn} if len(drawn) else {})


def judged(
    runs: Mapping[str, Run], read: Mapping[str, Digits], judge: Callable[[Run, Digits], Evaluation]
) -> dict[str, Comparison]:
    """Returns both models on each of the hands: the one that learned from staff is A, that from pupils B."""
    return {
        name: Comparison(tuple(judge(runs[learner], digits) for learner in GROUPS)) for name, digits in read.items()
    }


def outcome(ours: Comparison) -> str:
    """Which of both reads what the class drew better."""
    best = duel.winner(ours)
    if best is not None:
        return gettext(WINS[list(GROUPS)[best]])
    if duel.is_draw(ours):
        return gettext("Both read as many of our digits right.")
    return gettext("Our digits: the difference could be chance.")
