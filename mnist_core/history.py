"""Runs in words and as rows of a table, the same on every page and on the command line."""

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mnist_core import queueing, runs
from mnist_core.config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.layers import count_parameters
from mnist_core.phrases import count, duration, moment, percent
from mnist_core.runs import Run

# The recipe of a model that came as a .keras file, which says nothing about its training.
IMPORTED = "imported"


def title(run: Run) -> str:
    """Names a run for people: by its name, else `quick, 20 Nov 10:45 (99.32 %)`, or the shipped model.

    What people typed is not escaped here: where Markdown is made of it, `session.plain` must see it.
    """
    accuracy = run.status().test_accuracy
    figure = "" if math.isnan(accuracy) else f" ({percent(accuracy)})"
    if run.shipped:
        return f"Shipped model '{run.id}'{figure}"
    if name := run.label().name:
        return f"{name}{figure}"
    try:
        what = run.description()
        return f"{what['config']['recipe']}, {moment(what['created'])}{figure}"
    except (InputError, KeyError, TypeError):
        return f"{run.id} (incomplete)"


def titles(runs: Iterable[Run]) -> dict[str, str]:
    """Names runs to choose from, by id; those that would be called the same get the end of their id as well.

    A select box takes options with the same name for one.
    """
    named = {run.id: title(run) for run in runs}
    times = Counter(named.values())
    return {name: f"{words} · {name[-4:]}" if times[words] > 1 else words for name, words in named.items()}


def heading(run: Run) -> str:
    """Names a run and the data that it learns from."""
    try:
        return f"{title(run)}, on {_data(run.description(), run.config())}"
    except (InputError, KeyError, TypeError):
        return title(run)


def owner(run: Run) -> str:
    """Returns who asked for a run; empty for the command line."""
    return queueing.entry(run).owner


def _data(what: dict[str, Any], config: TrainConfig) -> str:
    """Names what a run learned from: `MNIST and pen_strokes.jsonl.gz`."""
    # An imported model may have been judged here on other data than it learned from.
    imported = what.get("imported", {}).get("learned_from")
    first = str(imported or what["dataset"].get("title", what["dataset"]["name"]))
    return f"{first} and {Path(config.also).name}" if config.also else first


def summary(run: Run) -> str:
    """Says in a sentence what a run was: recipe, data, epochs, time, parameters."""
    status, what, config = run.status(), run.description(), run.config()
    if config.recipe == IMPORTED:
        return f"Imported: {count(count_parameters(config.layers))} parameters. {status.reason}"
    return (
        f"Recipe {config.recipe} on {_data(what, config)}: {status.epoch} of {config.epochs} epochs in "
        f"{duration(status.seconds)}, {count(count_parameters(config.layers))} parameters, seed {config.seed}. "
        f"{status.reason}"
    )


def queue_sentence(run: Run) -> str:
    """Says where a waiting run stands, what it waits for, and when it is expected to start."""
    queue = queueing.look()
    place = queue.place(run)
    ahead = next((f", behind {title(other)}, which is {status.state}" for other, status in queue.active), "")
    if place == 1 and not ahead:
        return "Next in the queue; about to start."
    wait = queue.expected_wait(run)
    start = "" if wait is None else f"; starts in about {_roughly(wait)}"
    return f"{f'Number {place}' if place > 1 else 'Next'} in the queue{ahead}{start}."


def _roughly(seconds: float) -> str:
    """Writes an expected time no finer than it is known: `20 s`, `4 min`."""
    if seconds < 60:
        return duration(max(10 * math.ceil(seconds / 10), 10))
    return f"{math.ceil(seconds / 60)} min" if seconds < 3600 else duration(seconds)


def rows(selection: list[Run]) -> list[dict[str, Any]]:
    """Returns one row a run for a table."""
    return [_row(run) for run in selection]


def _row(run: Run) -> dict[str, Any]:
    status = run.status()
    incomplete = status.reason.startswith(runs.INCOMPLETE)
    state, label = "incomplete" if incomplete else status.state, run.label()
    row: dict[str, Any] = {"Run": run.id, "Name": label.name, "Note": label.note, "State": state}
    try:
        what, config = run.description(), run.config()
        row |= {
            "Recipe": config.recipe,
            "Data": _data(what, config),
            "Started": moment(what["created"]),
            "Parameters": count_parameters(config.layers),
        }
    except (InputError, KeyError, TypeError, AttributeError):
        row |= {"Recipe": "–", "Data": "–", "Started": "–", "Parameters": None}
    accuracy = None if math.isnan(status.test_accuracy) else 100 * status.test_accuracy
    if row["Recipe"] == IMPORTED:  # how a .keras file was trained is not in it
        return row | {"Test accuracy": accuracy, "Epochs": "–", "Seconds": None}
    return row | {"Test accuracy": accuracy, "Epochs": f"{status.epoch} of {status.epochs}", "Seconds": status.seconds}
