"""The inside of a LiteRT file: its operations in order, and which of them became of which layer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mnist_core.config.network import Layer, summarize
from mnist_core.errors import LabError, model_not_read
from mnist_core.files import folders
from mnist_core.language import gettext
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.preprocessing.pipeline import normalize

WEIGHTED = {"CONV_2D": "conv", "DEPTHWISE_CONV_2D": "depthwise", "FULLY_CONNECTED": "dense"}
# What the converter makes of an activation: one operation, or several in this order.
ACTIVATION_OPERATIONS = {
    "relu": ("MINIMUM", "RELU"),
    "elu": ("ELU",),
    "gelu": ("GELU",),
    "leaky_relu": ("LEAKY_RELU",),
    "tanh": ("TANH",),
    "sigmoid": ("LOGISTIC",),
    "softmax": ("SOFTMAX",),
    "relu6": ("RELU6",),
    "selu": ("GREATER", "MUL", "EXP", "SUB", "MUL", "SELECT_V2"),
    "silu": ("LOGISTIC", "MUL"),
    "mish": ("EXP", "ADD", "LOG", "TANH", "MUL"),
    "softplus": ("EXP", "ADD", "LOG"),
    "softsign": ("ABS", "ADD", "DIV"),
    "hard_sigmoid": ("RELU6", "MUL"),
    "hard_silu": ("HARD_SWISH",),
    "exponential": ("EXP",),
}
OPERATIONS = {
    "maxpool": ("MAX_POOL_2D",),
    "avgpool": ("AVERAGE_POOL_2D",),
    "pad": ("PAD",),
    "crop": ("STRIDED_SLICE",),
    "resize": ("RESIZE_BILINEAR",),
    "norm": ("MUL", "ADD"),
    "prelu": ("PRELU",),
}


@dataclass(frozen=True)
class Operation:
    """One step of a LiteRT graph: its name in the format's schema, and the numbers of its tensors."""

    name: str
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Graph:
    """A model that was loaded so that what flows between its operations can be read."""

    path: Path
    interpreter: Interpreter
    operations: list[Operation]  # in the order in which they run

    @classmethod
    def load(cls, path: Path) -> "Graph":
        try:
            content = folders.read_bytes(path)
            interpreter = Interpreter(
                model_content=content,
                num_threads=1,
                # private: both may change. XNNPACK would run several operations as one and leave nothing in between.
                experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
                experimental_preserve_all_tensors=True,
            )
            interpreter.allocate_tensors()
        except (OSError, ValueError, RuntimeError) as error:
            raise model_not_read(path.parent.name, error) from error
        return cls(path, interpreter, _operations(content))

    def weighted(self, layers: tuple[Layer, ...]) -> list[tuple[int, int]]:
        """Pairs the number of each convolution and dense layer with that of its operation.

        The converter folds and fuses around them, but keeps each of them, in order; their weights' shapes are checked:
        LabError where the model does not have these layers.
        """
        wanted = [number for number, layer in enumerate(layers) if layer.kind in WEIGHTED.values()]
        found = [number for number, operation in enumerate(self.operations) if operation.name in WEIGHTED]
        if [_weights_shape(layers, number) for number in wanted] != [self.weights(number).shape for number in found]:
            raise LabError(
                gettext(
                    "The model {path} does not have the layers of its settings; train it again or choose another.",
                    path=self.path,
                )
            )
        return list(zip(wanted, found, strict=True))

    def weights(self, number: int) -> np.ndarray:
        """float32 `[filters, size, size, channels]` of a convolution, `[neurons, inputs]` of a dense layer.

        Of a depthwise convolution `[1, size, size, filters]`.
        """
        weights: np.ndarray = self.interpreter.get_tensor(self.operations[number].inputs[1])
        return weights

    def run(self, image: np.ndarray) -> None:
        """Lets a picture uint8 `[28, 28]` flow through the model."""
        self.interpreter.set_tensor(self.interpreter.get_input_details()[0]["index"], normalize(image[np.newaxis]))
        self.interpreter.invoke()

    def output(self, number: int) -> np.ndarray:
        """What an operation made of the last picture: float32 `[height, width, channels]` or `[neurons]`."""
        values: np.ndarray = self.interpreter.get_tensor(self.operations[number].output)[0]
        return values


def _operations(content: bytes) -> list[Operation]:
    # private: LiteRT does not name a model's operations. It takes a moment to load; only a look inside needs it.
    from ai_edge_litert import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    operations = []
    for operation in map(graph.Operators, range(graph.OperatorsLength())):
        code = model.OperatorCodes(operation.OpcodeIndex())
        name = names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        operations.append(Operation(name, tuple(operation.InputsAsNumpy()), int(operation.OutputsAsNumpy()[0])))
    return operations


def _weights_shape(layers: tuple[Layer, ...], number: int) -> tuple[int, ...]:
    layer, inputs = layers[number], input_shape(layers, number)
    if layer.kind == "dense":
        return layer.units, *inputs
    if layer.kind == "depthwise":
        return 1, layer.size, layer.size, layer.units * inputs[-1]
    return layer.units, layer.size, layer.size, inputs[-1]


def input_shape(layers: tuple[Layer, ...], number: int) -> tuple[int, ...]:
    """The shape of what a layer gets, without the batch: `[height, width, channels]` or `[neurons]`."""
    return summarize(layers)[number - 1].output_shape if number else IMAGE_SHAPE


def activated(layers: tuple[Layer, ...], number: int) -> int:
    """The layer that holds the activation function of a convolution or dense layer; itself where none does."""
    if layers[number].activation != "linear":
        return number
    for later in range(number + 1, len(layers)):
        if layers[later].kind in (*WEIGHTED.values(), "flatten"):
            break
        if layers[later].kind == "prelu" or layers[later].activation != "linear":
            return later
    return number


def follow(operations: list[Operation], start: int, layers: tuple[Layer, ...]) -> int:
    """Walks from an operation with weights through what became of its layer and those after it; returns the last.

    Nothing becomes of dropout; batch normalization may be folded into the weights, ReLU fused into what is before it.
    """
    at = start
    for layer in layers:
        for name in _names(layer):
            if at + 1 < len(operations) and operations[at + 1].name == name:
                at += 1
    return at


def _names(layer: Layer) -> tuple[str, ...]:
    """The operations that a layer may become, those with weights aside."""
    if layer.activation == "elu" and layer.number:
        return "ELU", "MUL", "GREATER", "SELECT_V2"
    return OPERATIONS.get(layer.kind, ()) or ACTIVATION_OPERATIONS.get(layer.activation, ())
