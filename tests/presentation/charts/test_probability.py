import pytest

from mnist_core.presentation.charts import probability
from tests.support.specs import assert_valid, rows_of


def test_the_specification_is_valid_vega_lite() -> None:
    assert_valid(probability.probability_bars((0.1,) * 10, 3))
    assert_valid(probability.probability_bars((0.0,) * 10, None))


def test_the_validation_of_these_tests_can_fail() -> None:
    spec = probability.probability_bars((0.1,) * 10, 3)
    broken = spec | {"layer": [{"mark": "no such mark", "encoding": {}}]}
    with pytest.raises(Exception, match="no such mark"):
        assert_valid(broken)
    without_field = spec | {"data": {"values": [{"digit": 1}]}}
    with pytest.raises(AssertionError, match="probability"):
        assert_valid(without_field)


def test_the_highest_bar_is_marked_in_words_and_colour() -> None:
    probabilities = (0.01, 0.0, 0.02, 0.9, 0.01, 0.01, 0.01, 0.02, 0.01, 0.01)
    spec = probability.probability_bars(probabilities, 3)
    assert [row["probability"] for row in rows_of(spec)] == list(probabilities)
    assert [row["digit"] for row in rows_of(spec)] == list(range(10))
    (top,) = rows_of(spec, top=True)
    assert (top["digit"], top["text"]) == (3, "◀ 90 %")
    assert [row["text"] for row in rows_of(spec)][1:3] == ["", "2 %"]
    assert rows_of(probability.probability_bars((0.0,) * 10, None), top=True) == []


def test_only_the_rows_of_probability_bars_change() -> None:
    specs = [probability.probability_bars(given, top) for given, top in (((1.0,) + 9 * (0.0,), 0), ((0.1,) * 10, None))]
    assert rows_of(specs[0]) != rows_of(specs[1])
    assert specs[0] | {"data": None} == specs[1] | {"data": None}


@pytest.mark.parametrize("height", [200, 230, 270])
def test_a_full_bar_leaves_room_for_its_label_and_every_digit_is_named(height: int) -> None:
    spec = probability.probability_bars((1.0,) + 9 * (0.0,), 0, height)
    assert spec["height"] == height
    end = {"expr": f"max(width - {probability.LABEL_WIDTH}, 0)"}
    for layer in spec["layer"]:
        assert layer["encoding"]["x"]["scale"]["range"] == [0, end]
        assert layer["encoding"]["y"]["axis"]["labelOverlap"] is False


def test_the_probabilities_are_said_in_a_sentence() -> None:
    probabilities = (0.01, 0.0, 0.02, 0.9, 0.01, 0.01, 0.01, 0.0, 0.01, 0.03)
    assert probability.probability_sentence(probabilities) == "Most probable: 3 with 90 %, then 9 with 3 %."
