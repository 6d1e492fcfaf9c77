"""Note something about a run, or print what was noted."""

import argparse
import dataclasses

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import frame
from mnist_core.formatting import count
from mnist_core.runs import run_folders
from mnist_core.runs.run_label import LONGEST_NOTE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.OWN_RUN)
    parser.add_argument(
        "text",
        nargs="?",
        help=f"the note, at most {count(LONGEST_NOTE)} characters, in place of the one before; empty takes it away "
        "(default: print what there is)",
    )


def command(options: argparse.Namespace) -> None:
    run = run_folders.find(options.run)
    label = run.label()
    if options.text is not None:
        label = dataclasses.replace(label, note=options.text.strip())
        run.write_label(label, by=COMMAND_LINE)
    frame.show(options, {"run": run.id, "note": label.note}, [label.note] if label.note else [])
