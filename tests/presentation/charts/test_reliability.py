import json
from typing import Any

import numpy as np
import pytest

from mnist_core.evaluation.reliability import Reliability, bin_name, measure
from mnist_core.evaluation.significance import wilson
from mnist_core.inference.calibration import soften
from mnist_core.presentation.charts import reliability
from mnist_core.presentation.charts.template import Spec
from tests.evaluation.test_evaluation import random_answers
from tests.support.specs import assert_valid, rows_of


def measured(temperature: float = 1.0) -> Reliability:
    probabilities, labels = random_answers(900)
    return measure(soften(probabilities, temperature), labels)


BEFORE, AFTER = measured(), measured(0.4)


def unit(spec: Spec, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in spec["layer"] if one["mark"]["type"] == kind and one["encoding"].get("color")
    )
    return found


def test_before_and_after_differ_by_dash_and_mark_too() -> None:
    spec = reliability.reliability(BEFORE, AFTER)
    assert_valid(spec)
    shapes = unit(spec, "point")["encoding"]["shape"]["scale"]
    assert dict(zip(shapes["domain"], shapes["range"], strict=True)) == {"before": "circle", "after": "diamond"}
    dashes = unit(spec, "line")["encoding"]["strokeDash"]
    assert dashes["condition"] == {"test": "datum.kind == 'after'", "value": [6, 4]} and dashes["value"] == [1, 0]


@pytest.mark.parametrize(("kind", "one"), [("before", BEFORE), ("after", AFTER)])
def test_each_bin_with_images_is_a_mark_with_its_interval(kind: str, one: Reliability) -> None:
    rows = rows_of(reliability.reliability(BEFORE, AFTER), kind=kind)
    held = np.flatnonzero(one.images)
    assert [row["bin"] for row in rows] == [bin_name(int(number)) for number in held]
    assert [row["images"] for row in rows] == one.images[held].tolist()
    for row, number in zip(rows, held, strict=True):
        assert (row["confidence"], row["accuracy"]) == (one.confidence[number], one.accuracy[number])
        assert (row["low"], row["high"]) == wilson(int(one.right[number]), int(one.images[number]))


def test_without_a_temperature_there_is_no_after_and_no_legend() -> None:
    spec = reliability.reliability(BEFORE, None)
    assert_valid(spec)
    assert not rows_of(spec, kind="after") and unit(spec, "point")["encoding"]["color"]["legend"] is None
    assert "Diamonds" not in reliability.reliability_sentence(BEFORE, None)
    counts = reliability.bin_counts(BEFORE, None)
    assert_valid(counts)
    assert {row["after"] for row in rows_of(counts)} == {None} and "→" not in json.dumps(counts, ensure_ascii=False)
    assert "tick" not in reliability.bin_counts_sentence(BEFORE, None)


def test_the_sentence_says_on_which_side_the_model_lies() -> None:
    probabilities, labels = np.tile([0.8] + [0.2 / 9] * 9, (10, 1)), np.array([0] * 6 + [1] * 4)
    too_sure, unsure, exact = (
        measure(probabilities, np.sort(labels) * (np.arange(10) >= 10 - wrong)) for wrong in (4, 0, 2)
    )
    assert "20.0 points too sure." in reliability.reliability_sentence(too_sure, None)
    assert "20.0 points less sure than it could be." in reliability.reliability_sentence(unsure, None)
    assert "as sure as it should be." in reliability.reliability_sentence(too_sure, exact)


def test_counts_are_bars_and_numbers_of_every_bin() -> None:
    spec = reliability.bin_counts(BEFORE, AFTER)
    rows = rows_of(spec)
    assert [row["bin"] for row in rows] == [bin_name(number) for number in reversed(range(15))]
    lengths = [row["before"] for row in rows]
    assert np.argsort(lengths, kind="stable").tolist() == np.argsort(BEFORE.images[::-1], kind="stable").tolist()
    for row, before, after in zip(rows, BEFORE.images[::-1], AFTER.images[::-1], strict=True):
        assert row["text"] == (f"{before}" if before == after else f"{before} → {after}")
        assert row["end"] == max(row["before"], row["after"]) <= 1.3
    assert f"{BEFORE.images[-1]} of 900 images" in reliability.bin_counts_sentence(BEFORE, AFTER)


def test_the_axis_across_the_counts_is_one_for_all_layers() -> None:
    """Where one layer has no axis and another has, Vega-Lite draws nothing at all."""
    across = [one["encoding"]["x"] for one in reliability.bin_counts(BEFORE, AFTER)["layer"]]
    assert len(across) == 3 and all(one["axis"] is None and one["scale"] == across[0]["scale"] for one in across)
