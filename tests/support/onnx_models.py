"""ONNX files made by hand, operation by operation, in the ways of the programs that write them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str | None]


class Graph:
    """A chain that grows at its end; `add` may be given constants, which become initializers."""

    def __init__(self, shape: Shape, opset: int = 17, kind: int = TensorProto.FLOAT, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.opset, self.kind, self.shape = opset, kind, shape
        self.head = "input"
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}

    def add(self, operation: str, *constants: Any, head_last: bool = False, **attributes: Any) -> "Graph":
        names = [self.constant(one) for one in constants]
        made = f"value_{len(self.nodes)}"
        inputs = [*names, self.head] if head_last else [self.head, *names]
        self.nodes.append(helper.make_node(operation, inputs, [made], **attributes))
        self.head = made
        return self

    def node(self, operation: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Adds an operation beside the chain; returns the name of what it gives."""
        made = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [made], **attributes))
        return made

    def constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def numbers(self, *shape: int) -> np.ndarray:
        """Random weights such that values keep their size from layer to layer."""
        width = max(int(np.prod(shape[1:])), 1)
        return self.random.normal(0, 1.5 / np.sqrt(width), shape).astype(np.float32)

    def conv(self, filters: int, channels: int, size: int, *, bias: bool = True, **attributes: Any) -> "Graph":
        kernel = self.numbers(filters, channels, size, size)
        return self.add("Conv", kernel, *([self.numbers(filters)] if bias else []), **attributes)

    def linear(self, inputs: int, outputs: int) -> "Graph":
        return self.add("Gemm", self.numbers(outputs, inputs), self.numbers(outputs), transB=1)

    def normalized(self, channels: int) -> "Graph":
        own = [self.numbers(channels) for _ in range(3)]
        return self.add("BatchNormalization", *own, np.abs(self.numbers(channels)) + 0.1, epsilon=1e-5)

    def model(self, **outputs: Any) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "main_graph",
            [helper.make_tensor_value_info("input", self.kind, self.shape)],
            [helper.make_tensor_value_info(self.head, TensorProto.FLOAT, None)],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)

    def content(self) -> bytes:
        return bytes(self.model().SerializeToString())


TORCH: Shape = ("batch_size", 1, 28, 28)


