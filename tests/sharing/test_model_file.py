"""A model's file is told by what it holds, whatever it is called."""

import io
import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from mnist_core.config.network import Layer, parse_network
from mnist_core.errors import InputError
from mnist_core.sharing import model_file
from tests.hostile import models as hostile_models
from tests.hostile.models import NETWORK, arrays, packed
from tests.support import onnx_models, tensorflow_js_models, tflite_models
from tests.support.zips import zip64

RECIPES = {"mine": NETWORK, "again": NETWORK, "other": parse_network("flatten,dense:8:relu,dense:10:softmax")}


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, which runs the other tests, too, keeps its memory."""
    monkeypatch.setattr("mnist_core.files.sandbox.limit", lambda memory: None)


def read(tmp_path: Path, name: str, content: bytes, recipe: str = "") -> list[str]:
    path = tmp_path / f"file{Path(name).suffix}"
    path.write_bytes(content)
    lists = {known: [str(layer) for layer in layers] for known, layers in RECIPES.items()}
    said = model_file.unpack(str(path), str(tmp_path), name, recipe, lists)
    assert (tmp_path / "weights.npz").exists()
    layers: list[str] = said["layers"]
    return layers


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("renamed.h5", hostile_models.sound_keras()),
        ("renamed.keras", hostile_models.whole_hdf5()),
        ("renamed.onnx", tflite_models.simple().content()),
        ("renamed.tflite", onnx_models.torch_example().content()),
        ("renamed.pt", onnx_models.torch_example().content()),
        ("renamed", onnx_models.torch_example().content()),
        ("renamed.keras", tensorflow_js_models.zipped()),
    ],
)
def test_the_content_counts_and_not_the_name(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(tmp_path, name, content)[-1] == "dense:10:softmax"


def torch_zip() -> bytes:
    return zip64(packed([("archive/data.pkl", b"\x80\x02"), ("archive/data/0", b"\0" * 8)]))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "a.pkl",
            pickle.dumps({"a": np.zeros(3)}),
            "is a pickle, which could run any code and is never opened; export",
        ),
        ("a.onnx", pickle.dumps([1], 2), "is a pickle, which could run any code"),
        ("a.joblib", b"\x78\x9cjunk", "is a pickle, which could run any code"),
        ("a.pt", torch_zip(), r"is a model of PyTorch, .* export the model as ONNX \(torch.onnx.export\)"),
        ("a.pth", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "is a model of PyTorch"),
        ("a.safetensors", b"\x40\0\0\0\0\0\0\0{" + b" " * 63, "is weights alone, as safetensors"),
        (
            "a.zip",
            packed([("m/saved_model.pb", b"\x08\x01"), ("m/variables/x", b"1")]),
            "is a SavedModel of TensorFlow",
        ),
        ("saved_model.pb", b"\x08\x01\x12\x90", "is a SavedModel of TensorFlow; load it with Keras or TensorFlow"),
        ("a.ckpt", b"\0junk", "is a checkpoint, which holds weights alone"),
        ("a.mlmodel", b"\x08\x04\x12\x40", "is a model of Core ML"),
        ("a.h5", b"<!DOCTYPE html><html>", "is a web page, not a model; download the file itself"),
        (
            "a.keras",
            b"version https://git-lfs.github.com/spec/v1\noid",
            "is a pointer of Git LFS, not a model; get the file itself, with 'git lfs pull'",
        ),
        ("model.json", b'{"format": "layers-model"}', r"pack model.json and its \.bin files into one zip file"),
        ("a.zip", packed([("x/a.tflite", b"1")]), "holds 'a.tflite'; unpack it, and import that file"),
        ("a.zip", packed([("a.txt", b"1")]), "holds no model that the lab reads, but 'a.txt'"),
        ("a.zip", packed([("config.json", b"{}"), ("x/y.bin", b"1")]), "holds no model that .* but 'config.json'"),
        ("a.keras", packed([("config.json", b"{}")]), "lacks model.weights.h5"),
        ("a.zip", packed([]), "is an empty zip file"),
        ("a.zip", packed([(str(number), b"") for number in range(1001)]), "The file a.zip lists 1,001 files or more"),
        ("a.pdf", b"%PDF-1.4 \xff", "is a PDF document, not a model; give the model's own file"),
        ("a.zip", hostile_models.sound_capsule(), "is a lab capsule; give it a name that ends in .capsule"),
        ("a.onnx", b"", "is empty; get or save it again"),
        ("a.onnx", onnx_models.torch_example().content()[:3000], "is no complete ONNX file; get or export it again"),
        ("a.tflite", tflite_models.simple().content()[:3000], r"\.$"),
        ("a.keras", hostile_models.sound_keras()[:900], "is not a complete zip file"),
        ("a.h5", hostile_models.whole_hdf5()[:3000], "cannot be read"),
    ],
)
def test_what_is_not_read_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as refused:
        read(tmp_path, name, content)
    assert name in str(refused.value)


# --- Weights alone ---------------------------------------------------------------------------------------------------


def keras_2_weights(layers: tuple[Layer, ...] = NETWORK) -> bytes:
    """As Keras 1 and 2 write `model.save_weights('name.h5')`."""
    content, own = io.BytesIO(), iter(arrays(layers))
    named = {"conv2d_7": 2, "max_pooling2d": 0, "bn": 4, "flatten": 0, "out": 2}
    with h5py.File(content, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in named]
        for name, number in named.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/w{place}:0".encode() for place in range(number)]
            for place in range(number):
                group[f"{name}/w{place}:0"] = next(own)
    return content.getvalue()


@pytest.mark.parametrize("content", [hostile_models.hdf5(), keras_2_weights()], ids=["Keras 3", "Keras 2"])
def test_weights_alone_go_into_the_layers_of_a_recipe(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, "mine.weights.h5", content, "mine") == [str(layer) for layer in NETWORK]
    with np.load(tmp_path / "weights.npz") as found:
        for one, other in zip(found.values(), arrays(), strict=True):
            np.testing.assert_array_equal(one, other)
    with pytest.raises(
        InputError, match="name the recipe whose layers they are; by their shapes they fit 'mine', 'again'"
    ):
        read(tmp_path, "mine.weights.h5", content)
    with pytest.raises(InputError, match=r"mine.weights.h5.*expected.*\."):
        read(tmp_path, "mine.weights.h5", content, "other")


def test_weights_alone_follow_no_link(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hold a link at 'conv2d', which is never followed"):
        read(tmp_path, "mine.weights.h5", hostile_models.linked_weights(), "mine")


def test_a_recipe_is_for_weights_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.keras says itself which layers it has; import it without a recipe"):
        read(tmp_path, "x.keras", hostile_models.sound_keras(), "mine")


def test_a_zip_file_of_a_mac_holds_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "mac.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/", b"")
        archive.writestr("net/x.onnx", onnx_models.torch_example().content())
        archive.writestr("__MACOSX/net/._x.onnx", b"\0\5")
    assert read(tmp_path, "mac.zip", path.read_bytes())[0] == "conv:8:3:relu"
