import numpy as np
import pytest

from mnist_core.evaluation.sampling import stratified


@pytest.mark.parametrize("number", [1, 7, 100, 999])
def test_each_digit_keeps_its_share_to_within_one_image(number: int) -> None:
    labels = np.repeat(np.arange(10), [500, 400, 30, 20, 10, 5, 3, 2, 20, 10])
    chosen = stratified(np.random.default_rng(1).permutation(labels), number)
    assert len(set(chosen.tolist())) == len(chosen) == number
    drawn = np.bincount(np.random.default_rng(1).permutation(labels)[chosen], minlength=10)
    assert np.abs(drawn - np.bincount(labels) * number / len(labels)).max() <= 1


def test_a_larger_sample_contains_the_smaller_one() -> None:
    labels = np.arange(300) % 10
    assert set(stratified(labels, 50).tolist()) < set(stratified(labels, 80).tolist())


def test_the_seed_decides() -> None:
    labels = np.arange(300) % 10
    assert (stratified(labels, 50, seed=1) == stratified(labels, 50, seed=1)).all()
    assert (stratified(labels, 50, seed=1) != stratified(labels, 50, seed=2)).any()


@pytest.mark.parametrize("there", [0, 1, 5])
def test_all_are_taken_where_there_are_no_more(there: int) -> None:
    assert stratified(np.zeros(there, np.int64), 10).tolist() == list(range(there))
