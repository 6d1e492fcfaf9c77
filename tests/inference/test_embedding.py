from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.environment import PRETRAINED
from mnist_core.errors import LabError
from mnist_core.inference.embedding import penultimate
from mnist_core.inference.explain.graph import Graph
from tests.conftest import simple_images

SHIPPED = PRETRAINED / "best" / "model.tflite"
# One of each shape that the recipes have (`best` is the shipped file), and one without anything before its last layer.
RECIPE_NAMES = ("quick", "digit-detection", "mnist-classification", "mnist-ann")
NETWORKS = {name: RECIPES[name].config.layers for name in RECIPE_NAMES} | {
    "a single layer": parse_network("flatten,dense:10:softmax"),
    "normalized": parse_network("maxpool:2,flatten,norm,dense:12:gelu,dropout:0.5,norm,dense:10:sigmoid"),
}


def assert_agrees_with_the_graph(path: Path, features: int) -> None:
    images = simple_images(103, 2)[0]  # a batch and a bit
    values = penultimate(path, images)
    assert values.shape == (103, features)
    assert values.dtype == np.float32
    graph = Graph.load(path)
    last = max(place for place, operation in enumerate(graph.operations) if operation.name == "FULLY_CONNECTED")
    for number in (0, 57, 102):
        graph.run(images[number])
        wanted = graph.interpreter.get_tensor(graph.operations[last].inputs[0]).ravel()
        assert values[number] == pytest.approx(wanted, abs=1e-4)
    assert (values[0] != values[1]).any()


def test_the_values_are_what_the_last_layer_of_the_shipped_model_gets() -> None:
    assert_agrees_with_the_graph(SHIPPED, 256)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_values_are_what_the_last_dense_layer_gets(name: str, tmp_path: Path) -> None:
    from mnist_core.training import keras_model
    from mnist_core.training.model_files import to_litert

    layers = NETWORKS[name]
    model = keras_model.build(layers, layers[-1].activation)
    path = tmp_path / "model.tflite"
    path.write_bytes(to_litert(model))
    assert_agrees_with_the_graph(path, int(model.layers[-1].kernel.shape[0]))


def test_no_images_have_no_values() -> None:
    assert len(penultimate(SHIPPED, np.empty((0, 28, 28), np.uint8))) == 0


@pytest.mark.parametrize("content", [None, b"", b"TFL3" * 100, "half"])
def test_a_damaged_model_is_refused_in_a_sentence(
    content: bytes | str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "model.tflite"
    if content is not None:
        path.write_bytes(SHIPPED.read_bytes()[:5000] if content == "half" else content)  # type: ignore[arg-type]
    with pytest.raises(LabError, match=r"cannot be (looked into|loaded)"):
        penultimate(path, simple_images(1, 0)[0])
    assert ("Traceback" in caplog.text) == (content is not None)
