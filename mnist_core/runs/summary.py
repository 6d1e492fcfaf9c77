"""Runs by their names and as rows of a table, the same on every page and on the command line."""

import math
from collections.abc import Iterable
from typing import Any

from mnist_core.config import data_titles, recipes
from mnist_core.config.network import count_parameters
from mnist_core.errors import InputError
from mnist_core.files.records import NewerError
from mnist_core.formatting import listed, moment, percent, told_apart
from mnist_core.language import N_, gettext
from mnist_core.runs.description import RunDescription
from mnist_core.runs.run import Run

# The recipe of a model that came as a .keras file, which says nothing about its training.
IMPORTED = "imported"
# What a table says of a run whose status tells nothing.
UNREADABLE = {"incomplete": N_("incomplete"), "forbidden": N_("may not be read"), "newer": N_("made by a newer lab")}


def title(run: Run) -> str:
    """Names a run for people: by its name, else `quick, seed 7, 20 Nov 10:45 (99.32 %)`, or the shipped model.

    What people typed is not escaped here: where Markdown is made of it, `frame.plain` must see it.
    """
    accuracy = run.stored_status().test_accuracy  # however long ago a trainer fell silent
    figure = "" if math.isnan(accuracy) else f" ({percent(accuracy)})"
    if run.shipped:
        return gettext("Shipped model '{id}'{figure}", id=run.id, figure=figure)
    if name := run.label().name:
        return f"{name}{figure}"
    try:
        description = run.description()
        return f"{recipes.in_words(description.config)}, {moment(description.created)}{figure}"
    except NewerError:
        return gettext("{id} (made by a newer lab)", id=run.id)
    except InputError:
        return gettext("{id} (incomplete)", id=run.id)


def titles(runs: Iterable[Run]) -> dict[str, str]:
    """Names runs to choose from, by id; those that would be called the same get the end of their id as well."""
    return told_apart({run.id: title(run) for run in runs})


def heading(run: Run) -> str:
    """Names a run and the data that it learns from."""
    try:
        return gettext("{title}, on {data}", title=title(run), data=data(run.description()))
    except InputError:
        return title(run)


def data(description: RunDescription) -> str:
    """Names what a run learned from: `MNIST and pen_strokes.jsonl.gz`, `MNIST and our drawings`."""
    # An imported model may have been judged here on other data than it learned from.
    imported, also = description.imported, description.config.second_sources
    first = data_titles.shown((imported and imported.learned_from) or description.data_title)
    return listed([first, *map(recipes.source_title, also)])


def rows(selection: list[Run]) -> list[dict[str, Any]]:
    return [_row(run) for run in selection]


def _row(run: Run) -> dict[str, Any]:
    status = run.status()
    state, label = UNREADABLE.get(status.problem, status.state), run.label()
    row: dict[str, Any] = {"Run": run.id, "Name": label.name, "Note": label.note, "State": state}
    try:
        description = run.description()
        row |= {
            "Recipe": description.config.recipe,
            "Settings": recipes.in_words(description.config),
            "Data": data(description),
            "Started": moment(description.created),
            "Parameters": count_parameters(description.config.layers),
        }
    except InputError:
        row |= {"Recipe": "–", "Settings": "–", "Data": "–", "Started": "–", "Parameters": None}
    accuracy = None if math.isnan(status.test_accuracy) else 100 * status.test_accuracy
    if row["Recipe"] == IMPORTED:  # how a .keras file was trained is not in it
        return row | {"Test accuracy": accuracy, "Epochs": "–", "Seconds": None}
    return row | {
        "Test accuracy": accuracy,
        "Epochs": gettext("{epoch} of {epochs}", epoch=status.epoch, epochs=status.epochs),
        "Seconds": status.seconds,
    }
