"""The trials of a sweep, as tasks that the engine's workers carry out.

All trials stand in the study from the start. A task takes one: first a trial whose worker was killed, which goes on
from its checkpoint, else the next that waits. So it does no harm to hand a task over twice, after a restart say.
"""

import contextlib
import dataclasses
import logging
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.engine import fair_queue, worker
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.engine.sweeps import sweep_folders
from mnist_core.engine.sweeps.search_space import applied
from mnist_core.engine.sweeps.sweep import ENDING, LOOKS_AROUND, Plan, Sweep, is_held
from mnist_core.errors import InputError, LabError
from mnist_core.files import disk, folders
from mnist_core.language import apart, gettext
from mnist_core.runs import run_folders
from mnist_core.runs.description import TrialOf
from mnist_core.runs.run import History, Run
from mnist_core.runs.status import Status
from mnist_core.training import room, run_data

if TYPE_CHECKING:
    import optuna

PRUNED = "pruned"

logger = logging.getLogger(__name__)


def start(engine: EngineConnection, plan: Plan, dataset: Dataset, by: Actor = COMMAND_LINE) -> Sweep:
    """Creates a sweep and hands its trials to the engine, where each has its place in the fair order.

    Each owner has one sweep at a time; the command line is not limited. Raises InputError if the settings do not fit
    the data or exceed this lab's limits, or too many sweeps go on, and LabError as `submission.submit` does.
    """
    images = len(dataset.train_images)
    limits = fair_queue.check_size(plan.longest(), images, by)
    asked = float(fair_queue.asked_images(plan.longest(), images))
    quotas.check_sweep(by, plan.trials, asked)
    config, reference = run_data.settle(plan.config, dataset, by)
    plan = dataclasses.replace(plan, config=config)
    sweep = None
    try:
        with fair_queue.joining(by.owner, plan.trials) as tag:
            _check_others(by, plan.trials * asked)
            quotas.count_start(by)
            about = {"owner": by.owner, "client": by.client, "images": plan.trials * asked}
            sweep = sweep_folders.create(plan, reference, about | {"tag": tag, "limits": limits})
    except LabError:
        if sweep:  # its place in the queue could not be written
            shutil.rmtree(sweep.folder, ignore_errors=True)
        raise
    engine.hand_over(_tasks(sweep, range(plan.trials)))
    return sweep


def _check_others(by: Actor, images: float) -> None:
    if by.is_command_line:
        return
    others = [(sweep, sweep.description()) for sweep, _ in sweep_folders.unfinished()]
    for sweep, what in others:
        if what.owner == by.owner:
            raise InputError(gettext("Your sweep {id} still goes on; wait for its end, or stop it.", id=sweep.id))
    quotas.check_waiting(by, images, (quotas.Asked(what.client, what.images) for _, what in others), "sweep")


def go_on(engine: EngineConnection, sweep: Sweep, *, by: Actor) -> None:
    """Hands the trials that wait to the engine again, after a stop; raises LabError if it cannot be reached."""
    sweep.go_on(by=by)
    engine.hand_over(_tasks(sweep, (trial.number for trial in sweep.trials() if not trial.ended)))


def unfinished_tasks() -> list[Task]:
    """Returns what a new engine has to do for the sweeps that an earlier one left."""
    return [task for sweep, numbers in sweep_folders.unfinished() for task in _tasks(sweep, numbers)]


def _tasks(sweep: Sweep, numbers: Iterable[int]) -> list[Task]:
    folder, tag = str(sweep.folder), sweep.description().tag
    return [Task(execute, folder, f"sweep-{sweep.id}-{number:03d}", -(tag + number)) for number in numbers]


def execute(folder: str) -> str:
    """Carries out one trial of the sweep in a folder; returns the state in which it ended.

    Where the disk is full it waits; a trial that has ended meanwhile is told to the study when there is room.
    """
    while True:
        try:
            return _execute(Sweep(Path(folder)))
        except Exception as error:
            if not disk.is_full(error):
                raise
            logger.warning("A trial of %s waits for room on the disk", folder, exc_info=True)
            while folders.is_folder(Path(folder)) and not room.has_room(Path(folder), room.FIXED_BYTES):
                time.sleep(room.LOOK_SECONDS)


