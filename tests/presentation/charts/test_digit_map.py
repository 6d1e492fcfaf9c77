import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from mnist_core.evaluation.digit_map import PCA, TSNE, DigitMap
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation.charts import digit_map
from mnist_core.presentation.charts.template import Spec

LABELS = np.arange(20) % 10
THEMES = tomllib.loads(Path(".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]


def spec(kind: str = PCA) -> Spec:
    answers = LABELS.copy()
    answers[[3, 14]] = [8, 9]
    probabilities = np.full((20, 10), 0.02, np.float32)
    probabilities[np.arange(20), answers] = 0.82
    positions = np.random.default_rng(0).normal(0, 50, (10, 2)).astype(np.float32)
    variance = (0.25, 0.125) if kind == PCA else (np.nan, np.nan)
    found = DigitMap(kind, np.arange(0, 20, 2) + np.tile([0, 1], 5), positions, variance, 0.9)
    return digit_map.digit_map(found, Evaluation(probabilities, LABELS, np.zeros((12, 4))))


def test_each_point_has_its_number_digit_answer_and_place() -> None:
    rows = spec()["data"]["values"]
    assert [row["number"] for row in rows] == [0, 3, 4, 7, 8, 11, 12, 15, 16, 19]
    assert rows[1] == rows[1] | {"digit": 3, "read": 8, "sure": "82 %", "wrong": True}
    assert [row["wrong"] for row in rows].count(True) == 1
    positions = np.array([[row["x"], row["y"]] for row in rows])
    assert np.abs(positions).max() == 1
    json.dumps(spec())  # no NumPy in it


def test_mistakes_have_a_ring_and_lie_on_top_and_every_point_is_its_digit() -> None:
    right, rings, wrong = spec()["layer"]
    for layer in (right, wrong):
        assert layer["mark"]["type"] == "text"
        assert layer["encoding"]["text"]["field"] == layer["encoding"]["color"]["field"] == "digit"
    assert right["transform"] == [{"filter": "!datum.wrong"}]
    assert rings["mark"] == rings["mark"] | {"type": "point", "shape": "circle", "filled": False}
    assert rings["transform"] == wrong["transform"] == [{"filter": "datum.wrong"}]


def test_a_click_picks_a_number_and_only_the_browser_zooms() -> None:
    picked, zoomed = spec()["params"]
    assert picked["name"] == digit_map.PICKED
    assert picked["select"] == picked["select"] | {"type": "point", "fields": ["number"]}
    assert zoomed == zoomed | {"name": digit_map.ZOOMED, "bind": "scales"}
    assert {*picked["views"], *zoomed["views"]} <= {layer["name"] for layer in spec()["layer"]}


def test_only_the_directions_of_pca_have_names_and_shares() -> None:
    axes = {channel: spec()["encoding"][channel]["axis"]["title"] for channel in "xy"}
    assert axes == {"x": "First direction: 25 % of what differs", "y": "Second direction: 12 %"}
    assert [spec(TSNE)["encoding"][channel]["axis"]["title"] for channel in "xy"] == [None, None]


def luminance(colour: str) -> float:
    """Relative luminance as the Web Content Accessibility Guidelines define it."""
    shares = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", [*digit_map.DIGIT_COLOURS, digit_map.RING_COLOUR])
def test_every_colour_can_be_read_in_both_themes(colour: str, theme: str) -> None:
    dark, bright = sorted(luminance(one) for one in (colour, THEMES[theme]["backgroundColor"]))
    assert (bright + 0.05) / (dark + 0.05) >= 3


def test_the_ten_colours_differ() -> None:
    assert len({*digit_map.DIGIT_COLOURS, digit_map.RING_COLOUR}) == 11
