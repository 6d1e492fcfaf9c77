"""Let a paused run go on, or one that failed try again."""

import argparse

from mnist_core.cli import steering
from mnist_core.errors import LabError
from mnist_core.runs.status import Status

add_arguments = steering.add_arguments


def command(options: argparse.Namespace) -> None:
    run, status = steering.find(options)
    if status.state in ("done", "stopped") or (status.state == "failed" and not run.can_resume):
        advice = "'continue' trains what is done for longer" if run.has_checkpoint else "start another with 'train'"
        raise LabError(f"{steering.name(run)} {steering.where(status)}, so it cannot go on; {advice}.")
    if status.state in ("running", "paused", "failed"):
        steering.ask(run, status, "resume")
    if status.state == "paused" and not status.parked:
        status = steering.wait(options, run, _goes_on, "in training")
        if status.parked:  # it gave its trainer away at that very moment
            steering.ask(run, status, "resume")
    status = run.status()
    behind = ", and begins when its turn comes" if status.state == "queued" else ""
    steering.show(options, run, status, f"{steering.where(status)}{behind}")


def _goes_on(status: Status) -> bool:
    return status.state != "paused" or status.parked
