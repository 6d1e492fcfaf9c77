"""Intervals and tests of significance agree with statsmodels and SciPy, and are put into words."""

from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_statsmodels
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from mnist_core.evaluation.significance import FEW, holm, is_real, mcnemar, wilson, written

# --- Intervals -------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(some.integers(1, 100_000), some.floats(0, 1), some.floats(0.5, 0.999))
def test_wilson_agrees_with_scipy_and_statsmodels(total: int, share: float, confidence: float) -> None:
    right = round(share * total)
    low, high = wilson(right, total, confidence)
    scipy = binomtest(right, total).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((scipy.low, scipy.high), abs=1e-9)
    statsmodels = proportion_confint(right, total, alpha=1 - confidence, method="wilson")
    assert (low, high) == pytest.approx(statsmodels, abs=1e-9)


def test_none_and_all_right_end_at_exactly_nothing_and_everything() -> None:
    assert wilson(0, 50)[0] == 0
    assert wilson(50, 50)[1] == 1
    assert 0.9 < wilson(50, 50)[0] < 1


def test_of_no_images_nothing_is_known() -> None:
    assert wilson(0, 0) == (0, 1)


# --- Tests -----------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(some.integers(0, 40) | some.integers(0, 3000), some.integers(0, 40) | some.integers(0, 3000))
def test_mcnemar_agrees_with_statsmodels(only_first: int, only_second: int) -> None:
    exact = only_first + only_second < FEW
    # Of equal counts statsmodels' correction for continuity takes one away from nothing, and its p falls below 1.
    assume(exact or only_first != only_second)
    expected = mcnemar_of_statsmodels([[0, only_first], [only_second, 0]], exact=exact, correction=True)
    assert mcnemar(only_first, only_second) == pytest.approx(float(expected.pvalue), abs=1e-9)


@pytest.mark.parametrize(("first", "second"), [(24, 0), (12, 12), (25, 0), (13, 12), (0, 0)])
def test_both_sides_of_where_the_exact_test_ends(first: int, second: int) -> None:
    expected = mcnemar_of_statsmodels([[0, first], [second, 0]], exact=first + second < 25)
    assert mcnemar(first, second) == pytest.approx(float(expected.pvalue), abs=1e-12)
    assert mcnemar(first, second) == mcnemar(second, first)


@pytest.mark.parametrize("count", [0, 1, 12, 13, 15, 3000])
def test_equal_counts_tell_nothing_apart(count: int) -> None:
    assert mcnemar(count, count) == 1.0


@settings(deadline=None, max_examples=40)
@given(some.lists(some.floats(0, 1), min_size=1, max_size=20))
def test_holms_correction_agrees_with_statsmodels(values: list[float]) -> None:
    with patch("gc.collect"):  # which statsmodels calls each time
        expected = multipletests(values, method="holm")[1].tolist()
    assert holm(values) == pytest.approx(expected, abs=1e-9)


def test_one_value_alone_is_not_corrected() -> None:
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.31, "p = 0.31"),
        (1.0, "p = 1.00"),
        (0.1, "p = 0.10"),
        (0.0021, "p = 0.002"),
        (0.04, "p = 0.040"),
        (0.0004, "p < 0.001"),
        (0.0, "p < 0.001"),
        (0.05, "p = 0.050"),
        (0.0496, "p = 0.0496"),
        (0.05004, "p = 0.05004"),
    ],
)
def test_a_p_value_is_never_rounded_onto_the_level_that_decides(p: float, words: str) -> None:
    assert written(p) == words


def test_the_verdict_turns_at_five_percent() -> None:
    assert is_real(0.0499) and not is_real(0.05)