def torch_example() -> Graph:
    """The example of PyTorch for MNIST, as `torch.onnx.export` writes it."""
    graph = Graph(TORCH)
    graph.conv(8, 1, 3, kernel_shape=[3, 3], pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1], group=1).add("Relu")
    graph.conv(6, 8, 3).add("Relu").add("MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=0)
    return graph.add("Flatten", axis=1).linear(864, 32).add("Relu").linear(32, 10).add("LogSoftmax", axis=-1)


def torch_view() -> Graph:
    """`x.view(x.size(0), -1)` in an older opset, and a LeNet with standardized pixels."""
    graph = Graph(TORCH, opset=9)
    graph.add("Sub", np.float32(0.1307)).add("Div", np.float32(0.3081))
    graph.conv(6, 1, 5, pads=[2, 2, 2, 2]).add("Tanh").add("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    graph.conv(16, 6, 5).add("Tanh").add("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    size = graph.node("Gather", [graph.node("Shape", [graph.head]), graph.constant(np.int64(0))], axis=0)
    size = graph.node("Unsqueeze", [size], axes=[0])
    rest = graph.node("Constant", [], value=numpy_helper.from_array(np.array([-1])))
    shape = graph.node("Concat", [size, rest], axis=0)
    graph.head = graph.node("Reshape", [graph.head, shape])
    return graph.linear(400, 20).add("Sigmoid").linear(20, 10)


def torch_normalized() -> Graph:
    """Normalizations of pictures and of rows, a GELU spelled out, weights that are turned, a bias of its own."""
    graph = Graph(TORCH, opset=14)
    graph.conv(5, 1, 3, bias=False).normalized(5).add("LeakyRelu", alpha=0.2)
    graph.add("MaxPool", kernel_shape=[3, 3], strides=[3, 3]).add("Flatten").normalized(320)
    weights = graph.constant(graph.numbers(12, 320))
    graph.head = graph.node("MatMul", [graph.head, graph.node("Transpose", [weights], perm=[1, 0])])
    graph.add("Add", graph.numbers(12), head_last=True)
    before = graph.head
    graph.add("Div", np.float32(np.sqrt(2))).add("Erf").add("Add", np.float32(1))
    graph.head = graph.node("Mul", [before, graph.head])
    return graph.add("Mul", np.float32(0.5)).add("Identity").linear(12, 10).add("Softmax", axis=1)


def all_convolutions() -> Graph:
    """No dense layer: ten feature maps, of which the means are the scores."""
    graph = Graph((1, 1, 28, 28))
    graph.conv(6, 1, 3).add("Clip", np.float32(0)).add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    graph.conv(10, 6, 2, auto_pad="SAME_UPPER").add("Relu").add("Mul", graph.numbers(1, 10, 1, 1))
    graph.add("GlobalAveragePool").add("Flatten").add("Mul", np.float32(8))
    return graph.add("Softmax", axis=1)


def tensorflow_bytes() -> Graph:
    """Pictures of bytes with their channel last, scaled and turned on the way, as converters from TensorFlow do it."""
    graph = Graph((None, 28, 28, 1), kind=TensorProto.UINT8)
    graph.add("Cast", to=TensorProto.FLOAT).add("Mul", np.float32(1 / 255)).add("Transpose", perm=[0, 3, 1, 2])
    graph.conv(4, 1, 4).add("Elu", alpha=1.0).add("MaxPool", kernel_shape=[5, 5], strides=[5, 5])
    graph.add("Transpose", perm=[0, 2, 3, 1]).add("Add", graph.numbers(4)).add("Reshape", np.array([-1, 100]))
    return graph.add("MatMul", graph.numbers(100, 10)).add("Add", graph.numbers(10))


def wide_strides() -> Graph:
    """Strides, one kernel for each channel, a slope of its own, a padding before: what the lab may not have."""
    graph = Graph(TORCH, opset=18)
    graph.add("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.float32(0))
    graph.conv(8, 1, 3, strides=[2, 2]).add("LeakyRelu", alpha=0.1)
    graph.conv(8, 1, 3, group=8, pads=[1, 1, 1, 1]).normalized(8).add("Clip", np.float32(0), np.float32(6))
    graph.conv(16, 1, 3, group=8, auto_pad="SAME_UPPER").conv(12, 16, 1, bias=False)
    before = graph.head
    graph.head = graph.node("Mul", [graph.add("Sigmoid").head, before])
    graph.add("MaxPool", kernel_shape=[3, 3], strides=[2, 2])
    return graph.add("ReduceMean", np.array([2, 3]), keepdims=0).linear(12, 10)


def other_activations() -> Graph:
    """A slope for each channel and for each value, and functions that few networks have."""
    graph = Graph(TORCH).conv(4, 1, 3).add("PRelu", np.arange(1, 5, dtype=np.float32).reshape(4, 1, 1) / 10)
    graph.conv(3, 4, 3).add("HardSigmoid", alpha=1 / 6).conv(3, 3, 3).add("HardSigmoid")
    graph.add("Flatten").linear(1452, 16).add("PRelu", graph.numbers(16)).linear(16, 12).add("Tanh").add("Exp")
    return graph.linear(12, 10).add("Softmax", axis=-1)


TAKEN = {
    "other activations": other_activations,
    "torch's example": torch_example,
    "torch's view": torch_view,
    "torch, normalized": torch_normalized,
    "all convolutions": all_convolutions,
    "bytes from TensorFlow": tensorflow_bytes,
}


def with_data_beside(model: onnx.ModelProto, folder: Path, name: str = "weights.data") -> bytes:
    """The model with its weights in another file of the folder; returns what remains."""
    onnx.save_model(model, folder / "model.onnx", save_as_external_data=True, location=name, size_threshold=0)
    return (folder / "model.onnx").read_bytes()
