"""Models of TensorFlow.js come in with the weights that they hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import network_text
from mnist_core.errors import InputError
from mnist_core.sharing import model_file
from mnist_core.sharing.tensorflow_js import ROUNDED
from tests.hostile.models import NETWORK, arrays
from tests.support import tensorflow_js_models as models


def read(content: bytes, tmp_path: Path) -> tuple[str, list[np.ndarray], str]:
    (tmp_path / "mine.zip").write_bytes(content)
    (tmp_path / "scratch").mkdir()
    layers, own, note, _ = model_file.read(tmp_path / "mine.zip", tmp_path / "scratch", "mine.zip")
    assert list((tmp_path / "scratch").iterdir()) == []
    return network_text(layers), own, note


@pytest.mark.parametrize(
    "members",
    [
        models.files(),
        models.files(models.topology(keras_3=True), models.weight_names(keras_3=True)),
        models.files(models.own_topology()),
        models.files(kind="uint8"),
        models.files(kind="uint16"),
        models.files(kind="float16"),
    ],
    ids=["Keras 2", "Keras 3", "its own", "8 bits", "16 bits", "float16"],
)
def test_layers_and_weights_come_back(members: dict[str, bytes], tmp_path: Path) -> None:
    is_rounded = b'"quantization"' in members["model.json"].replace(b'"quantization_config"', b"")
    text, own, note = read(models.zipped(members), tmp_path)
    assert text == network_text(NETWORK)
    assert note == (ROUNDED if is_rounded else "")
    for one, other in zip(own, arrays(), strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=0, atol=0.005 if is_rounded else 0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda about: about.update(format="graph-model"), "holds a graph model of TensorFlow.js"),
        (lambda about: about["weightsManifest"][0]["paths"].append("other.bin"), "lacks the file 'web/other.bin'"),
        (lambda about: about["weightsManifest"][0]["paths"].pop(), "is not all there"),
        (lambda about: about["weightsManifest"][0]["weights"].pop(), "longer than they say"),
        (lambda about: about["weightsManifest"][0]["weights"][-1].update(name="x/bias"), r"dense of mine\.zip"),
    ],
)
def test_what_is_missing_is_said(change: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        read(models.changed(change), tmp_path)
