import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.network import Layer, parse_network
from mnist_core.environment import PRETRAINED
from mnist_core.errors import LabError
from mnist_core.inference.explain import features
from mnist_core.inference.explain.features import FeatureMaps, Filters
from mnist_core.runs.run import Run
from tests.conftest import simple_images

SHIPPED = Run(PRETRAINED / "best")
IMAGE = simple_images(10, 3)[0][4]

# Each network with the layers whose outputs are shown. Layers of equal shape stand beside each other, and batch
# normalization is folded, kept, or before pooling.
NETWORKS = {
    "conv:16:5,maxpool:2,norm,activation:relu,conv:32:3,norm,activation:relu,flatten,dense:10:softmax": [3, 6],
    "conv:4:3:same:relu,avgpool:2,conv:6:5:tanh,norm,maxpool:3,activation:gelu,flatten,dense:7:sigmoid,"
    "dense:10:softmax": [0, 2],
    "conv:4:3:same:elu,conv:4:3:same:leaky_relu,conv:4:3:same,norm,activation:gelu,conv:4:3:same:softmax,"
    "conv:4:1:sigmoid,dropout:0.2,flatten,dense:10:softmax": [0, 1, 4, 5, 6],
    "activation:sigmoid,norm,conv:3:3,norm,norm,activation:tanh,activation:relu,maxpool:1,conv:3:3:same:relu,norm,"
    "conv:3:3:same,maxpool:2,dropout:0.3,norm,avgpool:2,norm,activation:elu,flatten,norm,dense:10:softmax": [5, 8, 16],
    "conv:2:28:relu,conv:1:1,flatten,activation:relu,dense:5:relu,dense:10:sigmoid": [0, 1],
    "maxpool:2,flatten,norm,dense:12:gelu,dense:12,dropout:0.5,norm,activation:tanh,dense:10:softmax": [3, 7],
    "depthwise:2:3:relu,conv:4:1:silu,pad:1,conv:4:3:stride2,prelu:shared,conv:4:3:same:selu,conv:4:3:same:mish,"
    "conv:4:3:same,maxpool:3:stride2:same,activation:elu:0.5,depthwise:1:3,crop:1:0:1:0,prelu,flatten,"
    "dense:10:softmax": [0, 1, 4, 5, 6, 9, 12],
    "resize:32,conv:4:5:softplus,conv:4:3:softsign,conv:4:3:relu6,conv:4:3:hard_silu,conv:4:3,activation:relu:2.5,"
    "flatten,dense:10:softmax": [1, 2, 3, 4, 6],
    "flatten,dense:10:softmax": [],
}


def converted(network: str, folder: Path) -> tuple[tuple[Layer, ...], Path, list[np.ndarray]]:
    """Builds a network with weights and statistics at random; returns its file and what Keras says of all layers."""
    import keras

    from mnist_core.training import keras_model
    from mnist_core.training.model_files import to_litert

    layers = parse_network(network)
    model = keras_model.build(layers, "softmax")
    random = np.random.default_rng(0)
    model.set_weights(
        [
            random.uniform(0.5, 1.5, weight.shape)
            if "variance" in variable.name
            else weight + 0.2 * random.standard_normal(weight.shape)
            for variable, weight in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    path = folder / "model.tflite"
    path.write_bytes(to_litert(model))
    outputs = keras.Model(model.inputs[0], [layer.output for layer in model.layers])(
        IMAGE[np.newaxis, ..., np.newaxis] / 255
    )
    return layers, path, [np.asarray(output)[0] for output in outputs]


# --- What the layers see -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(network, marks=[pytest.mark.long] * (number in (1, 3, 6, 7)))
        for number, network in enumerate(NETWORKS)
    ],
)
def test_feature_maps_are_what_keras_computes(network: str, tmp_path: Path) -> None:
    layers, path, outputs = converted(network, tmp_path)
    found = features.feature_maps(path, layers, IMAGE)
    assert len(found) == len(NETWORKS[network])
    for maps, number in zip(found, NETWORKS[network], strict=True):
        assert maps.values.dtype == np.float32
        if maps.kind == "conv":
            assert maps.values == pytest.approx(np.moveaxis(outputs[number], -1, 0), abs=1e-3)
        else:
            assert maps.values[~np.isnan(maps.values)] == pytest.approx(outputs[number], abs=1e-3)
        assert maps.units == outputs[number].shape[-1]
    assert features.feature_sentence(found)
    assert features.filter_sentence(features.filters(path, layers))


def test_layers_are_named_for_people(tmp_path: Path) -> None:
    layers = SHIPPED.config().layers
    found = features.feature_maps(SHIPPED.model_path, layers, IMAGE)
    assert [maps.name for maps in found] == [
        "Convolution 1 · 48 filters of 5×5",
        "Convolution 2 · 160 filters of 3×3",
    ]
    assert [maps.values.shape for maps in found] == [(48, 8, 8), (160, 3, 3)]
    assert [one.name for one in features.filters(SHIPPED.model_path, layers)] == [maps.name for maps in found]


