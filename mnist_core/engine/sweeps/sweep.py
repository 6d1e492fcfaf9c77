"""Sweeps: many short runs that differ in a few settings, to find those that suit a network and data best.

A sweep is a folder, `<home>/sweeps/<id>/`: the plan in `sweep.json`, an Optuna study in `journal.log` (a file that
several machines may write), and a run folder for each trial. The engine's workers carry them out (`trial_tasks`).
"""

import contextlib
import dataclasses
import functools
import logging
import math
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.checks import Whole, check_choice
from mnist_core.config import data_titles, recipes
from mnist_core.config.train_config import TrainConfig
from mnist_core.engine.sweeps.search_space import MOST_COMBINATIONS, Space, Value
from mnist_core.errors import InputError, LabError, not_read, not_written
from mnist_core.files import atomic, folders, leftovers, locks, records
from mnist_core.files.records import Record
from mnist_core.formatting import listed
from mnist_core.language import N_, gettext
from mnist_core.runs.control import Control
from mnist_core.runs.description import is_moment
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    import optuna

LOCK_SECONDS = 60.0
METHODS = ("search", "random", "everything")
SEED, TRIALS = Whole(N_("seed of a sweep"), 0, 2**31 - 1), Whole(N_("number of trials"), 1, MOST_COMBINATIONS)
STUDY = "sweep"
ENDING = "ending"  # of a trial: state, finished epochs, seconds, problem, details; once its reason in words instead
# Before the search learns from what it saw, it looks around; Optuna's ten would be half of a short sweep.
LOOKS_AROUND = 6
# So many trials go to their end; a later one goes on only while it is, at the same epoch, in the best quarter of those
# that did. Replayed on the curves of 20 random trials in 150 orders, this took 0.44 of the training time and the best
# trial lost 0.03 points; successive halving (from epoch 1, by 2) took 0.53 and lost 0.06, the median 0.55 and none.
UNPRUNED_TRIALS = 3
BEST_PERCENT = 25.0
# Of a study's journal: a trial's settings with their ranges take some hundred bytes.
LONGEST_LINE = 1_000_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What a sweep shall do."""

    config: TrainConfig
    space: Space  # what differs between them
    trials: int = 20  # how many there are; with the method `everything` as many as there are combinations
    # `search`: Optuna's tree-structured Parzen estimator (Bergstra et al., 2011), which tries more where earlier trials
    # were good; `random`; or `everything`: each combination of the values once.
    method: str = "search"
    # Whether trials that are weak after an epoch, beside those that went to their end, are given up there.
    pruning: bool = True
    seed: int = 1  # seed of the choice of settings

    def __post_init__(self) -> None:
        check_choice(gettext("method of a sweep"), self.method, METHODS)
        SEED.check(self.seed)
        if not self.config.validation_share:
            raise InputError(
                gettext(
                    "The recipe '{recipe}' validates on the test set, which a sweep must not learn from; "
                    "give it a validation share, such as 0.1.",
                    recipe=self.config.recipe,
                )
            )
        self.space.check(self.config)
        if self.method == "everything":
            object.__setattr__(self, "trials", len(self.space.combinations()))
        TRIALS.check(self.trials)

    def longest(self) -> TrainConfig:
        """Returns the settings of a trial that has as many epochs as any can get."""
        epochs = [parameter for parameter in self.space.parameters if parameter.setting == "epochs"]
        most = [int(max(parameter.values or (parameter.highest,))) for parameter in epochs]
        return dataclasses.replace(self.config, epochs=max(most, default=self.config.epochs))

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for JSON; the space in its notation."""
        values = {name: getattr(self, name) for name in ("trials", "method", "pruning", "seed")}
        return values | {"config": self.config.to_json(), "space": self.space.texts()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Plan":
        """Reads what `to_json` wrote; raises InputError for anything else."""
        try:
            config = TrainConfig.from_json(records.known(TrainConfig, values["config"]))
            space = Space.parse(values["space"])
            return cls(config, space, values["trials"], values["method"], bool(values["pruning"]), values["seed"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                gettext("These values are not a plan of a sweep; expected config, space, trials and method.")
            ) from error


@dataclass(frozen=True)
class Trial:
    """One trial as it stands."""

    number: int  # from 0, in the order of their start
    state: str  # `waiting`, `running`, `done`, `pruned`, `stopped` or `failed`
    settings: dict[str, Value]  # what it got of the space; empty while it waits
    epoch: int = 0
    # Its validation accuracy: that of its model, or after its last epoch; NaN before the first.
    accuracy: float = math.nan
    seconds: float = 0.0  # training time
    wall_seconds: float = 0.0  # time since it was taken, or that it took, with set-up and judging
    problem: str = ""  # why it ended so, as the status of a run says it
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in ("waiting", "running")


@dataclass(frozen=True)
class SweepDescription(Record):
    """What a sweep is, `sweep.json`: written when it is created, and never changed."""

    plan: Plan
    dataset: dict[str, str]  # what the trials' runs remember of their data
    created: float  # when it was asked for, in seconds since 1970
    owner: str = ""  # who asked for it; empty for the command line
    client: str = ""  # the word of the network address that it was asked for from (`Actor.client`)
    images: float = 0.0  # how many images its trials train on in all their epochs; 0 where nobody counted
    tag: float = 0.0  # its first trial's place in the fair order of the queue
    limits: dict[str, float] = field(default_factory=dict)  # what each trial's trainer watches

    def __post_init__(self) -> None:
        if not is_moment(self.created) or not all(map(math.isfinite, (self.tag, *self.limits.values()))):
            raise InputError(gettext("The file sweep.json of this sweep holds numbers that cannot be; it is damaged."))

    @property
    def data_title(self) -> str:
        first = data_titles.shown(self.dataset.get("title", self.dataset.get("name", "")))
        return listed([first, *map(recipes.source_title, self.plan.config.second_sources)])


@functools.lru_cache(maxsize=256)
def _read_description(path: Path, stamp: tuple[int, ...]) -> SweepDescription:
    return SweepDescription.load(path)


class Sweep:
    """The folder of a sweep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        return self.folder.name

    def description(self) -> SweepDescription:
        """Returns what the sweep is; raises InputError if the folder is damaged, or made by a newer lab."""
        path = self.folder / "sweep.json"
        return _read_description(path, atomic.stamp(path))

    def plan(self) -> Plan:
        return self.description().plan

    def run(self, number: int) -> Run:
        """Returns the run folder of a trial, which is there once the trial began."""
        return Run(self.folder / "trials" / f"{number:03d}")

    def lock(self) -> FileLock:
        """Returns the lock under which a worker takes a trial."""
        return locks.lock(self.folder / "trials.lock", LOCK_SECONDS)

    @property
    def stopped(self) -> bool:
        return self._control().request == "stop"

    def _control(self) -> Control:
        return Control.load_or_default(self.folder / "control.json")

    @property
    def owner(self) -> str:
        """Who asked for it; empty for the command line, and where the folder does not say."""
        try:
            return self.description().owner
        except InputError:
            return ""

    def check_may_change(self, by: Actor) -> None:
        """Raises NotYoursError where somebody may not stop it, let it go on or delete it."""
        by.check_may_change(self.owner, gettext("The sweep {id}", id=self.id))

    def stop(self, *, by: Actor) -> None:
        """Stops the trials that run, each with the model of that moment, and starts no other."""
        self.check_may_change(by)
        self._ask(Control("stop"))
        try:
            with self.lock():
                running = [trial for trial in self.trials() if trial.state == "running"]
        except Timeout:
            raise LabError(
                gettext("Another process holds the sweep {id} and does not end; try again.", id=self.id)
            ) from None
        for trial in running:
            self.run(trial.number).request("stop", by=COMMAND_LINE)

    def go_on(self, *, by: Actor) -> None:
        """Takes the stop back; the trials that wait must be handed to the engine again."""
        self.check_may_change(by)
        self._ask(Control())

    def _ask(self, control: Control) -> None:
        try:
            control.save(self.folder / "control.json", anyhow=True)
        except OSError as error:
            raise not_written(gettext("The sweep {id} cannot be asked", id=self.id), error) from error

    def study(self, sampler: "optuna.samplers.BaseSampler | None" = None) -> "optuna.Study":
        """Opens the study; raises InputError if the folder is damaged."""
        optuna = load_optuna()
        journal = self.folder / "journal.log"
        if not folders.is_file(journal):
            raise InputError(
                gettext(
                    "The study is missing in {folder_name}; the folder is incomplete, delete it.",
                    folder_name=self.folder.name,
                )
            )
        try:
            return optuna.load_study(
                study_name=STUDY, storage=storage(journal), sampler=sampler, pruner=_pruner(self.plan())
            )
        except OSError as error:
            raise not_read(gettext("The study of {id} cannot be read", id=self.id), error) from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise InputError(
                gettext("The study of {id} cannot be read ({error}); delete the sweep.", id=self.id, error=error)
            ) from error

    def trials(self) -> list[Trial]:
        return [self._trial(frozen) for frozen in self.study().get_trials(deepcopy=False)]

    def _trial(self, frozen: "optuna.trial.FrozenTrial") -> Trial:
        seen = list(frozen.intermediate_values.values())
        accuracy = frozen.value if frozen.value is not None else (seen[-1] if seen else math.nan)
        state = frozen.state.name.lower()
        if state == "waiting":
            # private: where Optuna keeps the settings of a trial that was put into the study and not begun.
            return Trial(frozen.number, state, frozen.system_attrs.get("fixed_params", {}))
        now = datetime.now()
        # A clock that was set back meanwhile must not make it a negative one.
        wall = max(((frozen.datetime_complete or now) - (frozen.datetime_start or now)).total_seconds(), 0.0)
        if state == "running":
            status = self.run(frozen.number).stored_status()
            return Trial(frozen.number, state, frozen.params, status.epoch, accuracy, status.seconds, wall)
        state, epoch, seconds, problem, *more = frozen.user_attrs[ENDING]
        why, about = (problem, more[0]) if more else ("other" if problem else "", {"text": problem})
        return Trial(frozen.number, state, frozen.params, epoch, accuracy, seconds, wall, why, about)

    def delete(self, *, by: Actor) -> None:
        """Raises LabError if it is somebody else's, a trial is being trained, or the folder cannot be removed."""
        self.check_may_change(by)
        if any(is_held(Run(path)) for path in folders.inside(self.folder / "trials")):
            raise LabError(
                gettext("A trial of {id} is being trained; stop the sweep first, then delete it.", id=self.id)
            )
        try:
            leftovers.remove_folder(self.folder)
        except OSError as error:
            raise not_written(gettext("The sweep {id} cannot be deleted", id=self.id), error) from error


def is_held(run: Run) -> bool:
    """Whether a worker is at work in a trial's folder."""
    if not folders.is_folder(run.folder):
        return False
    try:
        with run.lock():
            return False
    except Timeout:
        return True


def load_optuna() -> Any:
    """Returns the module Optuna, whose notes are for other programs than ours."""
    import optuna  # a quarter of a second, for those who sweep

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def storage(journal: Path) -> "optuna.storages.JournalStorage":
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    class WholeLines(JournalFileSymlinkLock):
        """Leaves no half line behind: on a full disk Optuna would write the next one right after it."""

        def acquire(self) -> bool:
            acquired = super().acquire()
            _cut_half_line(journal)
            return acquired

        def release(self) -> None:
            _cut_half_line(journal)
            super().release()

    return JournalStorage(JournalFileBackend(str(journal), WholeLines(str(journal))))


def _cut_half_line(journal: Path) -> None:
    """Cuts off what a writer could not finish, who was killed or found no room."""
    with contextlib.suppress(OSError), journal.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(end - LONGEST_LINE, 0))
        tail = file.read()
        if tail and not tail.endswith(b"\n"):
            file.truncate(end - len(tail) + tail.rfind(b"\n") + 1)


def _pruner(plan: Plan) -> "optuna.pruners.BasePruner":
    from optuna.pruners import NopPruner, PercentilePruner

    return PercentilePruner(BEST_PERCENT, n_startup_trials=UNPRUNED_TRIALS) if plan.pruning else NopPruner()
