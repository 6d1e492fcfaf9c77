"""Runs in words and as rows of a table, the same on every page and on the command line."""

import math
import time
from pathlib import Path
from typing import Any

from mnist_core import runs
from mnist_core.config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.layers import count_parameters
from mnist_core.phrases import count, duration, percent
from mnist_core.runs import Run


def title(run: Run) -> str:
    """Names a run for people: `quick, 20 Nov 10:45 (99.32 %)`, or the shipped model."""
    accuracy = run.status().test_accuracy
    figure = "" if math.isnan(accuracy) else f" ({percent(accuracy)})"
    if run.folder.parent == runs.PRETRAINED:
        return f"Shipped model '{run.id}'{figure}"
    try:
        what = run.description()
        return f"{what['config']['recipe']}, {_moment(what['created'])}{figure}"
    except (InputError, KeyError, TypeError):
        return f"{run.id} (incomplete)"


def _moment(seconds: float) -> str:
    return time.strftime("%d %b %H:%M:%S", time.localtime(seconds))


def _data(what: dict[str, Any], config: TrainConfig) -> str:
    """Names what a run learned from: `MNIST and pen_strokes.jsonl.gz`."""
    first = str(what["dataset"].get("title", what["dataset"]["name"]))
    return f"{first} and {Path(config.also).name}" if config.also else first


def summary(run: Run) -> str:
    """Says in a sentence what a run was: recipe, data, epochs, time, parameters."""
    status, what, config = run.status(), run.description(), run.config()
    return (
        f"Recipe {config.recipe} on {_data(what, config)}: {status.epoch} of {config.epochs} epochs in "
        f"{duration(status.seconds)}, {count(count_parameters(config.layers))} parameters, seed {config.seed}. "
        f"{status.reason}"
    )


def queue_sentence(run: Run) -> str:
    """Says where a waiting run stands, and what it waits for."""
    place = runs.place_in_queue(run)
    ahead = next((other for other in runs.all_runs() if other.status().state in ("running", "paused")), None)
    behind = f", behind {title(ahead)}, which is {ahead.status().state}" if ahead else ""
    return f"Number {place} in the queue{behind}." if place > 1 else f"Next in the queue{behind or '; about to start'}."


def rows(selection: list[Run]) -> list[dict[str, Any]]:
    """Returns one row a run for a table."""
    return [_row(run) for run in selection]


def _row(run: Run) -> dict[str, Any]:
    status = run.status()
    row: dict[str, Any] = {"Run": run.id, "State": status.state}
    try:
        what, config = run.description(), run.config()
        row |= {
            "Recipe": config.recipe,
            "Data": _data(what, config),
            "Started": _moment(what["created"]),
            "Parameters": count_parameters(config.layers),
        }
    except (InputError, KeyError, TypeError, AttributeError):
        row |= {"Recipe": "–", "Data": "–", "Started": "–", "Parameters": None}
    accuracy = None if math.isnan(status.test_accuracy) else 100 * status.test_accuracy
    return row | {"Test accuracy": accuracy, "Epochs": f"{status.epoch} of {status.epochs}", "Seconds": status.seconds}
