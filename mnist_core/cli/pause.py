"""Pause a run that is in training, wherever it was started."""

import argparse

from mnist_core.cli import steering
from mnist_core.errors import LabError

add_arguments = steering.add_arguments


def command(options: argparse.Namespace) -> None:
    run, status = steering.find(options)
    if status.state != "paused":
        if status.state != "running" or not status.can_be_steered:
            raise LabError(f"{steering.name(run)} {steering.where(status)}, so it cannot be paused.")
        steering.ask(run, status, "pause")
        status = steering.wait(options, run, lambda now: now.state == "paused" or now.finished, "paused")
        if status.finished:
            raise LabError(f"{steering.name(run)} {steering.where(status)}; it ended before it could be paused.")
    steering.show(options, run, status, f"{steering.where(status)}; 'resume' lets it go on")
