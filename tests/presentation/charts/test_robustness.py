import json

import pytest

from mnist_core.evaluation.corruptions import KINDS
from mnist_core.evaluation.robustness import Robustness
from mnist_core.evaluation.significance import wilson
from mnist_core.presentation.charts import robustness

RIGHT = (500, 700, 900, 980, 990, 985, 900, 600, 100)
FOUND = Robustness(dict.fromkeys(KINDS, RIGHT), 1000)
OTHER = Robustness(dict.fromkeys(KINDS, RIGHT[::-1]), 1000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_curve_has_a_mark_with_its_interval_at_every_level(kind: str) -> None:
    spec = robustness.curve(FOUND, kind)
    rows = spec["data"]["values"]
    assert [row["level"] for row in rows] == list(KINDS[kind].levels)
    assert [row["accuracy"] for row in rows] == FOUND.accuracies(kind)
    assert (rows[0]["low"], rows[0]["high"]) == wilson(500, 1000)
    assert [row["level"] for row in rows if row["undisturbed"]] == [KINDS[kind].undisturbed]
    assert [row["label"] for row in rows if row["label"]] == (
        ["10 %"] if KINDS[kind].undisturbed != rows[8]["level"] else []
    )
    assert spec["encoding"]["x"]["title"] == KINDS[kind].axis
    json.dumps(spec)


def test_a_click_on_a_mark_picks_its_level() -> None:
    spec = robustness.curve(FOUND, "shift")
    (picked,) = spec["params"]
    assert picked["name"] == robustness.PICKED
    assert picked["select"] == picked["select"] | {"type": "point", "fields": ["level"]}
    named = [layer for layer in spec["layer"] if layer.get("name") in picked["views"]]
    assert [layer["mark"]["type"] for layer in named] == ["circle"]


def test_another_model_is_drawn_dashed_in_another_colour_and_without_labels() -> None:
    spec = robustness.curve(FOUND, "shift", OTHER)
    rows = spec["data"]["values"]
    assert [row["model"] for row in rows] == ["this model"] * 9 + ["the other model"] * 9
    assert [row["accuracy"] for row in rows[9:]] == OTHER.accuracies("shift")
    assert not any(row["label"] or row["undisturbed"] for row in rows[9:])
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
    assert line["encoding"]["strokeDash"]["scale"]["range"][1] != [1, 0]
    assert len(set(line["encoding"]["color"]["scale"]["range"])) == 2


def test_all_curves_share_the_scale_from_0_to_1() -> None:
    for kind in KINDS:
        layers = robustness.curve(FOUND, kind)["layer"]
        domains = [layer["encoding"]["y"]["scale"]["domain"] for layer in layers if "scale" in layer["encoding"]["y"]]
        assert domains
        assert all(domain == [0, 1] for domain in domains)


def test_the_lowest_accuracy_is_written_below_its_mark_and_above_the_axis() -> None:
    layers = robustness.curve(FOUND, "shift")["layer"]
    (label,) = [it for it in layers if it["encoding"].get("text", {}).get("field") == "label"]
    assert label["mark"]["dy"] == {"expr": "datum.accuracy > 0.09 ? min(16, height * datum.accuracy - 6) : -14"}
