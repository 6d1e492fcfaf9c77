"""Several models on the same images: figures, images and sentences."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.metrics import precision_recall_fscore_support
from statsmodels.stats.contingency_tables import mcnemar

from mnist_core.errors import InputError
from mnist_core.evaluation.comparison import LETTERS, MEASURES, MOST_COMPARED, Comparison
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import FEW, holm, wilson


def reading(labels: np.ndarray, predictions: np.ndarray, identity: str = "same") -> Evaluation:
    """An evaluation of a model that reads these digits, surer of later images."""
    probabilities = np.full((len(labels), 10), 0.02)
    probabilities[np.arange(len(labels)), predictions] = np.linspace(0.3, 0.82, len(labels))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Evaluation.measure(probabilities, labels, identity)


def wrong_at(labels: np.ndarray, *indices: int) -> Evaluation:
    """A model that reads all but these images right, and takes each of these for the next digit."""
    predictions = labels.copy()
    predictions[list(indices)] = (labels[list(indices)] + 1) % 10
    return reading(labels, predictions)


def of_errors(*errors: tuple[int, ...], images: int = 200) -> Comparison:
    """Models that err at these images."""
    labels = np.arange(images) % 10
    return Comparison(tuple(wrong_at(labels, *indices) for indices in errors))


def at_random(seed: int, models: int, images: int = 400) -> Comparison:
    """Models of different skill."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, images)
    evaluations = []
    for _ in range(models):
        skilled = random.random(images) < random.uniform(0.7, 0.99)
        evaluations.append(reading(labels, np.where(skilled, labels, random.integers(0, 10, images))))
    return Comparison(tuple(evaluations))


# --- Figures -----------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=12)
@given(some.integers(0, 2**32 - 1), some.integers(2, 5))
def test_pairs_agree_with_statsmodels(seed: int, models: int) -> None:
    comparison = at_random(seed, models)
    values = []
    for pair in comparison.pairs:
        first, second = (comparison.right[model] for model in pair.models)
        table = [[int((one & other).sum()) for other in (second, ~second)] for one in (first, ~first)]
        assert (pair.only_first, pair.only_second) == (table[0][1], table[1][0])
        exact = table[0][1] + table[1][0] < FEW
        tied = not exact and table[0][1] == table[1][0]  # where statsmodels' correction goes beyond
        values.append(1.0 if tied else float(mcnemar(table, exact=exact).pvalue))
    assert [pair.p for pair in comparison.pairs] == pytest.approx(values, abs=1e-9)
    assert [pair.corrected for pair in comparison.pairs] == pytest.approx(holm(values), abs=1e-9)
    assert len(values) == models * (models - 1) // 2


@settings(deadline=None, max_examples=8)
@given(some.integers(0, 2**32 - 1))
def test_differences_agree_with_scikit_learn(seed: int) -> None:
    comparison = at_random(seed, 3)
    for place, name in enumerate(MEASURES):
        one, *others = (
            precision_recall_fscore_support(it.labels, it.predictions, labels=range(10), zero_division=0)[place]
            for it in comparison.evaluations
        )
        found = comparison.differences(name)
        assert found[0].tolist() == [0] * 10
        assert found[1:] == pytest.approx(np.stack([other - one for other in others]), abs=1e-9)
        assert comparison.differences(name, 2)[0] == pytest.approx(-found[2], abs=1e-12)


def test_accuracies_have_their_intervals_and_their_ranking() -> None:
    comparison = of_errors((0, 1, 2), (5,), (7, 8))
    assert comparison.intervals == (wilson(197, 200), wilson(199, 200), wilson(198, 200))
    assert comparison.ranking == (1, 2, 0)
    assert comparison.names == "ABC"


# --- Images ------------------------------------------------------------------------------------------------------


def test_the_images_behind_each_figure() -> None:
    comparison = of_errors((1, 2, 3), (3, 4), (3, 4, 5))
    indices = {key: sorted(group.indices.tolist()) for key, group in comparison.groups.items()}
    assert indices == {
        "only-A": [4],
        "only-B": [],
        "only-C": [],
        "none": [3],
        "wrong-A": [1, 2, 3],
        "wrong-B": [3, 4],
        "wrong-C": [3, 4, 5],
        "A-B": [4],
        "A-C": [4, 5],
        "B-A": [1, 2],
        "B-C": [5],
        "C-A": [1, 2],
        "C-B": [],
    }
    assert comparison.groups["only-A"].sentence == "1 image that only A reads right"
    assert comparison.groups["B-A"].sentence == "2 images that B reads right and A wrong"
    assert comparison.groups["none"].sentence == "1 image that no model reads right"


def test_of_two_models_each_group_is_there_once() -> None:
    comparison = of_errors((1, 2, 3), (3, 4))
    assert list(comparison.groups) == ["only-A", "only-B", "none", "wrong-A", "wrong-B"]
    assert comparison.groups["none"].sentence == "1 image that neither reads right"


@settings(deadline=None, max_examples=8)
@given(some.integers(0, 2**32 - 1), some.integers(2, 10))
def test_what_only_one_reads_right_is_counted_from_the_answers(seed: int, models: int) -> None:
    comparison = at_random(seed, models, 100)
    rows = list(zip(*(it.predictions.tolist() for it in comparison.evaluations), strict=True))
    for model, name in enumerate(comparison.names):
        alone = [
            index
            for index, (answers, label) in enumerate(zip(rows, comparison.labels.tolist(), strict=True))
            if answers[model] == label and answers.count(label) == 1
        ]
        assert sorted(comparison.groups[f"only-{name}"].indices.tolist()) == alone


