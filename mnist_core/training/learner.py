"""A network that learns: its optimizer, its data in memory, and the graph functions that train and evaluate.

An epoch's steps run inside the graph, which saves the way through Python at every step. Needs TensorFlow.
"""

import dataclasses
import functools
import itertools
import math

import keras
import numpy as np
import tensorflow as tf

from mnist_core.config.train_config import EVALUATION_BATCH, HAVE_BETAS, TrainConfig
from mnist_core.mnist import CLASSES, IMAGE_SHAPE, NO_DIGIT, SIDE
from mnist_core.training import augmentation, keras_model
from mnist_core.training.fused_adam import FusedAdam
from mnist_core.training.training_set import TrainingSet, draw_order

FEWEST_GLANCED = 100


class Learner:
    """A network, its optimizer and its data, with the two graph functions that train and evaluate.

    `precision` is that of the arithmetic: `float32` or `bfloat16`; all variables are float32.
    """

    def __init__(self, config: TrainConfig, data: TrainingSet, precision: str = "float32") -> None:
        _settle_chance()
        self.precision = precision
        self.model = keras_model.build_to_train(config.layers, config.seed, precision)
        # What is judged and kept: the network itself, or its weights averaged over the last steps.
        self.averaged = self.model
        if config.weight_averaging:
            self.averaged = keras_model.build_to_train(config.layers, config.seed, precision)
        self.optimizer = _optimizer(config)
        self.optimizer.build(self.model.trainable_variables)
        # What it keeps of each weight begins at 0, what it counts at a number of its own.
        self._counters = [(variable, variable.numpy()) for variable in self.optimizer.variables if variable.ndim == 0]
        # private: one replica has nothing to reduce, and TensorFlow keeps every graph that does so: 5 MB a run.
        self.optimizer._all_reduce_sum_gradients = lambda pairs: pairs
        # No label says "no digit"; a row of ten equal probabilities does.
        self.one_hot = config.loss == "categorical_crossentropy" or config.may_teach_doubt
        loss = "categorical_crossentropy" if self.one_hot else config.loss
        self.loss = functools.partial(keras.losses.get(loss), from_logits=True)
        self._take(config, data)
        # Of any length: what was traced once does for other data.
        labels = tf.TensorSpec((None, CLASSES)) if self.one_hot else tf.TensorSpec((None,), tf.int64)
        examples = tf.TensorSpec((None, *IMAGE_SHAPE)), labels
        changes, step = tf.TensorSpec((None, augmentation.width(config))), tf.TensorSpec((), tf.int32)
        epoch = tf.TensorSpec((None,), tf.int32), changes, tf.TensorSpec((None,))
        # Loops are written out, as TensorFlow takes a third of a second to translate them from Python's.
        steps = [*examples, *epoch, step, step]
        self._train = tf.function(self._train_steps, input_signature=steps, autograph=False)
        self._evaluate = tf.function(self._evaluate_batches, input_signature=examples, autograph=False)

    def begin_again(self, config: TrainConfig, data: TrainingSet) -> None:
        """Makes it what a new one with these settings would be, bit for bit; their `graph_of` is that of its own."""
        fresh = keras_model.build_to_train(config.layers, config.seed, self.precision)
        for model in self._models():
            for variable, begun in zip(model.variables, fresh.variables, strict=True):
                variable.assign(begun.value)
        for variable in self.optimizer.variables:
            variable.assign(tf.zeros_like(variable.value))
        for variable, number in self._counters:
            variable.assign(number)
        self.optimizer.learning_rate.assign(config.learning_rate)
        self._take(config, data)

    def _take(self, config: TrainConfig, data: TrainingSet) -> None:
        self.config = config
        self.images, self.labels = _normalized(data.train_images), self._labels(data.train_labels)
        self.validation_images = _normalized(data.validation_images)
        self.validation_labels = self._labels(data.validation_labels)
        few = _few(len(data.train_labels), len(data.validation_labels))
        self.few_images, self.few_labels = self.validation_images[::few], self.validation_labels[::few]
        self.number, self.groups = len(data), data.groups  # of an epoch's images, and what they are chosen from
        self.steps = math.ceil(self.number / config.batch_size)

    def _models(self) -> list[keras.Sequential]:
        """The network that trains, and that of the averaged weights where it is another."""
        return [self.model] if self.averaged is self.model else [self.model, self.averaged]

    def begin_with(self, arrays: list[np.ndarray]) -> None:
        """Begins with other weights than chance's, in the order of `get_weights`."""
        for model in self._models():
            model.set_weights(arrays)

    def mix_in(self, arrays: list[np.ndarray], share: float) -> None:
        """Takes so much of other weights, and the rest of its own, for what is judged and kept."""
        pairs = zip(arrays, self.averaged.get_weights(), strict=True)
        self.averaged.set_weights([share * other + (1 - share) * own for other, own in pairs])

    def let_go(self) -> None:
        """Drops its data, which takes much room."""
        nothing = np.zeros((0, SIDE, SIDE), np.uint8), np.zeros(0, np.int64)
        self._take(self.config, TrainingSet(*nothing, *nothing))

    def _labels(self, labels: np.ndarray) -> tf.Tensor:
        if not self.one_hot:
            return tf.constant(labels.astype(np.int64))
        targets = np.eye(NO_DIGIT + 1, CLASSES, dtype=np.float32)
        targets[NO_DIGIT] = 1 / CLASSES
        return tf.constant(targets[labels])

    def order(self, epoch: int) -> np.ndarray:
        """Which images an epoch trains on, and in which order, as `train` takes it: int32 `[number]`."""
        return draw_order(self.groups, self.number, self.config.seed, epoch)

    def train(self, order: np.ndarray, transforms: np.ndarray, rates: np.ndarray, first: int, last: int) -> np.ndarray:
        """Trains steps `first` to `last` of an epoch; returns float64 `[3]`: sum of losses, correct answers, digits."""
        # The data goes in as arguments: a graph function keeps what it captures for ever, run after run.
        steps = tf.constant(first), tf.constant(last)
        return self._train(self.images, self.labels, order, transforms, rates, *steps).numpy()

    def validate(self) -> tuple[float, np.ndarray]:
        """The mean loss on the validation images, and their confusion matrix int64 `[10, 10]` (rows true)."""
        return self._judged(self.validation_images, self.validation_labels)

    def glance(self) -> tuple[float, np.ndarray]:
        """As `validate`, on a small part of the images, always the same."""
        return self._judged(self.few_images, self.few_labels)

    def _judged(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[float, np.ndarray]:
        total, confusion = self._evaluate(images, labels)
        return float(total) / len(images), confusion.numpy()

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """What the network as it is now takes uint8 `[N, 28, 28]` for: float32 `[N, 10]`."""
        return tf.nn.softmax(self.averaged(_normalized(images), training=False)).numpy()

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
        size = self.config.batch_size

        def make_step(step: tf.Tensor, totals: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            chosen = order[step * size : (step + 1) * size]
            images = tf.gather(all_images, chosen)
            if self.config.augments:
                images = self._change(images, transforms[step * size : (step + 1) * size])
            self.optimizer.learning_rate.assign(rates[step])
            return step + 1, totals + self._train_step(images, tf.gather(all_labels, chosen))

        begun = first, tf.zeros(3, tf.float64)
        return tf.while_loop(lambda step, totals: step < last, make_step, begun)[1]

    def _train_step(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = self.model(images, training=True)
            losses = self.loss(labels, outputs)
            loss = tf.reduce_mean(self._smoothed(losses, outputs))
        variables = self.model.trainable_variables
        self.optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        if self.config.weight_averaging:
            self._average()
        return self._totals(losses, labels, outputs)

    def _average(self) -> None:
        """Moves the averaged weights towards those of now; at first by more, as there is little to keep."""
        made = tf.cast(self.optimizer.iterations.value, tf.float32)
        moved = 1 - tf.minimum(self.config.weight_averaging, (1 + made) / (10 + made))
        # What a normalization has seen is averaged, too; the state of dropout's chance is no weight.
        for average, weight in zip(self.averaged.weights, self.model.weights, strict=True):
            average.value.assign_sub(moved * (average.value - weight.value))

    def _smoothed(self, losses: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The losses against smoothed labels; what the curves show is against the labels as they are."""
        share = self.config.label_smoothing
        if not share:
            return losses
        against_all = tf.reduce_logsumexp(outputs, axis=1) - tf.reduce_mean(outputs, axis=1)
        return (1 - share) * losses + share * against_all

    def _evaluate_batches(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        def judge(start: tf.Tensor, total: tf.Tensor, confusion: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            chosen = labels[start : start + EVALUATION_BATCH]
            outputs = self.averaged(images[start : start + EVALUATION_BATCH], training=False)
            total += tf.reduce_sum(tf.cast(self.loss(chosen, outputs), tf.float64))
            confusion += tf.math.confusion_matrix(self._digits(chosen), tf.argmax(outputs, 1), CLASSES, dtype=tf.int64)
            return start + EVALUATION_BATCH, total, confusion

        number = tf.shape(images)[0]
        nothing = tf.constant(0), tf.zeros((), tf.float64), tf.zeros((CLASSES, CLASSES), tf.int64)
        return tf.while_loop(lambda start, *_: start < number, judge, nothing)[1:]

    def _totals(self, losses: tf.Tensor, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        if self.config.may_teach_doubt:  # loss and accuracy tell of digits
            digits = tf.reduce_max(labels, axis=1) > 0.5
            losses, labels, outputs = (tf.boolean_mask(values, digits) for values in (losses, labels, outputs))
        correct = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(outputs, axis=1), self._digits(labels)), tf.float64))
        number = tf.cast(tf.shape(losses)[0], tf.float64)
        return tf.stack([tf.reduce_sum(tf.cast(losses, tf.float64)), correct, number])

    def _digits(self, labels: tf.Tensor) -> tf.Tensor:
        return tf.argmax(labels, axis=1) if self.one_hot else labels

    def _change(self, images: tf.Tensor, changes: tf.Tensor) -> tf.Tensor:
        """Applies one row of `augmentation.draw_changes` to each image."""
        if not augmentation.warps(self.config):
            return _transform(images, changes)
        images = _warp(images, changes[:, : augmentation.AFFINE], changes[:, augmentation.AFFINE : -1])
        return _change_pen(images, changes[:, -1]) if self.config.pen else images

    def _variables(self) -> list[keras.Variable]:
        own, *averaged = (model.variables for model in self._models())
        return [*own, *self.optimizer.variables, *itertools.chain(*averaged)]

    def state(self) -> dict[str, np.ndarray]:
        """Every variable of model (dropout's random state too) and optimizer, and the averaged weights."""
        return {f"variable_{index}": variable.numpy() for index, variable in enumerate(self._variables())}

    def restore(self, arrays: dict[str, np.ndarray], prefix: str = "") -> None:
        for index, variable in enumerate(self._variables()):
            variable.assign(arrays[f"{prefix}variable_{index}"])


def _optimizer(config: TrainConfig) -> keras.optimizers.Optimizer:
    settings = {"learning_rate": config.learning_rate}
    if config.optimizer in HAVE_BETAS:
        settings |= {"beta_1": config.beta_1, "beta_2": config.beta_2}
    if config.optimizer == "adam":
        return FusedAdam(**settings)
    return keras.optimizers.get({"class_name": config.optimizer, "config": settings})


def graph_of(config: TrainConfig, precision: str) -> TrainConfig:
    """Returns settings that are the same for all that train by the same graph functions, whatever comes from outside.

    A setting that is not named here counts as part of the graph.
    """
    return dataclasses.replace(
        config,
        recipe="any",
        seed=0,
        epochs=1,
        learning_rate=0.001,
        schedule="constant",
        validation_share=0.1,
        early_stopping=0,
        data_share=1.0,
        rotation=float(config.augments),
        zoom=0.0,
        shift=0.0,
        shear=0.0,
        elastic=float(augmentation.warps(config)),
        pen=float(bool(config.pen)),
        unchanged=0.0,
        styles=0.0,
        non_digits=float(config.may_teach_doubt),
        also="",
        also_copies=1,
        variants=1,
        pairs=0.0,
        precision=precision,
    )


def _few(trained: int, validated: int) -> int:
    """Every how many validation images one is glanced at.

    A step learns from an image in the time in which three are judged, so that as many as a hundredth of the training
    images take a third of a hundredth of an epoch; where an epoch is over in a moment, at least `FEWEST_GLANCED`.
    """
    return max(math.ceil(validated / max(trained // 100, FEWEST_GLANCED)), 1)


@functools.cache
def _settle_chance() -> None:
    """Has TensorFlow compute the same for the same; all chance here comes from seeds of its own."""
    tf.config.experimental.enable_op_determinism()
    forget_kernels()


def forget_kernels() -> None:
    """Frees what TensorFlow keeps of each variable that there ever was; functions are compiled again at their next use.

    It does so whenever its common seed is set, which nothing here draws from.
    """
    keras.utils.set_random_seed(0)


def _normalized(images: np.ndarray) -> tf.Tensor:
    """As `pipeline.normalize`, bit for bit, in one pass over memory."""
    return _divided(tf.constant(images), tf.constant(255.0))


def _divide(images: tf.Tensor, divisor: tf.Tensor) -> tf.Tensor:
    return tf.cast(images[..., tf.newaxis], tf.float32) / divisor


# Were the divisor a constant of the graph, TensorFlow would multiply by its reciprocal, which rounds otherwise.
_divided = tf.function(_divide, input_signature=[tf.TensorSpec((None, SIDE, SIDE), tf.uint8), tf.TensorSpec(())])


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


def _warp(images: tf.Tensor, transforms: tf.Tensor, lattice: tf.Tensor) -> tf.Tensor:
    """Moves pixels by an affine change and a smooth bend at once, so that they are interpolated only once (bilinear).

    The bend is the elastic distortion of Simard, Steinkraus and Platt, 2003, on a coarse lattice.
    """
    weights = tf.constant(augmentation.lattice_weights())
    points = tf.reshape(lattice, (-1, 2, augmentation.LATTICE, augmentation.LATTICE))
    bend = tf.einsum("ri,bkij,cj->bkrc", weights, points, weights)
    row, column = tf.meshgrid(tf.range(float(SIDE)), tf.range(float(SIDE)), indexing="ij")
    a = transforms[:, :, tf.newaxis, tf.newaxis]
    x = a[:, 0] * column + a[:, 1] * row + a[:, 2] + bend[:, 0]
    y = a[:, 3] * column + a[:, 4] * row + a[:, 5] + bend[:, 1]
    # A black rim of one pixel stands for all that lies beyond the edge.
    width = SIDE + 2
    flat = tf.reshape(tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]]), (-1, width**2))
    x, y = tf.clip_by_value(x + 1, 0.0, SIDE + 0.999), tf.clip_by_value(y + 1, 0.0, SIDE + 0.999)
    left, top = tf.floor(x), tf.floor(y)
    right_share, low_share = x - left, y - top
    corner = tf.cast(top * width + left, tf.int32)
    upper, upper_right, lower, lower_right = (
        tf.reshape(tf.gather(flat, tf.reshape(corner + step, (-1, SIDE**2)), batch_dims=1), tf.shape(x))
        for step in (0, 1, width, width + 1)
    )
    upper += right_share * (upper_right - upper)
    lower += right_share * (lower_right - lower)
    return (upper + low_share * (lower - upper))[..., tf.newaxis]


def _change_pen(images: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
    """Goes a share of the way to a pen two pixels wider (1) or narrower (-1)."""
    change = change[:, tf.newaxis, tf.newaxis, tf.newaxis]
    wider = tf.nn.max_pool2d(images, 3, 1, "SAME")
    narrower = -tf.nn.max_pool2d(-images, 3, 1, "SAME")
    return images + tf.nn.relu(change) * (wider - images) + tf.nn.relu(-change) * (narrower - images)
