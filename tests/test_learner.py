import dataclasses
import math

import numpy as np
import pytest

from mnist_core.config import TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.layers import parse_network
from mnist_core.learner import Learner, split

NETWORK = "conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax"
TINY = TrainConfig("quick", parse_network(NETWORK), epochs=4, batch_size=32, learning_rate=0.01)


def test_split_is_disjoint_complete_and_the_same_for_a_seed(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, validation_share=0.25, data_share=0.5)
    numbered = simple_dataset.train_images.copy()
    numbered[:, 0, 0], numbered[:, 0, 1] = np.arange(600) % 256, np.arange(600) // 256
    simple_dataset = dataclasses.replace(simple_dataset, train_images=numbered)
    parts = split(simple_dataset, config)
    assert len(parts.train_labels) == 225 and len(parts.validation_labels) == 75
    seen = {image.tobytes() for image in parts.train_images}
    assert not any(image.tobytes() in seen for image in parts.validation_images)
    np.testing.assert_array_equal(parts.train_labels, split(simple_dataset, config).train_labels)


def test_without_a_validation_share_the_test_set_validates(simple_dataset: Dataset) -> None:
    parts = split(simple_dataset, dataclasses.replace(TINY, validation_share=0.0))
    np.testing.assert_array_equal(parts.validation_labels, simple_dataset.test_labels)


def test_too_small_a_share_is_refused(simple_dataset: Dataset) -> None:
    with pytest.raises(InputError, match="use a larger share"):
        split(simple_dataset, dataclasses.replace(TINY, data_share=0.001))


def test_every_image_of_an_epoch_is_used_once(simple_dataset: Dataset) -> None:
    learner = Learner(TINY, split(simple_dataset, TINY))
    assert learner.steps == math.ceil(540 / 32)
    order = np.random.default_rng(0).permutation(540).astype(np.int32)
    rates = np.full(learner.steps, 0.001, np.float32)
    totals = learner.train(order, np.zeros((1, 8), np.float32), rates, 0, learner.steps)
    assert totals[2] == 540
