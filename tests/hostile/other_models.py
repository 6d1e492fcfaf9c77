"""Model files of other programs that no lab should trust, built by code: ONNX, LiteRT and TensorFlow.js.

`sound` are the same files without the harm, which are taken.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.hostile import models
from tests.hostile.models import Canary, declared, lambda_layer, link, older_config, packed
from tests.support import onnx_models, tensorflow_js_models, tflite_models
from tests.support.onnx_models import TORCH, Graph


def sound() -> dict[str, bytes]:
    return {
        "sound.onnx": onnx_models.torch_example().content(),
        "sound.tflite": tflite_models.simple().content(),
        "sound.zip": tensorflow_js_models.zipped(),
    }


def files(canary: Path, outside: Path) -> dict[str, bytes]:
    """Hostile and useless files by their names; the arguments as `models.keras_files` has them."""
    return {
        **{f"{name}.onnx": content for name, content in onnx_files(canary).items()},
        **{f"{name}.zip": content for name, content in zip_files(canary, outside).items()},
        **{f"{name}.tflite": content for name, content in tflite_files().items()},
    }


def flipped(content: bytes, *places: int) -> bytes:
    data = bytearray(content)
    for place in places:
        data[place] ^= 0x55
    return bytes(data)


# --- ONNX ------------------------------------------------------------------------------------------------------------


def chain(*operations: tuple[str, list[Any], dict[str, Any]]) -> bytes:
    """A file that begins with these operations."""
    graph = Graph(TORCH)
    for name, constants, attributes in operations:
        graph.add(name, *constants, **attributes)
    return graph.add("Flatten").linear(784, 10).content()


def changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx_models.torch_example().model()
    change(model)
    return bytes(model.SerializeToString())


def tensor(model: onnx.ModelProto, number: int = 0) -> onnx.TensorProto:
    return model.graph.initializer[number]


def with_dims(*dims: int) -> bytes:
    def change(model: onnx.ModelProto) -> None:
        del tensor(model).dims[:]
        tensor(model).dims.extend(dims)

    return changed(change)


def external(location: str, **said: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        own = tensor(model)
        own.ClearField("raw_data")
        own.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **said}.items():
            own.external_data.add(key=key, value=value)

    return change


def nodes(*made: onnx.NodeProto) -> bytes:
    """A file of these operations, from `input` to `output`."""
    shape = helper.make_tensor_value_info("input", TensorProto.FLOAT, TORCH)
    answer = helper.make_tensor_value_info("output", TensorProto.FLOAT, None)
    graph = helper.make_graph(list(made), "g", [shape], [answer])
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())


def deep(levels: int) -> bytes:
    """Graphs within graphs, each in two branches."""
    inner = helper.make_graph([helper.make_node("Relu", ["input"], ["output"])], "g", [], [])
    for _ in range(levels):
        node = helper.make_node("If", ["input"], ["output"], then_branch=inner, else_branch=inner)
        inner = helper.make_graph([node], "g", [], [])
    return nodes(*inner.node)


def deeper(levels: int) -> bytes:
    """As many graphs within graphs as no writer writes: an operation, its attribute, and its graph by turns."""
    inner = b""
    for tag in [b"\x32", b"\x2a", b"\x0a"] * levels + [b"\x3a"]:
        length, rest = [], len(inner)
        while rest > 127:
            length.append(rest & 127 | 128)
            rest >>= 7
        inner = tag + bytes([*length, rest]) + inner
    return b"\x08\x08" + inner + b"\x42\x02\x10\x11"


def doubling() -> bytes:
    """Constants that grow twofold, forty times."""
    made = [helper.make_node("Constant", [], ["c0"], value_floats=[1.0] * 8)]
    made += [helper.make_node("Concat", [f"c{n}", f"c{n}"], [f"c{n + 1}"], axis=0) for n in range(40)]
    return nodes(*made, helper.make_node("Add", ["input", "c40"], ["output"]))


def broadcast() -> bytes:
    graph = Graph(TORCH)
    names = [graph.constant(np.ones(shape, np.float32)) for shape in ((50_000, 1), (1, 50_000))]
    made = graph.node("Mul", names)
    graph.head = graph.node("MatMul", [graph.add("Flatten").head, made])
    return graph.content()


def whole_numbers(*lists: list[int]) -> list[np.ndarray]:
    return [np.array(numbers, np.int64) for numbers in lists]


def resized(sides: list[int] | None = None, scales: list[float] | None = None) -> bytes:
    graph = Graph(TORCH)
    given = [graph.head, "", "" if scales is None else graph.constant(np.array(scales, np.float32))]
    if sides is not None:
        given.append(graph.constant(np.array(sides, np.int64)))
    graph.head = graph.node("Resize", given, mode="linear", coordinate_transformation_mode="half_pixel")
    return graph.add("Flatten").linear(784, 10).content()


def two_ways(operations: list[str]) -> bytes:
    """A function of each value that is spelled out: the value goes through these operations, and past them."""
    graph = Graph(TORCH)
    before = graph.head
    for operation in operations:
        zero = [np.float32(0)] if operation.endswith("0") else []
        graph.add(operation.removesuffix("0"), *zero)
    graph.head = graph.node("Mul", [before, graph.head])
    return graph.add("Flatten").linear(784, 10).content()


def with_value(value: float) -> bytes:
    def change(model: onnx.ModelProto) -> None:
        own = np.frombuffer(tensor(model).raw_data, np.float32).copy()
        own[3] = value
        tensor(model).raw_data = own.tobytes()

    return changed(change)


def onnx_files(canary: Path) -> dict[str, bytes]:
    whole = onnx_models.torch_example().content()
    relu = helper.make_node
    kernel = np.ones((4, 1, 3, 3), np.float32)
    evil = f"__import__('os').system('touch {canary}')"
    return {
        "cut": whole[: len(whole) // 2],
        "almost all": whole[:-40],
        "head flipped": flipped(whole, 3, 5, 9),
        "lengths flipped": flipped(whole, 2, 3),
        "pickle": pickle.dumps(Canary(canary)),
        "zeros": bytes(100_000),
        "cycle": nodes(relu("Add", ["input", "b"], ["a"]), relu("Relu", ["a"], ["b"]), relu("Relu", ["b"], ["output"])),
        "takes itself": nodes(relu("Add", ["input", "output"], ["output"])),
        "out of order": nodes(relu("Relu", ["a"], ["output"]), relu("Relu", ["input"], ["a"])),
        "leads nowhere": nodes(relu("Relu", ["input"], ["a"])),
        "a trillion values": with_dims(10**6, 10**6),
        "sides overflow": with_dims(2**62, 2**62, 2**62),
        "negative sides": with_dims(-8, 1, -3, 3),
        "many sides": with_dims(*[1] * 5000),
        "longer than its data": with_dims(8, 1, 3, 4),
        "text as weights": changed(lambda model: setattr(tensor(model), "data_type", TensorProto.STRING)),
        "complex weights": changed(lambda model: setattr(tensor(model), "data_type", TensorProto.COMPLEX64)),
        "unknown type": changed(lambda model: setattr(tensor(model), "data_type", 99)),
        "not a number": with_value(float("nan")),
        "infinite": with_value(float("inf")),
        "two outputs": changed(lambda model: model.graph.output.add(name="value_0")),
        "two inputs": changed(lambda model: model.graph.input.add(name="more")),
        "no outputs": changed(lambda model: model.graph.ClearField("output")),
        "operation of its own": nodes(relu("PyOp", ["input"], ["output"], domain="com.microsoft.python", code=evil)),
        "operation of a terminal": nodes(relu("\x1b[31mRelu\n" + "x" * 5000, ["input"], ["output"])),
        "loop": nodes(relu("Loop", ["", "", "input"], ["output"], body=helper.make_graph([], "g", [], []))),
        "graphs in graphs": deeper(3000),
        "wide graphs in graphs": deep(8),
        "many operations": nodes(*[relu("Relu", ["input"], ["output"]) for _ in range(5000)]),
        "many inputs": nodes(relu("Sum", ["input"] * 5000, ["output"])),
        "doubling constants": doubling(),
        "a broadcast of billions": broadcast(),
        "weights of a kernel elsewhere": changed(external("/etc/passwd")),
        "weights two folders up": changed(external("../../../etc/passwd")),
        "no strides": chain(("Conv", [kernel], {"strides": [0, 0]})),
        "strides as text": chain(("Conv", [kernel], {"strides": "rm"})),
        "endless strides": chain(("Conv", [kernel], {"strides": [2**62, 2**62]})),
        "negative padding": chain(("Conv", [kernel], {"pads": [-9, -9, -9, -9]})),
        "endless padding": chain(("Conv", [kernel], {"pads": [2**40] * 4})),
        "a billion groups": chain(("Conv", [kernel], {"group": 10**9})),
        "no groups": chain(("Conv", [kernel], {"group": 0})),
        "kernel without sides": chain(("Conv", [np.float32(1)], {})),
        "padding of billions": chain(("Pad", [np.array([0, 0, 2**40, 0, 0, 0, 0, 0])], {})),
        "window of nothing": chain(("MaxPool", [], {"kernel_shape": [0, 0]})),
        "window without a size": chain(("MaxPool", [], {})),
        "shape of two rests": chain(("Reshape", [np.array([-1, -1])], {})),
        "shape of billions": chain(("Reshape", [np.array([0, 2**40, 2**40])], {})),
        "shape of fractions": chain(("Reshape", [np.array([np.nan, 1.5], np.float32)], {})),
        "axis far away": chain(("Softmax", [], {"axis": 2**62})),
        "axes twice": chain(("Unsqueeze", [np.array([1, 1, -3])], {})),
        "wide": chain(("Conv", [np.ones((200_000, 1, 1, 1), np.float32)], {})),
        "divided by zero": chain(("Div", [np.float32(0)], {})),
        "slice far away": chain(("Slice", whole_numbers([2**62], [-(2**62)], [2]), {})),
        "slice of nothing": chain(("Slice", whole_numbers([9], [3], [2]), {})),
        "slice of no axis": chain(("Slice", whole_numbers([0], [3], [2**40]), {})),
        "slice backwards": chain(("Slice", whole_numbers([9], [3], [2], [-1]), {})),
        "slice without ends": chain(("Slice", whole_numbers([0]), {})),
        "many slices": chain(("Slice", whole_numbers([0] * 5000, [3] * 5000, [2] * 5000), {})),
        "resize to billions": resized(sides=[1, 1, 2**40, 2**40]),
        "resize to nothing": resized(sides=[1, 1, 0, 0]),
        "resize to less than nothing": resized(sides=[1, 1, -28, -28]),
        "resize to two sides": resized(sides=[28, 28]),
        "resize by endless scales": resized(scales=[1, 1, float("inf"), 1e38]),
        "resize by no numbers": resized(scales=[1, 1, float("nan"), 1]),
        "resize without a size": resized(),
        "two ways that are no function": two_ways(["Exp", "Neg"]),
        "two ways without end": two_ways(["Exp"] * 900),
        "two ways divided by zero": two_ways(["Sub0", "Div0"]),
        "kernel for sequences": chain(("Conv", [np.ones((4, 1, 3), np.float32)], {})),
        "endless epsilon": chain(("BatchNormalization", [np.ones(1, np.float32)] * 4, {"epsilon": 1e38})),
    }


# --- In zip files ----------------------------------------------------------------------------------------------------


def beside(location: str, *more: Any, **said: str) -> bytes:
    """An ONNX file in a zip file, with weights in another one."""
    inside = changed(external(location, **said))
    return packed([("net/model.onnx", inside), ("net/w.data", bytes(288)), *more])


def described(**changes: Any) -> bytes:
    """A model of TensorFlow.js whose first array is described so."""
    return tensorflow_js_models.changed(lambda about: about["weightsManifest"][0]["weights"][0].update(changes))


def zip_files(canary: Path, outside: Path) -> dict[str, bytes]:
    js = tensorflow_js_models
    lambda_model = older_config([*models.keras_layers()[:3], lambda_layer(canary), *models.keras_layers()[3:]])
    eight = {"dtype": "uint8", "scale": 1e300, "min": 0}
    return {
        "weights two folders up": beside("../../../etc/passwd", link("etc/passwd", "/etc/passwd")),
        "weights at the root": beside("/etc/passwd"),
        "weights in the model": beside("model.onnx", offset="0", length="10"),
        "weights far behind": beside("w.data", offset=str(2**62)),
        "weights before the start": beside("w.data", offset="-5"),
        "offset in words": beside("w.data", offset="here"),
        "weights by a link": packed([("model.onnx", changed(external("w.data"))), link("w.data", "/etc/passwd")]),
        "model by a link": packed([link("model.onnx", "/etc/passwd")]),
        "climbing": packed([("../../../outside.onnx", onnx_models.torch_example().content()[:500])]),
        "two models": packed([("a.onnx", b"\x08\x08"), ("b.onnx", b"\x08\x08")]),
        "a bomb": packed([("a.onnx", bytes(60_000_000))]),
        "terabytes declared": declared(js.zipped(folder=""), "group1-shard1of2.bin", 0xFFFFFFF0),
        "pickle of PyTorch": packed([("archive/data.pkl", pickle.dumps(Canary(canary)))]),
        "SavedModel": packed([("saved_model.pb", b"\x08\x01"), (str(outside), b"here")]),
        "graph model": js.changed(lambda about: about.update(format="graph-model", modelTopology={"node": []})),
        "lambda": js.zipped(js.files(lambda_model)),
        "no topology": js.changed(lambda about: about.pop("modelTopology")),
        "topology is a list": js.changed(lambda about: about.update(modelTopology=[[]])),
        "no manifest": js.changed(lambda about: about.pop("weightsManifest")),
        "manifest of numbers": js.changed(lambda about: about.update(weightsManifest=[7, None])),
        "deep description": js.zipped(js.files() | {"model.json": b'{"a":' * 20_000}),
        "description of text": js.zipped(js.files() | {"model.json": b"\xff\xfe"}),
        "shards two folders up": js.changed(
            lambda about: about["weightsManifest"][0].update(paths=["../../../../etc/passwd"])
        ),
        "a shard a thousand times": js.changed(
            lambda about: about["weightsManifest"][0].update(paths=["group1-shard1of2.bin"] * 900)
        ),
        "a trillion values": described(shape=[10**6, 10**6]),
        "negative sides": described(shape=[-3, -3, 1, 2]),
        "sides in fractions": described(shape=[3.0, 3, 1, 2]),
        "endless sides": described(shape=[1] * 900),
        "text as weights": described(dtype="string"),
        "endless scale": described(quantization=eight),
        "scale in words": described(quantization=eight | {"scale": "1"}),
        "name is a number": described(name=7),
        "half": js.zipped()[:900],
    }


# --- LiteRT ----------------------------------------------------------------------------------------------------------


def tflite(change: Callable[[tflite_models.Graph], object]) -> bytes:
    graph = tflite_models.simple()
    change(graph)
    return graph.content()


def _buffer(graph: tflite_models.Graph, number: int, content: np.ndarray) -> None:
    graph.model.buffers[number].data = np.frombuffer(content.tobytes(), np.uint8)


def tflite_files() -> dict[str, bytes]:
    whole = tflite_models.simple().content()
    lengths = np.frombuffer(whole[: len(whole) // 4 * 4], "<u4")
    # Where the lists of operations, of tensors and of buffers say how many they hold.
    counts = [int(place) * 4 for place in np.flatnonzero(lengths == 8)]
    endless = bytearray(whole)
    for place in counts:
        endless[place : place + 4] = b"\xff\xff\xff\x7f"
    kernel = 1  # the tensor of the first kernel

    def said(number: int, **changes: Any) -> bytes:
        return tflite(lambda graph: vars(graph.graph.tensors[number]).update(changes))

    def node(number: int, **changes: Any) -> bytes:
        return tflite(lambda graph: vars(graph.graph.operators[number]).update(changes))

    def option(number: int, **changes: Any) -> bytes:
        return tflite(lambda graph: vars(graph.graph.operators[number].builtinOptions).update(changes))

    def custom(graph: tflite_models.Graph) -> None:
        graph.model.operatorCodes[0].builtinCode = 32
        graph.model.operatorCodes[0].deprecatedBuiltinCode = 32
        graph.model.operatorCodes[0].customCode = "\x1b[31mFlexPyFunc\n" + "x" * 5000

    return {
        "cut": whole[: len(whole) // 2],
        "head alone": whole[:8],
        "flipped": flipped(whole, 0, 1),
        "flipped within": flipped(whole, *range(100, 400, 7)),
        "endless lists": bytes(endless),
        "zeros": b"\0\0\0\0TFL3" + bytes(100_000),
        "ones": b"\4\0\0\0TFL3" + b"\xff" * 100_000,
        "operation of its own": tflite(custom),
        "unknown operation": tflite(lambda graph: setattr(graph.model.operatorCodes[0], "builtinCode", 9999)),
        "operation out of the list": node(0, opcodeIndex=10**6),
        "tensor out of the list": node(0, inputs=[0, 10**6, 2]),
        "tensor before the list": node(0, inputs=[0, -7, 2]),
        "takes itself": node(1, inputs=[node_output(1)]),
        "many inputs": node(0, inputs=[0] * 5000),
        "no inputs": node(0, inputs=[]),
        "two outputs": tflite(lambda graph: setattr(graph.graph, "outputs", [3, graph.head])),
        "two pictures": tflite(lambda graph: setattr(graph.graph, "inputs", [0, 0])),
        "no network": tflite(lambda graph: setattr(graph.model, "subgraphs", [])),
        "buffer out of the list": said(kernel, buffer=10**6),
        "billions of values": said(kernel, shape=[2**31 - 1, 2**31 - 1, 5, 1]),
        "negative sides": said(kernel, shape=[-6, 5, -5, 1]),
        "many sides": said(kernel, shape=[1] * 5000),
        "other sides": said(kernel, shape=[6, 5, 5, 2]),
        "text as weights": said(kernel, type=5),
        "whole numbers without a scale": said(kernel, type=9, shape=[24, 5, 5, 1]),
        "not a number": tflite(lambda graph: _buffer(graph, 1, np.full(150, np.nan, np.float32))),
        "infinite": tflite(lambda graph: _buffer(graph, 1, np.full(150, np.inf, np.float32))),
        "no strides": option(0, strideW=0, strideH=0),
        "endless strides": option(0, strideW=2**31 - 1, strideH=2**31 - 1),
        "endless window": option(1, filterWidth=2**31 - 1, filterHeight=-5),
        "unknown activation": option(0, fusedActivationFunction=99),
        "branch without a bias": branch_without_bias(),
        "settings of another": node(0, builtinOptions=None, builtinOptionsType=0),
    }


def branch_without_bias() -> bytes:
    """What a dense layer makes is added to what it was made of."""
    graph = tflite_models.Graph()
    graph.add("RESHAPE", graph.constant(np.array([1, 784], np.int32)), shape=(1, 784)).dense(784, 16)
    side = graph.operate("FULLY_CONNECTED", [graph.head, graph.constant(graph.numbers(16, 16)), -1], (1, 16))
    graph.head = graph.operate("ADD", [graph.head, side], (1, 16))
    return graph.dense(16, 10).content()


def node_output(number: int) -> int:
    """The tensor that an operation of `simple` gives."""
    return int(tflite_models.simple().graph.operators[number].outputs[0])
