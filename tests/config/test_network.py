"""Settings, layers and recipes: what can be written down can be read back, and what cannot be built is refused."""

import pytest

from mnist_core.config.network import (
    Layer,
    count_multiply_adds,
    count_parameters,
    network_text,
    parse_layer,
    parse_network,
    summarize,
)
from mnist_core.config.recipes import RECIPES
from mnist_core.errors import InputError


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        summarize(parse_network(text))
    return str(caught.value)


# --- Layers as text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("conv:16:5", Layer("conv", 16, 5)),
        ("conv:16:5:same:relu", Layer("conv", 16, 5, "relu", "same")),
        ("conv:8:3:gelu", Layer("conv", 8, 3, "gelu")),
        ("maxpool:2", Layer("maxpool", size=2)),
        ("avgpool:3", Layer("avgpool", size=3)),
        ("norm", Layer("norm")),
        ("conv:8:3:stride2:same:silu", Layer("conv", 8, 3, "silu", "same", stride=2)),
        ("depthwise:2:3:stride2:relu6", Layer("depthwise", 2, 3, "relu6", stride=2)),
        ("maxpool:3:stride2:same", Layer("maxpool", size=3, padding="same", stride=2)),
        ("pad:2", Layer("pad", sides=(2, 2, 2, 2))),
        ("crop:1:0:1:0", Layer("crop", sides=(1, 0, 1, 0))),
        ("resize:32", Layer("resize", size=32)),
        ("prelu", Layer("prelu")),
        ("prelu:shared", Layer("prelu", shared=True)),
        ("activation:leaky_relu:0.1", Layer("activation", activation="leaky_relu", number=0.1)),
        ("activation:elu:1e-06", Layer("activation", activation="elu", number=1e-6)),
        ("activation:relu", Layer("activation", activation="relu")),
        ("dropout:0.3", Layer("dropout", rate=0.3)),
        ("flatten", Layer("flatten")),
        ("dense:64", Layer("dense", 64)),
        ("dense:10:softmax", Layer("dense", 10, activation="softmax")),
    ],
)
def test_a_layer_is_read_and_written_in_the_same_notation(text: str, layer: Layer) -> None:
    assert parse_layer(text) == layer
    assert str(layer) == text


def test_spaces_and_an_explicit_valid_padding_are_understood() -> None:
    assert parse_layer(" conv : 16 : 5 : valid : relu ") == Layer("conv", 16, 5, "relu")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("conv:8:3:relu:same:stride1", "conv:8:3:same:relu"),
        ("maxpool:2:stride2", "maxpool:2"),
        ("activation:leaky_relu:0.2", "activation:leaky_relu"),
        ("pad:1:1:1:1", "pad:1"),
    ],
)
def test_what_is_said_in_another_order_or_need_not_be_is_written_in_one_way(text: str, short: str) -> None:
    assert str(parse_layer(text)) == short and parse_layer(text) == parse_layer(short)


def test_a_network_survives_its_text() -> None:
    for recipe in RECIPES.values():
        assert parse_network(network_text(recipe.config.layers)) == recipe.config.layers


