"""What a sweep may change: its notation, its checks, and the values that come of it."""

import dataclasses

import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.engine.sweeps.search_space import FIXED, Parameter, Space, applied, in_words, parse_parameter
from mnist_core.errors import InputError

BASE = RECIPES["simple-cnn"].config


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("learning_rate=0.001..0.03:log", Parameter("learning_rate", (), 0.001, 0.03, True)),
        ("learning-rate = 1e-4 .. 0.5", Parameter("learning_rate", (), 1e-4, 0.5)),
        ("batch_size=32,64, 128", Parameter("batch_size", (32, 64, 128))),
        ("epochs=2..6", Parameter("epochs", (), 2, 6)),
        ("rotation=0..15:step=5", Parameter("rotation", (), 0, 15, step=5)),
        ("optimizer=adam,sgd", Parameter("optimizer", ("adam", "sgd"))),
        (
            "network=flatten,dense:10:softmax|conv:8:5:relu,flatten,dense:10:softmax",
            Parameter("network", ("flatten,dense:10:softmax", "conv:8:5:relu,flatten,dense:10:softmax")),
        ),
    ],
)
def test_a_parameter_is_read_and_written_without_loss(text: str, parameter: Parameter) -> None:
    assert parse_parameter(text) == parameter
    assert parse_parameter(str(parameter)) == parameter


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("learning_rate", "has no values; write it like"),
        ("learning_rate=", "has no values; write it like"),
        ("speed=1,2", "The setting of a sweep is 'speed'; choose one of epochs,"),
        ("recipe=quick", "The setting of a sweep is 'recipe'"),
        ("learning_rate=0.1..0.01", "its first number must be the smaller one"),
        ("learning_rate=0..0.1:log", "starts above 0 and has no step"),
        ("learning_rate=low..0.1", "holds 'low', but must be two numbers"),
        ("learning_rate=nan..0.1", "its first number must be the smaller one"),
        ("learning_rate=0.1..inf", "its first number must be the smaller one"),
        ("learning_rate=0.1..0.2:linear", "expected ':log', ':step=…' or nothing"),
        ("rotation=0..15:step=20", "must fit into its range"),
        ("rotation=0..15:step=nan", "must fit into its range"),
        ("epochs=1.5..3", "takes whole numbers"),
        ("batch_size=32,many", "must be a whole number"),
        ("batch_size=32,32", "must be at most 100 different ones"),
    ],
)
def test_what_cannot_be_swept_gets_its_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_parameter(text)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("setting", FIXED)
def test_what_decides_the_validation_images_stays_the_same(setting: str) -> None:
    with pytest.raises(InputError, match="all trials are judged by the same images"):
        parse_parameter(f"{setting}=1,2")


def test_a_space_needs_each_setting_once() -> None:
    with pytest.raises(InputError, match="at least one setting"):
        Space.parse([])
    with pytest.raises(InputError, match="'batch size' is there twice"):
        Space.parse(["batch_size=32,64", "batch_size=128,256"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("learning_rate=0.1..20", "The learning rate is 20.0, but must be"),
        ("batch_size=0,32", "The batch size is 0, but must be"),
        ("network=flatten", "The last layer is 'flatten'"),
        ("optimizer=a..z", "The optimizer is 'a..z'; choose one of"),
        ("optimizer=adam,adamant", "The optimizer is 'adamant'; choose one of"),
        ("network=flatten,dense:4096,dense:4096,dense:10:softmax", "at most 20,000,000 are allowed"),
    ],
)
def test_a_space_is_checked_against_the_other_settings(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Space.parse([text]).check(BASE)
    assert sentence in str(caught.value)


def test_everything_is_each_combination_once() -> None:
    space = Space.parse(["rotation=0..10:step=2.5", "batch_size=32,64", "epochs=1..3"])
    combinations = space.combinations()
    assert len(combinations) == 5 * 2 * 3 == len({tuple(settings.items()) for settings in combinations})
    assert [settings["rotation"] for settings in combinations[::6]] == [0, 2.5, 5, 7.5, 10]
    assert {type(settings["epochs"]) for settings in combinations} == {int}


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["learning_rate=0.001..0.1"], "list at most 100 values of 'learning rate', such as 0.001,0.1"),
        (["batch_size=1..4096"], "give its range a larger step"),
        (["rotation=0..90:step=1", "epochs=1..10"], "This table has 910 combinations; at most 500"),
    ],
)
def test_everything_has_an_end(texts: list[str], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Space.parse(texts).combinations()
    assert sentence in str(caught.value)


def test_settings_change_the_configuration() -> None:
    network = "flatten,dense:10:softmax"
    changed = applied(BASE, {"learning_rate": 0.02, "network": network})
    assert changed == dataclasses.replace(BASE, learning_rate=0.02, layers=parse_network(network))
    assert in_words({"learning_rate": 0.0123456, "batch_size": 64, "optimizer": "sgd"}) == (
        "learning rate 0.0123, batch size 64, optimizer sgd"
    )
