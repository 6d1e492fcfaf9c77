"""A model as bytes for the browser: its layers with their shapes, and their weights one after the other.

Batch normalization is a factor and an offset there, multiplied into the layer before it where that is possible
(Jacob and others, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
2018).
"""

import json
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mnist_core.config.network import WEIGHTED, Layer, summarize
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.runs.run import Run
from mnist_core.sharing import keras_file
from mnist_core.sharing.keras_layers import EPSILON

FORMAT = 2
WIDTHS, SLANTS = (0.6, 0.8, 1.0, 1.25), (-0.3, -0.15, 0.0, 0.15, 0.3)
Arrays = list[np.ndarray]


def packed(run: Run, half: bool) -> bytes:
    """Returns a run's model as `pack` does.

    Raises InputError or LabError where the run's Keras file is missing or damaged.
    """
    with tempfile.TemporaryDirectory() as folder:
        layers, arrays = keras_file.read(run.keras_path, Path(folder), run.keras_path.name)
    return pack(layers, arrays, Calibration.load(run.calibration_path).temperature, half)


def pack(layers: tuple[Layer, ...], arrays: Arrays, temperature: float = 1.0, half: bool = False) -> bytes:
    """Returns a network for `network.js`: the length of a header (uint32, little-endian), JSON, then the weights.

    Args:
        layers: Of the network; it ends in softmax here, as the LiteRT file does (`training.model_files`).
        arrays: Float32, in the order of Keras's `get_weights`.
        temperature: By which the logarithms of its probabilities are divided.
        half: Whether the weights are float16, which is half as long.
    """
    layers = (*layers[:-1], replace(layers[-1], activation="softmax"))
    found = list(_folded(layers, arrays))
    header = {
        "format": FORMAT,
        "input": IMAGE_SHAPE,
        "half": half,
        "temperature": temperature,
        "layers": [_described(layer, shape, own) for layer, shape, own in found],
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    kept = np.dtype("<f2" if half else "<f4")
    weights = [np.ascontiguousarray(array, kept).tobytes() for _, _, own in found for array in own]
    return b"".join([struct.pack("<I", len(text)), text, *weights])


def _described(layer: Layer, shape: tuple[int, ...], arrays: Arrays) -> dict[str, object]:
    return {
        "kind": layer.kind,
        "isWeighted": layer.kind in WEIGHTED,
        "name": str(layer),
        "shape": shape,
        "size": layer.size,
        "step": layer.step,
        "padding": layer.padding,
        "activation": layer.activation,
        "number": layer.number,
        "sides": layer.sides,
        "lengths": [array.size for array in arrays],
    }


def _folded(layers: tuple[Layer, ...], arrays: Arrays) -> Iterator[tuple[Layer, tuple[int, ...], Arrays]]:
    """Each layer with what it makes and its arrays; without batch normalization right after what it can go into."""
    remaining = iter(arrays)
    held: tuple[Layer, tuple[int, ...], Arrays] | None = None
    for summary in summarize(layers):
        layer, own = summary.layer, [next(remaining) for _ in summary.arrays]
        if layer.kind == "norm":
            scale, offset = _as_factor(own)
            if held and held[0].kind in WEIGHTED and held[0].activation == "linear":
                held = held[0], held[1], _times(held[0], held[2], scale, offset)
                continue
            own = [scale, offset]
        if held:
            yield held
        held = layer, summary.output_shape, own
    if held:
        yield held


def _as_factor(arrays: Arrays) -> Arrays:
    """Scale, offset, mean and variance as one factor and one offset."""
    scale, offset, mean, variance = (array.astype(np.float64) for array in arrays)
    factor = scale / np.sqrt(variance + EPSILON)
    return [factor, offset - mean * factor]


def _times(layer: Layer, arrays: Arrays, scale: np.ndarray, offset: np.ndarray) -> Arrays:
    kernel, bias = arrays
    factors = scale.reshape(kernel.shape[-2:]) if layer.kind == "depthwise" else scale
    return [kernel * factors, bias * scale + offset]


# --- How short it may be ---------------------------------------------------------------------------------------------


def may_be_half(run: Run) -> bool:
    """Whether float16 weights change no answer to two hundred plain digits, written narrow, wide and slanted.

    Raises LabError where the run's model is missing or damaged.
    """
    exact = Classifier(run.model_path)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / run.model_path.name
        path.write_bytes(_rounded(run.model_path.read_bytes()))
        rounded = Classifier(path)
    images = _plain_digits()
    before, after = (exact.calibration.apply(one.probabilities(images)) for one in (exact, rounded))
    judged = (exact.calibration.verdicts(before) == exact.calibration.verdicts(after)).all()
    return bool(judged and (before.argmax(axis=1) == after.argmax(axis=1)).all())


def _plain_digits() -> np.ndarray:
    """Digits as the keyboard writes them, uint8 `[200, 28, 28]`."""
    shapes = [np.array([[width, 0], [slant, 1]]) for width in WIDTHS for slant in SLANTS]
    written = [strokes_from_keys(keys) for keys in EXAMPLES]
    return np.stack([pipeline.prepare([stroke @ shape for stroke in one]) for one in written for shape in shapes])


def _rounded(content: bytes) -> bytes:
    """A LiteRT file whose float32 weights are those that float16 can say."""
    # private: LiteRT does not name the parts of a model.
    from ai_edge_litert import schema_py_generated as schema

    changed = bytearray(content)
    model = schema.Model.GetRootAs(changed, 0)
    graph = model.Subgraphs(0)
    for tensor in map(graph.Tensors, range(graph.TensorsLength())):
        buffer = model.Buffers(tensor.Buffer())
        if tensor.Type() == schema.TensorType.FLOAT32 and buffer.DataLength():
            values = buffer.DataAsNumpy().view(np.float32)
            values[:] = values.astype(np.float16)
    return bytes(changed)
