"""Bring deleted runs back; `runs --deleted` lists them."""

import argparse

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import frame
from mnist_core.errors import LabError
from mnist_core.runs import trash


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="the id of a deleted run")


def command(options: argparse.Namespace) -> None:
    restored, problems = [], []
    for name in dict.fromkeys(options.runs):
        try:
            restored.append(trash.restore(name, by=COMMAND_LINE).id)
        except LabError as error:
            problems.append(error)
    frame.show(options, {"restored": restored}, (f"The run {name} is back." for name in restored))
    frame.refuse(problems)
