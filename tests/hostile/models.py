"""Model files that no lab should trust, built by code: each must be refused with one sentence and do no harm.

`sound_keras` and `sound_capsule` are the same files without the harm, which are taken; so each refusal has its own
reason.
"""

import io
import json
import marshal
import os
import pickle
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mnist_core.config.network import Layer, parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.runs.run import BATCHES, METRICS
from mnist_core.sharing import weights
from tests.hostile.uploads import hidden_lists
from tests.support import keras_1_models

NETWORK = parse_network("conv:2:3:relu,maxpool:4,norm,activation:tanh,dropout:0.2,flatten,dense:10:softmax")
CONFIG = TrainConfig("quick", NETWORK, epochs=2)
IDENTITY = "ab" * 32
Json = dict[str, Any]


class Canary:
    """What runs when somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


# --- Sound files -----------------------------------------------------------------------------------------------------


def arrays(layers: tuple[Layer, ...] = NETWORK, seed: int = 0) -> list[np.ndarray]:
    """Random weights for a network, variances positive."""
    random = np.random.default_rng(seed)
    return [
        (np.abs if number == 3 else np.asarray)(random.normal(0, 0.3, shape).astype(np.float32))
        for own in weights.shapes(layers)
        for number, shape in enumerate(own)
    ]


def keras_layer(class_name: str, **config: Any) -> Json:
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    named = {"name": class_name.lower(), "trainable": True, "dtype": policy}
    return {"module": "keras.layers", "class_name": class_name, "config": named | config, "registered_name": None}


def keras_layers() -> list[Json]:
    """`NETWORK` as Keras 3.15 writes it."""
    last = {"data_format": "channels_last"}
    return [
        keras_layer("InputLayer", batch_shape=[None, 28, 28, 1], sparse=False, ragged=False, optional=False),
        keras_layer(
            "Conv2D",
            filters=2,
            kernel_size=[3, 3],
            strides=[1, 1],
            padding="valid",
            dilation_rate=[1, 1],
            groups=1,
            activation="relu",
            use_bias=True,
            kernel_initializer={"module": "keras.initializers", "class_name": "GlorotUniform", "config": {}},
            kernel_regularizer=None,
            **last,
        ),
        keras_layer("MaxPooling2D", pool_size=[4, 4], strides=[4, 4], padding="valid", **last),
        keras_layer("BatchNormalization", axis=-1, momentum=0.9, epsilon=0.001, center=True, scale=True, renorm=False),
        keras_layer("Activation", activation="tanh"),
        keras_layer("Dropout", rate=0.2, seed=5, noise_shape=None),
        keras_layer("Flatten", **last),
        keras_layer("Dense", units=10, activation="softmax", use_bias=True, quantization_config=None),
    ]


def keras_config(layers: list[Json] | None = None) -> Json:
    inside = {"name": "sequential", "trainable": True, "layers": keras_layers() if layers is None else layers}
    return {"module": "keras", "class_name": "Sequential", "config": inside, "registered_name": None}


def fill_hdf5(file: h5py.File) -> None:
    names = {"conv2d": 2, "batch_normalization": 4, "dense": 2}
    remaining = iter(arrays())
    for name, number in names.items():
        group = file.create_group(f"layers/{name}/vars")
        for index in range(number):
            group[str(index)] = next(remaining)
    file.create_group("layers/dropout/seed_generator/vars")["0"] = np.zeros(2, np.uint32)
    file.create_group("optimizer/vars")["0"] = np.zeros(3, np.float32)


WIDE = parse_network(
    "resize:32,depthwise:1:3:stride2:same,conv:2:1:silu,norm,prelu:shared,activation:leaky_relu:0.1,pad:1:0:0:1,"
    "maxpool:3:stride2:same,flatten,dense:10:softmax"
)


def wide_config() -> Json:
    """`WIDE` as Keras 3.15 writes it."""
    first, *_, dense = keras_layers()
    last, window = {"data_format": "channels_last"}, {"strides": [2, 2], "padding": "same"}
    kernel = {"kernel_size": [3, 3], "dilation_rate": [1, 1], "depth_multiplier": 1, "use_bias": True}
    layers = [
        first,
        keras_layer("Resizing", height=32, width=32, interpolation="bilinear", antialias=False, **last),
        keras_layer("SeparableConv2D", filters=2, activation="silu", **kernel, **window, **last),
        keras_layer("Normalization", axis=[-1], invert=False, mean=None, variance=None),
        keras_layer("PReLU", shared_axes=[1, 2], alpha_regularizer=None),
        keras_layer("LeakyReLU", negative_slope=0.1),
        keras_layer("ZeroPadding2D", padding=[[1, 0], [0, 1]], **last),
        keras_layer("MaxPooling2D", pool_size=[3, 3], **window, **last),
        keras_layer("Flatten", **last),
        dense,
    ]
    return keras_config(layers)


def wide_hdf5(change: Callable[[h5py.File], object] = lambda file: None) -> bytes:
    content, random = io.BytesIO(), np.random.default_rng(0)
    shapes = {
        "separable_conv2d": ((3, 3, 1, 1), (1, 1, 1, 2), (2,)),
        "normalization": ((2,), (2,)),
        "p_re_lu": ((1, 1, 2),),
        "dense": ((162, 10), (10,)),
    }
    with h5py.File(content, "w") as file:
        for name, own in shapes.items():
            for index, shape in enumerate(own):
                file[f"layers/{name}/vars/{index}"] = random.uniform(0.1, 0.9, shape).astype(np.float32)
        file["layers/normalization/vars/2"] = np.int64(3)
        change(file)
    return content.getvalue()


def sound_wide_keras() -> bytes:
    return keras_file(wide_config(), wide_hdf5())


def wide_with(name: str, array: Any) -> bytes:
    """The wide file in which an array is another one."""

    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = array

    return keras_file(wide_config(), wide_hdf5(change))


def hdf5(change: Callable[[h5py.File], object] = lambda file: None) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        fill_hdf5(file)
        change(file)
    return content.getvalue()


def packed(members: list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile dislikes double names, as it should
        for name, member in members:
            archive.writestr(name, member)
    return content.getvalue()


def keras_file(config: Any = None, stored: bytes | None = None, more: Any = ()) -> bytes:
    text = config if isinstance(config, bytes) else json.dumps(config or keras_config()).encode()
    metadata = b'{"keras_version": "3.15.1", "date_saved": "2026-11-20@15:56:32"}'
    members = [("metadata.json", metadata), ("config.json", text), ("model.weights.h5", stored or hdf5())]
    return packed([*members, *more])


def sound_keras() -> bytes:
    return keras_file()


def npz(named: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    np.savez(content, **named)
    return content.getvalue()


def weights_npz(own: list[np.ndarray] | None = None) -> bytes:
    return npz({f"weight_{number:03d}": array for number, array in enumerate(own or arrays())})


def evaluation_arrays() -> dict[str, Any]:
    """Twenty answers, 19 of them right."""
    labels = np.arange(20, dtype=np.uint8) % 10
    probabilities = np.full((20, 10), 0.01, np.float32)
    probabilities[np.arange(20), labels] = 0.91
    probabilities[3] = np.roll(probabilities[3], 1)
    return {
        "probabilities": probabilities,
        "labels": labels,
        "report": np.zeros((12, 4)),
        "identity": np.array(IDENTITY),
    }


def about(**changes: Any) -> Json:
    return {
        "format": "digit-lab-capsule",
        "version": 1,
        "lab": "0.1.0",
        "config": CONFIG.to_json(),
        "dataset": {"name": "letters.npz", "title": "Letters", "identity": IDENTITY},
        "seed": CONFIG.seed,
        "versions": {"python": "3.11.7"},
        "created": 1.7e9,
        "figures": {"accuracy": 0.95, "loss": 0.1, "images": 20, "epochs": 2, "seconds": 3.5},
        "name": "Ada's",
        "note": "The first one.",
    } | changes


def metrics_csv(*rows: str) -> str:
    return "\n".join([",".join(METRICS), *rows, ""])


TABLES = {
    "metrics.csv": metrics_csv("1.0,0.5,0.9,0.4,0.92,0.001,3.5"),
    "batches.csv": ",".join(BATCHES) + "\n0.5,0.7,0.8\n1.0,0.5,0.9\n",
}
CALIBRATION = {"temperature": 1.1, "sure": 0.7, "two": 0.8, "refused": 0.01, "caught": {"stars": 0.9}, "images": 60}


def capsule(
    said: Any = None,
    own: bytes | None = None,
    evaluation: bytes | None = None,
    tables: dict[str, str] = TABLES,
    calibration: Any = None,
    card: bytes = b"# A card",
    more: Any = (),
) -> bytes:
    text = said if isinstance(said, bytes) else json.dumps(said or about()).encode()
    members: list[tuple[str | zipfile.ZipInfo, bytes]] = [
        ("capsule.json", text),
        ("weights.npz", own or weights_npz()),
        ("evaluation.npz", evaluation or npz(evaluation_arrays())),
        ("calibration.json", json.dumps(calibration or CALIBRATION).encode()),
        ("README.md", card),
    ]
    return packed([*members, *((name, table.encode()) for name, table in tables.items()), *more])


def sound_capsule() -> bytes:
    return capsule()


# --- Harm ------------------------------------------------------------------------------------------------------------


def changed(number: int, **config: Any) -> bytes:
    """A `.keras` file in which one layer says something else of itself."""
    layers = keras_layers()
    layers[number]["config"] |= config
    return keras_file(keras_config(layers))


def inserted(layer: Any) -> bytes:
    layers = keras_layers()
    return keras_file(keras_config([*layers[:-1], layer, layers[-1]]))


def replaced(name: str, change: Callable[[h5py.File, str], object]) -> bytes:
    """A `.keras` file in which something else lies where an array should."""

    def change_it(file: h5py.File) -> None:
        del file[name]
        change(file, name)

    return keras_file(stored=hdf5(change_it))


def lambda_layer(canary: Path) -> Json:
    code = compile(f"__import__('pathlib').Path({str(canary)!r}).touch()", "x", "exec")
    function = {"class_name": "__lambda__", "config": {"code": marshal.dumps(code).hex(), "defaults": None}}
    return keras_layer("Lambda", function=function, arguments={})


def npy_declaring(shape: str, descr: str = "'<f4'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


def with_npy(number: int, npy: bytes) -> bytes:
    """An archive of weights in which one member is this."""
    members: list[tuple[str | zipfile.ZipInfo, bytes]] = []
    for index, array in enumerate(arrays()):
        content = io.BytesIO()
        np.save(content, array)
        members.append((f"weight_{index:03d}.npy", npy if index == number else content.getvalue()))
    return packed(members)


def pickled_npy(canary: Path) -> bytes:
    content = io.BytesIO()
    np.save(content, np.array([Canary(canary)], object), allow_pickle=True)
    return content.getvalue()


def declared(content: bytes, name: str, length: int) -> bytes:
    """A zip file whose lists say that a member is this long once it is unpacked."""
    data = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.find(name.encode(), 0)
        while place >= 0:
            start = data.rfind(mark, 0, place)
            if start >= 0 and place - start in (30, 46):
                data[start + offset : start + offset + 4] = struct.pack("<I", length)
            place = data.find(name.encode(), place + 1)
    return bytes(data)


def longer_name(content: bytes, name: str) -> bytes:
    """A zip file in which the name before a member's bytes takes a part of these with it."""
    data = bytearray(content)
    data[data.index(name.encode()) - 4] = 255
    return bytes(data)


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


