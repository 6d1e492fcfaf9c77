"""The charts of a report, drawn with Matplotlib as SVG for a page and as PNG for paper."""

import html
import io
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.layers import CLASSES
from mnist_core.palette import QUIET_COLOUR, TRAINING_COLOUR, VALIDATION_COLOUR
from mnist_core.reliability import Reliability
from mnist_core.runs import History
from mnist_core.significance import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches; two have room beside each other on a page of A4, and one can be read on a telephone.
SIZE = (4.6, 3.1)
DOTS_PER_INCH = 220
MARKS = (("precision", "s", "#009E73"), ("recall", "o", "#CC79A7"), ("F1", "^", "#E69F00"))


def learning_curve(quantity: str, batches: History, metrics: History, file_format: str) -> bytes:
    """Draws `loss` or `accuracy` by epoch: training blue and solid, validation orange and dashed."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = _axes()
    epochs, training, validation = metrics["epoch"], metrics[quantity], metrics[f"val_{quantity}"]
    axes.plot(batches["epoch"], batches[quantity], color=TRAINING_COLOUR, alpha=0.5, linewidth=1)
    axes.plot(epochs, training, color=TRAINING_COLOUR, marker="s", markersize=4, label="training")
    axes.plot(epochs, validation, "--", color=VALIDATION_COLOUR, marker="o", markersize=4, label="validation")
    axes.set(xlabel="Epoch", ylabel=quantity.capitalize())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    # The first steps, which know nothing yet, would press all that matters to the edge: the epochs set the scale.
    known = [value for value in training + validation if math.isfinite(value)]
    if quantity == "accuracy":
        _percentages(axes, "y")
        axes.set_ylim(max(min(known, default=0) - 0.05, 0), 1.005)
    elif known:
        axes.set_ylim(0, 1.5 * max(known) + 1e-6)
    _legend_above(axes)
    return _file(figure, file_format)


def reliability(measured: Reliability, file_format: str) -> bytes:
    """Draws how often a model is right against how sure it says it is, with what chance leaves open."""
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], "--", color=QUIET_COLOUR, label="as sure as right")
    held = measured.images > 0
    sure, right, images = measured.confidence[held], measured.accuracy[held], measured.images[held]
    intervals = [wilson(*map(int, pair)) for pair in zip(measured.right[held], images, strict=True)]
    axes.vlines(sure, *zip(*intervals, strict=True), color=TRAINING_COLOUR, linewidth=1.2)
    areas = 20 + 180 * np.sqrt(images / images.max())
    axes.scatter(sure, right, areas, color=TRAINING_COLOUR, alpha=0.75, label="the model", linewidths=0)
    axes.set(xlabel="How sure the model is", ylabel="How often it is right", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    _percentages(axes, "x")
    _percentages(axes, "y")
    _legend_above(axes)
    return _file(figure, file_format)


def by_digit(report: np.ndarray, file_format: str) -> bytes:
    """Draws precision (square), recall (circle) and F1 (triangle) of each digit from a report float64 `[12, 4]`."""
    figure, axes = _axes()
    for column, (name, mark, colour) in enumerate(MARKS):
        place = np.arange(CLASSES) + 0.18 * (column - 1)
        axes.plot(place, report[:CLASSES, column], mark, color=colour, label=name, markersize=6)
    axes.set(xlabel="Digit", xticks=range(CLASSES))
    _percentages(axes, "y")
    _legend_above(axes)
    return _file(figure, file_format)


def _axes() -> tuple[Any, "Axes"]:
    from matplotlib.figure import Figure  # most of a second to load; only a report needs it

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _legend_above(axes: "Axes") -> None:
    """Puts the legend where it hides no point."""
    axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1), markerscale=0.8)


def _percentages(axes: "Axes", which: str) -> None:
    from matplotlib.ticker import PercentFormatter

    getattr(axes, f"{which}axis").set_major_formatter(PercentFormatter(1, symbol=" %"))


def _file(figure: Any, file_format: str) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format=file_format, dpi=DOTS_PER_INCH, transparent=file_format == "svg")
    return content.getvalue()


def inline(svg: bytes, prefix: str, sentence: str) -> str:
    """Makes a drawing of Matplotlib's part of a page: in the colour of its text, in light and in dark.

    Args:
        svg: The file; its text is drawn as paths, so that it looks the same wherever it is opened.
        prefix: Tells its names from those of the page's other drawings; numbered, they are the same in every process.
        sentence: What a screen reader says instead of it.
    """
    text = svg.decode()
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = text[text.index("<svg") :]
    names = {name: f"{prefix}-{number}" for number, name in enumerate(re.findall(r'\bid="([^"]+)"', text))}
    text = re.sub(r'(\bid="|href="#|url\(#)([^")]+)', lambda found: found[1] + names.get(found[2], found[2]), text)
    text = text.replace("#000000", "currentColor")
    return text.replace("<svg ", f'<svg role="img" aria-label="{html.escape(sentence, quote=True)}" ', 1)
