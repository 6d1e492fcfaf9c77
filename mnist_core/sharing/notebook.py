"""What a run did, in plain Keras: a Jupyter notebook that explains itself cell by cell, or the same as a script.

It needs public packages only, and nothing of this lab. What plain Keras has no part for (bends, pens, synthesized ways
of writing, pictures that are no digit, second sources) is left out, and the notebook says so.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from mnist_core.config.network import Layer
from mnist_core.config.train_config import HAVE_BETAS, TrainConfig
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.formatting import count, listed, percent, readable, several
from mnist_core.runs.run import Run

NOTEBOOK, SCRIPT = ".ipynb", ".py"
SUFFIXES = (NOTEBOOK, SCRIPT)
# Settings that plain Keras has no part for, and what they are.
LEFT_OUT = {
    "elastic": "smooth bends",
    "pen": "pens of other widths",
    "styles": "digits in ways of writing that MNIST hardly has",
    "non_digits": "pictures that are not digits",
    "also": "a second source of images",
    "pairs": "two digits of it side by side",
}


@dataclass(frozen=True)
class Cell:
    """One cell: explanations in Markdown, or code."""

    text: str
    is_code: bool = False


def write(run: Run, path: Path) -> None:
    """Writes a run as the kind of file that its name ends in; InputError for another kind, LabError if it cannot be."""
    made = content(run, path.suffix.lower())
    try:
        atomic.write_bytes(path, made)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another place.") from error


def can_be_written(run: Run) -> bool:
    """Whether it is known what a run did: not where its model came from elsewhere."""
    return run.description().imported is None


def content(run: Run, suffix: str) -> bytes:
    """Returns a run as a notebook (`.ipynb`) or a script (`.py`), UTF-8; InputError for another kind."""
    if suffix not in SUFFIXES:
        raise InputError(
            f"There is no such kind of notebook, '{readable(suffix)}'; give a name that ends in .ipynb or .py."
        )
    if not can_be_written(run):
        raise InputError(
            f"The run {run.id} was imported: nobody here knows how it was trained; choose one of this lab."
        )
    status = run.status()
    found = f" It read {percent(status.test_accuracy)} of the test images." if status.test_accuracy > 0 else ""
    cells = cells_of(run.config(), f"The run `{run.id}` of Digit Lab, in plain Keras.{found}")
    return as_notebook(cells) if suffix == NOTEBOOK else as_script(cells)


def as_notebook(cells: list[Cell]) -> bytes:
    """Returns cells in Jupyter's format 4.5, as nbformat describes it."""
    code: dict[str, object] = {"cell_type": "code", "execution_count": None, "outputs": []}
    made = [
        {"id": f"cell-{number}", "metadata": {}, "source": cell.text.splitlines(keepends=True)}
        | (code if cell.is_code else {"cell_type": "markdown"})
        for number, cell in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    value = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def as_script(cells: list[Cell]) -> bytes:
    """Returns cells as a Python script, parted by `# %%` as many editors understand it."""
    parts = []
    for cell in cells:
        if cell.is_code:
            parts.append(f"# %%\n{cell.text}\n")
        else:
            parts.append(
                "# %% [markdown]\n" + "\n".join(f"# {line}".rstrip() for line in cell.text.splitlines()) + "\n"
            )
    return "\n".join(parts).encode()


# --- The cells ---------------------------------------------------------------------------------------------------


def cells_of(config: TrainConfig, about: str) -> list[Cell]:
    """Returns what a run of these settings does, from its data to one digit of one's own."""
    return [
        Cell(f"# Reading handwritten digits: `{config.recipe}`\n\n{about}{_left_out(config)}"),
        Cell(_IMPORTS.format(seed=config.seed), True),
        Cell("## Data\n\nMNIST: 60,000 digits to learn from and 10,000 to judge by, each 28×28 pixels from 0 to 255."),
        Cell(_DATA, True),
        Cell("What a digit looks like, and what it is:"),
        Cell(_LOOK, True),
        Cell(_prepare_words(config)),
        Cell(_prepare(config), True),
        Cell("## The network\n\nIts layers one after the other; `summary` says what each makes of a picture."),
        Cell(_network(config), True),
        Cell(_compile_words(config)),
        Cell(_compile(config), True),
        Cell(f"## Training\n\nEach image is seen {_times(config)}, in batches of {count(config.batch_size)}."),
        Cell(_fit(config), True),
        Cell("Where the two curves part, the network learns by heart what it sees."),
        Cell(_CURVES, True),
        Cell("## How good is it?\n\nThe test images were never trained on."),
        Cell(_EVALUATE, True),
        Cell("The mistakes that it is surest of: who is wrong, the network or the person who wrote it?"),
        Cell(_MISTAKES, True),
        Cell(
            "## A digit of your own\n\nA picture of one dark digit on light paper is made what MNIST's digits are: "
            "white on black, 20 pixels in its longest side, its centre of mass in the middle."
        ),
        Cell(_DRAW, True),
    ]


def training_code(config: TrainConfig) -> str:
    """Returns the code that makes and trains the network of some settings, from images that are prepared."""
    return "\n\n".join([_network(config), _compile(config), _fit(config)])


def _left_out(config: TrainConfig) -> str:
    missing = [words for name, words in LEFT_OUT.items() if getattr(config, name)]
    if not missing:
        return ""
    return (
        f"\n\nThe run also learned from {listed(missing)}; plain Keras has no part for these, and this notebook leaves "
        "them out."
    )


def _times(config: TrainConfig) -> str:
    return "once" if config.epochs == 1 else f"{count(config.epochs)} times"


_IMPORTS = """import os

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from sklearn.metrics import ConfusionMatrixDisplay, classification_report

keras.utils.set_random_seed({seed})"""

_DATA = """path = os.environ.get("MNIST_DATA")  # an mnist.npz that you have already; otherwise it is downloaded
if path:
    with np.load(path) as arrays:
        x_train, y_train, x_test, y_test = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
else:
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
print(x_train.shape, x_test.shape)"""

_LOOK = """figure, axes = plt.subplots(2, 5, figsize=(8, 3.5))
for axis, image, label in zip(axes.flat, x_train, y_train):
    axis.imshow(image, cmap="gray")
    axis.set_title(label)
    axis.axis("off")
plt.show()"""


def _prepare_words(config: TrainConfig) -> str:
    share = percent(config.validation_share, 0)
    held_back = (
        f"{share} of the training images are held back to validate on."
        if config.validation_share
        else "As its author did, this run validates on the test images."
    )
    return f"## Preparing\n\nPixels become numbers from 0 to 1. {held_back}"


def _prepare(config: TrainConfig) -> str:
    lines = [
        "x_train, x_test = (images[..., np.newaxis].astype(np.float32) / 255 for images in (x_train, x_test))",
        f"order = np.random.default_rng({config.seed}).permutation(len(x_train))",
    ]
    if config.data_share < 1:
        lines.append(f"order = order[: round({config.data_share:g} * len(order))]  # a share of the data")
    if config.validation_share:
        lines += [
            f"held_back, used = np.split(order, [round({config.validation_share:g} * len(order))])",
            "x_validation, y_validation = x_train[held_back], y_train[held_back]",
            "x_train, y_train = x_train[used], y_train[used]",
        ]
    else:
        lines += ["x_train, y_train = x_train[order], y_train[order]", "x_validation, y_validation = x_test, y_test"]
    if _one_hot(config):
        lines += [
            "# Each label as ten numbers, of which one is 1.",
            "y_train_labels, y_validation_labels, y_test_labels = (",
            "    keras.utils.to_categorical(labels, 10) for labels in (y_train, y_validation, y_test)",
            ")",
        ]
    else:
        lines.append("y_train_labels, y_validation_labels, y_test_labels = y_train, y_validation, y_test")
    return "\n".join(lines)


def _one_hot(config: TrainConfig) -> bool:
    return bool(config.label_smoothing) or config.loss == "categorical_crossentropy"


# Keras's own layers, one behind the other, would blur an image each, and its RandomShear slants about a corner: what is
# slanted there leaves the picture.
_CHANGES = """class RandomAffine(layers.Layer):
    \"\"\"Turns, slants, resizes and moves images about their middle, each time otherwise, while it learns.\"\"\"

    def __init__(self, degrees, zoom, shear, shift, unchanged=0):
        super().__init__()
        self.unchanged = unchanged
        self.most = np.deg2rad(degrees), zoom, zoom, shear, 28 * shift, 28 * shift
        self.seed = keras.random.SeedGenerator()

    def call(self, images, training=False):
        if not training:
            return images
        number = keras.ops.shape(images)[:1]
        changed = keras.ops.cast(keras.random.uniform(number, seed=self.seed) >= self.unchanged, "float32")
        angle, width, height, shear, right, down = (
            changed * keras.random.uniform(number, -most, most, seed=self.seed) for most in self.most
        )
        cosine, sine = keras.ops.cos(angle), keras.ops.sin(angle)
        wide, high = keras.ops.exp(width), keras.ops.exp(height)
        a0, a1 = cosine / wide, (shear * cosine - sine) / wide
        b0, b1 = sine / high, (shear * sine + cosine) / high
        a2, b2 = 13.5 * (1 - a0 - a1) + right, 13.5 * (1 - b0 - b1) + down
        zero = keras.ops.zeros_like(angle)
        changes = keras.ops.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1)
        return keras.ops.image.affine_transform(images, changes, fill_mode="constant")


"""


def _network(config: TrainConfig) -> str:
    lines = ["model = keras.Sequential(", "    [", "        keras.Input((28, 28, 1)),"]
    changes = config.rotation, config.zoom, config.shear, config.shift
    if any(changes):
        values = [*zip(("degrees", "zoom", "shear", "shift"), changes, strict=True)]
        values += [("unchanged", config.unchanged)] if config.unchanged else []
        lines.append(f"        RandomAffine({', '.join(f'{name}={value:g}' for name, value in values)}),")
    lines += [f"        {line}," for line in map(keras_code, config.layers)]
    return (_CHANGES if any(changes) else "") + "\n".join([*lines, "    ]", ")", "model.summary()"])


def keras_code(layer: Layer) -> str:
    """Returns a layer as the line of Python that makes it: `layers.Conv2D(16, 5, activation="relu")`."""
    options = "".join(
        f', {called}="{value}"' if isinstance(value, str) else f", {called}={value}"
        for called, value, own in (
            ("strides", layer.stride, 0),
            ("padding", layer.padding, "valid"),
            ("activation", layer.activation, "linear"),
        )
        if value != own
    )
    match layer.kind:
        case "conv":
            return f"layers.Conv2D({layer.units}, {layer.size}{options})"
        case "depthwise":
            multiplier = f", depth_multiplier={layer.units}" if layer.units > 1 else ""
            return f"layers.DepthwiseConv2D({layer.size}{multiplier}{options})"
        case "maxpool":
            return f"layers.MaxPooling2D({layer.size}{options})"
        case "avgpool":
            return f"layers.AveragePooling2D({layer.size}{options})"
        case "pad":
            return f"layers.ZeroPadding2D({_in_pairs(layer)})"
        case "crop":
            return f"layers.Cropping2D({_in_pairs(layer)})"
        case "resize":
            return f"layers.Resizing({layer.size}, {layer.size})"
        case "norm":
            return "layers.BatchNormalization(momentum=0.9)"
        case "activation":
            return _activation_code(layer)
        case "prelu":
            return f"layers.PReLU({'shared_axes=[1, 2]' if layer.shared else ''})"
        case "dropout":
            return f"layers.Dropout({layer.rate:g})"
        case "flatten":
            return "layers.Flatten()"
    return f"layers.Dense({layer.units}{options})"


def _activation_code(layer: Layer) -> str:
    if not layer.number:
        return f'layers.Activation("{layer.activation}")'
    made = {"leaky_relu": "LeakyReLU(negative_slope=", "elu": "ELU(alpha=", "relu": "ReLU(max_value="}
    return f"layers.{made[layer.activation]}{layer.number!r})"


def _in_pairs(layer: Layer) -> str:
    """The sides of a padding as Keras takes them."""
    top, bottom, left, right = layer.sides
    return str(top) if len(set(layer.sides)) == 1 else str(((top, bottom), (left, right)))


def _compile_words(config: TrainConfig) -> str:
    rate = f"The learning rate is {config.learning_rate:g}"
    if config.schedule == "one-cycle":
        rate += " at its highest: it rises for 30 % of the steps, then falls to nothing (Smith and Topin, 2018)"
    smoothing = (
        f" Labels leave {percent(config.label_smoothing, 0)} of doubt (label smoothing)."
        if config.label_smoothing
        else ""
    )
    return f"## How it learns\n\n{rate}.{smoothing}"


_ONE_CYCLE = """class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, highest, steps):
        self.highest, self.steps = highest, steps

    def __call__(self, step):
        position = (keras.ops.cast(step, "float32") + 0.5) / self.steps
        climbing = 0.04 + 0.96 * (1 - keras.ops.cos(np.pi * position / 0.3)) / 2
        falling = (1 + keras.ops.cos(np.pi * (position - 0.3) / 0.7)) / 2
        return self.highest * keras.ops.where(position < 0.3, climbing, falling)

    def get_config(self):
        return {"highest": self.highest, "steps": self.steps}


"""


def _compile(config: TrainConfig) -> str:
    code, rate = "", f"{config.learning_rate:g}"
    if config.schedule == "one-cycle":
        steps = f"{config.epochs} * -(-len(x_train) // {config.batch_size})"
        code, rate = f"{_ONE_CYCLE}steps = {steps}\n", f"OneCycle({config.learning_rate:g}, steps)"
    if config.optimizer in HAVE_BETAS:
        rate += f", beta_1={config.beta_1:g}, beta_2={config.beta_2:g}"
    if config.weight_averaging:
        rate += f", use_ema=True, ema_momentum={config.weight_averaging:g}"
    loss = '"sparse_categorical_crossentropy"'
    if _one_hot(config):
        smoothing = f"label_smoothing={config.label_smoothing:g}" if config.label_smoothing else ""
        loss = f"keras.losses.CategoricalCrossentropy({smoothing})"
    return f"{code}optimizer = keras.optimizers.{OPTIMIZERS[config.optimizer]}({rate})\n" + (
        f'model.compile(optimizer, loss={loss}, metrics=["accuracy"])'
    )


OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "rmsprop": "RMSprop", "sgd": "SGD"}


