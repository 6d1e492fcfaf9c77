"""Settings: what can be written down can be read back, and what cannot be built is refused."""

import dataclasses
import json
import math
from typing import Any

import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError

SMALL = "flatten,dense:10:softmax"


def small_config(**settings: Any) -> TrainConfig:
    return TrainConfig("quick", parse_network(SMALL), **settings)


# --- Settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("epochs", 0, "The number of epochs is 0, but must be a whole number from 1 to 1,000."),
        ("epochs", 1001, "The number of epochs is 1001, but must be a whole number from 1 to 1,000."),
        ("epochs", 2.0, "The number of epochs is 2.0, but must be a whole number from 1 to 1,000."),
        ("epochs", True, "The number of epochs is True, but must be a whole number from 1 to 1,000."),
        ("batch_size", 4097, "The batch size is 4097, but must be a whole number from 1 to 4,096."),
        ("optimizer", "adagrad", "The optimizer is 'adagrad'; choose one of adam, adamw, nadam, rmsprop, sgd."),
        ("learning_rate", 0, "The learning rate is 0, but must be a number from 1e-07 to 10."),
        ("learning_rate", math.nan, "The learning rate is nan, but must be a number from 1e-07 to 10."),
        ("learning_rate", math.inf, "The learning rate is inf, but must be a number from 1e-07 to 10."),
        ("schedule", "cosine", "The learning rate schedule is 'cosine'; choose one of constant, one-cycle."),
        ("loss", "mse", "The loss is 'mse'; choose one of sparse_categorical_crossentropy, categorical_crossentropy."),
        ("validation_share", 0.6, "The validation share is 0.6, but must be a number from 0 to 0.5."),
        ("validation_share", -0.1, "The validation share is -0.1, but must be a number from 0 to 0.5."),
        ("early_stopping", -1, "The patience of early stopping is -1, but must be a whole number from 0 to 1,000."),
        ("data_share", 0, "The share of the data is 0, but must be a number from 0.001 to 1."),
        ("rotation", 91, "The rotation in degrees is 91, but must be a number from 0 to 90."),
        ("zoom", 0.51, "The zoom is 0.51, but must be a number from 0 to 0.5."),
        ("shift", -1, "The shift is -1, but must be a number from 0 to 0.5."),
        ("shear", "0.1", "The shear is 0.1, but must be a number from 0 to 0.5."),
        ("seed", -1, "The seed is -1, but must be a whole number from 0 to 2,147,483,647."),
        ("seed", 2**31, "The seed is 2147483648, but must be a whole number from 0 to 2,147,483,647."),
    ],
)
def test_a_setting_outside_its_limits_is_refused_in_a_sentence(setting: str, value: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        small_config(**{setting: value})
    assert str(caught.value) == sentence


def test_the_limits_themselves_are_allowed() -> None:
    least = small_config(epochs=1, batch_size=1, learning_rate=1e-7, validation_share=0, data_share=0.001, seed=0)
    most = small_config(
        epochs=1000, batch_size=4096, learning_rate=10, validation_share=0.5, data_share=1, seed=2**31 - 1, rotation=90
    )
    assert (least.epochs, most.epochs) == (1, 1000)


def test_a_network_with_too_many_parameters_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        TrainConfig("quick", parse_network("flatten,dense:4096,dense:4096,dense:10:softmax"))
    assert str(caught.value) == (
        "The network has 20,037,642 parameters; at most 20,000,000 are allowed, make its largest layer smaller."
    )


def test_a_step_that_would_fill_the_memory_is_refused() -> None:
    layers = parse_network("conv:512:1,conv:1:1,flatten,dense:10:softmax")
    assert TrainConfig("quick", layers, batch_size=1000).batch_size == 1000
    with pytest.raises(InputError, match=r"^One step would keep 1,650,\d{3},\d{3} numbers in memory; at most 500,"):
        TrainConfig("quick", layers, batch_size=4096)


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        small_config().epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize("setting", ["rotation", "zoom", "shift", "shear"])
def test_any_random_change_counts_as_augmentation(setting: str) -> None:
    assert not small_config().augments
    assert small_config(**{setting: 0.1}).augments


# --- As JSON -----------------------------------------------------------------------------------------------------

UNUSUAL = TrainConfig(
    "mnist-ann",
    parse_network("conv:4:3:same:gelu,dropout:0.123456789,flatten,dense:10:sigmoid"),
    epochs=7,
    batch_size=33,
    optimizer="sgd",
    learning_rate=0.00123456789,
    schedule="one-cycle",
    loss="categorical_crossentropy",
    validation_share=1 / 3,
    early_stopping=4,
    data_share=0.123456789,
    rotation=12.5,
    zoom=0.1,
    shift=0.07,
    shear=0.2,
    seed=123456789,
)


def test_json_brings_the_same_settings_back() -> None:
    for config in (UNUSUAL, *(recipe.config for recipe in RECIPES.values())):
        assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_json_holds_layers_in_their_short_notation() -> None:
    values = small_config(epochs=3).to_json()
    assert values["layers"] == ["flatten", "dense:10:softmax"]
    assert (values["recipe"], values["epochs"], values["seed"]) == ("quick", 3, 1)


def test_json_without_the_optional_settings_takes_the_defaults() -> None:
    assert TrainConfig.from_json({"recipe": "quick", "layers": SMALL.split(",")}) == small_config()
