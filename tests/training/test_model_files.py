"""The same network as Keras, LiteRT, ONNX and plain arrays gives the same answers; TensorFlow in this process."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest

from mnist_core.config.network import network_text, parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.pipeline import normalize
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.sharing import exporting, keras_file, tensorflow_tasks
from mnist_core.training import keras_model, model_files
from tests.conftest import REAL_MNIST, simple_images
from tests.support.networks import EVERY_OTHER_KIND

IMAGES = 1000
CONFIGS = {name: recipe.config for name, recipe in RECIPES.items()}
CONFIGS["every other kind"] = TrainConfig("imported", parse_network(EVERY_OTHER_KIND))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """uint8 `[1000, 28, 28]`: MNIST's test images where they are on this machine."""
    if REAL_MNIST and Path(REAL_MNIST).exists():
        return sources.load(str(Path(REAL_MNIST).absolute())).test_images[:IMAGES]
    return simple_images(IMAGES, 3)[0]


def taught(config: TrainConfig) -> keras.Model:
    """A network whose answers differ from image to image, as those of a trained one do."""
    model = keras_model.build(config.layers, seed=2)
    random = np.random.default_rng(0)
    own = [
        np.abs(array + random.normal(0, 0.1, array.shape))
        if "variance" in weight.path or "gamma" in weight.path
        else array
        for array, weight in zip(model.get_weights(), model.weights, strict=True)
    ]
    own[-2] = own[-2] * 20
    model.set_weights(own)
    return model


def exported(name: str, folder: Path) -> Run:
    """A run folder with a model of a recipe, or a copy of the shipped one's model."""
    run = Run(folder / name)
    run.folder.mkdir()
    if name == run_folders.SHIPPED_MODEL:
        for path in (run_folders.find(name).keras_path, run_folders.find(name).model_path):
            (run.folder / path.name).write_bytes(path.read_bytes())
    else:
        model_files.write_model(taught(CONFIGS[name]), CONFIGS[name], run)
    return run


@pytest.mark.parametrize(
    "name",
    ["best", *(pytest.param(name, marks=pytest.mark.long) for name in ("quick", "mnist-ann", "every other kind"))],
)
def test_onnx_and_litert_agree_with_keras(name: str, tmp_path: Path, images: np.ndarray) -> None:
    run = exported(name, tmp_path)
    tensorflow_tasks.write_onnx(str(run.keras_path), str(run.folder / "model.onnx"))
    layers, own = keras_file.read(run.keras_path, tmp_path, name)
    assert layers == CONFIGS[name].layers
    expected = model_files.build(layers, own, "softmax").predict(normalize(images), verbose=0)
    assert np.ptp(expected, axis=0).max() > 0.3  # the answers differ from image to image

    session = onnxruntime.InferenceSession(run.folder / "model.onnx")
    (onnx,) = session.run(["probabilities"], {"image": normalize(images)})
    assert np.abs(onnx - expected).max() < 1e-4
    assert np.abs(Classifier(run.model_path).probabilities(images) - expected).max() < 1e-4
    loaded = keras.saving.load_model(run.keras_path).predict(normalize(images), verbose=0)
    if layers[-1].activation == "softmax":
        assert np.abs(loaded - expected).max() < 1e-4
    else:  # the sigmoids that are not rounded to 1 are in the same order
        below = (loaded < 1).all(axis=1)
        np.testing.assert_array_equal(loaded[below].argmax(axis=1), expected[below].argmax(axis=1))
        assert below.any()


@pytest.mark.parametrize("suffix", [pytest.param(".keras", marks=pytest.mark.long), ".tflite", ".onnx"])
def test_the_example_of_each_format_runs_and_reads_a_digit(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = run_folders.find("best")
    if suffix == ".onnx":
        tensorflow_tasks.write_onnx(str(run.keras_path), "model.onnx")
    else:
        Path(f"model{suffix}").write_bytes(exporting.content(run, suffix))
    digits, labels = simple_images(10, 5)
    code = compile(exporting.FORMATS[suffix].example.replace("NAME", f"model{suffix}"), "example", "exec")
    right = 0
    for digit, label in zip(digits, labels, strict=True):
        names: dict[str, Any] = {"digit": digit}
        exec(code, names)
        assert names["probabilities"].shape == (1, 10)
        right += int(names["probabilities"].argmax()) == label
    assert right >= 9


def test_what_keras_writes_of_every_kind_of_layer_is_read_as_it_is(tmp_path: Path) -> None:
    network = parse_network(
        "conv:4:3:gelu,avgpool:2,norm,activation:leaky_relu,dropout:0.3,conv:4:3:same:elu,maxpool:2,flatten,norm,"
        "dense:8:tanh,dense:10:sigmoid"
    )
    model = keras_model.build(network)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(np.ones((4, 28, 28, 1), np.float32), np.zeros(4), verbose=0)  # the optimizer's values are saved too
    model.save(tmp_path / "mine.keras")
    layers, own = keras_file.read(tmp_path / "mine.keras", tmp_path, "mine.keras")
    assert network_text(layers) == network_text(network)
    for one, other in zip(own, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
