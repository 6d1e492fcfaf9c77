"""How time and memory grow with the share of the data and with the batch size, as rows and as a plot."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.bench.data import Sizes
from mnist_core.bench.processes import side_by_side
from mnist_core.bench.training_speed import network
from mnist_core.files import atomic
from mnist_core.presentation.palette import TRAINING_COLOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BATCH = 128
PLOT_NAME = "scaling.png"


@dataclass(frozen=True)
class Point:
    """One training of an epoch."""

    share: float  # of the data
    batch: int  # images a step
    seconds: float  # of an epoch
    memory: float  # the most bytes that its process held


def measure(sizes: Sizes) -> list[Point]:
    """Each share of the data and each batch size has a fresh process."""
    settings = [(share, BATCH) for share in sizes.shares] + [(1.0, batch) for batch in sizes.scaled_batches]
    return [_measure(share, batch, sizes) for share, batch in settings]


def _measure(share: float, batch: int, sizes: Sizes) -> Point:
    config = dataclasses.replace(network(batch), data_share=share)
    with side_by_side(("contenders.whole_epoch", (config, sizes.data, sizes.images))) as (contender,):
        return Point(share, batch, contender.measure(), contender.peak_memory())


def save_plot(points: list[Point], sizes: Sizes, path: Path) -> None:
    from matplotlib.figure import Figure  # takes a moment to load

    shares, batches = points[: len(sizes.shares)], points[len(sizes.shares) :]
    figure = Figure(figsize=(9, 6), layout="constrained")
    (upper_left, upper_right), (lower_left, lower_right) = figure.subplots(2, 2, sharex="col", sharey="row")
    _draw(upper_left, lower_left, [point.share for point in shares], shares)
    _draw(upper_right, lower_right, [point.batch for point in batches], batches)
    upper_left.set_ylim(0, 1.1 * max(point.seconds for point in points))
    lower_left.set_ylim(0, 1.1 * max(point.memory for point in points) / 1e6)
    upper_left.set_ylabel("seconds an epoch")
    lower_left.set(ylabel="most memory, MB", xlabel=f"share of the data, batch {BATCH}")
    lower_right.set_xlabel("batch size, all data")
    lower_right.set_xscale("log", base=2)
    lower_right.set_xticks(sizes.scaled_batches, [str(batch) for batch in sizes.scaled_batches])
    atomic.write_with(path, lambda temporary: figure.savefig(temporary, dpi=150))


def _draw(upper: "Axes", lower: "Axes", places: list[float], points: list[Point]) -> None:
    upper.plot(places, [point.seconds for point in points], color=TRAINING_COLOUR, marker="s")
    lower.plot(places, [point.memory / 1e6 for point in points], color=TRAINING_COLOUR, marker="s")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
