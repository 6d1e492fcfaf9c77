"""Settings, layers and recipes: what can be written down can be read back, and what cannot be built is refused."""

import dataclasses
import json
import math
from typing import Any

import pytest

from mnist_core.config import DEFAULT_RECIPE, RECIPES, TrainConfig, from_address, to_address
from mnist_core.errors import InputError
from mnist_core.layers import count_parameters, parse_network, summarize

SMALL = "flatten,dense:10:softmax"
NAMES = list(RECIPES)


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


@pytest.mark.parametrize("values", [None, [], "quick", 3, {}, {"recipe": "quick"}, {"layers": ["flatten"]}])
def test_json_that_is_no_configuration_is_refused(values: Any) -> None:
    with pytest.raises(InputError, match=r"^These settings are not a training configuration; expected the fields of"):
        TrainConfig.from_json(values)


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"__class__": "x"},
        {"recipe": 3},
        {"recipe": None},
        {"recipe": ["quick"]},
        {"layers": "flatten"},
        {"layers": None},
        {"layers": {}},
        {"layers": [["flatten"]]},
        {"layers": [3, "dense:10:softmax"]},
        {"layers": []},
        {"layers": ["flatten"] * 1000 + ["dense:10:softmax"]},
        {"epochs": "3"},
        {"epochs": None},
        {"epochs": [3]},
        {"epochs": 10**400},
        {"epochs": 1e300},
        {"learning_rate": "0.1"},
        {"learning_rate": math.nan},
        {"learning_rate": math.inf},
        {"learning_rate": 10**400},
        {"learning_rate": {}},
        {"optimizer": ["adam"]},
        {"optimizer": {}},
        {"schedule": None},
        {"seed": True},
        {"zoom": False},
    ],
    ids=str,
)
def test_hostile_json_is_refused_and_never_crashes(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        TrainConfig.from_json(small_config().to_json() | change)


# --- As an address -----------------------------------------------------------------------------------------------


def test_an_untouched_recipe_needs_only_its_name() -> None:
    for name, recipe in RECIPES.items():
        assert to_address(recipe.config) == {"recipe": name}
        assert from_address({"recipe": name}) == recipe.config


def test_an_address_names_only_what_differs() -> None:
    config = dataclasses.replace(RECIPES["mnist-ann"].config, epochs=3, learning_rate=0.002, shift=0.1)
    assert to_address(config) == {"recipe": "mnist-ann", "epochs": "3", "learning_rate": "0.002", "shift": "0.1"}
    assert from_address(to_address(config)) == config


def test_an_address_brings_every_setting_back_without_loss() -> None:
    address = to_address(UNUSUAL)
    assert all(isinstance(value, str) for value in address.values())
    assert address["network"] == "conv:4:3:same:gelu,dropout:0.123456789,flatten,dense:10:sigmoid"
    assert from_address(address) == UNUSUAL


def test_an_empty_address_is_the_default_recipe() -> None:
    assert DEFAULT_RECIPE == "quick"
    assert from_address({}) == RECIPES["quick"].config


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ({"recipe": "fast"}, "There is no recipe 'fast'; choose one of quick, digit-detection,"),
        ({"epochs": "many"}, "The setting 'epochs' is 'many', but must be a whole number; correct or remove it."),
        ({"epochs": "2.5"}, "The setting 'epochs' is '2.5', but must be a whole number; correct or remove it."),
        ({"epochs": ""}, "The setting 'epochs' is '', but must be a whole number; correct or remove it."),
        ({"epochs": "9" * 5000}, "The setting 'epochs' is '9"),
        (
            {"learning_rate": "fast"},
            "The setting 'learning rate' is 'fast', but must be a number; correct or remove it.",
        ),
        ({"learning_rate": "nan"}, "The learning rate is nan, but must be a number from 1e-07 to 10."),
        ({"learning_rate": "1e999"}, "The learning rate is inf, but must be a number from 1e-07 to 10."),
        ({"batch_size": "0"}, "The batch size is 0, but must be a whole number from 1 to 4,096."),
        ({"optimizer": "adamant"}, "The optimizer is 'adamant'; choose one of adam,"),
        ({"network": ""}, "The network has no layers;"),
        ({"network": "flatten,dense:9:softmax"}, "The last layer is 'dense:9:softmax', but it must give one"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_a_sentence(address: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        from_address(address)
    assert str(caught.value).startswith(sentence)


# --- Recipes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_can_be_built_and_names_itself(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.config.recipe == name
    assert summarize(recipe.config.layers)[-1].output_shape == (10,)
    assert 0.97 < recipe.required_accuracy < 1
    assert recipe.title
    assert recipe.description.endswith(".")


def test_the_recipes_are_the_labs_own_and_those_of_five_notebooks() -> None:
    assert NAMES == [
        "quick",
        "digit-detection",
        "mnist-classification",
        "digit-recognizer",
        "mnist-ann",
        "simple-cnn",
        "robust",
        "best",
    ]


def test_best_is_robust_with_pen_strokes_as_a_second_source() -> None:
    robust, best = RECIPES["robust"].config, RECIPES["best"].config
    assert best == dataclasses.replace(robust, recipe="best", also="pen_strokes.jsonl.gz")
    assert robust.augments and robust.elastic and robust.pen and robust.styles and robust.non_digits
    assert robust.also == ""


def test_the_plain_network_is_exactly_its_notebooks() -> None:
    recipe = RECIPES["mnist-ann"]
    dense = [layer for layer in recipe.config.layers if layer.kind == "dense"]
    assert [layer.units for layer in dense] == [784, 392, 196, 98, 49, 24, 10]
    assert [layer.activation for layer in dense] == ["relu"] * 6 + ["sigmoid"]
    kinds = [layer.kind for layer in recipe.config.layers]
    assert kinds == ["flatten", *["dense", "dropout"] * 6, "dense"]
    assert {layer.rate for layer in recipe.config.layers if layer.kind == "dropout"} == {0.3}
    assert recipe.config.validation_share == 0  # its author validated on the test set
    assert recipe.config.loss == "sparse_categorical_crossentropy"
    assert (recipe.published, recipe.required_accuracy) == ("97.37 %, loss 0.1513", 0.9737)


def test_digit_detection_is_what_its_notebook_fixes() -> None:
    config = RECIPES["digit-detection"].config
    assert (config.epochs, config.batch_size, config.validation_share) == (10, 32, 0.2)
    assert config.loss == "categorical_crossentropy"  # one-hot labels
    kinds = [layer.kind for layer in config.layers]
    assert kinds[:4] == ["conv", "maxpool", "conv", "maxpool"]
    assert kinds.count("conv") == kinds.count("maxpool") == 2
    assert RECIPES["digit-detection"].required_accuracy == 0.985


def test_mnist_classification_is_what_its_notebook_fixes() -> None:
    config = RECIPES["mnist-classification"].config
    assert (config.epochs, config.loss) == (10, "categorical_crossentropy")
    assert config.validation_share > 0
    assert {"conv", "maxpool"} <= {layer.kind for layer in config.layers}


def test_the_digit_recognizer_stops_early_on_held_out_images() -> None:
    config = RECIPES["digit-recognizer"].config
    assert config.early_stopping > 0
    assert config.validation_share > 0
    assert config.loss == "categorical_crossentropy"
    assert "conv" in {layer.kind for layer in config.layers}


def test_the_first_cnn_takes_integer_labels_and_is_small() -> None:
    config = RECIPES["simple-cnn"].config
    assert config.loss == "sparse_categorical_crossentropy"
    assert count_parameters(config.layers) < 200_000
    assert RECIPES["simple-cnn"].required_accuracy == 0.98


def test_the_quick_recipe_is_small_and_short() -> None:
    config = RECIPES["quick"].config
    assert (config.epochs, config.batch_size, config.schedule) == (2, 128, "one-cycle")
    assert [layer.size for layer in config.layers if layer.kind == "conv"] == [5, 3, 3]
    assert [layer.units for layer in config.layers if layer.kind == "conv"] == [16, 32, 64]
    assert RECIPES["quick"].required_accuracy == 0.99
