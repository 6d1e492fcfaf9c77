"""What was measured: a row each, with what it is compared with and what it has to reach; as a table and as JSON."""

import dataclasses
import math
import os
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

PACKAGES = ("tensorflow", "keras", "torch", "ai-edge-litert", "numpy", "streamlit", "dask")


@dataclass(frozen=True)
class Row:
    """One figure of the lab."""

    group: str  # the measurement that it comes from, as `--only` names it
    what: str  # what was measured, in words
    ours: float  # the median of the rounds
    unit: str  # `images/s`, `GFLOP/s`, `share`, of which more are better, or `s`, of which fewer are
    other: float = math.nan  # what it is compared with, measured in the same rounds; NaN where there is nothing
    against: str = ""  # what `other` is, in words
    least_ratio: float = math.nan  # how many times better than the other the lab has to be; NaN where nothing is asked
    # What the lab's own figure has to reach, seconds at most, all else at least; NaN where nothing is asked
    limit: float = math.nan

    @property
    def ratio(self) -> float:
        """How many times better than the other the lab is; NaN where there is no other."""
        better, worse = (self.other, self.ours) if self.unit == "s" else (self.ours, self.other)
        return better / worse if worse else math.nan

    @property
    def held(self) -> bool | None:
        """None where nothing is asked."""
        if not math.isnan(self.least_ratio):
            return self.ratio >= self.least_ratio
        if math.isnan(self.limit):
            return None
        return self.ours <= self.limit if self.unit == "s" else self.ours >= self.limit

    @property
    def bar(self) -> str:
        """What is asked, in words."""
        if not math.isnan(self.least_ratio):
            return f"≥ {self.least_ratio:g}×"
        return "" if math.isnan(self.limit) else f"{'≤' if self.unit == 's' else '≥'} {figure(self.limit, self.unit)}"


COLUMNS = ("", "Digit Lab", "other", "", "ratio", "asked", "")


def table(rows: Iterable[Row]) -> str:
    """In Markdown, which reads well in a terminal too."""
    cells = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    lines = [
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if math.isnan(row.ratio) else f"{row.ratio:.2f}×"
    held = {None: "", True: "held", False: "NOT HELD"}[row.held]
    return row.what, figure(row.ours, row.unit), figure(row.other, row.unit), row.against, ratio, row.bar, held


def figure(value: float, unit: str) -> str:
    """An endless time is `never`, NaN is empty."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "never"
    if unit == "s" and value < 1:
        return f"{1000 * value:.3g} ms"
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def report(rows: Iterable[Row]) -> dict[str, Any]:
    """All that a program may want to know: the rows, and on what they were measured."""
    return {
        "measured": time.strftime("%Y-%m-%d %H:%M"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version()} | _versions(),
        "rows": [_plain(row) for row in rows],
    }


def _versions() -> dict[str, str]:
    there = {distribution.metadata["Name"] for distribution in metadata.distributions()}
    return {name: metadata.version(name) for name in PACKAGES if name in there}


def _plain(row: Row) -> dict[str, Any]:
    values = dataclasses.asdict(row) | {"ratio": row.ratio, "held": row.held}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }
