"""A run's settings in words, its network as a table, and the command that trains it again."""

import dataclasses
import shlex
from pathlib import PureWindowsPath

from mnist_core.checks import short
from mnist_core.config import recipes
from mnist_core.config.network import Layer, summarize
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.sources import BUILT_IN
from mnist_core.formatting import count, listed, percent, several
from mnist_core.presentation.report.blocks import Table

# What `pen` is a share of: the way to a pen that is so many pixels wider or narrower.
PEN_PIXELS = 2
PRECISIONS = {"auto": "as the machine trains fastest", "float32": "float32", "bfloat16": "bfloat16, weights in float32"}


def table(config: TrainConfig, precision: str = "") -> Table:
    """What was asked for; `precision` is the one that the run took where that was left open."""
    rows = (
        ("Recipe", config.recipe),
        ("Epochs", count(config.epochs)),
        ("Batch size", f"{several(config.batch_size, 'image')} a step"),
        ("Optimizer", config.optimizer),
        ("Learning rate", _rate(config)),
        ("Adam's betas", f"{short(config.beta_1)} and {short(config.beta_2)}"),
        ("Precision", PRECISIONS.get(precision or config.precision, "unknown")),
        ("Loss", config.loss.replace("_", " ")),
        ("Label smoothing", f"{short(100 * config.label_smoothing)} %"),
        ("Validation", _validation(config)),
        ("Early stopping", _patience(config)),
        ("Training images used", f"{short(100 * config.data_share)} %"),
        ("Random changes of an image", ", ".join(_changes(config)) or "none"),
        ("Rare ways of writing added", _added(config.styles)),
        ("Pictures added that are not digits", _added(config.non_digits)),
        ("Second source", _second_source(config)),
        ("Seed", str(config.seed)),
    )
    return Table("What the run was asked to do", ("Setting", "Value"), rows)


def _rate(config: TrainConfig) -> str:
    words = "in every step" if config.schedule == "constant" else "at most: up to it, then down to nothing"
    return f"{short(config.learning_rate)} {words} ({config.schedule})"


def _validation(config: TrainConfig) -> str:
    if not config.validation_share:
        return "on the test set itself, none of the training images held back"
    return f"on {short(100 * config.validation_share)} % of the training images, held back"


def _patience(config: TrainConfig) -> str:
    if not config.early_stopping:
        return "none"
    return f"after {several(config.early_stopping, 'epoch')} without a lower validation loss"


def _changes(config: TrainConfig) -> list[str]:
    """What training does to its images at random, each with its limit."""
    words = {
        "rotation": f"turned by up to {short(config.rotation)}°",
        "zoom": f"resized by up to {short(config.zoom)} of its size",
        "shift": f"moved by up to {short(config.shift)} of the picture's side",
        "shear": f"slanted by up to {short(config.shear)}",
        "elastic": f"bent elastically by {short(config.elastic)} pixels",
        "pen": f"pen up to {short(round(PEN_PIXELS * config.pen, 6))} pixels wider or narrower",
    }
    return [text for name, text in words.items() if getattr(config, name)]


def _added(share: float) -> str:
    return f"{percent(share, 1)} of the training images" if share else "none"


def _second_source(config: TrainConfig) -> str:
    names = [data_name(name) for name in config.second_sources]
    if not names:
        return "none"
    copies = "once" if config.also_copies == 1 else f"{config.also_copies} times"
    return f"{listed(names)}; where it holds strokes, each drawing is painted {copies}"


def network(layers: tuple[Layer, ...]) -> Table:
    """The layers with what each makes of a 28×28 picture."""
    rows = tuple(
        (str(number), str(row.layer), "×".join(map(str, row.output_shape)), count(row.parameters))
        for number, row in enumerate(summarize(layers), 1)
    )
    return Table(
        "The network, from a picture of 28×28×1 to ten probabilities",
        ("Number", "Layer", "Output", "Parameters"),
        rows,
        numbers=1,
    )


def command(config: TrainConfig, data: str) -> str:
    """The command that trains with these settings anywhere; `data` is what `--data` took, without its folder."""
    config = dataclasses.replace(config, also=";".join(map(data_name, config.second_sources)))
    # A recipe of one's own is not known elsewhere: the command then starts from one that comes with the lab.
    if config.recipe not in recipes.RECIPES:
        config = dataclasses.replace(config, recipe=recipes.DEFAULT_RECIPE)
    given = recipes.to_address(config) | {"seed": str(config.seed), "data": data_name(data)}
    options = (f"--{name.replace('_', '-')} {shlex.quote(value)}" for name, value in given.items())
    return f"python -m mnist_core train {' '.join(options)}"


def data_name(data: str) -> str:
    """Without the folder it lies in, which is nobody else's business."""
    return data if data in BUILT_IN else PureWindowsPath(data).name  # which knows both kinds of slash