def _fit(config: TrainConfig) -> str:
    lines = [
        "history = model.fit(",
        "    x_train,",
        "    y_train_labels,",
        f"    batch_size={config.batch_size},",
        f"    epochs={config.epochs},",
        "    validation_data=(x_validation, y_validation_labels),",
    ]
    if config.early_stopping:
        patience = config.early_stopping
        lines.append(
            f"    # Ends after {several(patience, 'epoch')} without a lower validation loss, and takes the best back."
        )
        lines.append(f"    callbacks=[keras.callbacks.EarlyStopping(patience={patience}, restore_best_weights=True)],")
    return "\n".join([*lines, "    verbose=2,", ")"])


_CURVES = """figure, axes = plt.subplots(1, 2, figsize=(10, 3.5))
for axis, name in zip(axes, ("loss", "accuracy")):
    epochs = range(1, len(history.history[name]) + 1)
    axis.plot(epochs, history.history[name], "o-", label="training")
    axis.plot(epochs, history.history[f"val_{name}"], "s--", label="validation")
    axis.set(xlabel="epoch", ylabel=name)
    axis.legend()
plt.show()"""

_EVALUATE = """probabilities = model.predict(x_test, verbose=0)
predictions = probabilities.argmax(axis=1)
accuracy = (predictions == y_test).mean()
print(f"test accuracy {accuracy:.2%}")
print(classification_report(y_test, predictions, digits=4))
ConfusionMatrixDisplay.from_predictions(y_test, predictions, cmap="Blues", colorbar=False)
plt.show()"""

