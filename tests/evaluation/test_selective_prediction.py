import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.selective_prediction import (
    THRESHOLDS,
    RiskCoverage,
    behind,
    threshold_name,
    threshold_sentence,
)
from tests.evaluation.test_roc import answers

fast = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


@fast
@given(seeds, st.booleans(), st.sampled_from([*THRESHOLDS, 1.0]))
def test_what_a_threshold_does_agrees_with_counting(seed: int, rounded: bool, threshold: float) -> None:
    probabilities, labels = answers(seed, 200, rounded)
    refused = probabilities.max(axis=1).astype(np.float64) < threshold
    right = probabilities.argmax(axis=1) == labels
    outcome = RiskCoverage.measure(probabilities, labels).at(threshold)
    assert (outcome.let_through, outcome.caught) == ((~refused & ~right).sum(), (refused & ~right).sum())
    assert (outcome.answered_right, outcome.refused_right) == ((~refused & right).sum(), (refused & right).sum())
    assert outcome.images == 200 and outcome.refused == pytest.approx(refused.mean(), abs=1e-9)
    if refused.all():
        assert np.isnan(outcome.accuracy)
    else:
        assert outcome.accuracy == pytest.approx(
            metrics.accuracy_score(labels[~refused], probabilities.argmax(axis=1)[~refused]), abs=1e-9
        )
    evaluation = Evaluation(probabilities, labels, np.zeros((12, 4)))
    for is_refused in (False, True):
        for is_right in (False, True):
            shown = behind(evaluation, threshold, is_refused, is_right)
            assert sorted(shown.tolist()) == np.flatnonzero((refused == is_refused) & (right == is_right)).tolist()
            assert (np.diff(probabilities[shown].max(axis=1)) <= 0).all()


@fast
@given(seeds, st.booleans())
def test_the_whole_curve_is_what_each_threshold_does(seed: int, rounded: bool) -> None:
    probabilities, labels = answers(seed, 60, rounded)
    found = RiskCoverage.measure(probabilities, labels)
    thresholds, coverage, risk = found.curve()
    assert thresholds.tolist() == np.unique(probabilities.max(axis=1)).astype(np.float64).tolist()
    for threshold, answered, wrong in zip(thresholds, coverage, risk, strict=True):
        outcome = found.at(threshold)
        assert (answered, wrong) == pytest.approx((1 - outcome.refused, outcome.risk), abs=1e-9)
    assert coverage[0] == 1 and risk[0] == pytest.approx((probabilities.argmax(axis=1) != labels).mean(), abs=1e-9)


def test_thresholds_rise_and_are_finer_near_certainty() -> None:
    steps = np.diff(THRESHOLDS)
    assert (steps > 0).all() and THRESHOLDS[0] == 0 and THRESHOLDS[-1] == 0.9999
    assert steps[-1] < steps[-12] < steps[0]
    assert [threshold_name(t) for t in (0, 0.85, 0.991, 0.9995)] == [
        "0 %",
        "85 %",
        "99.1 %",
        "99.95 %",
    ]


def test_the_sentence_says_what_is_refused_and_what_is_let_through() -> None:
    sure = np.array([0.95] * 6 + [0.4] * 4)
    probabilities = np.column_stack([sure, *np.tile((1 - sure) / 9, (9, 1))])
    found = RiskCoverage.measure(probabilities, np.array([0] * 5 + [1, 2, 2, 2, 0]))
    assert threshold_sentence(found.at(0.9)) == (
        "Below 90 % it refuses 4 of 10 images. 16.67 % of its other answers are wrong. Mistakes let through: 1, "
        "caught: 3. Right answers lost: 1."
    )
    said = "Below 10 % it refuses nothing. 40.00 % of its answers are wrong."
    assert threshold_sentence(found.at(0.1)) == said
    assert threshold_sentence(found.at(0.99)) == "Below 99 % it refuses all images. It never answers."
