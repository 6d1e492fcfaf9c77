"""A network that learns: its optimizer, its data in memory, and the graph functions that train and evaluate.

An epoch's steps run inside the graph, which saves the way through Python at every step. Needs TensorFlow.
"""

import functools
import math
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from mnist_core import architectures
from mnist_core.config import EVALUATION_BATCH, TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.layers import CLASSES
from mnist_core.preprocess import normalize


@dataclass(frozen=True)
class Split:
    """Normalised images `[N, 28, 28, 1]` with their labels `[N]`, to train and to validate on."""

    train_images: np.ndarray
    train_labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray


def split(dataset: Dataset, config: TrainConfig) -> Split:
    """Draws the share of the training images that is used and holds back the part to validate on.

    With a validation share of 0 the test set validates, as one of the recipes wants it.

    Raises:
        InputError: Too few images are left to train on.
    """
    train, validate = config.split(len(dataset.train_images))
    images, labels = normalize(dataset.train_images), dataset.train_labels
    if not len(validate):
        return Split(images[train], labels[train], normalize(dataset.test_images), dataset.test_labels)
    return Split(images[train], labels[train], images[validate], labels[validate])


class Learner:
    """A network, its optimizer and its data, with the two graph functions that train and evaluate."""

    def __init__(self, config: TrainConfig, data: Split) -> None:
        keras.utils.set_random_seed(config.seed)
        tf.config.experimental.enable_op_determinism()
        self.config = config
        self.model = architectures.build(config.layers, "linear", config.seed)
        settings = {"learning_rate": config.learning_rate}
        self.optimizer = keras.optimizers.get({"class_name": config.optimizer, "config": settings})
        self.optimizer.build(self.model.trainable_variables)
        self.one_hot = config.loss == "categorical_crossentropy"
        self.loss = functools.partial(keras.losses.get(config.loss), from_logits=True)
        self.images = tf.constant(data.train_images)
        self.labels = self._labels(data.train_labels)
        self.validation_images = tf.constant(data.validation_images)
        self.validation_labels = self._labels(data.validation_labels)
        self.steps = math.ceil(len(data.train_labels) / config.batch_size)
        self._train = tf.function(self._train_steps)
        self._evaluate = tf.function(self._evaluate_batches)

    def _labels(self, labels: np.ndarray) -> tf.Tensor:
        return tf.constant(np.eye(CLASSES, dtype=np.float32)[labels] if self.one_hot else labels.astype(np.int64))

    def train(self, order: np.ndarray, transforms: np.ndarray, rates: np.ndarray, first: int, last: int) -> np.ndarray:
        """Trains steps `first` to `last` of an epoch; returns float64 `[3]`: sum of losses, correct answers, images."""
        # The data goes in as arguments: a graph function keeps what it captures for ever, run after run.
        steps = tf.constant(first), tf.constant(last)
        return self._train(self.images, self.labels, order, transforms, rates, *steps).numpy()

    def validate(self) -> tuple[float, float]:
        """Returns the mean loss and the accuracy on the validation images."""
        total, correct, number = self._evaluate(self.validation_images, self.validation_labels).numpy()
        return float(total / number), float(correct / number)

    def _train_steps(
        self,
        all_images: tf.Tensor,
        all_labels: tf.Tensor,
        order: tf.Tensor,
        transforms: tf.Tensor,
        rates: tf.Tensor,
        first: tf.Tensor,
        last: tf.Tensor,
    ) -> tf.Tensor:
        totals = tf.zeros(3, tf.float64)
        size = self.config.batch_size
        for step in tf.range(first, last):
            chosen = order[step * size : (step + 1) * size]
            images = tf.gather(all_images, chosen)
            if self.config.augments:
                images = _transform(images, transforms[step * size : (step + 1) * size])
            self.optimizer.learning_rate.assign(rates[step])
            totals += self._train_step(images, tf.gather(all_labels, chosen))
        return totals

    def _train_step(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = self.model(images, training=True)
            losses = self.loss(labels, outputs)
            loss = tf.reduce_mean(losses)
        variables = self.model.trainable_variables
        self.optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return self._totals(losses, labels, outputs)

    def _evaluate_batches(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        totals = tf.zeros(3, tf.float64)
        for start in tf.range(0, tf.shape(images)[0], EVALUATION_BATCH):
            chosen = labels[start : start + EVALUATION_BATCH]
            outputs = self.model(images[start : start + EVALUATION_BATCH], training=False)
            totals += self._totals(self.loss(chosen, outputs), chosen, outputs)
        return totals

    def _totals(self, losses: tf.Tensor, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        true = tf.argmax(labels, axis=1) if self.one_hot else labels
        correct = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(outputs, axis=1), true), tf.float64))
        number = tf.cast(tf.shape(losses)[0], tf.float64)
        return tf.stack([tf.reduce_sum(tf.cast(losses, tf.float64)), correct, number])

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.optimizer.variables]

    def state(self) -> dict[str, np.ndarray]:
        """Returns every variable of model (dropout's random state too) and optimizer."""
        return {f"variable_{index}": variable.numpy() for index, variable in enumerate(self._variables())}

    def restore(self, arrays: dict[str, np.ndarray], prefix: str = "") -> None:
        """Sets every variable from what `state` returned."""
        for index, variable in enumerate(self._variables()):
            variable.assign(arrays[f"{prefix}variable_{index}"])


def _transform(images: tf.Tensor, transforms: tf.Tensor) -> tf.Tensor:
    """Applies one affine change an image, bilinear, with black beyond the edge."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
