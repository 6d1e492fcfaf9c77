"""What a Dask worker carries out: it trains the run whose turn it is, and is replaced where it has grown too big."""

import contextlib
import dataclasses
import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from filelock import Timeout

from mnist_core import environment
from mnist_core.config import recipes
from mnist_core.engine import fair_queue
from mnist_core.errors import InputError, LabError, is_of_disk, not_written
from mnist_core.files import folders, leftovers
from mnist_core.language import apart, gettext
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import RunError, Status
from mnist_core.training import keras_import, run_data

MOST_ATTEMPTS = 3
# The trainer gives way to the pages, which share its cores, and is what the kernel ends first when memory runs out.
NICENESS = 10
FIRST_TO_BE_ENDED = 500
MOST_MEMORY = 2.5e9
CLOSING_SECONDS = 10.0

logger = logging.getLogger(__name__)


def execute(folder: str) -> str:
    """Trains the run beside `folder` whose turn it is; the task that a Dask worker carries out.

    Each waiting run has a task, but whichever trainer is free takes the run that comes first in fair order: Dask gives
    tasks to workers long before they start, and cannot take everything into account that has happened since. Returns
    the state in which the run ended, or `nothing to do`.
    """
    own = Run(Path(folder))
    state = "nothing to do"
    # Until its own run has had its turn: one that comes before may have no task, if the page that made it died.
    while trained := _train_first(own.folder.parent):
        run, state = trained
        if run.id == own.id or not fair_queue.wants_trainer(own):
            break
    make_room()
    return state


def _train_first(folder: Path) -> tuple[Run, str] | None:
    """Trains the run in a folder whose turn it is; returns it with its final state, or None if there is none."""
    waiting = fair_queue.in_turn(filter(fair_queue.wants_trainer, map(Run, folders.inside(folder))))
    busy = {fair_queue.entry(run).owner for run, _ in fair_queue.look().active} - {""}
    # With several trainers, whoever has none in training goes first.
    for run in sorted(waiting, key=lambda run: fair_queue.entry(run).owner in busy):
        if not folders.is_folder(run.folder):  # deleted meanwhile; its lock would make it again
            continue
        try:
            with run.lock():
                if fair_queue.wants_trainer(run):  # nobody has trained it meanwhile
                    return run, carry_out(run).state
        except Timeout:
            logger.debug("The run %s is in another process's hands", run.id)
        except OSError:  # a folder that cannot be written must not stop the rest
            logger.exception("The run %s cannot be taken up", run.id)
    return None


def carry_out(run: Run, give_up: Callable[[int, float], bool] = lambda epoch, accuracy: False) -> Status:
    """Trains a run in this process, which gives way to all others; nothing that goes wrong leaves it waiting.

    Whoever calls holds `run.lock()`; `give_up` is as `loop.train` has it.
    """
    try:
        environment.set_up_process()
        _take_up(run)
        give_way()
        keras_import.load()  # takes seconds, and is the first thing that may fail
        from mnist_core.training import loop

        loop.train(run.config(), run_data.data_of(run), run, give_up=give_up)
    except Exception as error:  # whatever it is, the run must not wait for ever
        logger.exception("The run %s cannot be trained", run.id)
        if not isinstance(error, RunError):
            if is_of_disk(error):
                error = not_written(gettext("The run cannot be trained"), error)
            told = (
                error
                if isinstance(error, LabError)
                else gettext("The run cannot be trained: {error}.", error=repr(error))
            )
            error = RunError("other", **apart(told))
        status = dataclasses.replace(run.stored_status(), state="failed", problem=error.problem)
        run.write_status(dataclasses.replace(status, details=error.details))
    finally:
        leftovers.clear(run.folder)
    return run.stored_status()


def _take_up(run: Run) -> None:
    """Counts the attempts since the last finished epoch, so that a run that kills its trainer does not do so for ever.

    Raises RunError if there were too many.
    """
    status = run.stored_status()
    if status.attempts >= MOST_ATTEMPTS:
        raise RunError("killed", attempts=status.attempts, epoch=status.epoch)
    run.write_status(dataclasses.replace(status, attempts=status.attempts + 1))
    with contextlib.suppress(LabError):  # order is worth less than the run
        fair_queue.note_start(fair_queue.entry(run).tag)


@functools.cache
def give_way() -> None:
    """Lets everything else on this machine go first; once a process."""
    niceness = round(environment.number("MNIST_NICENESS", NICENESS))
    if hasattr(os, "nice"):
        os.nice(niceness)
    with contextlib.suppress(OSError):  # Linux alone has it
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_BE_ENDED))


def dask_setup(worker: object) -> None:
    """Warms up a worker that is started with `dask worker --preload mnist_core.engine.worker`."""
    warm_up()


def warm_up() -> None:
    """Loads TensorFlow in a worker, and has the usual network ready, so that the first run starts at once."""
    environment.set_up_process()
    waiting = fair_queue.in_turn(run_folders.unfinished_runs())
    with _data_read(waiting):
        keras_import.load()
        from mnist_core.training import kept_learners, loop  # noqa: F401
    give_way()
    if not (waiting or run_folders.unfinished_runs()):  # a run that waits gets ready what it needs itself
        kept_learners.make_ready(recipes.RECIPES[recipes.DEFAULT_RECIPE].config)


@contextlib.contextmanager
def _data_read(waiting: list[Run]) -> Iterator[None]:
    """Reads the data of the first run beside the block, which is as busy with one core as that with another."""

    def read() -> None:
        try:
            run_data.data_of(waiting[0])
        except Exception:  # whatever it is, the run's own turn says it
            logger.debug("The data of %s cannot be read ahead", waiting[0].id, exc_info=True)

    reader = threading.Thread(target=read, name="data")
    if waiting:
        reader.start()
    yield
    if waiting:
        reader.join()


def most_memory() -> float:
    """Returns how many bytes a worker's process may hold; raises InputError if `$MNIST_WORKER_MEMORY` is not one."""
    return environment.number("MNIST_WORKER_MEMORY", MOST_MEMORY)


def make_room() -> None:
    """Replaces this worker's process where it has grown beyond its bound; between two runs, so that none is cut off."""
    from distributed import get_worker

    # Without a worker, or with a bound that is no number, there is nothing to replace, and the run has ended well.
    with contextlib.suppress(ValueError, InputError):
        if psutil.Process().memory_info().rss > most_memory():
            worker = get_worker()
            # private: a worker's event loop and status; Dask offers a task no other way to have its worker replaced.
            worker.loop.add_callback(worker.close_gracefully, restart=True, reason="its memory has grown")
            # As long as this task lasts no other begins; after it, none does on a worker that is closing.
            deadline = time.monotonic() + CLOSING_SECONDS
            while worker.status.name == "running" and time.monotonic() < deadline:
                time.sleep(0.05)
