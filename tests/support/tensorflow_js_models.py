"""TensorFlow.js's models in zip files, made by hand from `NETWORK`, as its converter and it itself write them."""

import json
from typing import Any

import numpy as np

from tests.hostile.models import Json, arrays, keras_config, keras_layers, older_config, packed

NAMES = {
    "conv2d": ("kernel", "bias"),
    "batchnormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "dense": ("kernel", "bias"),
}
GROUPS = {"conv2d": "conv2d", "batchnormalization": "batch_normalization", "dense": "dense"}


def weight_names(*, keras_3: bool = False) -> list[str]:
    """As the converter names the arrays of a model of Keras 2, or 3."""
    return [
        f"layers/{GROUPS[layer]}/vars/{number}" if keras_3 else f"{layer}/{name}"
        for layer, own in NAMES.items()
        for number, name in enumerate(own)
    ]


def topology(*, keras_3: bool = False) -> Json:
    """The description of the model within that of the converter, which leaves the modules out."""
    config = keras_config() if keras_3 else older_config()
    text = json.dumps(config).replace('"module": "keras.layers", ', "").replace('"module": "keras", ', "")
    inside = json.loads(text.replace(', "registered_name": null', ""))
    if keras_3:
        inside["config"]["dtype"] = {"class_name": "DTypePolicy", "config": {"name": "float32"}}
    return {"keras_version": "3.3.3" if keras_3 else "2.15.0", "backend": "tensorflow", "model_config": inside}


def own_topology() -> Json:
    """As TensorFlow.js writes what was trained in a browser: without an input layer."""
    config = older_config(keras_layers()[1:])
    config["config"]["layers"][0]["config"] |= {"batch_input_shape": [None, 28, 28, 1]}
    return config | {"keras_version": "tfjs-layers 4.22.0", "backend": "tensor_flow.js"}


def quantized(array: np.ndarray, kind: str) -> tuple[np.ndarray, Json]:
    if kind == "float16":
        return array.astype(np.float16), {"dtype": kind, "original_dtype": "float32"}
    least, most = float(array.min()), float(array.max())
    scale = (most - least) / np.iinfo(kind).max or 1.0
    about = {"dtype": kind, "min": least, "scale": scale, "original_dtype": "float32"}
    return np.round((array - least) / scale).astype(kind), about


def files(described: Json | None = None, names: list[str] | None = None, kind: str = "") -> dict[str, bytes]:
    """`model.json` and the two files of its weights, of which the first one ends within an array."""
    weights, content = [], b""
    for name, array in zip(names or weight_names(), arrays(), strict=True):
        entry: Json = {"name": name, "shape": list(array.shape), "dtype": "float32"}
        if kind:
            array, entry["quantization"] = quantized(array, kind)
        weights.append(entry)
        content += array.tobytes()
    paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"]
    about = {
        "format": "layers-model",
        "generatedBy": "keras v2.15.0",
        "convertedBy": "TensorFlow.js Converter v4.22.0",
        "modelTopology": described or topology(),
        "weightsManifest": [{"paths": paths, "weights": weights}],
    }
    return {"model.json": json.dumps(about).encode(), paths[0]: content[:1001], paths[1]: content[1001:]}


def zipped(members: dict[str, bytes] | None = None, folder: str = "web/", **more: bytes) -> bytes:
    made: list[Any] = [(folder + name, content) for name, content in {**(members or files()), **more}.items()]
    return packed(made)


def changed(change: Any) -> bytes:
    """A file whose `model.json` says something else."""
    members = files()
    about = json.loads(members["model.json"])
    change(about)
    return zipped(members | {"model.json": json.dumps(about).encode()})
