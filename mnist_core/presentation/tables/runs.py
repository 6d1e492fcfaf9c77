"""Runs as an HTML table to choose from, a row each; on a phone only what tells them apart is shown."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mnist_core.formatting import percent
from mnist_core.presentation.markup import render

# What stands beside a run's name, by the columns of `runs.summary.rows`.
COLUMNS = {"Data": "Learned from", "Epochs": "Epochs", "Started": "Started", "Note": "Note"}


def runs_table(
    rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str], chosen: Collection[str], several: bool = False
) -> str:
    """Rows as `runs.summary.rows` has them, with names for people by the runs' ids; a press reports a run's id.

    Those that are chosen are marked; of `several` each has a box to tick.
    """
    columns = [column for column in COLUMNS if column != "Note" or any(row["Note"] for row in rows)]
    shown = [
        {
            "choice": row["Run"],
            "chosen": row["Run"] in chosen,
            "title": titles[row["Run"]],
            "state": "" if row["State"] == "done" else row["State"],
            "accuracy": percent(math.nan if row["Test accuracy"] is None else row["Test accuracy"] / 100),
            "cells": [row[column] for column in columns],
        }
        for row in rows
    ]
    heads = [COLUMNS[column] for column in columns]
    return render("runs.html", rows=shown, heads=heads, several=several)
