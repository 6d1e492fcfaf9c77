import dataclasses
import json
import math
from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.preprocessing.pipeline import normalize
from mnist_core.training import augmentation
from mnist_core.training.learner import Learner
from mnist_core.training.training_set import assemble

NETWORK = "conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax"
TINY = TrainConfig("quick", parse_network(NETWORK), epochs=4, batch_size=32, learning_rate=0.01)


def test_every_image_of_an_epoch_is_used_once(simple_dataset: Dataset) -> None:
    learner = Learner(TINY, assemble(simple_dataset, TINY))
    assert learner.steps == math.ceil(540 / 32)
    order = np.random.default_rng(0).permutation(540).astype(np.int32)
    rates = np.full(learner.steps, 0.001, np.float32)
    totals = learner.train(order, np.zeros((1, 8), np.float32), rates, 0, learner.steps)
    assert totals[2] == 540


def test_images_are_to_the_bit_what_every_model_takes(simple_dataset: Dataset) -> None:
    every_grey = np.arange(256, dtype=np.uint8)[:, np.newaxis, np.newaxis] + np.zeros((28, 28), np.uint8)
    data = dataclasses.replace(assemble(simple_dataset, TINY), train_images=every_grey)
    np.testing.assert_array_equal(Learner(TINY, data).images, normalize(every_grey))


def train_once(config: TrainConfig, dataset: Dataset) -> np.ndarray:
    learner = Learner(config, assemble(dataset, config))
    number = len(learner.images)
    order = np.arange(number, dtype=np.int32)
    changes, rates = augmentation.draw_changes(config, number, 0), np.full(learner.steps, 0.001, np.float32)
    return learner.train(order, changes, rates, 0, learner.steps)


def test_loss_and_accuracy_of_a_run_with_non_digits_tell_of_digits(simple_dataset: Dataset) -> None:
    totals = train_once(dataclasses.replace(TINY, non_digits=0.5), simple_dataset)
    assert totals[2] == 540
    assert 0 < totals[1] <= 540


def test_signs_of_a_second_source_train_without_made_non_digits(simple_dataset: Dataset, tmp_path: Path) -> None:
    signs = tmp_path / "signs.jsonl"
    signs.write_text("\n".join(json.dumps({"label": "A", "strokes": [[[0, 0], [20, n], [5, 9]]]}) for n in range(40)))
    config = dataclasses.replace(TINY, also=str(signs))
    learner = Learner(config, assemble(simple_dataset, config))
    assert (learner.labels.numpy()[540:] == np.float32(0.1)).all()
    totals = train_once(config, simple_dataset)
    assert totals[2] == 540 and np.isfinite(totals[0])


def test_an_elastic_bend_of_nothing_is_the_affine_change(simple_dataset: Dataset) -> None:
    images = normalize(assemble(simple_dataset, TINY).train_images[:50])
    config = dataclasses.replace(TINY, rotation=20, zoom=0.2, shift=0.1, shear=0.2, elastic=1e-6)
    learner = Learner(config, assemble(simple_dataset, TINY))
    affine = Learner(dataclasses.replace(config, elastic=0.0), assemble(simple_dataset, TINY))
    bent = learner._change(images, augmentation.draw_changes(config, 50, 0))
    moved = affine._change(images, augmentation.draw_changes(affine.config, 50, 0))
    np.testing.assert_allclose(bent, moved, atol=1e-4)


def test_bends_move_ink_and_keep_most_of_it(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, elastic=1.0)
    learner = Learner(config, assemble(simple_dataset, TINY))
    images = normalize(assemble(simple_dataset, TINY).train_images[:50])
    bent = np.asarray(learner._change(images, augmentation.draw_changes(config, 50, 0)))
    assert bent.shape == images.shape
    assert bent.min() >= 0 and bent.max() <= 1
    assert (np.abs(bent - images).max(axis=(1, 2, 3)) > 0.2).all()
    np.testing.assert_allclose(bent.sum(axis=(1, 2, 3)), images.sum(axis=(1, 2, 3)), rtol=0.35)


def test_the_pen_grows_and_shrinks(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, pen=1.0)
    learner = Learner(config, assemble(simple_dataset, TINY))
    images = normalize(assemble(simple_dataset, TINY).train_images[:50])
    changes = augmentation.draw_changes(config, 50, 0)
    ink = images.sum(axis=(1, 2, 3))
    changed = np.asarray(learner._change(images, changes)).sum(axis=(1, 2, 3))
    assert (np.sign(changed - ink) == np.sign(changes[:, -1])).all()


@pytest.mark.parametrize("bend", [0.0, 1.0])
def test_an_unchanged_image_is_learned_as_it_is(simple_dataset: Dataset, bend: float) -> None:
    config = dataclasses.replace(TINY, rotation=20, unchanged=0.5, elastic=bend, pen=bend)
    images = normalize(assemble(simple_dataset, TINY).train_images[:50])
    changes = augmentation.draw_changes(config, 50, 0)
    learned = np.asarray(Learner(config, assemble(simple_dataset, TINY))._change(images, changes))
    kept = (changes[:, : augmentation.AFFINE] == augmentation.UNCHANGED).all(axis=1)
    assert 10 < kept.sum() < 40
    np.testing.assert_array_equal((learned == images).all(axis=(1, 2, 3)), kept)


def test_averaged_weights_are_a_moving_average_that_begins_quickly(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, weight_averaging=0.5)
    learner = Learner(config, assemble(simple_dataset, config))
    order, changes = np.arange(540, dtype=np.int32), np.zeros((1, 8), np.float32)
    rates = np.full(learner.steps, 0.01, np.float32)
    expected = learner.model.get_weights()
    for step in range(learner.steps):
        learner.train(order, changes, rates, step, step + 1)
        kept = min(0.5, (2 + step) / (11 + step))
        pairs = zip(expected, learner.model.get_weights(), strict=True)
        expected = [kept * average + (1 - kept) * weight for average, weight in pairs]
    assert len(expected) == len(learner.averaged.get_weights()) == 8  # the mean and variance of a normalization, too
    for average, wanted in zip(learner.averaged.get_weights(), expected, strict=True):
        np.testing.assert_allclose(average, wanted, rtol=1e-4, atol=1e-6)


def test_averaged_weights_answer_are_judged_and_take_what_is_mixed_in(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, weight_averaging=0.9)
    learner = Learner(config, assemble(simple_dataset, config))
    before, images = learner.validate()[0], simple_dataset.test_images[:5]
    for variable in learner.model.trainable_variables:
        variable.assign(variable.value * 0)
    assert learner.validate()[0] == before
    assert np.ptp(learner.probabilities(images)) > 0
    learner.mix_in([0 * weight for weight in learner.averaged.get_weights()], 1.0)
    np.testing.assert_allclose(learner.probabilities(images), 0.1)


def test_smoothed_labels_are_kerass(simple_dataset: Dataset) -> None:
    learner = Learner(dataclasses.replace(TINY, label_smoothing=0.1), assemble(simple_dataset, TINY))
    outputs = np.random.default_rng(0).normal(0, 3, (6, 10)).astype(np.float32)
    labels = np.arange(6)
    smoothed = learner._smoothed(learner.loss(labels, outputs), outputs)
    expected = keras.losses.categorical_crossentropy(np.eye(10)[labels], outputs, from_logits=True, label_smoothing=0.1)
    np.testing.assert_allclose(smoothed, expected, rtol=1e-5)
