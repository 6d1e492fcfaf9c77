"""What the lab writes of a model, it reads again: every kind of layer and every activation, in each format."""

from collections.abc import Sequence
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

MOST_APART = 1e-5
IMAGES = np.random.default_rng(0).random((20, 28, 28, 1)).astype(np.float32)
# Numbers that no format has a word for.
NUMBERS = {"relu": 2.5, "leaky_relu": 0.1, "elu": 0.5}
# Each kind as the table shows it, and otherwise.
OTHERWISE = {
    "conv": "conv:3:3:stride2:same:tanh",
    "depthwise": "depthwise:2:3:stride2:same",
    "maxpool": "maxpool:3:stride1:same",
    "avgpool": "avgpool:3:stride2:same",
    "pad": "pad:1:0:2:3",
    "crop": "crop:0:1:2:0",
    "prelu": "prelu:shared",
}
ALONE = ("flatten", "resize")
OF_PICTURES = [kind for kind, about in KINDS.items() if about.takes != "row" and kind not in ALONE]
OF_ROWS = [kind for kind, about in KINDS.items() if about.takes != "picture" and kind != "flatten"]


def of_kinds(otherwise: bool) -> str:
    """A network with all kinds of layers, those of pictures first."""

    def written(kind: str) -> str:
        return OTHERWISE.get(kind, KINDS[kind].example or kind) if otherwise else KINDS[kind].example or kind

    rows = [KINDS[kind].example or kind for kind in OF_ROWS]
    return ",".join([*map(written, OF_PICTURES), "flatten", "dense:12", *rows])


def of_activations(names: Sequence[str]) -> str:
    inside = ",".join(f"conv:3:3:{name},norm" for name in names)
    return f"{inside},flatten,{','.join(f'dense:9:{name},norm' for name in names)}"


WITH_NUMBERS = ",norm,".join(f"activation:{name}:{NUMBERS[name]}" for name in ACTIVATION_NUMBERS)
NETWORKS = {
    "kinds": of_kinds(otherwise=False),
    "kinds otherwise": of_kinds(otherwise=True),
    "resize": "resize:32,norm,conv:3:3,dropout:0.5,resize:20,norm,flatten",
    **{f"activations from {start}": of_activations(ACTIVATIONS[start : start + 6]) for start in (0, 6, 12)},
    "numbers": f"conv:3:3,{WITH_NUMBERS},activation:softmax,flatten,dense:12,{WITH_NUMBERS}",
}


def random_arrays(layers: tuple[Layer, ...]) -> list[np.ndarray]:
    random, made = np.random.default_rng(1), []
    for own in weights.shapes(layers):
        for number, shape in enumerate(own):
            if len(own) == 4:  # a normalization, which brings values back to their size
                value = random.uniform(*((0.7, 1.2), (-0.3, 0.3), (-0.2, 0.2), (0.2, 0.9))[number], shape)
            elif len(shape) == 1:
                value = random.normal(0, 0.2, shape)
            else:
                value = random.normal(0, 1.5 / np.sqrt(np.prod(shape[:-1])), shape)
            made.append(value.astype(np.float32))
    return made


QUICK = ("kinds", "resize")  # the others take long


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.long) for name in NETWORKS],
)
def test_what_the_lab_exports_comes_in_again(name: str, tmp_path: Path) -> None:
    layers = parse_network(NETWORKS[name] + ",dense:10:softmax")
    arrays = random_arrays(layers)
    model = model_files.build(layers, arrays)
    expected = np.asarray(model(IMAGES, training=False))
    assert expected.std(axis=0).max() > 10 * MOST_APART  # it does not say the same of every image
    model.save(tmp_path / "m.keras")
    (tmp_path / "m.tflite").write_bytes(model_files.to_litert(model))
    tensorflow_tasks.write_onnx(str(tmp_path / "m.keras"), str(tmp_path / "m.onnx"))
    (tmp_path / "scratch").mkdir()
    for suffix in ("keras", "tflite", "onnx"):
        found = model_file.read(tmp_path / f"m.{suffix}", tmp_path / "scratch", f"m.{suffix}")
        answers = np.asarray(model_files.build(found.layers, found.arrays)(IMAGES, training=False))
        apart = np.abs(answers - expected).max()
        assert apart < MOST_APART, f"{suffix}: {network_text(found.layers)}"
        print(suffix, f"{apart:.1e}")


def test_each_kind_and_each_activation_goes_out() -> None:
    networks = [parse_network(text) for text in NETWORKS.values()]
    there = [layer for network in networks for layer in network]
    assert {layer.kind for layer in there} == set(KINDS)
    assert {layer.activation for layer in there} == set(ACTIVATIONS)
    assert {layer.activation for layer in there if layer.number} == set(ACTIVATION_NUMBERS)
    assert all(output_shape(network) for network in networks)
