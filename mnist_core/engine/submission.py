"""Runs on their way to the engine: created, put in the queue and handed over."""

import dataclasses
import logging
import shutil
from collections.abc import Callable
from typing import Any

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import Handwriting
from mnist_core.engine import fair_queue, worker
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.errors import InputError, LabError
from mnist_core.language import apart, gettext
from mnist_core.runs import run_folders, summary
from mnist_core.runs.bets import Bets
from mnist_core.runs.run import Run
from mnist_core.training import continuation, run_data, tuning
from mnist_core.training.pins import Pins

logger = logging.getLogger(__name__)


def submit(
    engine: EngineConnection,
    config: TrainConfig,
    dataset: Dataset,
    by: Actor = COMMAND_LINE,
    about: dict[str, Any] | None = None,
    pins: Pins | None = None,
    bets: Bets | None = None,
) -> Run:
    """Creates a run and puts it in the queue, with the bets on it.

    Each owner has one run in training and one that waits; the command line is not limited. `about` holds further fields
    of the `RunDescription`. Raises InputError if the settings do not fit the data or exceed this lab's limits, or too
    many runs wait, and LabError if the folder cannot be written or the engine cannot be reached.
    """
    config, reference = run_data.settle(config, dataset, by)  # what is missing is said now, not by a failed run

    def fill(run: Run) -> None:
        (pins or Pins.none()).copy_into(run)
        if bets:
            bets.save(run.bets_path)

    def create(joined: dict[str, Any]) -> Run:
        return run_folders.create(config, reference, about=(about or {}) | joined, fill=fill)

    return _enqueue(engine, config, dataset, by, create)


def train_on(
    engine: EngineConnection, run: Run, dataset: Dataset, more: int, by: Actor = COMMAND_LINE, pins: Pins | None = None
) -> Run:
    """Puts a new run in the queue that goes on for `more` epochs where a finished one ended, which stays as it is.

    It takes over the pins unless others are given. Raises as `submit` does, and InputError as `continuation.longer`
    does.
    """
    further = dataclasses.replace(continuation.longer(run, more), epochs=more)
    return _enqueue(engine, further, dataset, by, lambda joined: continuation.create(run, more, joined, pins))


def tune(
    engine: EngineConnection,
    base: Run,
    dataset: Dataset,
    drawn: Handwriting,
    seed: int,
    by: Actor = COMMAND_LINE,
) -> Run:
    """Puts a new run in the queue that begins with a finished one's model and learns a class's drawings.

    Its folder keeps the drawings, of which those of writers who are held back judge it (`tuning`). Raises as `submit`
    does, and InputError as `tuning.create` does.
    """
    tuning.check_can_start(base)
    learned = int((~drawn.held_back).sum())
    config = tuning.settings(base.config(), len(dataset.train_images), learned, seed)
    return _enqueue(engine, config, dataset, by, lambda joined: tuning.create(base, config, dataset, drawn, joined))


def _enqueue(
    engine: EngineConnection,
    config: TrainConfig,
    dataset: Dataset,
    by: Actor,
    create: Callable[[dict[str, Any]], Run],
) -> Run:
    """Creates a run as soon as its owner may join the queue, and hands it over."""
    images = len(dataset.train_images)
    asked = float(fair_queue.asked_images(config, images))
    joined = {
        "limits": fair_queue.check_size(config, images, by),
        "work": fair_queue.work(config, images),
        "owner": by.owner,
        "client": by.client,
        "images": asked,
    }
    run = None
    try:
        with fair_queue.joining(by.owner) as tag:
            _check_others_of(by.owner)
            fair_queue.check_waiting(by, asked)
            quotas.count_start(by)
            run = create(joined | {"tag": tag})
    except LabError:
        if run:  # its place in the queue could not be written
            shutil.rmtree(run.folder, ignore_errors=True)
        raise
    _hand_over_or_fail(engine, run)
    return run


def _check_others_of(owner: str) -> None:
    for run in fair_queue.in_the_way(owner)[:1]:
        raise InputError(
            gettext(
                "Your run {title} still waits in the queue; start another one when it has begun, or stop it.",
                title=summary.title(run),
            )
        )


def resume(engine: EngineConnection, run: Run, request: str = "resume", *, by: Actor) -> None:
    """Puts a run that failed, or gave up its trainer, back in the queue; it goes on from its checkpoint.

    The request `stop` makes a model of what it has learned, whoever waits. Raises InputError if another run of its
    owner waits, or it is somebody else's, and LabError if the engine cannot be reached.
    """
    run.check_may_change(by)
    if request != "stop":
        _check_others_of(fair_queue.entry(run).owner)
    run.request(request, by=by)
    status = dataclasses.replace(run.stored_status(), state="queued", attempts=0, parked=False)
    run.write_status(dataclasses.replace(status, problem="", details={}))
    _hand_over_or_fail(engine, run)


def _hand_over_or_fail(engine: EngineConnection, run: Run) -> None:
    try:
        engine.hand_over([task(run)])
    except LabError as error:
        logger.warning("The run %s cannot be handed over", run.id, exc_info=True)
        status = dataclasses.replace(run.stored_status(), state="failed", problem="not-handed-over")
        run.write_status(dataclasses.replace(status, details=apart(error)))
        raise


def task(run: Run) -> Task:
    # While it waits a run keeps its last sign of life, so that handing it over twice makes one task; taken up again
    # later it is another task, since the first may have been spent on a run whose turn came before.
    key = f"train-{run.id}-{run.stored_status().heartbeat:.3f}"
    return Task(worker.execute, str(run.folder), key, -fair_queue.entry(run).tag)
