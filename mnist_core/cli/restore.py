"""Bring deleted runs back; `runs --deleted` lists them."""

import argparse

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import frame
from mnist_core.errors import LabError
from mnist_core.runs import trash


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="the id of a deleted run, or its name")


def command(options: argparse.Namespace) -> None:
    restored, problems = [], []
    for name in dict.fromkeys(options.runs):
        try:
            restored.append(trash.restore(_id_of(name), by=COMMAND_LINE).id)
        except LabError as error:
            problems.append(error)
    frame.show(options, {"restored": restored}, (f"The run {name} is back." for name in restored))
    frame.refuse(problems)


def _id_of(name: str) -> str:
    """Returns the id of the deleted run that somebody gave a name, or what is an id already."""
    so_called = [run.id for run in trash.all_deleted() if run.label().name == name]
    return so_called[0] if len(so_called) == 1 else name