def _execute(sweep: Sweep) -> str:
    if not (sweep.folder / "sweep.json").exists():
        return "deleted"
    plan = sweep.plan()
    with contextlib.ExitStack() as held:
        with sweep.lock():
            trial = _take(sweep, plan)
            if trial is None:
                return "nothing to do"
            run = sweep.run(trial.number)
            try:
                _prepare(sweep, plan, trial, run)
            except LabError as error:  # settings that do not go together, say
                logger.warning("Trial %d of %s cannot begin", trial.number, sweep.id, exc_info=True)
                return _tell(trial, Status("failed", "other", details=apart(error)), {}, plan.config)
            if sweep.stopped:
                run.request("stop", by=COMMAND_LINE)
            held.enter_context(run.lock())
        status = run.stored_status()
        if not status.finished:  # as it is where a worker was killed after the end of its trial
            status = worker.carry_out(run, _judge(trial, run.config().epochs))
        state = _tell(trial, status, run.metrics(), run.config())
    worker.make_room()
    return state


def _take(sweep: Sweep, plan: Plan) -> "optuna.Trial | None":
    """Takes a trial that lost its worker, else the next one, if any is left; the caller holds the sweep's lock."""
    from optuna import Trial
    from optuna.trial import TrialState

    study = sweep.study()
    for frozen in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if not is_held(sweep.run(frozen.number)):
            return Trial(study, frozen._trial_id)  # private: Optuna has no other way to take a trial up again
    if sweep.stopped:  # one that lost its worker still has to end
        return None
    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    # A sampler of its own for each trial, or all would draw the same numbers.
    return sweep.study(_sampler(plan, waiting[0].number)).ask() if waiting else None


def _sampler(plan: Plan, number: int) -> "optuna.samplers.BaseSampler":
    from optuna.samplers import RandomSampler, TPESampler

    seed = int(np.random.SeedSequence([plan.seed, number]).generate_state(1)[0])
    if plan.method != "search":
        return RandomSampler(seed)
    # With the liar, workers that choose at the same time keep away from each other's trials.
    return TPESampler(n_startup_trials=LOOKS_AROUND, multivariate=True, constant_liar=True, seed=seed)


def _prepare(sweep: Sweep, plan: Plan, trial: "optuna.Trial", run: Run) -> None:
    """Gives a trial its settings and its run folder, unless it has them."""
    if (run.folder / "status.json").exists():
        return
    config = applied(plan.config, plan.space.suggest(trial, plan.method == "everything"))
    what = sweep.description()
    about = {
        "owner": what.owner,
        "tag": what.tag + trial.number,
        "limits": what.limits,
        "sweep": TrialOf(sweep.id, trial.number),
    }
    shutil.rmtree(run.folder, ignore_errors=True)  # what a kill between two files left
    run_folders.create(config, what.dataset, run.folder.parent, about, run.id)


def _judge(trial: "optuna.Trial", epochs: int) -> Callable[[int, float], bool]:
    """Returns what reports each epoch of a trial, and gives it up where the pruner says so."""

    def give_up(epoch: int, accuracy: float) -> bool:
        trial.report(accuracy, epoch)
        if epoch >= epochs or not trial.should_prune():
            return False
        trial.set_user_attr(PRUNED, True)
        return True

    return give_up


def _tell(trial: "optuna.Trial", status: Status, metrics: History, config: TrainConfig) -> str:
    """Writes the end of a trial into the study; returns its state."""
    from optuna.trial import TrialState

    study, state, value = trial.study, status.state, None
    if status.state == "done":
        outcome, value = TrialState.COMPLETE, _kept_accuracy(metrics, config)
    elif trial.user_attrs.get(PRUNED):
        outcome, state = TrialState.PRUNED, PRUNED
    else:
        outcome = TrialState.FAIL
    trial.set_user_attr(ENDING, [state, status.epoch, status.seconds, status.problem, status.details])
    study.tell(trial, value, state=outcome)
    return state


def _kept_accuracy(metrics: History, config: TrainConfig) -> float:
    """Returns the validation accuracy of the model that is kept: of the best epoch where training may end early."""
    losses, accuracies = metrics["val_loss"], metrics["val_accuracy"]
    return accuracies[losses.index(min(losses))] if config.early_stopping else accuracies[-1]