_MISTAKES = """mistakes = np.flatnonzero(predictions != y_test)
surest = mistakes[np.argsort(-probabilities[mistakes].max(axis=1))][:10]
figure, axes = plt.subplots(2, 5, figsize=(8, 4))
for axis, index in zip(axes.flat, surest):
    axis.imshow(x_test[index, ..., 0], cmap="gray")
    axis.set_title(f"{y_test[index]}, read as {predictions[index]}")
for axis in axes.flat:
    axis.axis("off")
plt.show()"""

_DRAW = '''from PIL import Image, ImageOps


def prepared(path):
    """The digit in a picture, dark on light, as MNIST's are: float32 [1, 28, 28, 1]."""
    ink = np.asarray(ImageOps.invert(Image.open(path).convert("L")), np.float32)
    ink = np.where(ink > ink.max() / 2, ink, 0)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8))
    scale = 20 / max(box.size)
    box = np.asarray(box.resize([max(round(side * scale), 1) for side in box.size], Image.Resampling.LANCZOS))
    height, width = box.shape
    middle = [np.average(np.arange(len(sums)), weights=sums) for sums in (box.sum(axis=1), box.sum(axis=0))]
    top, left = (int(np.clip(round(14 - centre), 0, 28 - side)) for centre, side in zip(middle, box.shape))
    image = np.zeros((28, 28), np.float32)
    image[top : top + height, left : left + width] = box
    return image[np.newaxis, ..., np.newaxis] / 255


picture = os.environ.get("DIGIT", "my_digit.png")  # put your picture here
if os.path.exists(picture):
    answer = model.predict(prepared(picture), verbose=0)[0]
    print(f"{picture} is read as {answer.argmax()}, probability {answer.max():.1%}")'''