def virtual(file: h5py.File, name: str) -> None:
    layout = h5py.VirtualLayout((72, 10), np.float32)
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (72, 10))
    file.create_virtual_dataset(name, layout)


def with_nan(number: int, value: float) -> list[np.ndarray]:
    own = arrays()
    own[number].flat[0] = value
    return own


def keras_with(own: list[np.ndarray]) -> bytes:
    def change(file: h5py.File) -> None:
        remaining = iter(own)
        for name, number in (("conv2d", 2), ("batch_normalization", 4), ("dense", 2)):
            for index in range(number):
                file[f"layers/{name}/vars/{index}"][...] = next(remaining)

    return keras_file(stored=hdf5(change))


DENSE = "layers/dense/vars/0"


def keras_files(canary: Path, outside: Path) -> dict[str, bytes]:
    """Hostile and useless `.keras` files by what they are.

    Args:
        canary: A file that is made if anything in them is executed.
        outside: A file that is made if a member's path is followed.
    """
    sound = sound_keras()
    model = keras_config()
    registered = keras_layer("Dense", units=10, activation="softmax", use_bias=True) | {"registered_name": "Own>Dense"}
    wide = {"kernel_size": [28, 28], "padding": "same", "filters": 4096, "strides": [1, 1], "dilation_rate": [1, 1]}
    wide |= {"groups": 1, "use_bias": True, "data_format": "channels_last", "activation": "relu"}
    huge = [keras_layers()[0], *[keras_layer("Conv2D", **wide)] * 38, *keras_layers()[-2:]]  # half a trillion
    return {
        "lambda": inserted(lambda_layer(canary)),
        "custom class": inserted({"module": "somebody", "class_name": "Layer", "config": {}, "registered_name": "x"}),
        "registered class": inserted(registered),
        "module os": inserted({"module": "os", "class_name": "system", "config": {"command": f"touch {canary}"}}),
        "builtins": inserted({"module": "builtins", "class_name": "eval", "config": {"source": "1"}}),
        "class name is no text": inserted({"module": "keras.layers", "class_name": ["Dense"], "config": {}}),
        "layer is no structure": inserted("Dense"),
        "functional": keras_file(model | {"class_name": "Functional", "module": "keras.src.models.functional"}),
        "subclassed": keras_file(model | {"class_name": "Net", "module": "__main__", "registered_name": "Net"}),
        "nested": inserted({"module": "keras", "class_name": "Sequential", "config": model["config"]}),
        "activation object": changed(4, activation=lambda_layer(canary)),
        "half precision": changed(1, dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "f16"}}),
        "strides": changed(1, strides=[2, 2]),
        "pool strides": changed(2, strides=[1, 1]),
        "dilation": changed(1, dilation_rate=[2, 3]),
        "groups": changed(1, groups=2),
        "channels first": changed(1, data_format="channels_first"),
        "no bias": changed(7, use_bias=False),
        "norm axis": changed(3, axis=1),
        "norm epsilon": changed(3, epsilon=float("nan")),
        "renorm": changed(3, renorm=True),
        "lora": changed(7, lora_rank=4),
        "other pictures": changed(0, batch_shape=[None, 32, 32, 3]),
        "no input": keras_file(keras_config(keras_layers()[1:])),
        "two inputs": inserted(keras_layers()[0]),
        "half a bias": changed(7, use_bias=None),
        "a padding of many": inserted(
            keras_layer("ZeroPadding2D", padding=[[10**9] * 2] * 2, data_format="channels_last")
        ),
        "a scale of nothing": inserted(keras_layer("Rescaling", scale="x", offset=0.0)),
        "an endless target": inserted(keras_layer("Reshape", target_shape=[10**18, -1])),
        "huge strides": changed(1, strides=[10**9, 10**9]),
        "no stride": changed(1, strides=[0, 0]),
        "huge gaps": changed(1, dilation_rate=[10**6, 10**6]),
        "a kernel without end": changed(1, kernel_size=[10**6, 1]),
        "a slope that is no number": inserted(keras_layer("LeakyReLU", negative_slope=float("nan"))),
        "a slope without end": inserted(keras_layer("LeakyReLU", alpha=1e300)),
        "a slope below zero": inserted(keras_layer("LeakyReLU", negative_slope=-1)),
        "a largest value below zero": inserted(keras_layer("ReLU", max_value=-1.0, negative_slope=0.0, threshold=0.0)),
        "an endless alpha": inserted(keras_layer("ELU", alpha=float("inf"))),
        "slopes over other axes": inserted(keras_layer("PReLU", shared_axes=[10**9, -1])),
        "slopes that are not there": inserted(keras_layer("PReLU", shared_axes=None)),
        "means of another shape": inserted(keras_layer("Normalization", axis=[-1], mean=[[0.1, 0.2]], variance=[1.0])),
        "a mean alone": inserted(keras_layer("Normalization", axis=None, mean=0.1, variance=None)),
        "means that are no numbers": inserted(keras_layer("Normalization", axis=None, mean="x", variance=[{}])),
        "many means": inserted(keras_layer("Normalization", axis=None, mean=[0] * 200_000, variance=[1] * 200_000)),
        "a variance below zero": wide_with("layers/normalization/vars/1", np.array([-1, 1], np.float32)),
        "a mean that is no number": wide_with("layers/normalization/vars/0", np.array([np.nan, 1], np.float32)),
        "slopes of another shape": wide_with("layers/p_re_lu/vars/0", np.zeros((16, 16, 2), np.float32)),
        "slopes that are endless": wide_with("layers/p_re_lu/vars/0", np.full((1, 1, 2), np.inf, np.float32)),
        "a kernel of another shape": wide_with("layers/separable_conv2d/vars/1", np.zeros((1, 1, 2, 1), np.float32)),
        "many filters a channel": inserted(
            keras_layer("DepthwiseConv2D", kernel_size=[3, 3], depth_multiplier=10**9, padding="same", use_bias=True)
        ),
        "cropped away": inserted(
            keras_layer("Cropping2D", cropping=[[10**9, 0], [0, -1]], data_format="channels_last")
        ),
        "pictures without end": inserted(keras_layer("Resizing", height=10**6, width=10**6, interpolation="bilinear")),
        "another order of axes": inserted(keras_layer("Permute", dims=[10**9, "x"])),
        "a function of Python": changed(
            4, activation={"module": "builtins", "class_name": "function", "config": "eval"}
        ),
        "an activation of somebody": changed(
            4, activation=keras_layer("LeakyReLU", negative_slope=0.1) | {"registered_name": "Own>LeakyReLU"}
        ),
        "a threshold in an activation": changed(4, activation=keras_layer("ReLU", threshold=2.0)),
        "code in an augmentation": inserted(
            {"module": "keras", "class_name": "Sequential", "config": {"layers": [lambda_layer(canary)]}}
        ),
        "an augmentation without end": inserted(
            {
                "module": "keras",
                "class_name": "Sequential",
                "config": {"layers": [keras_layer("RandomZoom")] * 10_000},
            }
        ),
        "a target of many sides": inserted(keras_layer("Reshape", target_shape=[999_983] * 200_000)),
        "eleven classes": changed(7, units=11),
        "no layers": keras_file(keras_config([])),
        "ten thousand layers": keras_file(keras_config(keras_layers()[:1] + [{}] * 10_000)),
        "many parameters": keras_file(keras_config(huge)),
        "huge number": changed(1, filters=10**18),
        "endless number": keras_file(json.dumps(model).replace('"units": 10', f'"units": {"9" * 100_000}').encode()),
        "deep": keras_file(b"[" * 500_000),
        "deep layer": keras_file(
            json.dumps(model).replace('"renorm": false', '"x": ' + "[" * 900 + "]" * 900).encode()
        ),
        "long text": changed(1, activation="relu" * 100_000),
        "not a number": changed(5, rate=float("nan")),
        "no json": keras_file(b"\xff\xfe\x00config"),
        "json list": keras_file(b"[1, 2]"),
        "json bomb": keras_file(b'{"a": "' + b"a" * 30_000_000 + b'"}'),
        "hidden json bomb": declared(keras_file(b'{"a": "' + b"a" * 30_000_000 + b'"}'), "config.json", 1_000_000),
        "weights bomb": keras_file(stored=b"\0" * 100_000_000),
        "declared bomb": declared(sound, "model.weights.h5", 0xFFFFFFF0),
        "pickle": pickle.dumps(Canary(canary)),
        "pickled weights": keras_file(stored=pickle.dumps(Canary(canary))),
        "picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 5000,
        "old hdf5": hdf5(),
        "empty": b"",
        "text": b"not a model",
        "half": sound[: len(sound) // 2],
        "almost all": sound[:-30],
        "no end of weights": keras_file(stored=hdf5()[:-2000]),
        "head of weights": keras_file(stored=hdf5()[:600]),
        "climbing path": keras_file(more=[("../../../outside.txt", b"here")]),
        "absolute path": keras_file(more=[(str(outside), b"here")]),
        "windows path": keras_file(more=[("..\\..\\outside.txt", b"here")]),
        "code beside": keras_file(more=[("assets/run.py", b"print('here')")]),
        "link": packed([("config.json", json.dumps(model).encode()), link("model.weights.h5", "/etc/passwd")]),
        "double": keras_file(more=[("config.json", b"{}")]),
        "many members": packed([(f"member{number}", b"") for number in range(3000)]),
        **hidden_lists(200_000),
        "external link": replaced("layers/dense", lambda file, name: file.__setitem__(name, _external())),
        "soft link": replaced(DENSE, lambda file, name: file.__setitem__(name, h5py.SoftLink("/layers/dense/vars/1"))),
        "link to itself": replaced("layers", lambda file, name: file.__setitem__(name, h5py.SoftLink("/layers"))),
        "external storage": replaced(
            DENSE, lambda file, name: file.create_dataset(name, (72, 10), "f4", external=[("/etc/passwd", 0, 2880)])
        ),
        "virtual": replaced(DENSE, virtual),
        "group for an array": replaced(DENSE, lambda file, name: file.create_group(name)),
        "no array": replaced(DENSE, lambda file, name: None),
        "too many arrays": keras_file(stored=hdf5(lambda file: file.create_dataset("layers/dense/vars/2", (1,), "f4"))),
        "wrong shape": replaced(DENSE, lambda file, name: file.create_dataset(name, data=np.zeros((10, 72), "f4"))),
        "wrong type": replaced(DENSE, lambda file, name: file.create_dataset(name, data=np.zeros((72, 10), "f8"))),
        "never written": replaced(DENSE, lambda file, name: file.create_dataset(name, (72, 10), "f4")),
        "terabytes": replaced(DENSE, lambda file, name: file.create_dataset(name, (1 << 40, 10), "f4", chunks=(1, 10))),
        "gzip bomb": replaced(
            DENSE,
            lambda file, name: file.create_dataset(
                name, data=np.zeros((2000, 2000), "f4"), chunks=(2000, 2000), compression="gzip"
            ),
        ),
        "large chunk": replaced(DENSE, _large_chunk),
        "unknown filter": replaced(
            DENSE, lambda file, name: file.create_dataset(name, data=np.zeros((72, 10), "f4"), compression="lzf")
        ),
        "object array": replaced(
            DENSE, lambda file, name: file.create_dataset(name, (72, 10), h5py.special_dtype(vlen=str))
        ),
        "nan": keras_with(with_nan(0, float("nan"))),
        "infinity": keras_with(with_nan(7, float("inf"))),
        "negative variance": keras_with(with_nan(5, -1.0)),
    }


