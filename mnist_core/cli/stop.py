"""Stop a run and keep what it has learned; one that waits leaves the queue."""

import argparse

from mnist_core.cli import steering
from mnist_core.runs.status import Status

add_arguments = steering.add_arguments


def command(options: argparse.Namespace) -> None:
    run, status = steering.find(options)
    if status.finished:
        steering.show(options, run, status, f"{steering.where(status)}; there is nothing to stop")
        return
    if status.can_be_steered:
        steering.ask(run, status, "stop")
    status = steering.wait(options, run, lambda now: _is_over(now) or now.parked, "stopped")
    if status.parked:  # it gave its trainer away at that very moment
        steering.ask(run, status, "stop")
        status = steering.wait(options, run, _is_over, "stopped")
    kept = "; its model is kept" if run.has_model else ""
    steering.show(options, run, status, f"{steering.where(status)}{kept}")


def _is_over(status: Status) -> bool:
    # What began and waits for another trainer is stopped when its turn comes, which may take hours.
    return status.finished or status.problem == "stop-waits"
