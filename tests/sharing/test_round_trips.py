"""What the lab writes of a model, it reads again: every kind of layer and every activation, in each format."""

from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.network import (
    ACTIVATION_NUMBERS,
    ACTIVATIONS,
    KINDS,
    Layer,
    network_text,
    output_shape,
    parse_network,
)
from mnist_core.sharing import model_file, tensorflow_tasks, weights
from mnist_core.training import keras_import

keras_import.load()

from mnist_core.training import model_files  # noqa: E402

MOST_APART = 1e-4
IMAGES = np.random.default_rng(0).random((20, 28, 28, 1)).astype(np.float32)
# Numbers that no format has a word for.
NUMBERS = {"relu": 2.5, "leaky_relu": 0.1, "elu": 0.5}
ENDS = {"conv": ":stride2:same", "depthwise": ":same", "maxpool": ":stride1", "avgpool": ":stride3:same"}


def of_kind(kind: str) -> str:
    """Layers of one kind: as the table shows it, and otherwise, behind a convolution and where it may be of a row."""
    example = KINDS[kind].example or kind
    if KINDS[kind].takes == "row":
        return f"flatten,{example}"
    more = "prelu:shared" if kind == "prelu" else f"{example}{ENDS.get(kind, '')}"
    if kind == "flatten":
        return "conv:3:3,flatten"
    row = f"flatten,dense:12,{example}" if not KINDS[kind].takes else "flatten"
    return f"conv:3:3,{more},conv:3:3,{example},{row}"


def of_activations(names: tuple[str, ...]) -> str:
    inside = ",".join(f"conv:3:3:{name},norm" for name in names)
    return f"{inside},flatten,{','.join(f'dense:9:{name},norm' for name in names)}"


THREES = [ACTIVATIONS[start : start + 3] for start in range(0, len(ACTIVATIONS), 3)]
NETWORKS = {
    **{kind: of_kind(kind) for kind in KINDS},
    **{" and ".join(names): of_activations(names) for names in THREES},
    "numbers": "conv:3:3,"
    + ",".join(f"activation:{name}:{NUMBERS[name]},norm" for name in ACTIVATION_NUMBERS)
    + ",flatten",
    "softmax over channels": "conv:3:3,activation:softmax,conv:3:3:softmax,flatten",
}


def random_arrays(layers: tuple[Layer, ...]) -> list[np.ndarray]:
    random, made = np.random.default_rng(1), []
    for own in weights.shapes(layers):
        for number, shape in enumerate(own):
            if len(own) == 4:  # a normalization, which brings values back to their size
                value = random.uniform(*((0.7, 1.2), (-0.3, 0.3), (-0.2, 0.2), (0.02, 0.2))[number], shape)
            elif len(shape) == 1:
                value = random.normal(0, 0.2, shape)
            else:
                value = random.normal(0, 1.5 / np.sqrt(np.prod(shape[:-1])), shape)
            made.append(value.astype(np.float32))
    return made


@pytest.mark.parametrize("name", NETWORKS)
def test_what_the_lab_exports_comes_in_again(name: str, tmp_path: Path) -> None:
    layers = parse_network(NETWORKS[name] + ",dense:10:softmax")
    arrays = random_arrays(layers)
    model = model_files.build(layers, arrays)
    expected = np.asarray(model(IMAGES))
    assert expected.std(axis=0).max() > 10 * MOST_APART  # it does not say the same of every image
    model.save(tmp_path / "m.keras")
    (tmp_path / "m.tflite").write_bytes(model_files.to_litert(model))
    tensorflow_tasks.write_onnx(str(tmp_path / "m.keras"), str(tmp_path / "m.onnx"))
    (tmp_path / "scratch").mkdir()
    for suffix in ("keras", "tflite", "onnx"):
        found = model_file.read(tmp_path / f"m.{suffix}", tmp_path / "scratch", f"m.{suffix}")
        answers = np.asarray(model_files.build(found.layers, found.arrays)(IMAGES))
        apart = np.abs(answers - expected).max()
        print(name, suffix, f"{apart:.1e}", network_text(found.layers))
        assert apart < MOST_APART, suffix


def test_each_kind_and_each_activation_goes_out() -> None:
    networks = [parse_network(text) for text in NETWORKS.values()]
    there = [layer for network in networks for layer in network]
    assert {layer.kind for layer in there} == set(KINDS)
    assert {layer.activation for layer in there} == set(ACTIVATIONS)
    assert {layer.activation for layer in there if layer.number} == set(ACTIVATION_NUMBERS)
    assert all(output_shape(network) for network in networks)
