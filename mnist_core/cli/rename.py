"""Name a run, or take its name away with an empty one."""

import argparse
import dataclasses

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import frame
from mnist_core.runs import run_folders
from mnist_core.runs.run_label import LONGEST_NAME


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.OWN_RUN)
    parser.add_argument("name", help=f"what it shall be called, at most {LONGEST_NAME} characters")


def command(options: argparse.Namespace) -> None:
    run = run_folders.find(options.run)
    label = dataclasses.replace(run.label(), name=options.name.strip())
    run.write_label(label, by=COMMAND_LINE)
    said = f"The run {run.id} is called '{label.name}'." if label.name else f"The run {run.id} has no name any more."
    frame.show(options, {"run": run.id, "name": label.name}, [said])