def test_the_neurons_of_a_plain_network_stand_in_rows() -> None:
    rows = features._in_rows(np.arange(7, dtype=np.float32))
    assert rows.shape == (1, 3, 3)
    assert rows.ravel()[:7].tolist() == list(range(7))
    assert np.isnan(rows.ravel()[7:]).all()


def test_silent_filters_and_neurons_are_counted() -> None:
    maps = FeatureMaps("", np.array([[[0, 0]], [[0, 1]], [[-1, 0]]], np.float32), "conv")
    assert (maps.units, maps.silent) == (3, 1)
    neurons = FeatureMaps("", np.array([[[0, 2], [0, np.nan]]], np.float32), "dense")
    assert (neurons.units, neurons.silent) == (3, 2)


def test_the_sentence_says_what_the_maps_show() -> None:
    first = FeatureMaps("", np.concatenate([np.zeros((1, 12, 12)), np.ones((15, 12, 12))]).astype(np.float32), "conv")
    last = FeatureMaps("", np.ones((64, 3, 3), np.float32), "conv")
    assert features.feature_sentence([first, last]) == (
        "The first layer has 16 filters. A picture is bright where its filter found its pattern. 1 of them found "
        "nothing in this drawing. The last layer shown has 64 pictures of only 3×3 pixels."
    )
    assert features.feature_sentence([last]).endswith("found its pattern.")
    dense = FeatureMaps("", features._in_rows(np.ones(1, np.float32)), "dense")
    assert features.feature_sentence([dense]).startswith("The first layer has 1 neuron, shown in rows")
    assert "nothing in between" in features.feature_sentence([])


def test_a_model_with_other_layers_is_refused(tmp_path: Path) -> None:
    for network in (
        "conv:32:5,conv:64:3,conv:128:3,flatten,dense:10:softmax",
        "flatten,dense:10:softmax",
        str.replace(",".join(map(str, SHIPPED.config().layers)), "conv:160:3", "conv:159:3"),
    ):
        with pytest.raises(LabError, match="does not have the layers of its settings"):
            features.feature_maps(SHIPPED.model_path, parse_network(network), IMAGE)
    for content in (b"", b"TFL3", SHIPPED.model_path.read_bytes()[:1000]):
        (tmp_path / "model.tflite").write_bytes(content)
        with pytest.raises(LabError, match="cannot be loaded"):
            features.filters(tmp_path / "model.tflite", SHIPPED.config().layers)
    with pytest.raises(LabError, match="cannot be loaded"):
        features.feature_maps(tmp_path / "none.tflite", SHIPPED.config().layers, IMAGE)


# --- What the layers look for --------------------------------------------------------------------------------------


def test_filters_are_the_weights(tmp_path: Path) -> None:
    from mnist_core.training import keras_model
    from mnist_core.training.model_files import to_litert

    layers = parse_network("conv:3:5:relu,maxpool:2,conv:4:3:relu,flatten,dense:10:softmax")
    model = keras_model.build(layers)
    path = tmp_path / "model.tflite"
    path.write_bytes(to_litert(model))
    first, second = features.filters(path, layers)
    kernels = [weights for weights in model.get_weights() if weights.ndim == 4]
    assert first.weights == pytest.approx(kernels[0][:, :, 0].transpose(2, 0, 1))
    assert (first.channels, second.channels) == (1, 3)
    for number, picture in enumerate(second.weights):
        slices = kernels[1][:, :, :, number].transpose(2, 0, 1)
        strongest = max(slices, key=lambda one: float((one**2).sum()))
        assert picture == pytest.approx(strongest)
    assert "its strongest pattern is shown" in features.filter_sentence([first, second])


@pytest.mark.parametrize(("pooling", "side"), [("", 28), ("avgpool:2,", 14)])
def test_a_plain_network_shows_the_columns_of_its_first_dense_layer(pooling: str, side: int, tmp_path: Path) -> None:
    from mnist_core.training import keras_model
    from mnist_core.training.model_files import to_litert

    layers = parse_network(f"{pooling}flatten,dense:6:relu,dense:10:softmax")
    model = keras_model.build(layers)
    path = tmp_path / "model.tflite"
    path.write_bytes(to_litert(model))
    (found,) = features.filters(path, layers)
    assert found.name == "Dense layer 1 · 6 neurons"
    assert found.weights == pytest.approx(model.get_weights()[0].T.reshape(6, side, side))
    assert f"the {side * side} weights" in features.filter_sentence([found])


def test_a_filter_of_one_picture_is_no_deeper_one() -> None:
    only = Filters("", np.zeros((2, 3, 3), np.float32), 1, "conv")
    assert "later layer" not in features.filter_sentence([only])


def test_explaining_does_not_import_tensorflow() -> None:
    program = (
        "import sys; import numpy as np; from mnist_core.inference import explain\n"
        "from mnist_core.environment import PRETRAINED; from mnist_core.runs.run import Run\n"
        "run = Run(PRETRAINED / 'best'); layers = run.config().layers\n"
        "print(len(explain.feature_maps(run.model_path, layers, np.zeros((28, 28), np.uint8))))\n"
        "print(sorted({'tensorflow', 'keras', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split("\n")[:2] == ["2", "[]"]
