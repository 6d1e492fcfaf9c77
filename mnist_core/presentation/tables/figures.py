"""Shares of what is right as a table for the last row: the number, its interval, and a mark of the best."""

from collections.abc import Sequence
from typing import NamedTuple

from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import count, percent
from mnist_core.language import gettext
from mnist_core.presentation.markup import render


class Share(NamedTuple):
    """So many right of so many."""

    right: int
    total: int
    best: bool = False  # which a sign says


class Row(NamedTuple):
    """What a table says of one model."""

    words: str
    shares: tuple[Share, ...]
    more: str = ""  # in small letters below


def shares_table(columns: Sequence[str], rows: Sequence[Row], label: str, decimals: int = 0) -> str:
    """Each share with its 95 % interval (Wilson) in figures and as a line; `label` says what the table is."""
    intervals = [wilson(share.right, share.total) for row in rows for share in row.shares if share.total]
    least = min((low for low, _ in intervals), default=0.0)
    floor = max(0.0, int(least * 20 - 0.5) / 20)  # a step of 5 % below the lowest
    shown = [row._asdict() | {"cells": [_cell(share, floor, decimals) for share in row.shares]} for row in rows]
    note = gettext(
        "The lines go from {floor} to 100 %. The bar shows where chance could have put it.", floor=percent(floor, 0)
    )
    return render("shares.html", columns=columns, rows=shown, label=label, note=note)


def _cell(share: Share, floor: float, decimals: int) -> dict[str, object]:
    if not share.total:
        return {"share": ""}
    low, high = wilson(share.right, share.total)
    value = share.right / share.total
    return {
        "share": percent(value, decimals),
        "best": share.best,
        "of": gettext("{right} of {total}", right=count(share.right), total=count(share.total)),
        "interval": gettext("{low} to {high}", low=percent(low, decimals), high=percent(high, decimals)),
        "left": f"{_along(low, floor):.2f}",
        "width": f"{_along(high, floor) - _along(low, floor):.2f}",
        "at": f"{_along(value, floor):.2f}",
    }


def _along(value: float, floor: float) -> float:
    return 100 * (value - floor) / (1 - floor)


def counts_table(columns: Sequence[str], rows: Sequence[Row], label: str) -> str:
    """The same in little room: how many of how many, the best with its sign."""
    shown = [
        row._asdict()
        | {
            "cells": [
                {"of": f"{share.right}/{share.total}" if share.total else "–", "best": share.best}
                for share in row.shares
            ]
        }
        for row in rows
    ]
    return render("counts.html", columns=columns, rows=shown, label=label)
