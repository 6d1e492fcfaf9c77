import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from mnist_core.evaluation import roc
from mnist_core.evaluation.roc import digit_curves, thinned
from tests.evaluation.test_evaluation import random_answers

fast = settings(max_examples=25, deadline=None)
few = settings(max_examples=5, deadline=None)  # ten digits each
seeds = st.integers(0, 2**32 - 1)


def answers(seed: int, number: int = 300, rounded: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Random answers; where rounded, many have the same probability, and some digits may have no images."""
    probabilities, labels = random_answers(number, seed)
    if rounded:
        probabilities = np.maximum(probabilities.round(1), 1e-3)
        labels = labels % np.random.default_rng(seed).integers(1, 11)
    return (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32), labels


# --- One digit against the others --------------------------------------------------------------------------------


@few
@given(seeds, st.booleans())
def test_areas_agree_with_scikit_learn_and_with_counting_pairs(seed: int, rounded: bool) -> None:
    probabilities, labels = answers(seed, 120, rounded)
    for one in digit_curves(probabilities, labels):
        actual, scores = labels == one.digit, probabilities[:, one.digit].astype(np.float64)
        assert one.images == actual.sum()
        if actual.all() or not actual.any():
            assert np.isnan([one.auc, one.average_precision]).all()
            continue
        assert one.auc == pytest.approx(metrics.roc_auc_score(actual, scores), abs=1e-9)
        assert one.average_precision == pytest.approx(metrics.average_precision_score(actual, scores), abs=1e-9)
        pairs = np.sign(scores[actual][:, np.newaxis] - scores[~actual])
        assert one.auc == pytest.approx(0.5 + pairs.mean() / 2, abs=1e-9)


@few
@given(seeds)
def test_every_point_of_a_curve_is_what_some_threshold_does(seed: int) -> None:
    probabilities, labels = answers(seed, 80, rounded=True)
    for one in digit_curves(probabilities, labels):
        if one.problem:
            continue
        actual, scores = labels == one.digit, probabilities[:, one.digit]
        taken = scores >= np.append(np.unique(scores), 2)[:, np.newaxis]
        true, false = (taken & actual).sum(axis=1), (taken & ~actual).sum(axis=1)
        rates = {(a / (~actual).sum(), b / actual.sum()) for a, b in zip(false, true, strict=True)}
        assert {(a, b) for a, b in zip(one.false_positives, one.true_positives, strict=True)} <= rates
        found = {(b / actual.sum(), b / (a + b)) for a, b in zip(false, true, strict=True) if a + b} | {(0.0, 1.0)}
        assert {(a, b) for a, b in zip(one.recall, one.precision, strict=True)} <= found


@pytest.mark.parametrize("seed", range(2))
def test_the_macro_mean_agrees_with_scikit_learn(seed: int) -> None:
    probabilities, labels = random_answers(500, seed)
    auc, average = roc.macro_mean(digit_curves(probabilities, labels))
    assert auc == pytest.approx(metrics.roc_auc_score(labels, probabilities, multi_class="ovr"), abs=1e-9)
    each = metrics.average_precision_score(np.eye(10)[labels], probabilities, average="macro")
    assert average == pytest.approx(each, abs=1e-9)


def test_a_digit_without_images_and_one_alone_have_a_sentence_and_no_curves() -> None:
    curves = digit_curves(np.full((5, 10), 0.1), np.full(5, 3))
    assert all(np.isnan(one.auc) and np.isnan(one.average_precision) and not len(one.recall) for one in curves)
    assert curves[3].problem.startswith("Every image shows a 3 here") and curves[3].images == 5
    assert curves[7].problem.startswith("No image shows a 7 here")
    assert np.isnan(roc.macro_mean(curves)).all()


def test_the_macro_mean_leaves_out_digits_without_images() -> None:
    probabilities, labels = random_answers(200, 1)
    some = labels < 4
    curves = digit_curves(probabilities[some], labels[some])
    assert roc.macro_mean(curves)[0] == pytest.approx(np.mean([one.auc for one in curves[:4]]))


def test_points_of_the_curves_are_found() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    probabilities = np.column_stack([scores, 1 - scores, *np.zeros((8, 6))])
    one = digit_curves(probabilities, np.array([0, 0, 1, 0, 1, 1]))[0]
    assert roc.found_at(one, 0.0) == pytest.approx(2 / 3)
    assert roc.found_at(one, 0.34) == 1
    assert roc.precision_at(one, 0.6) == 1
    assert roc.precision_at(one, 0.99) == pytest.approx(3 / 4)


# --- Thinning ----------------------------------------------------------------------------------------------------


def distance_to_line(point: np.ndarray, line: np.ndarray) -> float:
    """How far a point is from the nearest of a line's segments."""
    start, step = line[:-1], np.diff(line, axis=0)
    along = ((point - start) * step).sum(axis=1) / np.maximum((step * step).sum(axis=1), 1e-300)
    return float(np.hypot(*(start + np.clip(along, 0, 1)[:, np.newaxis] * step - point).T).min())


@pytest.mark.parametrize("digit", [0, 7])
def test_thinning_keeps_the_ends_and_loses_nothing_that_can_be_seen(digit: int) -> None:
    random = np.random.default_rng(digit)
    labels = random.integers(0, 10, 3000)
    one = digit_curves(random.dirichlet(np.ones(10), 3000) + 0.05 * np.eye(10)[labels], labels)[digit]
    for x, y in ((one.false_positives, one.true_positives), (one.recall, one.precision)):
        kept = thinned(x, y)
        assert len(kept) <= 200 < len(x) and (kept[0], kept[-1]) == (0, len(x) - 1)
        assert (np.diff(kept) > 0).all()
        thin = np.column_stack([x[kept], y[kept]])
        assert max(distance_to_line(point, thin) for point in np.column_stack([x, y])) < 0.004


def test_a_straight_line_needs_its_ends_only_and_a_corner_stays() -> None:
    x = np.linspace(0, 1, 1001)
    assert thinned(x, x).tolist() == [0, 1000]
    assert thinned(x, np.minimum(10 * x, 1)).tolist() == [0, 100, 1000]
    assert thinned(np.zeros(1), np.zeros(1)).tolist() == [0]
    assert thinned(np.zeros(5), np.zeros(5)).tolist() == [0, 4]
    assert len(thinned(x, np.sin(500 * x), most=50)) == 50
