"""What the tests of charts share: runs and answers to draw, and a look at specifications."""

import math
from typing import Any

import altair as alt
import numpy as np

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation.charts.template import Spec
from mnist_core.runs.run import History

BLUE, ORANGE = "#0072B2", "#D55E00"


def history(points: int = 1000, epochs: int = 3) -> tuple[History, History]:
    place = [epochs * (number + 1) / points for number in range(points)]
    batches = {
        "epoch": place,
        "loss": [math.exp(-epoch) for epoch in place],
        "accuracy": [1 - 0.9 * math.exp(-epoch) for epoch in place],
    }
    metrics = {
        "epoch": [float(epoch + 1) for epoch in range(epochs)],
        "loss": [0.5 / (epoch + 1) for epoch in range(epochs)],
        "accuracy": [0.9 + 0.01 * epoch for epoch in range(epochs)],
        "val_loss": [0.4 / (epoch + 1) for epoch in range(epochs)],
        "val_accuracy": [0.92 + 0.01 * epoch for epoch in range(epochs)],
        "learning_rate": [0.01] * epochs,
        "seconds": [1.0] * epochs,
    }
    return batches, metrics


def judged(number: int = 500) -> Evaluation:
    random = np.random.default_rng(0)
    labels = random.integers(0, 9, number)  # no nine: a row without images
    probabilities = random.dirichlet(np.ones(10), number) + 0.5 * np.eye(10)[labels]
    return Evaluation.measure(probabilities / 1.5, labels)


def perfect() -> Evaluation:
    return Evaluation.measure(np.eye(10)[[0, 1, 1]], np.array([0, 1, 1]))


def rows_of(spec: Spec, **where: Any) -> list[dict[str, Any]]:
    rows = spec["data"]["values"]
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def assert_valid(spec: Spec) -> None:
    chart = alt.LayerChart if "layer" in spec else alt.Chart
    chart.from_dict(spec, validate=True)
    # Every field that the chart shows is in its rows or calculated from them; those of changed learning rates have
    # layers of their own.
    for unit in spec.get("layer", [spec]):
        of_rates = "rate" in str(unit.get("transform"))
        rows = [row for row in spec["data"]["values"] if str(row.get("part")).startswith("rate") == of_rates]
        calculated = {transform["as"] for transform in unit.get("transform", []) if "calculate" in transform}
        for channel in unit["encoding"].values():
            for part in channel if isinstance(channel, list) else [channel]:
                if "field" in part and part["field"] not in calculated:
                    assert all(part["field"] in row for row in rows), part["field"]
