import functools

import numpy as np
import pytest

from mnist_core.evaluation.roc import DigitCurves, digit_curves, found_at
from mnist_core.evaluation.selective_prediction import RiskCoverage
from mnist_core.formatting import percent
from mnist_core.presentation.charts import roc
from mnist_core.presentation.palette import TRAINING_COLOUR
from tests.evaluation.test_evaluation import random_answers
from tests.support.specs import assert_valid, rows_of


@functools.cache
def curves() -> tuple[DigitCurves, ...]:
    return digit_curves(*random_answers(2000))


@functools.cache
def risks() -> RiskCoverage:
    return RiskCoverage.measure(*random_answers(2000))


@pytest.mark.parametrize("draw", [roc.roc, roc.precision_recall])
@pytest.mark.parametrize("low", [0.0, 0.95])
def test_the_curves_are_valid_and_thin_and_the_chosen_one_is_on_top(draw: object, low: float) -> None:
    assert callable(draw)
    spec = draw(curves(), 4, low)
    if low:
        assert_valid(spec)
    rows = rows_of(spec)
    assert {row["digit"] for row in rows} == set(range(10)) and rows[-1]["digit"] == 4
    assert {row["digit"] for row in rows_of(spec, chosen=True)} == {4}
    assert max(len(rows_of(spec, digit=digit)) for digit in range(10)) <= 200
    # Told from the others by width and name, not by colour alone.
    others, chosen, name = (unit["mark"] for unit in spec["layer"])
    assert chosen["strokeWidth"] > 3 * others["strokeWidth"] and chosen["color"] == TRAINING_COLOUR
    assert name["type"] == "text"


def test_the_name_stands_at_one_visible_point_of_the_chosen_curve() -> None:
    for low in (0.0, 0.5):
        (named,) = rows_of(roc.roc(curves(), 7, low), name="digit 7")
        assert named["y"] >= low and named["x"] <= roc.roc_end(low)
        (named,) = rows_of(roc.precision_recall(curves(), 7, low), name="digit 7")
        assert min(named["x"], named["y"]) >= low


def test_every_point_that_is_drawn_is_one_of_the_curve() -> None:
    one = curves()[3]
    known = {(round(float(x), 6), round(float(y), 6)) for x, y in zip(one.recall, one.precision, strict=True)}
    rows = rows_of(roc.precision_recall(curves(), 5, 0.0), digit=3)
    assert {(row["x"], row["y"]) for row in rows} <= known and len(rows) > 20


def test_a_chosen_digit_without_images_leaves_the_others_and_its_sentence() -> None:
    probabilities, labels = random_answers(300)
    some = labels != 2
    shown = digit_curves(probabilities[some], labels[some])
    for draw, say in (
        (roc.roc, roc.roc_sentence),
        (roc.precision_recall, roc.precision_recall_sentence),
    ):
        spec = draw(shown, 2, 0.0)
        assert {row["digit"] for row in rows_of(spec)} == {0, 1, 3, 4, 5, 6, 7, 8, 9}
        assert not rows_of(spec, chosen=True)
        assert say(shown, 2, 0.0).startswith("No image shows a 2 here")


@pytest.mark.parametrize(
    ("error", "low"),
    [(0.0041, 0.95), (0.0005, 0.995), (0.009, 0.9), (0.034, 0.5), (0.1, 0.0), (0.7, 0.0), (0.0, 0.995)],
)
def test_the_corner_leaves_room_for_ten_times_the_errors(error: float, low: float) -> None:
    assert roc.corner(error) == low
    assert low == 0 or 1 - low >= 10 * error


def test_sentences_say_figures_and_axes() -> None:
    whole, zoomed = (roc.roc_sentence(curves(), 4, low) for low in (0.0, 0.95))
    found = found_at(curves()[4], 0.01)
    assert f"at most 1 of 100 other digits may be read as a 4, {percent(found)} of the 4s" in whole
    assert "corner" not in whole and zoomed.endswith("the corner is shown: up to 0.50 % across, from 95.0 % upwards.")
    zoomed = roc.precision_recall_sentence(curves(), 4, 0.9)
    assert "at least 99 of 100 images of a 4 must be found" in zoomed and "from 90.0 % both ways" in zoomed


# --- Thresholds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.9, 0.9999])
def test_the_threshold_is_marked_where_it_is(threshold: float) -> None:
    outcome = risks().at(threshold)
    spec = roc.risk_coverage(risks(), outcome)
    marked = [row for row in rows_of(spec) if row["name"]]
    assert len(rows_of(spec, name="")) <= 200
    sentence = roc.risk_sentence(risks(), outcome)
    if outcome.refused == 1:
        assert not marked and sentence.endswith("Your threshold refuses all.")
        return
    ((x, y),) = [(row["coverage"], row["risk"]) for row in marked]
    assert (x, y) == pytest.approx((1 - outcome.refused, outcome.risk))
    low = next(parameter["value"] for parameter in spec["params"] if parameter["name"] == "low")
    assert low <= x <= 1 and min(row["coverage"] for row in rows_of(spec)) >= low
    assert f"{100 * (1 - outcome.refused):.2f} % answered" in sentence


def test_a_model_without_mistakes_and_one_of_one_certainty_are_drawn() -> None:
    for probabilities, labels in ((np.eye(10), np.arange(10)), (np.full((4, 10), 0.1), np.arange(4))):
        found = RiskCoverage.measure(probabilities, labels)
        assert_valid(roc.risk_coverage(found, found.at(0.05)))
