"""The editor of networks without a browser: what its blocks say, and what its widgets do."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.network import KINDS, Layer, follow, network_text, parse_layer, parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.ui import network_editor
from tests.pages.conftest import checked, said

SMALL = "conv:8:5:relu,maxpool:2,flatten,dense:10:softmax"


def show_editor(text: str) -> None:
    from mnist_core.config.network import parse_network
    from mnist_core.ui import network_editor

    layers = parse_network(text)
    network_editor.held_layers(layers, "net")
    network_editor.edit(layers, "net")


def editor(text: str = SMALL) -> AppTest:
    return checked(AppTest.from_function(show_editor, args=(text,), default_timeout=60).run())


def network(page: AppTest) -> str:
    return network_text(tuple(block.layer for block in page.session_state["net"]))


def press(page: AppTest, label: str, place: int = 0) -> AppTest:
    [button for button in page.button if button.label == label][place].click()
    return checked(page.run())


@pytest.mark.parametrize(
    ("text", "title", "numbers"),
    [
        ("conv:32:3:same:relu", "Convolution", "32 filters, 3×3, same, relu"),
        ("maxpool:3:stride2", "Max pooling", "3×3, stride 2"),
        ("avgpool:2", "Average pooling", "2×2"),
        ("dropout:0.3", "Dropout", "30 %"),
        ("pad:1:2:0:0", "Zero padding", "1, 2, 0, 0"),
        ("crop:2", "Cropping", "2"),
        ("dense:64:relu", "Dense layer", "64 neurons, relu"),
        ("activation:leaky_relu:0.1", "Activation", "leaky_relu, 0.1"),
        ("prelu:shared", "PReLU", "shared"),
        ("flatten", "Flatten", ""),
    ],
)
def test_a_block_says_what_its_layer_is(text: str, title: str, numbers: str) -> None:
    layer = parse_layer(text)
    assert (network_editor.title(layer), network_editor.numbers_in_words(layer)) == (title, numbers)


def test_blocks_say_the_shapes_and_the_whole_its_size() -> None:
    words = said(editor())
    assert all(shape in words for shape in ("28×28×1", "24×24×8", "12×12×8", "1,152 numbers", "10 numbers"))
    assert "11,738 parameters in 4 layers." in words


def test_numbers_are_changed_at_the_block_and_a_reset_takes_them_back() -> None:
    page = editor()
    next(number for number in page.number_input if number.label == "Filters").set_value(4)
    checked(page.run())
    next(number for number in page.number_input if number.label == "Window in pixels").set_value(3)
    next(box for box in page.checkbox if box.label == "Keep the size").check()
    checked(page.run())
    assert network(page) == "conv:4:5:same:relu,maxpool:3,flatten,dense:10:softmax"
    assert "28×28×4" in said(page) and "9×9×4" in said(page)
    assert [number.value for number in page.number_input if number.label == "Stride"] == [1, 3]
    assert network(press(page, "Reset")) == SMALL


def test_a_layer_that_cannot_stand_where_it_is_says_so() -> None:
    page = press(editor(), "Later", 1)
    words = said(page)
    assert network(page) == "conv:8:5:relu,flatten,maxpool:2,dense:10:softmax"
    assert words.count("This layer cannot stand here.") == 1 and "needs a picture, but comes after 'flatten'" in words
    assert "This network does not work yet." in words
    page = press(page, "Remove", 2)
    assert network(page) == "conv:8:5:relu,flatten,dense:10:softmax" and "cannot stand" not in said(page)
    page = press(press(page, "Remove", 2), "Remove", 1)
    assert "The last layer is 'conv:8:5:relu', but it must give" in re.sub("[\\\\\u2060]", "", said(page))
    assert "The network has no layers" in "".join(error.value for error in press(page, "Remove").error)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer_is_added_where_it_fits_and_has_its_fields(kind: str) -> None:
    page = editor()
    next(box for box in page.selectbox if box.label == "Layer").set_value(kind)
    page = press(checked(page.run()), "Add it")
    layers = parse_network(network(page))
    assert len(layers) == 5 and sum(layer.kind == kind for layer in layers) >= 1
    assert not follow(layers)[1] or kind == "flatten"  # one is enough
    fields = KINDS[kind].fields
    labels = [element.label for each in (page.number_input, page.checkbox, page.selectbox) for element in each]
    known = {"sides": "Top (pixels)", "shared": "One slope for each channel", "rate": "Dropped share", "size": "pixels"}
    assert all(any(word in label for label in labels) for name, word in known.items() if name in fields)


def test_another_activation_forgets_the_number_of_the_one_before() -> None:
    layer = parse_layer("activation:leaky_relu:0.1")
    assert network_editor.changed(layer, "activation", "tanh") == Layer("activation", activation="tanh")
    assert network_editor.changed(layer, "number", 0.2) == Layer("activation", activation="leaky_relu")
    assert network_editor.changed(parse_layer("pad:2"), "sides", 0, 3).sides == (2, 2, 2, 0)


def test_a_network_is_written_as_text() -> None:
    page = editor()
    page.text_area[0].set_value("flatten,dense:10:sigmoid")
    page = checked(page.run())
    assert network(page) == "flatten,dense:10:sigmoid" and "7,850 parameters in 2 layers." in said(page)
    page.text_area[0].set_value("flatten,dense")
    page = checked(page.run())
    assert "lacks a number; write it like" in said(page) and network(page) == "flatten,dense:10:sigmoid"
    page.text_area[0].set_value(",".join(["norm"] * 41))
    assert "The network has 41 layers; at most 40 are allowed" in said(checked(page.run()))


def test_each_recipe_has_its_blocks() -> None:
    for recipe in RECIPES.values():
        assert network(editor(network_text(recipe.config.layers))) == network_text(recipe.config.layers)
