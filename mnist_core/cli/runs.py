"""List the runs, the newest first, and the shipped models."""

import argparse
import math
from typing import Any

from mnist_core.cli import frame
from mnist_core.formatting import percent, several
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--deleted", action="store_true", help="list what was deleted and can be brought back instead, the last first"
    )


def command(options: argparse.Namespace) -> None:
    if options.deleted:
        rows = [_row(run) | {"days_left": trash.days_left(run)} for run in trash.all_deleted()]
    else:
        rows = [_row(run) for run in [*run_folders.all_runs(), *run_folders.shipped_runs()]]
    frame.show(options, rows, map(_line, rows))


def _line(row: dict[str, Any]) -> str:
    accuracy = percent(row["test_accuracy"] or math.nan)
    left = f"{several(row['days_left'], 'day')} of use left" if "days_left" in row else ""
    words = "  ".join(word for word in (row["name"], left, row["reason"]) if word)
    return f"{row['run']:52}{row['state']:9}{accuracy:>9}  {words}".rstrip()


def _row(run: Run) -> dict[str, Any]:
    status, label = run.status(), run.label()
    known = not math.isnan(status.test_accuracy)
    return {
        "run": run.id,
        "name": label.name,
        "note": label.note,
        "state": status.state,
        "reason": status_words.sentence(status),
        "epoch": status.epoch,
        "epochs": status.epochs,
        "seconds": status.seconds,
        "test_accuracy": status.test_accuracy if known else None,
        "test_loss": status.test_loss if known else None,
    }
