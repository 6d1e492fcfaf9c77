"""A run's settings in words, its network as a table, and the command that trains it again."""

import dataclasses
import shlex
from pathlib import PureWindowsPath

from mnist_core.checks import short
from mnist_core.config import recipes
from mnist_core.config.network import Layer, summarize
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.sources import BUILT_IN
from mnist_core.formatting import count, listed, percent
from mnist_core.language import N_, as_written, gettext, ngettext
from mnist_core.presentation.report.blocks import Table

# What `pen` is a share of: the way to a pen that is so many pixels wider or narrower.
PEN_PIXELS = 2
PRECISIONS = {
    "auto": N_("as the machine trains fastest"),
    "float32": "float32",
    "bfloat16": N_("bfloat16, weights in float32"),
}


def table(config: TrainConfig, precision: str = "") -> Table:
    """What was asked for; `precision` is the one that the run took where that was left open."""
    rows = (
        (gettext("Recipe"), config.recipe),
        (gettext("Epochs"), count(config.epochs)),
        (
            gettext("Batch size"),
            ngettext(
                "{number} image a step", "{number} images a step", config.batch_size, number=count(config.batch_size)
            ),
        ),
        (gettext("Optimizer"), config.optimizer),
        (gettext("Learning rate"), _rate(config)),
        (gettext("Adam's betas"), listed([as_written(short(beta)) for beta in (config.beta_1, config.beta_2)])),
        (gettext("Precision"), gettext(PRECISIONS.get(precision or config.precision, N_("unknown")))),
        (gettext("Loss"), gettext(config.loss.replace("_", " "))),
        (gettext("Label smoothing"), _percentage(config.label_smoothing)),
        (gettext("Weight averaging"), _averaging(config)),
        (gettext("Validation"), _validation(config)),
        (gettext("Early stopping"), _patience(config)),
        (gettext("Training images used"), _percentage(config.data_share)),
        (gettext("Random changes of an image"), ", ".join(_changes(config)) or gettext("none")),
        (gettext("Rare ways of writing added"), _added(config.styles)),
        (gettext("Pictures added that are not digits"), _added(config.non_digits)),
        (gettext("Second source"), _second_source(config)),
        (gettext("Variants of each that is painted"), count(config.variants)),
        (gettext("Pairs of digits added that are not one"), _pairs(config.pairs)),
        (gettext("Seed"), str(config.seed)),
    )
    return Table(gettext("What the run was asked to do"), (gettext("Setting"), gettext("Value")), rows)


def _rate(config: TrainConfig) -> str:
    words = (
        gettext("in every step")
        if config.schedule == "constant"
        else gettext("at most: up to it, then down to nothing")
    )
    return f"{as_written(short(config.learning_rate))} {words} ({config.schedule})"


def _averaging(config: TrainConfig) -> str:
    if not config.weight_averaging:
        return gettext("none")
    return gettext("each step keeps {share} of the average", share=as_written(short(config.weight_averaging)))


def _validation(config: TrainConfig) -> str:
    if not config.validation_share:
        return gettext("on the test set itself, none of the training images held back")
    return gettext(
        "on {share} % of the training images, held back", share=as_written(short(100 * config.validation_share))
    )


def _patience(config: TrainConfig) -> str:
    if not config.early_stopping:
        return gettext("none")
    return gettext(
        "after {epochs} without a lower validation loss",
        epochs=ngettext(
            "{number} epoch", "{number} epochs", config.early_stopping, number=count(config.early_stopping)
        ),
    )


def _changes(config: TrainConfig) -> list[str]:
    """What training does to its images at random, each with its limit."""

    def limit(number: float) -> str:
        return as_written(short(number))

    words = {
        "rotation": gettext("turned by up to {limit}°", limit=limit(config.rotation)),
        "zoom": gettext("resized by up to {limit} of its size", limit=limit(config.zoom)),
        "shift": gettext("moved by up to {limit} of the picture's side", limit=limit(config.shift)),
        "shear": gettext("slanted by up to {limit}", limit=limit(config.shear)),
        "elastic": gettext("bent elastically by {limit} pixels", limit=limit(config.elastic)),
        "pen": gettext("pen up to {limit} pixels wider or narrower", limit=limit(round(PEN_PIXELS * config.pen, 6))),
    }
    if config.augments:
        words["unchanged"] = gettext("{share} of the images stay as they are", share=_percentage(config.unchanged))
    return [text for name, text in words.items() if getattr(config, name)]


def _percentage(share: float) -> str:
    return as_written(f"{short(100 * share)} %")


def _added(share: float) -> str:
    return gettext("{share} of the training images", share=percent(share, 1)) if share else gettext("none")


def _pairs(share: float) -> str:
    if not share:
        return gettext("none")
    return gettext("as many as {share} of the digits that are drawn as strokes", share=percent(share, 1))


def _second_source(config: TrainConfig) -> str:
    names = [recipes.source_title(name) for name in config.second_sources]
    if not names:
        return gettext("none")
    return ngettext(
        "{names}; where it holds strokes, each drawing is painted once",
        "{names}; where it holds strokes, each drawing is painted {copies} times",
        config.also_copies,
        names=listed(names),
        copies=config.also_copies,
    )


def network(layers: tuple[Layer, ...]) -> Table:
    """The layers with what each makes of a 28×28 picture."""
    rows = tuple(
        (str(number), str(row.layer), "×".join(map(str, row.output_shape)), count(row.parameters))
        for number, row in enumerate(summarize(layers), 1)
    )
    return Table(
        gettext("The network, from a picture of 28×28×1 to ten probabilities"),
        (gettext("Number"), gettext("Layer"), gettext("Output"), gettext("Parameters")),
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
