"""LiteRT files made by hand, operation by operation, in the way of TensorFlow's converter."""

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "int8": 9}
SAME, VALID = 0, 1
OWN_OPTIONS = {
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "MAX_POOL_2D": "Pool2D",
    "AVERAGE_POOL_2D": "Pool2D",
    "FULLY_CONNECTED": "FullyConnected",
    "MEAN": "Reducer",
    "REDUCE_MAX": "Reducer",
    "ADD": "Add",
    "MUL": "Mul",
    "SUB": "Sub",
    "SOFTMAX": "Softmax",
    "LEAKY_RELU": "LeakyRelu",
    "GELU": "Gelu",
}
RELU, RELU6, TANH = 1, 3, 4


class Graph:
    """A chain that grows at its end."""

    def __init__(self, shape: Sequence[int] = (1, 28, 28, 1), seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.description = 3, "by hand"
        self.model.subgraphs, self.model.operatorCodes, self.model.buffers = [self.graph], [], [schema.BufferT()]
        self.graph.tensors, self.graph.operators = [], []
        self.head = self.tensor(shape)
        self.graph.inputs = [self.head]

    def tensor(self, shape: Sequence[int], kind: str = "float32", data: np.ndarray | None = None) -> int:
        """Adds a tensor, with values if it is a constant; returns its number."""
        made = schema.TensorT()
        made.shape, made.type, made.name, made.buffer = list(shape), TYPES[kind], f"t{len(self.graph.tensors)}", 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            made.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def constant(self, value: Any) -> int:
        array = np.asarray(value)
        return self.tensor(array.shape, str(array.dtype), array)

    def quantized(self, value: np.ndarray, axis: int) -> int:
        """A constant in 8 bits, with a scale for each place of an axis."""
        over = tuple(place for place in range(value.ndim) if place != axis)
        scales = np.abs(value).max(axis=over) / 127
        along = [-1 if place == axis else 1 for place in range(value.ndim)]
        number = self.constant(np.round(value / scales.reshape(along)).astype(np.int8))
        own = schema.QuantizationParametersT()
        own.scale, own.zeroPoint, own.quantizedDimension = scales.astype(np.float32), np.zeros(len(scales), int), axis
        self.graph.tensors[number].quantization = own
        return number

    def numbers(self, *shape: int) -> np.ndarray:
        """Random weights such that values keep their size from layer to layer."""
        width = max(int(np.prod(shape[1:])), 1)
        return self.random.normal(0, 1.5 / np.sqrt(width), shape).astype(np.float32)

    def code(self, operation: str) -> int:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, operation)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1

    def operate(self, operation: str, inputs: Sequence[int], shape: Sequence[int], **options: Any) -> int:
        """Adds an operation; returns the number of what it gives."""
        made, node = self.tensor(shape), schema.OperatorT()
        node.opcodeIndex, node.inputs, node.outputs = self.code(operation), list(inputs), [made]
        if operation in OWN_OPTIONS:
            kind = f"{OWN_OPTIONS[operation]}Options"
            node.builtinOptionsType, node.builtinOptions = getattr(schema.BuiltinOptions, kind), None
            node.builtinOptions = getattr(schema, f"{kind}T")()
            for name, value in options.items():
                assert hasattr(node.builtinOptions, name), name
                setattr(node.builtinOptions, name, value)
        self.graph.operators.append(node)
        return made

    def add(self, operation: str, *constants: int, shape: Sequence[int], **options: Any) -> "Graph":
        self.head = self.operate(operation, [self.head, *constants], shape, **options)
        return self

    def conv(self, filters: int, channels: int, size: int, shape: Sequence[int], **options: Any) -> "Graph":
        own = self.constant(self.numbers(filters, size, size, channels)), self.constant(self.numbers(filters))
        steps = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1, "padding": VALID}
        return self.add("CONV_2D", *own, shape=shape, **steps | options)

    def pool(self, kind: str, size: int, shape: Sequence[int], **options: Any) -> "Graph":
        window = {"filterWidth": size, "filterHeight": size, "strideW": size, "strideH": size, "padding": VALID}
        return self.add(f"{kind}_POOL_2D", shape=shape, **window | options)

    def dense(self, inputs: int, units: int, *, eight_bits: bool = False, **options: Any) -> "Graph":
        kernel = self.numbers(units, inputs)
        number = self.quantized(kernel, 0) if eight_bits else self.constant(kernel)
        return self.add("FULLY_CONNECTED", number, self.constant(self.numbers(units)), shape=(1, units), **options)

    def content(self) -> bytes:
        self.graph.outputs = self.graph.outputs or [self.head]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def simple() -> Graph:
    graph = Graph().conv(6, 1, 5, (1, 24, 24, 6), fusedActivationFunction=RELU).pool("MAX", 3, (1, 8, 8, 6))
    graph.add("MUL", graph.constant(graph.numbers(6)), shape=(1, 8, 8, 6))
    graph.add("ADD", graph.constant(graph.numbers(6)), shape=(1, 8, 8, 6), fusedActivationFunction=RELU)
    graph.add("RESHAPE", graph.constant(np.array([1, 384], np.int32)), shape=(1, 384))
    return graph.dense(384, 16, fusedActivationFunction=RELU).dense(16, 10).add("SOFTMAX", shape=(1, 10), beta=1.0)


def rounded() -> Graph:
    """Weights of 8 bits, and of 16 bits; a chain that ends with scores."""
    graph = Graph()
    kernel = graph.constant(graph.numbers(8, 3, 3, 1).astype(np.float16))
    bias = graph.constant(graph.numbers(8))
    steps = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1, "padding": SAME}
    wide = graph.operate("DEQUANTIZE", [kernel], (8, 3, 3, 1))
    graph.add("CONV_2D", wide, bias, shape=(1, 28, 28, 8), **steps)
    graph.add("LEAKY_RELU", shape=(1, 28, 28, 8), alpha=0.2).pool("AVERAGE", 4, (1, 7, 7, 8))
    graph.add("GELU", shape=(1, 7, 7, 8), approximate=False)
    graph.add("RESHAPE", graph.constant(np.array([1, 392], np.int32)), shape=(1, 392))
    return graph.dense(392, 16, eight_bits=True).add("TANH", shape=(1, 16)).dense(16, 10)


def wide_strides() -> Graph:
    """Strides, one kernel for each channel, a function of two ways: what the lab may not have."""
    graph = Graph()
    around = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    graph.add("PAD", graph.constant(around), shape=(1, 30, 30, 1))
    graph.conv(8, 1, 3, (1, 14, 14, 8), strideW=2, strideH=2, fusedActivationFunction=RELU6)
    kernel, bias = graph.constant(graph.numbers(1, 3, 3, 16)), graph.constant(graph.numbers(16))
    steps = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1, "padding": SAME}
    graph.add("DEPTHWISE_CONV_2D", kernel, bias, shape=(1, 14, 14, 16), depthMultiplier=2, **steps)
    gate = graph.operate("LOGISTIC", [graph.head], (1, 14, 14, 16))
    graph.add("MUL", gate, shape=(1, 14, 14, 16)).pool("MAX", 3, (1, 7, 7, 16), strideW=2, strideH=2, padding=SAME)
    graph.add("MEAN", graph.constant(np.array([1, 2], np.int32)), shape=(1, 16), keepDims=False)
    return graph.dense(16, 10).add("SOFTMAX", shape=(1, 10), beta=1.0)


TAKEN = {"simple": simple, "rounded": rounded}
