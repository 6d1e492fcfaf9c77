"""Numbers and sentences are written the same everywhere."""

import math

import pytest

from mnist_core.formatting import (
    confidence,
    count,
    duration,
    epoch_sentence,
    ordinal,
    percent,
    points,
    readable,
    several,
    size,
    told_apart,
    trend,
    with_article,
)


@pytest.mark.parametrize(
    ("share", "text"), [(0.98744, "98.74 %"), (0, "0.00 %"), (1, "100.00 %"), (0.5, "50.00 %"), (math.nan, "–")]
)
def test_a_share_is_a_percentage_with_two_decimals(share: float, text: str) -> None:
    assert percent(share) == text


def test_the_decimals_of_a_percentage_can_be_chosen() -> None:
    assert percent(0.98744, 1) == "98.7 %"
    assert percent(0.98744, 0) == "99 %"


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1.0, "> 99 %"),
        (0.9901, "> 99 %"),
        (0.99, "99 %"),
        (0.984, "98 %"),
        (0.5, "50 %"),
        (0.01, "1 %"),
        (0.0, "< 1 %"),
    ],
)
def test_confidence_never_claims_certainty(probability: float, text: str) -> None:
    assert confidence(probability) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (999, "999"), (225034, "225,034"), (20_000_000, "20,000,000")])
def test_counts_have_separators(number: int, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (72, "1 min 12 s"),
        (3599.7, "1 h 0 min"),
        (3725, "1 h 2 min"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 kB"), (123_876, "124 kB"), (1_000_000, "1.0 MB"), (11_490_434, "11.5 MB")]
)
def test_file_sizes_are_short(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "first"),
        (3, "third"),
        (10, "tenth"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (20, "20th"),
        (21, "21st"),
        (22, "22nd"),
        (33, "33rd"),
        (111, "111th"),
    ],
)
def test_ordinals_are_english(number: int, text: str) -> None:
    assert ordinal(number) == text


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([], ""),
        ([0.9], ""),
        ([0.9, math.nan], ""),
        ([0.9, 0.95], "rising"),
        ([0.95, 0.9], "falling"),
        ([0.9, 0.9004], "level"),
        ([0.1, 0.9, math.nan, 0.8], "falling"),
    ],
)
def test_a_series_rises_falls_or_stays(values: list[float], word: str) -> None:
    assert trend(values) == word


@pytest.mark.parametrize(
    ("accuracies", "sentence"),
    [
        ([], "Epoch 3 of 10"),
        ([math.nan], "Epoch 3 of 10"),
        ([0.987], "Epoch 3 of 10, validation accuracy 98.7 %"),
        ([0.98, 0.987], "Epoch 3 of 10, validation accuracy 98.7 %, rising"),
    ],
)
def test_the_sentence_of_a_run_says_where_it_stands(accuracies: list[float], sentence: str) -> None:
    assert epoch_sentence(3, 10, accuracies) == sentence


def test_a_difference_of_shares_is_in_points() -> None:
    assert points(0.0123) == points(-0.0123) == "1.2 points"
    assert points(-0.0002) == "0.0 points"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 drawings"), (1, "1 drawing"), (2, "2 drawings"), (2000, "2,000 drawings")]
)
def test_only_one_thing_stands_in_the_singular(number: int, text: str) -> None:
    assert several(number, "drawing") == text


def test_the_article_is_that_of_the_spoken_number() -> None:
    assert [with_article(number) for number in (0, 1, 7, 8)] == ["a 0", "a 1", "a 7", "an 8"]
    with_vowel = [number for number in range(1, 1000) if with_article(number).startswith("an ")]
    assert with_vowel == [8, 11, 18, *range(80, 90), *range(800, 900)]
    assert with_article(8000) == "an 8000" and with_article(1100) == "a 1100"


def test_what_a_file_says_becomes_short_and_printable() -> None:
    assert readable("a\nb\x1b") == "a?b?"
    assert readable("x" * 100) == "x" * 40 + "…"
    assert readable([2, 2]) == "[2, 2]" and readable(None) == "null"
    assert readable({"a": 1}) == readable([[1]]) == "a structure"


def test_what_is_called_the_same_is_told_apart_by_its_id() -> None:
    assert told_apart({"run-0001": "Ada", "run-0002": "ada", "run-0003": "Grace"}) == {
        "run-0001": "Ada · 0001",
        "run-0002": "ada · 0002",
        "run-0003": "Grace",
    }
