"""What is measured in processes of their own: the lab's training loop and evaluation, and Keras's. Needs TensorFlow.

Each function prepares, warm-up and tracing included, and returns what is to be measured.
"""

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from mnist_core.bench.data import shortened
from mnist_core.bench.processes import Measure, seconds_of
from mnist_core.config.train_config import EVALUATION_BATCH, TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.mnist import CLASSES
from mnist_core.preprocessing.pipeline import normalize
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.training import augmentation, kept_learners, keras_model, loop, precision, training_set
from mnist_core.training.learner import Learner
from mnist_core.training.schedule import learning_rates

# Training reports after each piece of about a quarter of a second; so does the loop that is measured here.
PIECE_IMAGES = 2000
PRODUCT_SIDE = 4096


# --- Training ----------------------------------------------------------------------------------------------------


class BareLoop:
    """The lab's loop without a run folder: nothing is reported or saved."""

    def __init__(self, config: TrainConfig, data: Dataset) -> None:
        self.learner = Learner(config, training_set.assemble(data, config), precision.settle(config.precision))
        self.images, self.epochs = len(self.learner.images), 0
        self.rates = tf.constant(learning_rates(config, self.learner.steps)[: self.learner.steps])
        self.piece = max(PIECE_IMAGES // config.batch_size, 1)
        self.learner.train(*self._order(), self.rates, 0, 1)

    def train_epoch(self) -> None:
        self.epochs += 1
        order = self._order()
        for first in range(0, self.learner.steps, self.piece):
            self.learner.train(*order, self.rates, first, min(first + self.piece, self.learner.steps))

    def _order(self) -> tuple[tf.Tensor, tf.Tensor]:
        config = self.learner.config
        order = np.random.default_rng([config.seed, self.epochs]).permutation(self.images).astype(np.int32)
        return tf.constant(order), tf.constant(augmentation.draw_changes(config, 1, self.epochs))


def lab_loop(config: TrainConfig, data: str, images: int) -> Measure:
    """Images a second of the lab's loop, over an epoch of so many images."""
    loop = BareLoop(config, shortened(data, images))
    return lambda: loop.images / seconds_of(loop.train_epoch)


def stock_fit(config: TrainConfig, data: str, images: int, policy: str = "float32") -> Measure:
    """Images a second of Keras's `fit` as it comes: the same network, batch, optimizer and data.

    `policy` is Keras's: `float32` or `mixed_bfloat16`.
    """
    keras.config.set_dtype_policy(policy)
    inputs, labels = _arrays(*shortened(data, images).parts()["train"])
    model = keras_model.build(config.layers, seed=config.seed)
    model.compile(optimizer=config.optimizer, loss=config.loss, metrics=["accuracy"])
    model.fit(inputs[: config.batch_size], labels[: config.batch_size], batch_size=config.batch_size, verbose=0)

    def fit() -> None:
        model.fit(inputs, labels, batch_size=config.batch_size, verbose=0)

    return lambda: len(inputs) / seconds_of(fit)


def matrix_product(side: int = PRODUCT_SIDE, kind: str = "float32") -> Measure:
    """GFLOP a second of a product of large square matrices, float32 or bfloat16."""
    random = tf.random.Generator.from_seed(1)
    one, other = (tf.cast(random.normal((side, side)), kind) for _ in range(2))
    product = tf.function(tf.matmul)
    product(one, other)

    def multiply() -> None:
        for _ in range(3):
            tf.cast(product(one, other)[0, 0], tf.float32).numpy()

    return lambda: 3 * 2 * side**3 / 1e9 / seconds_of(multiply)


def _arrays(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 `[N, 28, 28, 1]` and one-hot labels `[N, 10]`, as tutorials have them."""
    return normalize(images), np.eye(CLASSES, dtype=np.float32)[labels]


# --- The way to 99 % ---------------------------------------------------------------------------------------------


def lab_race(config: TrainConfig, data: str, images: int, target: float) -> Measure:
    """Training time, tracing included, of a whole run in its folder; infinite where it ends below the target.

    Each measurement takes the next seed.
    """
    dataset, seed = shortened(data, images), config.seed

    def race() -> float:
        nonlocal seed
        kept_learners.forget()
        status = _run(dataclasses.replace(config, seed=seed), dataset)
        seed += 1
        return status.seconds if status.test_accuracy >= target else np.inf

    return race


def _run(
    config: TrainConfig,
    dataset: Dataset,
    on_status: Callable[[Status], None] = lambda status: None,
    give_up: loop.GiveUp = lambda epoch, accuracy: False,
) -> Status:
    with tempfile.TemporaryDirectory() as folder:
        run: Run = run_folders.create(config, dataset.reference(), Path(folder))
        return loop.train(config, dataset, run, on_status, give_up)


def keras_race(data: str, images: int, target: float, epochs: int) -> Measure:
    """Training time of Keras's example "Simple MNIST convnet" (F. Chollet, keras.io, 2015) to the target.

    It is trained as published; after each epoch it is judged on the test set, which is not counted.
    """
    dataset = shortened(data, images)
    train, test = (_arrays(*part) for part in dataset.parts().values())

    def race() -> float:
        keras.backend.clear_session()
        model = _simple_convnet()
        judge = _Judge(model, target, *test)
        callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: judge.look())
        settings = {"batch_size": 128, "epochs": epochs, "validation_split": 0.1}
        seconds = seconds_of(lambda: model.fit(*train, **settings, callbacks=[callback], verbose=0))
        return seconds - judge.seconds if judge.reached else np.inf

    return race


def _simple_convnet() -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


class _Judge:
    """Ends training after the first epoch that reaches an accuracy on the test set; keeps how long it looked."""

    def __init__(self, model: keras.Model, target: float, images: np.ndarray, labels: np.ndarray) -> None:
        self.model, self.target, self.images, self.labels = model, target, images, labels
        self.seconds, self.reached = 0.0, False

    def look(self) -> None:
        start = time.perf_counter()
        probabilities = self.model.predict(self.images, batch_size=EVALUATION_BATCH, verbose=0)
        self.reached = float((probabilities.argmax(axis=1) == self.labels.argmax(axis=1)).mean()) >= self.target
        self.model.stop_training = self.reached
        self.seconds += time.perf_counter() - start


# --- What a run folder costs -------------------------------------------------------------------------------------


def bare_epoch(config: TrainConfig, data: str, images: int) -> Measure:
    """Seconds of an epoch of the bare loop, validation included."""
    loop = BareLoop(config, shortened(data, images))
    loop.learner.validate()

    def epoch() -> None:
        loop.train_epoch()
        loop.learner.validate()

    return lambda: seconds_of(epoch)


def kept_epoch(config: TrainConfig, data: str, images: int, epochs: int = 2) -> Measure:
    """Seconds of an epoch of a run in its folder, with all that is written there, after a first one that traces."""
    dataset = shortened(data, images)
    config = dataclasses.replace(config, epochs=epochs + 2)

    def measure() -> float:
        ends: dict[int, float] = {}

        def note(status: Status) -> None:
            ends.setdefault(status.epoch, time.perf_counter())

        _run(config, dataset, note, lambda epoch, accuracy: epoch > epochs)
        return (ends[epochs + 1] - ends[1]) / epochs

    return measure


# --- Scaling -----------------------------------------------------------------------------------------------------


def whole_epoch(config: TrainConfig, data: str, images: int) -> Measure:
    """Seconds of an epoch of the bare loop, without validation."""
    loop = BareLoop(config, shortened(data, images))
    return lambda: seconds_of(loop.train_epoch)


# --- Inference ---------------------------------------------------------------------------------------------------


def keras_predict(path: Path, data: str, images: int, number: int) -> Measure:
    """Seconds of `model.predict` for so many images."""
    inputs, _ = _arrays(*shortened(data, images).parts()["test"])
    model, inputs = keras.saving.load_model(path), inputs[:number]
    model.predict(inputs, verbose=0)
    return lambda: seconds_of(lambda: model.predict(inputs, verbose=0))


def keras_evaluate(path: Path, data: str, images: int) -> Measure:
    """Seconds of `model.evaluate` on the test set."""
    inputs, labels = _arrays(*shortened(data, images).parts()["test"])
    model = keras.saving.load_model(path)
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    model.evaluate(inputs, labels, verbose=0)
    return lambda: seconds_of(lambda: model.evaluate(inputs, labels, verbose=0))