def test_a_dropout_rate_loses_no_digits_in_its_text() -> None:
    layer = Layer("dropout", rate=1 / 3)
    assert parse_layer(str(layer)) == layer
    assert str(Layer("dropout", rate=0.25)) == "dropout:0.25"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("conv:16", "The layer 'conv:16' lacks a number; write it like 'conv:16:3:relu'."),
        ("dense:many", "The layer 'dense:many' lacks a number; write it like 'dense:64:relu'."),
        ("dropout", "The layer 'dropout' lacks a number; write it like 'dropout:0.3'."),
        ("maxpool:", "The layer 'maxpool:' lacks a number; write it like 'maxpool:2'."),
        ("conv:1.5:3", "The layer 'conv:1.5:3' lacks a number; write it like 'conv:16:3:relu'."),
        ("dense:10:relu:relu", "The layer 'dense:10:relu:relu' has one part too many, 'relu'; remove it."),
        ("flatten:2", "The layer 'flatten:2' has one part too many, '2'; remove it."),
        ("dense:10:swish", "The activation of a dense layer is 'swish'; choose one of linear, relu,"),
        ("lambda:1", "The layer kind is 'lambda'; choose one of conv, maxpool,"),
        ("", "The layer kind is ''; choose one of conv,"),
        ("conv:0:3", "The number of filters of a convolution is 0, but must be a whole number from 1 to 4,096."),
        ("dense:5000", "The number of neurons of a dense layer is 5000, but must be a whole number from 1 to 4,096."),
        ("conv:8:65", "The side of a convolution in pixels is 65, but must be a whole number from 1 to 64."),
        ("maxpool:-1", "The side of a pooling in pixels is -1, but must be a whole number from 1 to 64."),
        ("dropout:1", "The dropout rate is 1.0, but must be a number from 0 to 0.95."),
        ("conv:8:3:stride65", "The stride of a convolution is 65, but must be a whole number from 0 to 64."),
        (
            "conv:8:3:stride2:stride3",
            "The layer 'conv:8:3:stride2:stride3' has one part too many, 'stride3'; remove it.",
        ),
        ("dense:8:stride2", "The activation of a dense layer is 'stride2'; choose one of"),
        ("pad:1:2", "The layer 'pad:1:2' lacks a number; write it like 'pad:2'."),
        ("pad:-1", "The number of pixels of a zero padding is -1, but must be a whole number from 0 to 64."),
        (
            "activation:tanh:2",
            "The activation with tanh has a number; only activation layers with relu, leaky_relu, elu",
        ),
        ("activation:elu:1e9", "The lowest value, with its sign changed, of elu is 1000000000.0, but must be a number"),
        ("prelu:each", "The layer 'prelu:each' has one part too many, 'each'; remove it."),
        ("dropout:nan", "The dropout rate is nan, but must be a number from 0 to 0.95."),
    ],
)
def test_a_text_that_is_no_layer_is_refused_with_the_reason(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_layer(text)
    assert str(caught.value).startswith(sentence)


def test_a_layer_with_an_unknown_padding_is_refused() -> None:
    with pytest.raises(InputError, match=r"^The padding of a convolution is 'full'; choose one of valid, same\.$"):
        Layer("conv", 8, 3, padding="full")


# --- What layers do to the picture -------------------------------------------------------------------------------


def test_shapes_and_parameters_follow_kerass_rules() -> None:
    summaries = summarize(parse_network("conv:16:5:same:relu,maxpool:3,norm,conv:4:3,flatten,dense:10:softmax"))
    assert [summary.output_shape for summary in summaries] == [
        (28, 28, 16),
        (9, 9, 16),
        (9, 9, 16),
        (7, 7, 4),
        (196,),
        (10,),
    ]
    assert [summary.parameters for summary in summaries] == [
        5 * 5 * 16 + 16,
        0,
        4 * 16,
        (3 * 3 * 16 + 1) * 4,
        0,
        (196 + 1) * 10,
    ]


def test_the_known_cnn_has_the_number_of_parameters_that_keras_gives() -> None:
    # Keras's model.summary() for 32-64 filters of 3×3 with pooling and 128 neurons.
    layers = parse_network("conv:32:3:relu,maxpool:2,conv:64:3:relu,maxpool:2,flatten,dense:128:relu,dense:10:softmax")
    assert count_parameters(layers) == 225_034


def test_a_multiply_add_is_one_of_a_weight_at_a_pixel() -> None:
    layers = parse_network("conv:4:3,depthwise:2:3:stride2:same,conv:5:1,flatten,dense:10:softmax")
    kernels = 26 * 26 * 9 * 4, 13 * 13 * 9 * 8, 13 * 13 * 8 * 5, 13 * 13 * 5 * 10
    assert count_multiply_adds(layers) == sum(kernels)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("maxpool:4,maxpool:4,maxpool:4,flatten,dense:10:softmax", "the third pooling leaves 0×0 pixels of the 1×1"),
        ("maxpool:4,conv:8:5,conv:8:5,flatten,dense:10:softmax", "the second convolution leaves 0×0 pixels of the 3×3"),
        ("avgpool:28,maxpool:2,flatten,dense:10:softmax", "the second pooling leaves 0×0 pixels of the 1×1"),
        ("dense:10:softmax", "The first dense layer needs a row of numbers, but gets a picture; put 'flatten' first."),
        ("flatten,conv:8:3,dense:10:softmax", "The first convolution needs a picture, but comes after 'flatten'"),
        ("flatten,prelu:shared,dense:10:softmax", "The first PReLU needs a picture, but comes after 'flatten'"),
        ("crop:14,flatten,dense:10:softmax", "the first cropping leaves 0×0 pixels of the 28×28"),
        (
            "resize:64,conv:4096:1,flatten,dense:10:softmax",
            "The first convolution makes 16,777,216 numbers of a picture; at most 3,211,264 are allowed",
        ),
        ("flatten,maxpool:2,dense:10:softmax", "The first pooling needs a picture, but comes after 'flatten'"),
        ("", "The network has no layers; add at least 'flatten' and 'dense:10:softmax'."),
        (
            ",".join(["norm"] * 39 + ["flatten", "dense:10:softmax"]),
            "The network has 41 layers; at most 40 are allowed; remove some.",
        ),
    ],
)
def test_layers_that_cannot_be_built_are_refused_with_the_layer_and_the_reason(text: str, part: str) -> None:
    assert part in refusal(text)


@pytest.mark.parametrize(
    "last", ["dense:10", "dense:10:relu", "dense:9:softmax", "dense:11:softmax", "activation:softmax", "dropout:0.5"]
)
def test_the_last_layer_must_give_ten_probabilities(last: str) -> None:
    assert refusal(f"flatten,dense:10,{last}") == (
        f"The last layer is '{last}', but it must give one probability for each digit: "
        "end with 'dense:10:softmax' (or 'dense:10:sigmoid')."
    )


def test_softmax_and_sigmoid_may_come_last() -> None:
    assert summarize(parse_network("flatten,dense:10:softmax"))[-1].output_shape == (10,)
    assert summarize(parse_network("flatten,dense:10:sigmoid"))[-1].parameters == 7850
