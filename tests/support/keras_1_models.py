"""Whole models as Keras 1.2.2 saved them in HDF5, written here layer by layer: that version no longer runs."""

import io
import json
from typing import Any

import h5py
import numpy as np

Json = dict[str, Any]
REGULARIZERS = ("W_regularizer", "b_regularizer", "activity_regularizer", "W_constraint", "b_constraint")


class Model:
    """A chain that grows at its end; `order` is `th` or `tf`, `backend` is `theano` or `tensorflow`."""

    def __init__(self, order: str = "tf", backend: str = "tensorflow", version: str = "1.2.2") -> None:
        self.order, self.backend, self.version = order, backend, version
        self.layers: list[Json] = []
        self.weights: list[tuple[str, dict[str, np.ndarray]]] = []

    def add(self, kind: str, arrays: dict[str, np.ndarray] | None = None, **config: Any) -> "Model":
        name = f"{kind.lower()}_{len(self.layers) + 1}"
        first = {}
        if not self.layers:
            shape = [1, 28, 28] if self.order == "th" else [28, 28, 1]
            first = {"batch_input_shape": [None, *shape], "input_dtype": "float32"}
        self.layers.append({"class_name": kind, "config": {"name": name, "trainable": True, **first, **config}})
        end = ":0" if self.backend == "tensorflow" else ""
        self.weights.append((name, {f"{name}_{part}{end}": one for part, one in (arrays or {}).items()}))
        return self

    def conv(self, kernel: np.ndarray, bias: np.ndarray, **config: Any) -> "Model":
        """`kernel` is as Keras 3 has it: height × width × channels × filters, and laid on the picture as it is."""
        rows, columns, _, filters = kernel.shape
        if self.backend == "theano":
            kernel = kernel[::-1, ::-1]
        if self.order == "th":
            kernel = kernel.transpose(3, 2, 0, 1)
        own: Json = {"nb_filter": filters, "nb_row": rows, "nb_col": columns, "init": "glorot_uniform"}
        own |= {"activation": "linear", "border_mode": "valid", "subsample": [1, 1], "dim_ordering": self.order}
        own |= {**dict.fromkeys(REGULARIZERS), "bias": True}
        return self.add("Convolution2D", {"W": kernel, "b": bias}, **own | config)

    def pool(self, kind: str = "MaxPooling2D", size: int = 2, **config: Any) -> "Model":
        own = {"pool_size": [size, size], "strides": [size, size], "border_mode": "valid"}
        return self.add(kind, **own | {"dim_ordering": self.order} | config)

    def norm(self, *arrays: np.ndarray, **config: Any) -> "Model":
        names = ("gamma", "beta", "running_mean", "running_std")
        own: Json = {"epsilon": 1e-3, "mode": 0, "axis": 1 if self.order == "th" else -1, "momentum": 0.99}
        own |= {"gamma_regularizer": None, "beta_regularizer": None}
        return self.add("BatchNormalization", dict(zip(names, arrays, strict=True)), **own | config)

    def dense(self, kernel: np.ndarray, bias: np.ndarray, **config: Any) -> "Model":
        own: Json = {"output_dim": kernel.shape[1], "init": "glorot_uniform", "activation": "linear", "bias": True}
        own |= dict.fromkeys(REGULARIZERS) | {"input_dim": kernel.shape[0]}
        return self.add("Dense", {"W": kernel, "b": bias}, **own | config)

    def content(self, functional: bool = False, alone: bool = False, described: str | bytes = "") -> bytes:
        """The file; of the functional kind, or with weights alone, or described otherwise, too."""
        packed, own = io.BytesIO(), self.functional() if functional else self.sequential()
        with h5py.File(packed, "w") as file:
            if not alone:
                file.attrs["model_config"] = described or json.dumps(own)
                if self.version:
                    file.attrs["keras_version"] = self.version.encode()
            groups = file if alone else file.create_group("model_weights")
            groups.attrs["layer_names"] = [name.encode() for name, _ in self.weights]
            for name, arrays in self.weights:
                group = groups.create_group(name)
                group.attrs["weight_names"] = [one.encode() for one in arrays]
                for one, array in arrays.items():
                    group.create_dataset(one, data=np.asarray(array, np.float32))
        return packed.getvalue()

    def sequential(self) -> Json:
        return {"class_name": "Sequential", "config": self.layers}

    def functional(self) -> Json:
        first = self.layers[0]["config"]
        shape = {name: first[name] for name in ("batch_input_shape", "input_dtype")}
        layers = [{"class_name": "InputLayer", "config": {"name": "input_1", "sparse": False, **shape}}, *self.layers]
        names = [layer["config"]["name"] for layer in layers]
        nodes = [[], *([[[name, 0, 0]]] for name in names[:-1])]
        described = [
            layer | {"name": name, "inbound_nodes": before}
            for layer, name, before in zip(layers, names, nodes, strict=True)
        ]
        ends = {"input_layers": [[names[0], 0, 0]], "output_layers": [[names[-1], 0, 0]]}
        return {"class_name": "Model", "config": {"name": "model_1", "layers": described, **ends}}


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Random weights such that values keep their size from layer to layer."""
    width = max(int(np.prod(shape[:-1])), 1)
    return np.random.default_rng([seed, *shape]).normal(0, 1.5 / np.sqrt(width), shape).astype(np.float32)


def example(order: str = "tf", backend: str = "tensorflow", version: str = "1.2.2") -> Model:
    """Keras's own example for MNIST, `mnist_cnn.py` of those years, a little smaller."""
    model = Model(order, backend, version).conv(numbers(3, 3, 1, 6), numbers(6), activation="relu")
    model.conv(numbers(3, 3, 6, 4), numbers(4)).add("Activation", activation="relu").pool()
    model.add("Dropout", p=0.25).add("Flatten").dense(numbers(576, 16), numbers(16)).add(
        "Activation", activation="relu"
    )
    return model.add("Dropout", p=0.5).dense(numbers(16, 10), numbers(10)).add("Activation", activation="softmax")
