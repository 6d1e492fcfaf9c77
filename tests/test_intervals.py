"""Intervals agree with SciPy and statsmodels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from mnist_core.intervals import wilson


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