def _external() -> h5py.ExternalLink:
    return h5py.ExternalLink("/etc/passwd", "/dense")


def _large_chunk(file: h5py.File, name: str) -> None:
    made = file.create_dataset(name, (72, 10), "f4", maxshape=(None, None), chunks=(2000, 2000), compression="gzip")
    made[...] = 1.0


def whole_hdf5(config: Any = None, change: Callable[[h5py.File], object] = lambda file: None) -> bytes:
    """`NETWORK` as Keras 2 saves a whole model."""
    content, remaining = io.BytesIO(), iter(arrays())
    named: dict[str, tuple[str, ...]] = {"conv2d": ("kernel:0", "bias:0"), "dense": ("kernel:0", "bias:0")}
    named["batchnormalization"] = ("gamma:0", "beta:0", "moving_mean:0", "moving_variance:0")
    described = older_config() if config is None else config
    with h5py.File(content, "w") as file:
        file.attrs["model_config"] = described if isinstance(described, str | int) else json.dumps(described)
        for name in ("conv2d", "batchnormalization", "dense"):
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [f"{name}/{one}".encode() for one in named[name]]
            for one in named[name]:
                group[f"{name}/{one}"] = next(remaining)
        change(file)
    return content.getvalue()


def older_config(layers: list[Json] | None = None) -> Json:
    """The description of `NETWORK` as Keras 2 writes it: without modules."""
    described = [
        {"class_name": layer["class_name"], "config": layer["config"] | {"dtype": "float32"}}
        for layer in (layers or keras_layers())
    ]
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": described}}


