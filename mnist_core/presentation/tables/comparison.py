"""Models side by side as an HTML table, a column each; what counts images leads to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mnist_core.evaluation.comparison import MOST_TESTED, Comparison, Group
from mnist_core.evaluation.model_cost import ModelFacts
from mnist_core.formatting import count, duration, percent, size
from mnist_core.language import N_, as_written, gettext
from mnist_core.presentation.markup import Press, render

# What is counted of each model, and the kind of group that holds its images (`Comparison.groups`).
COUNTS = {"wrong": N_("Read wrong"), "only": N_("Only this one is right")}


@dataclass(frozen=True)
class Column:
    """What the table says of a model besides its answers."""

    title: str
    facts: ModelFacts  # what it costs
    seconds: float | None  # for one image; None where it could not be measured


def comparison_table(comparison: Comparison, columns: Sequence[Column], chosen: str) -> str:
    """The highest accuracy and the lowest loss are bold, the chosen images (a key of `Comparison.groups`) marked."""
    return render(
        "comparison.html",
        heads=[(name, column.title) for name, column in zip(comparison.names, columns, strict=True)],
        rows=[*_judged(comparison), *_counts(comparison, chosen), *_costs(columns)],
    )


def figures(columns: Sequence[Column]) -> list[tuple[str, list[str]]]:
    """What models cost: a name and each model's figure in words, `–` where it is not known."""
    facts = [column.facts for column in columns]
    return [
        (gettext("Parameters"), [_written(it.parameters, count) for it in facts]),
        (gettext("Size (LiteRT)"), [_written(it.file_size, size) for it in facts]),
        (gettext("Training time"), [_written(it.training_seconds, duration) for it in facts]),
        (gettext("Time for one image"), [_written(column.seconds, milliseconds) for column in columns]),
    ]


Number = TypeVar("Number", int, float)


def _written(value: Number | None, write: Callable[[Number], str]) -> str:
    return "–" if value is None else write(value)


def milliseconds(seconds: float) -> str:
    """`0.24 ms`."""
    return as_written(f"{1000 * seconds:.2f} ms")


def interval_words(interval: tuple[float, float]) -> str:
    """`99.45–99.70 %`."""
    return as_written(f"{100 * interval[0]:.2f}–{100 * interval[1]:.2f} %")


_Cell = tuple[Press, bool]  # and whether it is the best of its row
_Row = tuple[str, str, list[_Cell]]  # its name, and under which word it can be looked up; empty where it cannot


def _judged(comparison: Comparison) -> list[_Row]:
    accuracies = [evaluation.accuracy for evaluation in comparison.evaluations]
    losses = [evaluation.loss for evaluation in comparison.evaluations]
    return [
        (gettext("Test accuracy"), "accuracy", [(Press("", percent(it)), it == max(accuracies)) for it in accuracies]),
        (
            gettext("Likely between"),
            "likely-between",
            _plain([interval_words(interval) for interval in comparison.intervals]),
        ),
        (gettext("Loss"), "loss", [(Press("", as_written(f"{it:.4f}")), it == min(losses)) for it in losses]),
    ]


def _counts(comparison: Comparison, chosen: str) -> list[_Row]:
    names, groups = comparison.names, comparison.groups

    def cells(keys: Sequence[str]) -> list[_Cell]:
        return [(_press(key, groups[key], key == chosen) if key in groups else Press("", ""), False) for key in keys]

    rows = [(gettext(words), "", cells([f"{kind}-{name}" for name in names])) for kind, words in COUNTS.items()]
    if 2 < len(names) <= MOST_TESTED:
        rows += [
            (gettext("Right where {other} is wrong", other=it), "", cells([f"{name}-{it}" for name in names]))
            for it in names
        ]
    return rows


def _costs(columns: Sequence[Column]) -> list[_Row]:
    return [(name, "", _plain(values)) for name, values in figures(columns)]


def _plain(values: Sequence[str]) -> list[_Cell]:
    return [(Press("", value), False) for value in values]


def _press(key: str, group: Group, current: bool) -> Press:
    return Press(key, count(len(group.indices)), group.sentence, current)
