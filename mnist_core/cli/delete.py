"""Delete runs; for a week in which the lab is used, `restore` brings them back."""

import argparse

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import frame
from mnist_core.errors import LabError
from mnist_core.files import days_of_use
from mnist_core.formatting import several
from mnist_core.runs import run_folders, trash


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help=frame.OWN_RUN)


def command(options: argparse.Namespace) -> None:
    found = {run.id: run for run in map(run_folders.find, options.runs)}  # all of them, before any is gone
    deleted, problems = [], []
    for run in found.values():
        try:
            trash.delete(run, by=COMMAND_LINE)
            deleted.append(run.id)
        except LabError as error:
            problems.append(error)
    back = f"for {several(days_of_use.KEPT_DAYS, 'day')} of use, 'restore' brings it back"
    frame.show(options, {"deleted": deleted}, (f"The run {name} is deleted; {back}." for name in deleted))
    frame.refuse(problems)