WHOLE_DENSE = "model_weights/dense/dense/kernel:0"


def linked_weights() -> bytes:
    """Weights alone, of which a layer's lie in another file."""

    def change(file: h5py.File) -> None:
        del file["layers/conv2d"]
        file["layers/conv2d"] = _external()

    return hdf5(change)


def whole_models(canary: Path, outside: Path) -> dict[str, bytes]:
    """Hostile and useless HDF5 files of whole models; the arguments as `keras_files` has them."""

    def instead(name: str, change: Callable[[h5py.File, str], object]) -> bytes:
        def change_it(file: h5py.File) -> None:
            del file[name]
            change(file, name)

        return whole_hdf5(change=change_it)

    def names(*words: bytes) -> bytes:
        return whole_hdf5(
            change=lambda file: file["model_weights/dense"].attrs.__setitem__("weight_names", list(words))
        )

    def lambda_model() -> Json:
        layer = lambda_layer(canary)
        return older_config([*keras_layers()[:3], layer, *keras_layers()[3:]])

    return {
        "weights alone": hdf5(),
        "lambda": whole_hdf5(lambda_model()),
        "a module of its own": whole_hdf5(
            json.dumps(older_config()).replace('"class_name": "Flatten"', '"module": "os", "class_name": "system"')
        ),
        "custom class": whole_hdf5(json.dumps(older_config()).replace('"Flatten"', '"Own>Layer"')),
        "description is a number": whole_hdf5(7),
        "description is no JSON": whole_hdf5("{"),
        "description is a list": whole_hdf5("[1, 2]"),
        "deep description": whole_hdf5("[" * 30_000),
        "long description": whole_hdf5("x" * 3_000_000),
        "another class": whole_hdf5(older_config() | {"class_name": "Net"}),
        "model without its chain": whole_hdf5(older_config() | {"class_name": "Model"}),
        "no layers": whole_hdf5({"class_name": "Sequential", "config": []}),
        "no weights": whole_hdf5(change=lambda file: file.__delitem__("model_weights")),
        "names of other places": names(b"../../conv2d/conv2d/kernel:0", b"dense/bias:0"),
        "names from the root": names(b"/etc/passwd", b"dense/bias:0"),
        "too many names": names(*[b"dense/kernel:0"] * 2000),
        "no names": names(),
        "a name twice": names(b"dense/kernel:0", b"dense/kernel:0"),
        "an endless name": names(b"a/" * 20_000, b"dense/bias:0"),
        "a soft link": instead(WHOLE_DENSE, lambda file, name: file.__setitem__(name, h5py.SoftLink("/x"))),
        "an external link": instead(WHOLE_DENSE, lambda file, name: file.__setitem__(name, _external())),
        "external storage": instead(
            WHOLE_DENSE,
            lambda file, name: file.create_dataset(name, (72, 10), "f4", external=[("/etc/passwd", 0, 2880)]),
        ),
        "virtual": instead(WHOLE_DENSE, virtual),
        "a group": instead(WHOLE_DENSE, lambda file, name: file.create_group(name)),
        "terabytes": instead(
            WHOLE_DENSE, lambda file, name: file.create_dataset(name, (1 << 40, 10), "f4", chunks=(1, 10))
        ),
        "wrong shape": instead(
            WHOLE_DENSE, lambda file, name: file.create_dataset(name, data=np.zeros((10, 72), "f4"))
        ),
        "weights alone of another file": linked_weights(),
        "half": whole_hdf5()[:5000],
        "almost all": whole_hdf5()[:-100],
    }


