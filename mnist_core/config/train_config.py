"""What a training run is: its layers and settings as plain, frozen, checked values."""

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core.checks import check_choice, check_learning_rate, check_number, check_whole
from mnist_core.config.network import MOST_LAYERS, Layer, parse_layer, summarize
from mnist_core.errors import InputError
from mnist_core.formatting import count, readable

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd")
HAVE_BETAS = ("adam", "adamw", "nadam")  # of these, the ones that beta 1 and beta 2 are for
# Of the arithmetic of training: as this machine does it fastest, or as named; weights are float32 with either.
PRECISIONS = ("auto", "float32", "bfloat16")
LOSSES = ("sparse_categorical_crossentropy", "categorical_crossentropy")
SCHEDULES = ("constant", "one-cycle")

# A class shares one machine: a network that would fill its memory is refused before it is queued.
MOST_PARAMETERS = 20_000_000
EVALUATION_BATCH = 500  # images that are validated at once
MOST_CHARACTERS = 1000  # of a path
MOST_ACTIVATIONS = 500_000_000  # float32 values a training step keeps, batch included: 2 GB


@dataclass(frozen=True)
class TrainConfig:
    """Everything that determines a run besides its data: plain values, checked on construction."""

    recipe: str  # name of the recipe that these settings started from
    layers: tuple[Layer, ...]  # the network, from the picture to ten probabilities
    epochs: int = 10
    batch_size: int = 32  # images a step
    optimizer: str = "adam"  # one of `OPTIMIZERS`
    learning_rate: float = 0.001
    # `constant`, or `one-cycle`: up to the learning rate and down to nothing over the whole run (Smith and Topin,
    # "Super-Convergence", 2018).
    schedule: str = "constant"
    loss: str = "sparse_categorical_crossentropy"  # one of `LOSSES`; the categorical one trains on one-hot labels
    # Share of the training images held back to validate on; 0 validates on the test set instead.
    validation_share: float = 0.1
    # Epochs without a lower validation loss after which training ends and the best epoch's weights come back; 0 never
    # stops early.
    early_stopping: int = 0
    data_share: float = 1.0  # share of the training images that is used, above 0 to 1
    rotation: float = 0.0  # largest random turn of a training image, in degrees
    zoom: float = 0.0  # largest random change of its size, as a share
    shift: float = 0.0  # largest random move of it, as a share of the picture's side
    shear: float = 0.0  # largest random slant of it, as a share
    elastic: float = 0.0  # standard deviation of a smooth random bend of it, in pixels
    pen: float = 0.0  # largest random change of its pen, as a share of the way to a pen two pixels wider or narrower
    styles: float = 0.0  # digits added in ways of writing that MNIST hardly has, as a share of the training images
    # Pictures added that are not digits, as a share of the training images; the network is taught to give all ten
    # digits the same probability there (outlier exposure; Hendrycks, Mazeika and Dietterich, 2019).
    non_digits: float = 0.0
    # A second source of training images, or several with semicolons between them: a dataset's name or path, or a file
    # of strokes.
    also: str = ""
    # How often each digit of a second source of strokes is painted, each time a little otherwise; a sign half as often.
    also_copies: int = 1
    # How much of the past a step of Adam and its kin keeps, and how much the scale of a step does (Kingma and Ba,
    # "Adam: A Method for Stochastic Optimization", 2015); of no matter to other optimizers.
    beta_1: float = 0.9
    beta_2: float = 0.999
    # Share of each label that is spread over all ten digits, so that no digit is driven to be without any doubt
    # (Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016).
    label_smoothing: float = 0.0
    precision: str = "auto"  # one of `PRECISIONS`
    seed: int = 1  # seed of everything random: weights, order, dropout, augmentation, the split

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9-]{1,40}", self.recipe):
            raise InputError(
                f"The recipe is '{readable(self.recipe)}', but must be a name of small letters, digits and dashes."
            )
        check_whole("number of epochs", self.epochs, 1, 1000)
        check_whole("batch size", self.batch_size, 1, 4096)
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check_learning_rate(self.learning_rate)
        check_choice("learning rate schedule", self.schedule, SCHEDULES)
        check_choice("loss", self.loss, LOSSES)
        check_number("beta 1", self.beta_1, 0, 0.9999)
        check_number("beta 2", self.beta_2, 0, 0.999999)
        check_number("label smoothing", self.label_smoothing, 0, 0.5)
        check_choice("precision", self.precision, PRECISIONS)
        check_number("validation share", self.validation_share, 0, 0.5)
        check_whole("patience of early stopping", self.early_stopping, 0, 1000)
        check_number("share of the data", self.data_share, 0.001, 1)
        check_number("rotation in degrees", self.rotation, 0, 90)
        for name in ("zoom", "shift", "shear"):
            check_number(name, getattr(self, name), 0, 0.5)
        check_number("elastic bend in pixels", self.elastic, 0, 3)
        for name in ("pen", "styles", "non_digits"):
            check_number(name.replace("_", "-"), getattr(self, name), 0, 1)
        if not isinstance(self.also, str) or len(self.also) > MOST_CHARACTERS:
            raise InputError(f"The second source must be a name or path of at most {MOST_CHARACTERS} characters.")
        check_whole("number of copies of a second source", self.also_copies, 1, 20)
        check_whole("seed", self.seed, 0, 2**31 - 1)
        summaries = summarize(self.layers)
        parameters = sum(summary.parameters for summary in summaries)
        if parameters > MOST_PARAMETERS:
            raise InputError(
                f"The network has {count(parameters)} parameters; at most {count(MOST_PARAMETERS)} are allowed, "
                "make its largest layer smaller."
            )
        activations = max(self.batch_size, EVALUATION_BATCH) * sum(
            math.prod(summary.output_shape) for summary in summaries
        )
        if activations > MOST_ACTIVATIONS:
            raise InputError(
                f"One step would keep {count(activations)} numbers in memory; at most {count(MOST_ACTIVATIONS)} "
                "are allowed, make the batch or the first layers smaller."
            )

    def split(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Draws which of `number` training images to train on and which to hold back, as int64 indices.

        The second array is empty where the validation share is 0. Raises InputError if too few are left to train on.
        """
        order = np.random.default_rng(self.seed).permutation(number)
        used = order[: round(number * self.data_share)]
        held_back = round(len(used) * self.validation_share)
        if len(used) - held_back < 1 or (self.validation_share and not held_back):
            raise InputError(
                f"With {self.data_share:g} of the data only {len(used)} images are left to train and validate on; "
                "use a larger share."
            )
        return used[held_back:], used[:held_back]

    def steps(self, number: int) -> int:
        """Returns how many steps the whole run makes on `number` training images."""
        return self.epochs * math.ceil(len(self.split(number)[0]) / self.batch_size)

    @property
    def second_sources(self) -> tuple[str, ...]:
        """The names in `also`, one by one."""
        return tuple(name.strip() for name in self.also.split(";") if name.strip())

    @property
    def may_teach_doubt(self) -> bool:
        """Whether training may see pictures that are no digit; strokes of a second source may be signs."""
        return bool(self.non_digits or self.second_sources)

    @property
    def augments(self) -> bool:
        """Whether training changes its images at random."""
        return any((self.rotation, self.zoom, self.shift, self.shear, self.elastic, self.pen))

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for JSON; the layers in their short notation."""
        return dataclasses.asdict(self) | {"layers": [str(layer) for layer in self.layers]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TrainConfig":
        """Reads what `to_json` wrote; raises InputError for anything else."""
        known = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(values, dict) or not {"recipe", "layers"} <= values.keys() <= known:
            raise InputError("These settings are not a training configuration; expected the fields of TrainConfig.")
        layers = values["layers"]
        if isinstance(layers, list) and len(layers) > MOST_LAYERS:  # each takes time to read
            raise InputError(
                f"The network has {count(len(layers))} layers; at most {MOST_LAYERS} are allowed; remove some."
            )
        if not isinstance(layers, list) or not all(isinstance(layer, str) for layer in layers):
            raise InputError("The layers of a training configuration must be a list such as ['flatten', 'dense:10'].")
        if not isinstance(values["recipe"], str):
            raise InputError("The recipe of a training configuration must be a name.")
        return cls(**values | {"layers": tuple(parse_layer(layer) for layer in layers)})


SETTINGS = tuple(field.name for field in dataclasses.fields(TrainConfig) if field.name not in ("recipe", "layers"))


def parse_setting(name: str, text: str) -> str | int | float:
    """Reads a setting from text, such as `0.01` for the learning rate; its limits are `TrainConfig`'s to check."""
    kind = type(getattr(TrainConfig, name))
    try:
        value: str | int | float = kind(text)
        return value
    except ValueError:
        label = name.replace("_", " ")
        raise InputError(
            f"The setting '{label}' is '{readable(text)}', but must be a {'whole ' if kind is int else ''}number; "
            "correct or remove it."
        ) from None
