"""Models side by side as an HTML table, a column each; what counts images leads to them."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mnist_core.comparison import MOST_TESTED, Comparison, Group
from mnist_core.model_facts import ModelFacts
from mnist_core.phrases import count, duration, percent, size

STYLE = """
.wide { overflow-x: auto; padding: 3px }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 0.3rem 0.6rem; text-align: right; vertical-align: top; white-space: nowrap;
  border-bottom: 1px solid color-mix(in srgb, var(--st-text-color) 15%, transparent) }
th[scope=row] { text-align: left; font-weight: 400; position: sticky; left: 0; white-space: normal; min-width: 6.5rem;
  background: var(--st-background-color) }
th[scope=col] { font-weight: 400; white-space: normal; min-width: 7rem; max-width: 12rem;
  overflow-wrap: anywhere }
th[scope=col] b { display: block; font-size: 1.25rem }
td.best { font-weight: 700 }
td button { padding: 0 0.3rem !important; margin-right: -0.3rem !important; text-decoration: underline;
  text-underline-offset: 3px; border-radius: 3px }
td button:hover { outline: 1px solid var(--st-text-color) }
td button[aria-current] { outline: 3px solid var(--st-text-color); font-weight: 700 !important }
@media (max-width: 640px) {
  table { font-size: 0.8rem }
  th, td { padding: 0.3rem 0.25rem }
  th[scope=row] { min-width: 0; width: 5rem; padding-left: 0 }
  th[scope=col] { min-width: 5.5rem; max-width: 8rem }
  td { white-space: normal }
}
"""


@dataclass(frozen=True)
class Column:
    """What the table says of a model besides its answers.

    Attributes:
        title: What it is called.
        facts: What it costs.
        seconds: Time for one image; None where it could not be measured.
    """

    title: str
    facts: ModelFacts
    seconds: float | None


def comparison_table(comparison: Comparison, columns: Sequence[Column], chosen: str) -> str:
    """Returns the models side by side; the highest accuracy and the lowest loss are bold.

    Args:
        comparison: The models.
        columns: What else is known of each.
        chosen: The short name of the images that are looked at (`Comparison.groups`), which is marked.
    """
    heads = "".join(
        f'<th scope="col"><b>{name}</b>{html.escape(column.title)}</th>'
        for name, column in zip(comparison.names, columns, strict=True)
    )
    rows = [*_judged(comparison), *_counts(comparison, chosen), *_costs(columns)]
    return (
        f'<style>{STYLE}</style><div class="wide"><table role="grid" data-grid aria-label="Models side by side; arrow '
        'keys move, Enter shows the images behind a figure"><thead><tr><th scope="row">Model</th>'
        f"{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def figures(columns: Sequence[Column]) -> list[tuple[str, list[str]]]:
    """Returns what models cost: a name and each model's figure in words, `–` where it is not known."""
    facts = [column.facts for column in columns]
    return [
        ("Parameters", [_written(it.parameters, count) for it in facts]),
        ("Size (LiteRT)", [_written(it.file_size, size) for it in facts]),
        ("Training time", [_written(it.training_seconds, duration) for it in facts]),
        ("Time for one image", [_written(column.seconds, milliseconds) for column in columns]),
    ]


Number = TypeVar("Number", int, float)


def _written(value: Number | None, write: Callable[[Number], str]) -> str:
    return "–" if value is None else write(value)


def milliseconds(seconds: float) -> str:
    """Writes a short time as `0.24 ms`."""
    return f"{1000 * seconds:.2f} ms"


def interval_words(interval: tuple[float, float]) -> str:
    """Writes an interval of shares as `99.45–99.70 %`."""
    return f"{percent(interval[0]).removesuffix(' %')}–{percent(interval[1])}"


def _judged(comparison: Comparison) -> list[str]:
    accuracies = [evaluation.accuracy for evaluation in comparison.evaluations]
    losses = [evaluation.loss for evaluation in comparison.evaluations]
    return [
        _row("Test accuracy", [percent(value) for value in accuracies], [it == max(accuracies) for it in accuracies]),
        _row("95 % interval", [interval_words(interval) for interval in comparison.intervals]),
        _row("Loss", [f"{loss:.4f}" for loss in losses], [it == min(losses) for it in losses]),
    ]


def _counts(comparison: Comparison, chosen: str) -> list[str]:
    names, groups = comparison.names, comparison.groups

    def cells(keys: Sequence[str]) -> list[str]:
        return [_button(key, groups[key], key == chosen) if key in groups else "" for key in keys]

    rows = [
        _row("Reads wrong", cells([f"wrong-{name}" for name in names])),
        _row("Alone reads right", cells([f"only-{name}" for name in names])),
    ]
    if 2 < len(names) <= MOST_TESTED:
        rows += [_row(f"Right where {it} is wrong", cells([f"{name}-{it}" for name in names])) for it in names]
    return rows


def _costs(columns: Sequence[Column]) -> list[str]:
    return [_row(name, values) for name, values in figures(columns)]


def _row(name: str, cells: Sequence[str], best: Sequence[bool] = ()) -> str:
    marks = [' class="best"' if mark else "" for mark in best] or [""] * len(cells)
    columns = "".join(f"<td{mark}>{cell}</td>" for cell, mark in zip(cells, marks, strict=True))
    return f'<tr><th scope="row">{name}</th>{columns}</tr>'


def _button(key: str, group: Group, current: bool) -> str:
    mark = ' aria-current="true" data-start' if current else ""
    return (
        f'<button type="button" data-choice="{key}" title="{group.sentence}" aria-label="{group.sentence}"{mark}>'
        f"{count(len(group.indices))}</button>"
    )