def keras_1_files(canary: Path) -> dict[str, bytes]:
    """Hostile and useless whole models of Keras 1; the argument as `keras_files` has it."""

    def said(number: int, **changes: Any) -> bytes:
        model = keras_1_models.example("th", "theano")
        model.layers[number]["config"] |= changes
        return model.content()

    def beside(kind: str, **config: Any) -> bytes:
        model = keras_1_models.example("th", "theano")
        model.layers.insert(1, {"class_name": kind, "config": {"name": "x", **config}})
        return model.content()

    def arrays_of(name: str, array: np.ndarray) -> bytes:
        model = keras_1_models.example("th", "theano")
        model.weights[0][1][name] = array
        return model.content()

    kernel = "convolution2d_1_W"
    return {
        "lambda of Keras 1": beside("Lambda", **lambda_layer(canary)["config"]),
        "a class of Keras 1": beside("os.system", command=f"touch {canary}"),
        "an order that is a list": said(0, dim_ordering=[["th"]]),
        "another order": said(0, dim_ordering="tf"),
        "endless filters": said(0, nb_filter=10**18),
        "no rows": said(0, nb_row=None),
        "a kernel in words": said(0, nb_row="3", nb_col=[3]),
        "endless rows": said(0, nb_row=10**9, nb_col=10**9),
        "a subsample of nothing": said(0, subsample=[0, 0]),
        "endless gaps": said(0, atrous_rate=[10**6, 10**6]),
        "units in words": said(-2, output_dim="10"),
        "a share above all": said(4, p=7),
        "a bias that is a list": said(0, bias=[True]),
        "a mode that is a structure": beside("BatchNormalization", mode={"a": []}, axis=1, epsilon=1e-3),
        "an axis far away": beside("BatchNormalization", mode=0, axis=10**9, epsilon=1e-3),
        "paddings without end": beside("ZeroPadding2D", padding=[10**9] * 4, dim_ordering="th"),
        "many paddings": beside("ZeroPadding2D", padding=[1] * 200_000, dim_ordering="th"),
        "paddings by odd names": beside("ZeroPadding2D", padding={"top_pad": {}, "x": 1}, dim_ordering="th"),
        "a kernel laid out otherwise": arrays_of(kernel, np.zeros((3, 3, 1, 6), np.float32)),
        "a kernel of other sides": arrays_of(kernel, np.zeros((6, 9), np.float32)),
        "a kernel that is no number": arrays_of(kernel, np.full((6, 1, 3, 3), np.nan, np.float32)),
        "an array too many": arrays_of("convolution2d_1_x", np.zeros(1, np.float32)),
        "deep description of Keras 1": keras_1_models.example().content(described="[" * 30_000),
        "half of Keras 1": keras_1_models.example().content()[:6000],
    }


