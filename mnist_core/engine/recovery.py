"""What happens after a crash: runs and sweeps that nobody trains any more are handed to the engine again."""

import logging
import threading
from collections.abc import Iterable

from mnist_core.engine import fair_queue, scheduler, submission
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.engine.sweeps import trial_tasks
from mnist_core.errors import LabError
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import HEARTBEAT_SECONDS

# After so long without a sign of life, a run is handed over again, at most so often.
NEGLECT_SECONDS = 20.0
CARE_SECONDS = 2.0
RECOVERY_SECONDS = 30.0

logger = logging.getLogger(__name__)


def care_for(engine: EngineConnection, run: Run) -> None:
    """Sees to a run that nobody trains any more: starts an engine where it is gone, or hands the run over again.

    Returns at once, for the pages' sake.
    """
    status = run.stored_status()
    silent = run.silent_for(status)
    if not fair_queue.wants_trainer(run) or silent < 3 * HEARTBEAT_SECONDS:
        return
    # Thirty pages that wait look twice a second, and each look calls at the scheduler's door.
    if not engine.is_due("care", CARE_SECONDS):
        return
    if engine.find() is None:
        engine.start()
    # Behind others a run may wait for hours; but a scheduler that was restarted has forgotten it.
    elif silent > NEGLECT_SECONDS and (status.state != "queued" or not fair_queue.look().active):
        _recover(engine)


def care_for_sweeps(engine: EngineConnection) -> None:
    """Sees to the sweeps that go on: starts an engine where it is gone, or hands the trials to a cluster again."""
    if engine.find() is None:
        engine.start()
    elif scheduler.is_elsewhere():  # a scheduler that was restarted has forgotten them; one that knows does nothing
        _recover(engine)


def _recover(engine: EngineConnection) -> None:
    """Hands everything that nobody trains over again, beside the page that noticed, and not at its every tick."""
    if engine.is_due("recovery", RECOVERY_SECONDS):
        threading.Thread(target=_hand_over_the_lost, args=(engine,), name="recovery", daemon=True).start()


def _hand_over_the_lost(engine: EngineConnection) -> None:
    statuses = ((run, run.status()) for run in run_folders.unfinished_runs())
    lost = [run for run, status in statuses if status.problem == "lost" or status.state not in ("running", "paused")]
    try:
        engine.hand_over(tasks(fair_queue.in_turn(lost)))
    except LabError:  # the next time, perhaps
        logger.warning("What nobody trains cannot be handed over", exc_info=True)


def tasks(selection: Iterable[Run]) -> list[Task]:
    """Returns the tasks of these runs, and those of all sweeps that go on."""
    return [*map(submission.task, selection), *trial_tasks.unfinished_tasks()]
