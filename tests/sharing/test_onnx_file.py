"""ONNX files of several programs: what the lab reads from them answers as ONNX Runtime does."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mnist_core.config.network import network_text
from mnist_core.data import sources
from mnist_core.errors import InputError
from mnist_core.sharing import model_file, onnx_file
from mnist_core.sharing.onnx_file import _parsed, _Reader
from tests.support import onnx_models
from tests.support.described_answers import answers, probabilities
from tests.support.onnx_models import TAKEN, TORCH, Graph

MOST_APART = 1e-3


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Float32 `[200, 28, 28, 1]` between 0 and 1."""
    return sources.load("mnist").test_images[:200, ..., np.newaxis].astype(np.float32) / 255


def pixels(content: bytes, images: np.ndarray) -> np.ndarray:
    """The images as a file wants them: of bytes, some do."""
    kind = onnxruntime.InferenceSession(content).get_inputs()[0].type
    return (images * 255).round().astype(np.uint8) if kind == "tensor(uint8)" else images


def expected(content: bytes, given: np.ndarray) -> np.ndarray:
    """The probabilities that ONNX Runtime gives; of a picture at a time, if the file wants it so."""
    session = onnxruntime.InferenceSession(content)
    asked = session.get_inputs()[0]
    given = given if asked.shape[-1] == 1 else given.transpose(0, 3, 1, 2)
    batches = np.split(given, len(given)) if asked.shape[0] == 1 else [given]
    return probabilities(np.concatenate([session.run(None, {asked.name: batch})[0] for batch in batches]))


@pytest.mark.parametrize("make", [*TAKEN.values(), onnx_models.wide_strides], ids=[*TAKEN, "wide strides"])
def test_what_is_read_answers_as_onnx_runtime_does(make: Any, images: np.ndarray, tmp_path: Path) -> None:
    content = make().content()
    (tmp_path / "x.onnx").write_bytes(content)
    reader = _Reader(_parsed(tmp_path / "x.onnx", "x.onnx"), "x.onnx", None)
    reader.read_all()
    given = pixels(content, images)
    found = probabilities(answers(*reader.translation.described("x.onnx"), given))
    assert np.abs(found - expected(content, given)).max() < MOST_APART
    assert np.ptp(found, axis=0).max() > 10 * MOST_APART  # it does not say the same of every image


def read(content: bytes, tmp_path: Path) -> str:
    (tmp_path / "x.onnx").write_bytes(content)
    layers, _, note, _ = onnx_file.read(tmp_path / "x.onnx", "x.onnx")
    assert note == ""
    return network_text(layers)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("torch's example", "conv:8:3:relu,conv:6:3:relu,maxpool:2,flatten,dense:32:relu,dense:10:softmax"),
        (
            "torch's view",
            "norm,conv:6:5:same:tanh,avgpool:2,conv:16:5:tanh,avgpool:2,flatten,dense:20:sigmoid,dense:10:softmax",
        ),
        (
            "torch, normalized",
            "conv:5:3,norm,activation:leaky_relu,maxpool:3,flatten,norm,dense:12:gelu,dense:10:softmax",
        ),
        ("all convolutions", "conv:6:3:relu,maxpool:2,conv:10:2:same:relu,norm,avgpool:13,flatten,dense:10:softmax"),
        (
            "other activations",
            "conv:4:3,prelu:shared,conv:3:3:hard_sigmoid,conv:3:3,norm,activation:hard_sigmoid,flatten,dense:16,prelu,"
            "dense:12:tanh,activation:exponential,dense:10:softmax",
        ),
        ("bytes from TensorFlow", "conv:4:4:elu,maxpool:5,norm,flatten,dense:10:softmax"),
    ],
)
def test_it_becomes_the_labs_layers(name: str, text: str, tmp_path: Path) -> None:
    assert read(TAKEN[name]().content(), tmp_path) == text


def test_weights_in_another_file_are_read_from_one_zip_file_alone(tmp_path: Path) -> None:
    whole = torch_model()
    inside = onnx_models.with_data_beside(torch_model(), tmp_path)
    with pytest.raises(InputError, match=r"in another file, 'weights\.data'; put both in one zip file"):
        read(inside, tmp_path)
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "weights.data", "mine/weights.data")
        archive.writestr("mine/model.onnx", inside)
        archive.writestr("__MACOSX/mine/._model.onnx", b"junk")
    (tmp_path / "scratch").mkdir()
    layers, arrays, *_ = model_file.read(path, tmp_path / "scratch", "mine.zip")
    (tmp_path / "x.onnx").write_bytes(whole.SerializeToString())
    own, others, *_ = onnx_file.read(tmp_path / "x.onnx", "x.onnx")
    assert layers == own
    for one, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(one, other)


def torch_model() -> Any:
    return onnx_models.torch_example().model()


def small(*operations: Any) -> Graph:
    graph = Graph(TORCH)
    for operation in operations:
        name, constants, attributes = (operation, (), {}) if isinstance(operation, str) else operation
        graph.add(name, *constants, **attributes)
    return graph


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (small("Relu", "Round"), r"Operation 2 of x\.onnx \(Round\): the lab's networks have no such operation"),
        (small(("ArgMax", (), {"axis": 1})), "gives the digit alone; export the model without it"),
        (small("Flatten", ("Gemm", (np.ones((5, 10), np.float32),), {})), "its weights are 5×10, but 784 values come"),
        (small(("Conv", (np.ones((4, 3, 3, 3), np.float32),), {})), "its kernel is for 3 channels, but 1 come in"),
        (small(("Transpose", (), {"perm": [1, 0, 2, 3]})), "expected the batch to stay the first one"),
        (small(("Reshape", (np.array([0, 780]),), {})), r"it makes \[780\] of 1×28×28 values"),
        (small(("Mul", (np.ones((28, 28), np.float32) + np.eye(28, dtype="f"),), {})), "differ from pixel to pixel"),
        (Graph((1, 3, 32, 30)).add("Relu"), "it takes 3×32×30; expected square pictures such as 28×28"),
        (Graph(TORCH, opset=6).add("Relu"), "is of ONNX's opset 6; expected 7 or later"),
        (small("Flatten"), "answers with 784 values; expected one for each digit"),
    ],
)
def test_a_refusal_names_the_operation_and_what_was_expected(graph: Graph, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        read(graph.content(), tmp_path)
