import dataclasses
import shlex
from typing import Any

import pytest

from mnist_core.cli import train
from mnist_core.config import recipes
from mnist_core.config.network import count_parameters
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.presentation.report import settings

OTHERS: dict[str, Any] = {
    "epochs": 7,
    "batch_size": 77,
    "optimizer": "sgd",
    "learning_rate": 0.0123,
    "schedule": "constant",
    "loss": "categorical_crossentropy",
    "validation_share": 0.0,
    "early_stopping": 4,
    "data_share": 0.25,
    "rotation": 3.5,
    "zoom": 0.07,
    "shift": 0.03,
    "shear": 0.11,
    "elastic": 0.9,
    "pen": 0.35,
    "unchanged": 0.45,
    "styles": 0.02,
    "non_digits": 0.3,
    "also": "/there/others.jsonl",
    "also_copies": 3,
    "variants": 3,
    "pairs": 0.15,
    "beta_1": 0.8,
    "beta_2": 0.95,
    "label_smoothing": 0.05,
    "weight_averaging": 0.99,
    "precision": "float32",
    "seed": 42,
}


def parsed(command: str) -> tuple[TrainConfig, str]:
    """What the command line makes of a command."""
    import argparse

    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    python, dash, package, name, *arguments = shlex.split(command)
    assert (python, dash, package, name) == ("python", "-m", "mnist_core", "train")
    options = parser.parse_args(arguments)
    named = {name: getattr(options, name) for name in ("recipe", "network", *SETTINGS)}
    return recipes.from_address({name: value for name, value in named.items() if value is not None}), options.data


def test_every_setting_is_tried_here() -> None:
    assert set(OTHERS) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_in_the_table(name: str) -> None:
    start = RECIPES["best"].config
    changed = dataclasses.replace(start, **{name: OTHERS[name]})
    assert settings.table(changed).rows != settings.table(start).rows


@pytest.mark.parametrize("name", RECIPES)
def test_the_command_trains_with_the_same_settings(name: str) -> None:
    config = RECIPES[name].config
    command = settings.command(config, "mnist")
    assert command == f"python -m mnist_core train --recipe {name} --seed 1 --data mnist"
    assert parsed(command) == (config, "mnist")


@pytest.mark.parametrize("name", SETTINGS)
def test_the_command_says_what_differs_from_the_recipe(name: str) -> None:
    config = dataclasses.replace(RECIPES["robust"].config, **{name: OTHERS[name]})
    expected = dataclasses.replace(config, also="others.jsonl" if name == "also" else "")
    assert parsed(settings.command(config, "digits-8x8"))[0] == expected


def test_a_recipe_of_ones_own_is_told_by_one_that_everybody_has() -> None:
    config = dataclasses.replace(RECIPES["simple-cnn"].config, recipe="our-class", epochs=9)
    recipes.save("our-class", "Ours", "For us", config)
    command = settings.command(config, "mnist")
    assert parsed(command)[0] == dataclasses.replace(config, recipe="quick")
    assert "our-class" not in command


@pytest.mark.parametrize("path", ["/some/where/train set.csv", r"C:\some\where\train set.csv"])
def test_files_are_named_without_their_folders(path: str) -> None:
    command = settings.command(RECIPES["quick"].config, path)
    assert "some" not in command and parsed(command)[1] == "train set.csv"


def test_the_network_is_listed_layer_by_layer() -> None:
    config = RECIPES["digit-detection"].config
    table = settings.network(config.layers)
    assert [row[1] for row in table.rows] == [str(layer) for layer in config.layers]
    assert table.rows[0] == ("1", "conv:32:3:relu", "26×26×32", "320")
    assert sum(int(row[3].replace(",", "")) for row in table.rows) == count_parameters(config.layers)
