"""What `pause`, `resume` and `stop` share: a run that a trainer holds is asked, and waited for until it has heeded."""

import argparse
import time
from collections.abc import Callable

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.checks import Number
from mnist_core.cli import frame
from mnist_core.engine import connection, recovery, submission
from mnist_core.errors import LabError
from mnist_core.formatting import duration, several
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status

LOOK_SECONDS = 0.2
WAIT = Number("time to wait in seconds", 0, 86_400)
# A trainer looks every quarter of a second; what it may be busy with is a checkpoint, or the model at the end.
WAIT_SECONDS = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="a run that is trained or waits, by the app, the engine or another terminal")
    parser.add_argument(
        "--wait",
        type=float,
        default=WAIT_SECONDS,
        metavar="SECONDS",
        help=f"how long to wait until it has taken effect, {WAIT.words} (default {WAIT_SECONDS:g})",
    )


def find(options: argparse.Namespace) -> tuple[Run, Status]:
    """Returns the run that is meant, and where it stands; raises InputError if the arguments are wrong."""
    WAIT.check(options.wait)
    run = run_folders.find(options.run)
    return run, run.status()


def ask(run: Run, status: Status, what: str) -> None:
    """Asks the trainer; a run that gave its trainer away, or failed, is put back in the queue first."""
    if status.parked or status.state == "failed":
        environment.check_training()
        submission.resume(connection.EngineConnection(), run, what, by=COMMAND_LINE)
    else:
        run.request(what, by=COMMAND_LINE)


def wait(options: argparse.Namespace, run: Run, reached: Callable[[Status], bool], verb: str) -> Status:
    """Waits until a run's status is as it shall be; returns the status.

    An engine that is gone is started meanwhile, as the pages do. Raises LabError where it takes longer than wanted.
    """
    engine, deadline = connection.EngineConnection(), time.monotonic() + options.wait
    with frame.waiting(f"Waiting for the trainer of {run.id}"):
        while not reached(status := run.status()):
            if time.monotonic() >= deadline:
                raise LabError(
                    f"{name(run)} was asked, but is not {verb} after {duration(options.wait)}; 'runs' shows when it "
                    f"is. {status_words.sentence(status)}".strip()
                )
            if environment.can_train():
                recovery.care_for(engine, run)
            time.sleep(LOOK_SECONDS)
    return status


def name(run: Run) -> str:
    """Returns what sentences call a run: its id, and the name that somebody gave it."""
    title = run.label().name
    return f"The run {run.id} ({title})" if title else f"The run {run.id}"


def where(status: Status) -> str:
    """Says where a run stands, to go on after its name."""
    if status.state == "queued":
        return "waits in the queue"
    if status.problem == "writing":
        return "is over, and its model is being written"
    epochs = f"after {status.epoch} of {several(status.epochs, 'epoch')}"
    words = {"running": "is in training", "paused": "is paused", "done": "is done", "stopped": "was stopped"}
    return f"{words.get(status.state, 'has failed')} {epochs}"


def show(options: argparse.Namespace, run: Run, status: Status, sentence: str) -> None:
    """Prints where the run stands now; the sentence goes on after its name."""
    said = f"{name(run)} {sentence}."
    value = {"run": run.id, "state": status.state, "epoch": status.epoch, "epochs": status.epochs, "sentence": said}
    frame.show(options, value, [said])
