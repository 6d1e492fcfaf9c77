"""All measurements by name, and what is kept of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from mnist_core.bench import inference_speed, overhead, pages, race, rows, scaling, training_speed
from mnist_core.bench.data import Sizes
from mnist_core.bench.rows import Row
from mnist_core.files import atomic

MEASUREMENTS: dict[str, Callable[[Sizes], list[Row]]] = {
    "training": training_speed.measure,
    "race": race.measure,
    "inference": inference_speed.measure,
    "overhead": overhead.measure,
    "pages": pages.measure,
}
SCALING = "scaling"
NAMES = (*MEASUREMENTS, SCALING)
REPORT_NAME = "bench.json"


def run(names: Sequence[str], sizes: Sizes, folder: Path) -> Iterator[list[Row]]:
    """Yields the rows of each measurement, and writes what there is so far into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Row] = []
    points: list[scaling.Point] = []
    for name in names:
        if name == SCALING:
            points = scaling.measure(sizes)
            scaling.save_plot(points, sizes, folder / scaling.PLOT_NAME)
            more = []
        else:
            more = MEASUREMENTS[name](sizes)
            found += more
        report = rows.report(found) | {SCALING: [asdict(point) for point in points]}
        atomic.write_json(folder / REPORT_NAME, report)
        yield more
