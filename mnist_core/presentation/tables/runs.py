"""Runs as an HTML table to choose from, a row each; on a phone only what tells them apart is shown."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mnist_core.formatting import percent
from mnist_core.language import N_, gettext
from mnist_core.presentation.markup import render

# What stands beside a run's name and accuracy, by the columns of `runs.summary.rows`: its head, and whether it wraps.
COLUMNS = {
    "Data": (N_("Learned from"), "long"),
    "Epochs": (N_("Epochs"), "short"),
    "Started": (N_("Started"), "short"),
    "Note": (N_("Note"), "long"),
}


def runs_table(
    rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str], chosen: Collection[str], several: bool = False
) -> str:
    """Rows as `runs.summary.rows` has them, with names for people by the runs' ids; a press reports a run's id.

    Those that are chosen are marked; of `several` each has a box to tick.
    """
    columns = {name: about for name, about in COLUMNS.items() if name != "Note" or any(row["Note"] for row in rows)}
    shown = [
        {
            "choice": row["Run"],
            "chosen": row["Run"] in chosen,
            "title": titles[row["Run"]],
            "state": "" if row["State"] == "done" else gettext(row["State"]),
            "accuracy": percent(math.nan if row["Test accuracy"] is None else row["Test accuracy"] / 100),
            "cells": [(row[name], width) for name, (_, width) in columns.items()],
        }
        for row in rows
    ]
    return render("runs.html", rows=shown, heads=columns.values(), several=several)