def test_the_surest_come_first_and_the_answers_are_those_of_a_model_that_errs() -> None:
    comparison = of_errors((10, 30, 20), (30,))
    assert comparison.groups["only-B"].indices.tolist() == [20, 10]  # the later, the surer
    assert comparison.groups["wrong-A"].indices.tolist() == [30, 20, 10]
    for key, group in comparison.groups.items():
        if len(group.indices):
            assert not comparison.right[group.reader][group.indices].any(), key


def test_disputed_images_of_a_digit_are_also_those_that_one_model_takes_for_it() -> None:
    labels = np.arange(40) % 10
    first, second = labels.copy(), labels.copy()
    first[3], second[13] = 9, 8  # two 3s, misread differently
    first[7] = 3  # a 7 read as 3
    first[23] = second[23] = 5  # a 3 on which both agree
    group = Comparison((reading(labels, first), reading(labels, second))).disputed(3)
    assert sorted(group.indices.tolist()) == [3, 7, 13]
    assert group.sentence == "3 images of a 3, or read as one, over which the models disagree"


def test_the_answers_to_one_image() -> None:
    assert of_errors((199,), ()).answers(199) == "A reads 0 (82 %), B reads 9 (82 %)."


# --- Sentences ---------------------------------------------------------------------------------------------------


def sentence(*errors: tuple[int, ...], images: int = 200) -> str:
    return of_errors(*errors, images=images).pairs[0].sentence


def test_a_difference_that_could_be_chance() -> None:
    # 1 image against 4: 2 * (1 + 5) / 2**5 = 0.375
    words = "A reads 99.50 % right, B 98.00 %. A difference of 1.50 points could be chance."
    assert sentence((0,), (1, 2, 3, 4)) == words
    assert of_errors((0,), (1, 2, 3, 4)).pairs[0].details == "A and B: p = 0.38 (McNemar's test)."


def test_a_difference_that_is_hardly_chance() -> None:
    words = "A reads 100.00 % right, B 95.00 %. A difference of 5.00 points is hardly chance."
    assert sentence((), tuple(range(10))) == words


def test_models_that_do_not_differ() -> None:
    assert sentence((5, 6), (5, 6)) == "A and B read every image as the same digit."
    assert sentence((5, 6), (8, 9)) == "A and B both read 99.00 % right. Each alone reads 2 images right."
    labels = np.zeros(50, np.int64)
    one, other = labels.copy(), labels.copy()
    one[3], other[3] = 4, 7
    same = Comparison((reading(labels, one), reading(labels, other))).pairs[0]
    assert same.sentence == "A and B read the same images right. Only their mistakes differ."
    assert same.p == 1 and same.details == ""


def test_of_several_pairs_the_sentence_says_that_p_is_corrected() -> None:
    comparison = of_errors((), (1, 2, 3, 4, 5, 6), (11, 12))
    assert comparison.pairs[0].p == 2 / 64
    assert comparison.pairs[0].corrected == 3 * 2 / 64
    assert comparison.pairs[0].sentence.endswith("A difference of 3.00 points could be chance.")
    said = "A and B: p = 0.094 (McNemar's test, after Holm's correction for 3 pairs)."
    assert comparison.pairs[0].details == said


def test_the_digit_that_differs_most_and_whether_it_means_anything() -> None:
    twos = tuple(range(2, 200, 10))
    comparison = of_errors((3,), twos[:12])
    assert comparison.digits_sentence("recall") == (
        "B differs most from A at the digit 2: its recall is 40.00 % instead of 100.00 %. That is hardly chance "
        "(p = 0.005)."
    )
    assert comparison.digits_sentence("recall", 1).startswith("A differs most from B at the digit 2: its recall is 100")
    assert "chance" not in comparison.digits_sentence("precision")
    assert of_errors((3,), (3,)).digits_sentence("f1-score") == "No digit's f1-score differs."


# --- Refusals ----------------------------------------------------------------------------------------------------


def test_models_judged_on_different_images_are_not_compared() -> None:
    labels = np.arange(20) % 10
    first = reading(labels, labels)
    for other in (
        dataclasses.replace(first, identity="other"),
        reading(labels[::-1], labels),
        reading(labels[:9], labels[:9]),
    ):
        with pytest.raises(InputError) as caught:
            Comparison((first, first, other))
        assert str(caught.value) == ("A and C were judged on different images; choose data to judge them all on.")


@pytest.mark.parametrize(("number", "words"), [(0, "there are 0"), (1, "there is one"), (11, "there are 11")])
def test_too_few_or_too_many_models_are_refused(number: int, words: str) -> None:
    labels = np.arange(20) % 10
    with pytest.raises(InputError, match=f"choose 2 to 10 models; {words}"):
        Comparison((reading(labels, labels),) * number)


def test_ten_models_are_compared_but_not_tested_pair_by_pair() -> None:
    comparison = of_errors(*((model,) for model in range(MOST_COMPARED)))
    assert comparison.names == LETTERS and comparison.pairs == ()
    assert len(comparison.groups) == 10 + 1 + 10