def capsules(canary: Path, outside: Path) -> dict[str, bytes]:
    """Hostile and useless capsules by what they are; the arguments as `keras_files` has them."""
    sound = sound_capsule()
    figures, reference, claimed = about()["figures"], about()["dataset"], evaluation_arrays()
    config = CONFIG.to_json()
    return {
        "other format": capsule(about(format="zip")),
        "other version": capsule(about(version=99)),
        "unknown field": capsule(about(run="rm")),
        "missing field": capsule({name: value for name, value in about().items() if name != "seed"}),
        "claim of its own": capsule(about(figures=figures | {"accuracy": 0.999})),
        "claim above all": capsule(about(figures=figures | {"accuracy": 1.7})),
        "claim as text": capsule(about(figures=figures | {"loss": "low"})),
        "claim not a number": capsule(json.dumps(about(figures=figures | {"loss": float("nan")})).encode()),
        "other data": capsule(about(dataset=reference | {"identity": "cd" * 32})),
        "identity as text": capsule(about(dataset=reference | {"identity": "../../x"})),
        "path as data": capsule(about(dataset=reference | {"name": "/etc/passwd"})),
        "other seed": capsule(about(seed=99)),
        "unknown setting": capsule(about(config=config | {"callback": "os.system"})),
        "path as second source": capsule(about(config=config | {"also": "/etc/passwd"})),
        "endless epochs": capsule(about(config=config | {"epochs": 10**9})),
        "endless number of epochs": capsule(about(config=config | {"epochs": int("9" * 4000)})),
        "endless loss in words": capsule(about(config=config | {"loss": "x" * 50_000})),
        "setting of several lines": capsule(about(config=config | {"schedule": "a\n\x1b[31mred"})),
        "endless recipe": capsule(about(config=config | {"recipe": "x" * 50_000})),
        "recipe of several lines": capsule(about(config=config | {"recipe": "a\nb"})),
        "endless layer": capsule(about(config=config | {"layers": ["dense:10:" + "x" * 50_000]})),
        "layer of several lines": capsule(about(config=config | {"layers": ["dense:a\nb"]})),
        "layer with a part too many": capsule(about(config=config | {"layers": ["flatten:" + "x" * 50_000]})),
        "no network": capsule(about(config=config | {"layers": ["lambda:x"]})),
        "other network": capsule(about(config=config | {"layers": ["flatten", "dense:10:softmax"]})),
        "large network": capsule(
            about(config=config | {"layers": ["conv:4096:28:same"] * 30 + ["flatten", "dense:10:softmax"]})
        ),
        "name with control characters": capsule(about(name="\x1b[31mred")),
        "endless note": capsule(about(note="x" * 100_000)),
        "created in words": capsule(about(created="now")),
        "versions as list": capsule(about(versions=["3.11"])),
        "deep json": capsule(b'{"a":' * 20_000),
        "pickle called capsule": pickle.dumps(Canary(canary)),
        "keras called capsule": sound_keras(),
        "half capsule": sound[: len(sound) // 2],
        "weights cut off": capsule(own=weights_npz()[:-100]),
        "weights as pickle": capsule(own=pickle.dumps(Canary(canary))),
        "object weights": capsule(own=with_npy(6, pickled_npy(canary))),
        "terabytes of weights": capsule(own=with_npy(6, npy_declaring("(1000000000, 1000)"))),
        "shape overflows": capsule(own=with_npy(6, npy_declaring("(9223372036854775807, 9223372036854775807)"))),
        "negative shape": capsule(own=with_npy(6, npy_declaring("(-1, 720)"))),
        "weights shorter than declared": capsule(own=with_npy(6, npy_declaring("(72, 10)") + b"\0" * 100)),
        "code in a header": capsule(own=with_npy(6, npy_declaring(f"__import__('os').system('touch {canary}')"))),
        "deep header": capsule(own=with_npy(6, npy_declaring("(" * 60 + "1"))),
        "structured weights": capsule(own=with_npy(6, npy_declaring("(72, 10)", "[('a', '<f4')]") + b"\0" * 2880)),
        "other shape": capsule(own=weights_npz([*arrays()[:-1], np.zeros(11, np.float32)])),
        "double precision": capsule(own=weights_npz([array.astype(np.float64) for array in arrays()])),
        "array too many": capsule(own=weights_npz([*arrays(), np.zeros(1, np.float32)])),
        "array too few": capsule(own=weights_npz(arrays()[:-1])),
        "nan weights": capsule(own=weights_npz(with_nan(0, float("nan")))),
        "infinite weights": capsule(own=weights_npz(with_nan(7, float("-inf")))),
        "variance below zero": capsule(own=weights_npz(with_nan(5, -1.0))),
        "no evaluation inside": capsule(evaluation=npz({"labels": claimed["labels"]})),
        "evaluation of nothing": capsule(evaluation=npz(claimed | {"labels": claimed["labels"][:0]})),
        "evaluation not a number": capsule(
            evaluation=npz(claimed | {"probabilities": np.full((20, 10), np.nan, "f4")})
        ),
        "evaluation with text": capsule(evaluation=npz(claimed | {"probabilities": np.full((20, 10), "1")})),
        "evaluation bomb": capsule(evaluation=npz({"x": np.zeros(60_000_000, np.uint8)})),
        "table bomb": capsule(tables={"metrics.csv": "1,2\n" * 1_000_000}),
        "table of formulas": capsule(tables=TABLES | {"metrics.csv": TABLES["metrics.csv"] + "=cmd|' /C calc'!A0"}),
        "table with a gap": capsule(tables={"batches.csv": TABLES["batches.csv"] + "1.0,,2.0\n"}),
        "table with infinity": capsule(tables={"batches.csv": TABLES["batches.csv"] + "1.0,inf,2.0\n"}),
        "table with no number": capsule(tables={"batches.csv": TABLES["batches.csv"] + "1.0,nan,0.5\n"}),
        "epoch that is no number": capsule(tables={"batches.csv": TABLES["batches.csv"] + "nan,0.5,0.5\n"}),
        "epoch without end": capsule(tables={"batches.csv": TABLES["batches.csv"] + "1e308,0.5,0.5\n"}),
        "epoch below zero": capsule(tables={"batches.csv": ",".join(BATCHES) + "\n-1e308,0.5,0.5\n"}),
        "epoch that goes back": capsule(tables={"batches.csv": TABLES["batches.csv"] + "0.9,0.5,0.5\n"}),
        "accuracy above all": capsule(tables={"batches.csv": TABLES["batches.csv"] + "1.0,0.5,1.1\n"}),
        "endless loss": capsule(tables={"batches.csv": TABLES["batches.csv"] + "1.0,1e308,0.5\n"}),
        "epoch row that is no number": capsule(tables=TABLES | {"metrics.csv": metrics_csv("nan,.5,.9,.4,.9,.001,3")}),
        "validation below zero": capsule(tables=TABLES | {"metrics.csv": metrics_csv("1,.5,.9,.4,-1e308,.001,3")}),
        "validation that is no number": capsule(tables=TABLES | {"metrics.csv": metrics_csv("1,.5,.9,.4,nan,.001,3")}),
        "table of other columns": capsule(tables={"metrics.csv": "a,b\n1,2\n"}),
        "calibration out of range": capsule(calibration=CALIBRATION | {"temperature": 1e9}),
        "half a character in a calibration": capsule(calibration=CALIBRATION | {"temperature": "\ud800"}),
        "calibration of text": capsule(calibration=CALIBRATION | {"caught": {"x" * 500: 0.5}}),
        **hidden_lists(200_000),
        "model for LiteRT inside": capsule(more=[("model.tflite", b"\0" * 100)]),
        "climbing member": capsule(more=[("../../../outside.txt", b"here")]),
        "absolute member": capsule(more=[(str(outside), b"here")]),
        "link inside": capsule(more=[link("model.keras", "/etc/passwd")]),
        "double capsule.json": capsule(more=[("capsule.json", b"{}")]),
        "longer name in its own head": longer_name(sound, "capsule.json"),
        "more declared than held": declared(sound, "README.md", 90_000),
        "more held than declared": declared(capsule(card=b"#" * 90_000), "README.md", 10),
        "card that is no text": capsule(card=b"\xff\xfe card"),
    }
