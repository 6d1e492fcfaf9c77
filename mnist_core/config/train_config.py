"""What a training run is: its layers and settings as plain, frozen, checked values."""

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from mnist_core.checks import LEARNING_RATE, Choice, Number, Rule, Whole
from mnist_core.config.network import MOST_LAYERS, Layer, parse_layer, summarize
from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import N_, gettext

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

T = TypeVar("T")


@dataclass(frozen=True)
class Text:
    """A text that may be empty."""

    @property
    def words(self) -> str:
        return gettext("at most {most} characters", most=count(MOST_CHARACTERS))

    def check(self, value: Any) -> None:
        if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
            raise InputError(
                gettext(
                    "The second source must be a name or path of at most {most_characters} characters.",
                    most_characters=MOST_CHARACTERS,
                )
            )


def _setting(default: T, words: str, about: str, rule: Rule) -> T:
    """A field with what people call it within a sentence, what it is, and what its values may be."""
    return dataclasses.field(default=default, metadata={"words": words, "about": about, "rule": rule})


@dataclass(frozen=True)
class TrainConfig:
    """Everything that determines a run besides its data: plain values, checked on construction."""

    recipe: str  # name of the recipe that these settings started from
    layers: tuple[Layer, ...]  # the network, from the picture to ten probabilities
    epochs: int = _setting(
        10, N_("epochs"), N_("how often training goes through all images"), Whole(N_("number of epochs"), 1, 1000)
    )
    batch_size: int = _setting(32, N_("batch size"), N_("images a step"), Whole(N_("batch size"), 1, 4096))
    optimizer: str = _setting(
        "adam", N_("optimizer"), N_("what makes steps of gradients"), Choice(N_("optimizer"), OPTIMIZERS)
    )
    learning_rate: float = _setting(0.001, N_("learning rate"), N_("how large the steps are"), LEARNING_RATE)
    # `one-cycle`: up to the learning rate and down to nothing over the whole run (Smith and Topin,
    # "Super-Convergence", 2018).
    schedule: str = _setting(
        "constant", N_("schedule"), N_("course of the learning rate"), Choice(N_("learning rate schedule"), SCHEDULES)
    )
    loss: str = _setting(
        LOSSES[0],
        N_("loss"),
        N_("what is made small; the categorical one trains on one-hot labels"),
        Choice(N_("loss"), LOSSES),
    )
    validation_share: float = _setting(
        0.1,
        N_("validation share"),
        N_("share of the training images held back to validate on; 0 validates on the test set instead"),
        Number(N_("validation share"), 0, 0.5),
    )
    early_stopping: int = _setting(
        0,
        N_("early stopping"),
        N_(
            "epochs without a lower validation loss after which training ends and the best "
            "epoch's weights come back; 0 never stops early"
        ),
        Whole(N_("patience of early stopping"), 0, 1000),
    )
    data_share: float = _setting(
        1.0,
        N_("data share"),
        N_("share of the training images that is used"),
        Number(N_("share of the data"), 0.001, 1),
    )
    rotation: float = _setting(
        0.0, N_("rotation"), N_("largest random turn of an image, in degrees"), Number(N_("rotation in degrees"), 0, 90)
    )
    zoom: float = _setting(
        0.0, N_("zoom"), N_("largest random change of an image's size, as a share"), Number(N_("zoom"), 0, 0.5)
    )
    shift: float = _setting(
        0.0, N_("shift"), N_("largest random move of an image, as a share of its side"), Number(N_("shift"), 0, 0.5)
    )
    shear: float = _setting(
        0.0, N_("shear"), N_("largest random slant of an image, as a share"), Number(N_("shear"), 0, 0.5)
    )
    elastic: float = _setting(
        0.0,
        N_("elastic"),
        N_("standard deviation of a smooth random bend of an image, in pixels"),
        Number(N_("elastic bend in pixels"), 0, 3),
    )
    pen: float = _setting(
        0.0,
        N_("pen"),
        N_("largest random change of an image's pen, as a share of the way to a pen two pixels wider or narrower"),
        Number(N_("pen"), 0, 1),
    )
    unchanged: float = _setting(
        0.0,
        N_("unchanged"),
        N_("share of the images that an epoch takes as they are, though it changes the others at random"),
        Number(N_("share of unchanged images"), 0, 1),
    )
    styles: float = _setting(
        0.0,
        N_("styles"),
        N_("digits added in ways of writing that MNIST hardly has, as a share of the training images"),
        Number(N_("styles"), 0, 1),
    )
    # The network is taught to give all ten digits the same probability there (outlier exposure; Hendrycks, Mazeika and
    # Dietterich, 2019).
    non_digits: float = _setting(
        0.0,
        N_("non digits"),
        N_("pictures added that are not digits, as a share of the training images"),
        Number(N_("non-digits"), 0, 1),
    )
    also: str = _setting(
        "",
        N_("also"),
        N_(
            "a second source of training images, or several with semicolons between them: a "
            "dataset's name or path, or a file of strokes"
        ),
        Text(),
    )
    also_copies: int = _setting(
        1,
        N_("also copies"),
        N_("how often each drawing of a second source of strokes is painted, each time a little otherwise"),
        Whole(N_("number of copies of a second source"), 1, 20),
    )
    variants: int = _setting(
        1,
        N_("variants"),
        N_(
            "how many pictures there are of each that is painted, of second sources, rare styles and non-digits; "
            "each epoch takes others"
        ),
        Whole(N_("number of variants"), 1, 8),
    )
    pairs: float = _setting(
        0.0,
        N_("pairs"),
        N_(
            "two digits side by side, added as what is not one, as a share of a second source's digits drawn as strokes"
        ),
        Number(N_("pairs of digits"), 0, 1),
    )
    # Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015; of no matter to other optimizers.
    beta_1: float = _setting(
        0.9,
        N_("beta 1"),
        N_("how much of the past a step of adam, adamw and nadam keeps"),
        Number(N_("beta 1"), 0, 0.9999),
    )
    beta_2: float = _setting(
        0.999,
        N_("beta 2"),
        N_("how much of the past the scale of such a step keeps"),
        Number(N_("beta 2"), 0, 0.999999),
    )
    # Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
    label_smoothing: float = _setting(
        0.0,
        N_("label smoothing"),
        N_(
            "share of each label that is spread over all ten digits, so that no digit is driven to be without any doubt"
        ),
        Number(N_("label smoothing"), 0, 0.5),
    )
    # Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992, as a moving average.
    weight_averaging: float = _setting(
        0.0,
        N_("weight averaging"),
        N_("how much of the averaged weights each step keeps; they are what is validated and kept; 0 averages nothing"),
        Number(N_("weight averaging"), 0, 0.9999),
    )
    precision: str = _setting(
        "auto",
        N_("precision"),
        N_("arithmetic; auto is what this machine does fastest"),
        Choice(N_("precision"), PRECISIONS),
    )
    seed: int = _setting(
        1,
        N_("seed"),
        N_("seed of everything random: weights, order, dropout, augmentation, the split"),
        Whole(N_("seed"), 0, 2**31 - 1),
    )

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9-]{1,40}", self.recipe):
            raise InputError(
                gettext(
                    "The recipe is '{recipe}', but must be a name of small letters, digits and dashes.",
                    recipe=readable(self.recipe),
                )
            )
        for name, setting in SETTINGS.items():
            setting.rule.check(getattr(self, name))
        summaries = summarize(self.layers)
        parameters = sum(summary.parameters for summary in summaries)
        if parameters > MOST_PARAMETERS:
            raise InputError(
                gettext(
                    "The network has {parameters} parameters; at most {most_parameters} are allowed, make "
                    "its largest layer smaller.",
                    parameters=count(parameters),
                    most_parameters=count(MOST_PARAMETERS),
                )
            )
        activations = max(self.batch_size, EVALUATION_BATCH) * sum(
            math.prod(summary.output_shape) for summary in summaries
        )
        if activations > MOST_ACTIVATIONS:
            raise InputError(
                gettext(
                    "One step would keep {activations} numbers in memory; at most {most_activations} are "
                    "allowed, make the batch or the first layers smaller.",
                    activations=count(activations),
                    most_activations=count(MOST_ACTIVATIONS),
                )
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
                gettext(
                    "With {data_share:g} of the data only {used} images are left to train and validate "
                    "on; use a larger share.",
                    data_share=self.data_share,
                    used=len(used),
                )
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
            raise InputError(
                gettext("These settings are not a training configuration; expected the fields of TrainConfig.")
            )
        layers = values["layers"]
        if isinstance(layers, list) and len(layers) > MOST_LAYERS:  # each takes time to read
            raise InputError(
                gettext(
                    "The network has {layers} layers; at most {most_layers} are allowed; remove some.",
                    layers=count(len(layers)),
                    most_layers=MOST_LAYERS,
                )
            )
        if not isinstance(layers, list) or not all(isinstance(layer, str) for layer in layers):
            raise InputError(
                gettext("The layers of a training configuration must be a list such as ['flatten', 'dense:10'].")
            )
        if not isinstance(values["recipe"], str):
            raise InputError(gettext("The recipe of a training configuration must be a name."))
        return cls(**values | {"layers": tuple(parse_layer(layer) for layer in layers)})


@dataclass(frozen=True)
class Setting:
    """One of the fields that people set, with what they must know to do so."""

    name: str
    words: str  # what people call it within a sentence
    about: str  # what it is, in words that begin small
    rule: Rule  # what it may be


SETTINGS = {
    field.name: Setting(field.name, **field.metadata) for field in dataclasses.fields(TrainConfig) if field.metadata
}


def choices_of(name: str) -> tuple[str, ...]:
    """Returns the words of which a setting must be one; none for a number, and for what is no setting."""
    rule = SETTINGS[name].rule if name in SETTINGS else None
    return rule.choices if isinstance(rule, Choice) else ()


def parse_setting(name: str, text: str) -> str | int | float:
    """Reads a setting from text, such as `0.01` for the learning rate; its limits are `TrainConfig`'s to check."""
    kind = type(getattr(TrainConfig, name))
    try:
        value: str | int | float = kind(text)
        return value
    except ValueError:
        expected = N_("a whole number") if kind is int else N_("a number")
        raise InputError(
            gettext(
                "The setting '{setting}' is '{text}', but must be {expected}; correct or remove it.",
                setting=SETTINGS[name].words,
                text=readable(text),
                expected=expected,
            )
        ) from None
