"""An ONNX file, read as plain data: its operations become layers (`translation`), and nothing in it is executed.

Taken are chains from one picture to ten scores, as PyTorch, tf2onnx and the lab's own export write them. Of the latter
those with resizing, cropping, PReLU, GELU, hard_silu, or a number of their own for ReLU or ELU do not come back: these
are spelled out in other operations. Constants that a file computes from others, such as the shape to flatten to, are
computed here, from a short list of operations.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.config.train_config import MOST_PARAMETERS
from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.sharing.keras_chain import Model
from mnist_core.sharing.keras_file import MOST_WEIGHT_BYTES
from mnist_core.sharing.translation import OPERATIONS, Follower, Padding, Shape, Translation

if TYPE_CHECKING:
    import onnx

Outside = Callable[[str], Path]

MOST_NODES, MOST_TENSORS, MOST_INPUTS = 1000, 2000, 8
# Of constants that are put together from others: shapes, in the main.
MOST_JOINED = 64
LONGEST_PLACE = 200
FIRST_OPSET = 7
OWN_DOMAINS = ("", "ai.onnx")
# What stands in a shape that a file computes where the batch is.
BATCH = 0
# Operations that are functions of each value, by Keras's names for them.
ACTIVATIONS = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Exp": "exponential",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Mish": "mish",
    "Swish": "silu",
    "HardSwish": "hard_silu",
}
SELU = 1.67326, 1.0507
ARITHMETIC = ("Add", "Sub", "Mul", "Div")
UNCHANGED = ("Identity", "Dropout")


def read(path: Path, what: str, outside: Outside | None = None) -> Model:
    """Reads the layers and arrays of an ONNX file.

    `outside` gives the place of a file beside it that holds weights; without it there is none. Raises InputError, whose
    sentence says which operation it is about, if the file is not a chain of operations that the lab has.
    """
    model = _parsed(path, what)
    with np.errstate(all="ignore"):
        reader = _Reader(model, what, outside)
        del model
        reader.read_all()
        translation = reader.translation
        del reader  # and the whole file with it, which is kept as long as anything of it is
        return translation.end(what)


def _parsed(path: Path, what: str) -> "onnx.ModelProto":
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.ModelProto.FromString(path.read_bytes())
    except (DecodeError, RecursionError, ValueError) as error:
        raise InputError(f"{what} is no complete ONNX file; get or export it again.") from error
    if not model.graph.node or not model.opset_import:
        raise InputError(f"{what} is no complete ONNX file: it holds no operations; get or export it again.")
    opset = max((one.version for one in model.opset_import if one.domain in OWN_DOMAINS), default=0)
    if opset < FIRST_OPSET:
        raise InputError(f"{what} is of ONNX's opset {opset}; expected {FIRST_OPSET} or later, so export it again.")
    return model


class _Reader(Follower):
    """Follows the one value that depends on the picture from operation to operation; all others are constants."""

    def __init__(self, model: "onnx.ModelProto", what: str, outside: Outside | None) -> None:
        graph = model.graph
        self.what, self.outside = what, outside
        self.opset = max(one.version for one in model.opset_import if one.domain in OWN_DOMAINS)
        if len(graph.node) > MOST_NODES or len(graph.initializer) > MOST_TENSORS or graph.sparse_initializer:
            raise InputError(f"{what} has {count(len(graph.node))} operations; at most {MOST_NODES} are read.")
        constants = {tensor.name: self._array(tensor) for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise InputError(
                f"{what} has {count(len(inputs))} inputs and {count(len(graph.output))} outputs; expected one picture, "
                "and one answer."
            )
        self.answer = graph.output[0].name
        try:
            translation = Translation(_input_shape(inputs[0]))
        except InputError as error:
            raise InputError(f"{what}: {error}.") from None
        super().__init__(translation, inputs[0].name, constants)
        # A message keeps all its memory as long as anything of it is used: the operations go on in one of their own.
        model.graph.ClearField("initializer")
        graph = type(model).FromString(model.SerializeToString()).graph
        self.nodes = _needed(graph.node, self.answer, what)
        # How many operations take a value; what only asks for its shape does not count.
        self.uses = Counter(name for node in self.nodes if node.op_type != "Shape" for name in node.input)
        self.uses[self.answer] += 1

    def read_all(self) -> None:
        """Follows all operations, to the answer."""
        for number, node in enumerate(self.nodes, 1):
            where = f"Operation {number} of {self.what} ({_text(node.op_type)})"
            try:
                self._follow(node)
            except InputError as error:
                raise InputError(f"{where}: {error}.") from None
            except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
                raise InputError(f"{where} is not as ONNX describes it; export the model again.") from error
        if self.grid:
            raise InputError(f"{self.what} takes a value two ways in an activation that the lab has not.")
        if self.head != self.answer:
            raise InputError(f"{self.what} does not lead from its picture to its answer; export the model again.")
        self.constants.clear()

    # --- One after the other -----------------------------------------------------------------------------------------

    def _follow(self, node: "onnx.NodeProto") -> None:
        if node.domain not in OWN_DOMAINS:
            raise InputError(f"it is of '{_text(node.domain)}', and only ONNX's own operations are read")
        if not node.output:
            raise InputError("it gives nothing")
        if node.op_type == "Shape" and node.input[0] in self.shapes:
            self.constants[node.output[0]] = np.array([BATCH, *self.shapes[node.input[0]]])
            return
        given = [name for name in node.input if name and name not in self.constants]
        if not given:
            self.constants[node.output[0]] = self._folded(node)
            return
        if any(name != self.head and name not in self.grid for name in given):
            raise InputError(
                "it takes what no operation before it gives, or what lies on another way; expected a single chain"
            )
        if self.grid or self.uses[self.head] > 1:
            self.follow_function(node.op_type, [name for name in node.input if name], node.output[0])
            return
        if given != [node.input[0]] and node.op_type not in ("Add", "Mul", "Sub", "Div", "Max", "Min"):
            raise InputError("it takes the picture in another place than the first one; expected a single chain")
        self._translate(node)
        for name in node.input:
            self.uses[name] -= 1
            if not self.uses[name]:  # weights of which the layers have their own now
                self.constants.pop(name, None)
        self.go_on(node.output[0])

    # --- Operations --------------------------------------------------------------------------------------------------

    def _translate(self, node: "onnx.NodeProto") -> None:
        into, attributes = self.translation, _attributes(node)
        match node.op_type:
            case "Conv":
                self._convolution(node, attributes)
            case "MaxPool" | "AveragePool":
                self._pooling(node, attributes)
            case "GlobalMaxPool" | "GlobalAveragePool":
                kind = node.op_type.removeprefix("Global").removesuffix("Pool")
                into.global_pooling(kind, channels_first=True, keep=True)
            case "ReduceMean" | "ReduceMax":
                kind = "Average" if node.op_type == "ReduceMean" else "Max"
                axes = self._axes(node, attributes)
                into.pooling_over(kind, axes, keep=bool(attributes.get("keepdims", 1)))
            case "Gemm":
                self._gemm(node, attributes)
            case "MatMul":
                into.dense(self._constant(node, 1), None)
            case "BatchNormalization":
                self._normalization(node, attributes)
            case "Add" | "Sub" | "Mul" | "Div":
                self._arithmetic(node)
            case "Pad":
                self._pad(node, attributes)
            case "Cast":
                if attributes.get("to") not in _floating():
                    raise InputError("it makes whole numbers of the values; expected decimal ones")
            case "Flatten":
                axis = attributes.get("axis", 1)
                if axis not in (1, -into.places.ndim):
                    raise InputError(f"its axis is {readable(axis)}; expected 1")
                into.reshape([-1])
            case "Reshape":
                self._reshape(node, attributes)
            case "Squeeze" | "Unsqueeze":
                axes = self._axes(node, attributes)
                into.reshape(_with_sides(into.places.shape, node.op_type, axes))
            case "Transpose":
                into.transpose(list(attributes.get("perm", range(into.places.ndim, -1, -1))))
            case _:
                self._activation(node, attributes)

    def _activation(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        into = self.translation
        match node.op_type:
            case "Softmax" | "LogSoftmax":
                if self.opset < 13 and attributes.get("axis", 1) == 1:
                    attributes["axis"] = 1 if into.places.ndim == 1 else -1
                into.softmax(attributes.get("axis", -1), logarithm=node.op_type == "LogSoftmax")
            case "LeakyRelu":
                into.leaky_relu(attributes.get("alpha", 0.01))
            case "PRelu":
                into.prelu(self._constant(node, 1))
            case "HardSigmoid":
                into.hard_sigmoid(attributes.get("alpha", 0.2), attributes.get("beta", 0.5))
            case "Elu" | "Celu":
                alpha = attributes.get("alpha", 1.0)
                if node.op_type == "Celu" and alpha != 1:
                    raise InputError(f"its alpha is {alpha:g}; expected 1")
                into.elu(alpha)
            case "Selu":
                given = [attributes.get(name, own) for name, own in zip(("alpha", "gamma"), SELU, strict=True)]
                if not np.allclose(given, SELU, atol=1e-3):
                    raise InputError("its alpha and gamma are not those of SELU")
                into.activation("selu")
            case "Gelu":
                if attributes.get("approximate", b"none") != b"none":
                    raise InputError("it is the approximate GELU; expected the exact one")
                into.activation("gelu")
            case "Clip":
                least, most = (self._limit(node, attributes, place) for place in (1, 2))
                into.clip(least, most)
            case "Max" | "Min":
                constants = [self.constants[name] for name in node.input if name in self.constants]
                if node.op_type == "Min" or len(constants) != 1 or constants[0].any():
                    raise InputError("it cuts values off; expected below 0 only, as ReLU does it")
                into.activation("relu")
            case "Hardmax" | "ArgMax" | "TopK":
                raise InputError("it gives the digit alone; export the model without it, with its scores as the answer")
            case name if name in ACTIVATIONS:
                into.activation(ACTIVATIONS[name])
            case name if name in UNCHANGED:
                if name == "Dropout" and any(self.uses[output] for output in node.output[1:]):
                    raise InputError("its mask is used")
            case _:
                raise InputError(
                    "the lab's networks have no such operation; expected convolutions, poolings, dense layers, "
                    "normalizations and activations"
                )

    def _convolution(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        kernel = self._constant(node, 1)
        bias = self._constant(node, 2) if len(node.input) > 2 and node.input[2] else None
        if kernel.ndim != 4:
            raise InputError(f"its kernel has {kernel.ndim} sides; expected that of pictures, with 4")
        filters, channels, height, width = kernel.shape
        groups, inside = attributes.get("group", 1), self.translation.places.shape[0]
        if list(attributes.get("kernel_shape", [height, width])) != [height, width]:
            raise InputError("its kernel has another shape than it says")
        depthwise = groups != 1
        if depthwise:
            if groups != inside or channels != 1 or filters % groups:
                raise InputError(
                    f"its {count(filters)} filters stand in {count(groups)} groups; expected one group, or as many as "
                    "channels"
                )
            ordered = kernel.reshape(groups, filters // groups, height, width).transpose(2, 3, 0, 1)
        else:
            ordered = kernel.transpose(2, 3, 1, 0)
        self.translation.convolution(
            ordered,
            bias,
            _pair(attributes, "strides"),
            _padding(attributes),
            dilation=_pair(attributes, "dilations"),
            channels_first=True,
            depthwise=depthwise,
        )

    def _pooling(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        if any(self.uses[name] for name in node.output[1:]):
            raise InputError("its places are used")
        if _pair(attributes, "dilations") != [1, 1]:
            raise InputError("its window is dilated; expected one without gaps")
        window, strides, padding = attributes["kernel_shape"], _pair(attributes, "strides"), _padding(attributes)
        into, kind = self.translation, node.op_type.removesuffix("Pool")
        if attributes.get("ceil_mode") and isinstance(padding, tuple):
            padding = _completed(into.places.shape[1:], window, strides, padding)
        if kind == "Average" and attributes.get("count_include_pad") and any(side != 0 for side in padding):
            raise InputError("it averages over the zeros of its padding, too; expected over the picture alone")
        into.pooling(kind, window, strides, padding, channels_first=True)

    def _gemm(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        if attributes.get("transA"):
            raise InputError("it turns the picture")
        kernel = self._constant(node, 1)
        kernel = kernel.T if attributes.get("transB") else kernel
        if (alpha := attributes.get("alpha", 1.0)) != 1:
            kernel = kernel * np.float32(alpha)
        self.translation.dense(kernel, None)
        if len(node.input) > 2 and node.input[2] and (beta := attributes.get("beta", 1.0)):
            self.translation.affine(np.ones(1), self._constant(node, 2) * np.float32(beta))

    def _normalization(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        if attributes.get("training_mode") or not attributes.get("spatial", 1):
            raise InputError("it is in training; export the model for answering")
        arrays = [self._constant(node, place) for place in range(1, 5)]
        self.translation.normalization(arrays, attributes.get("epsilon", 1e-5), axis=0)

    def _arithmetic(self, node: "onnx.NodeProto") -> None:
        first = node.input[0] == self.head
        value = self._constant(node, 1 if first else 0).astype(np.float64)
        self.arithmetic(node.op_type, value, first=first)

    def _pad(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        given = attributes.get("pads")
        sides = [int(side) for side in (self._constant(node, 1) if given is None else given)]
        value = attributes.get("value", 0.0)
        if len(node.input) > 2 and node.input[2]:
            value = float(self._constant(node, 2).reshape(()))
        if attributes.get("mode", b"constant") != b"constant" or value or len(node.input) > 3:
            raise InputError("it fills up with something else than zeros all around")
        if len(sides) != 8 or any(sides[place] for place in (0, 1, 4, 5)):
            raise InputError(f"its sides are {readable(sides)}; expected rows above and below, and columns")
        if any(sides):
            self.translation.padding((sides[2], sides[3], sides[6], sides[7]), channels_first=True)

    def _reshape(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        given = attributes.get("shape")
        sides = [int(side) for side in (self._constant(node, 1) if given is None else given)]
        shape = self.translation.places.shape
        if not sides or sides[0] not in (BATCH, -1, 1) or len(sides) > MOST_JOINED or sides.count(-1) > 1:
            raise InputError(f"its shape is {readable(sides)}; expected the batch to stay the first side")
        # A side of 0 is that which was there.
        kept = [shape[place] if side == 0 and place < len(shape) else side for place, side in enumerate(sides[1:])]
        self.translation.reshape(kept)

    def _limit(self, node: "onnx.NodeProto", attributes: dict[str, Any], place: int) -> float:
        name, without = (("min", -math.inf), ("max", math.inf))[place - 1]
        if len(node.input) > place and node.input[place]:
            return float(self._constant(node, place).reshape(()))
        value = float(attributes.get(name, without))
        return without if abs(value) > 1e38 else value

    def _axes(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> list[int]:
        if len(node.input) > 1 and node.input[1]:
            return [int(axis) for axis in self._constant(node, 1).reshape(-1)[:MOST_JOINED]]
        shape = self.translation.places.shape
        ones = [place for place, side in enumerate(shape, 1) if side == 1]
        return list(attributes.get("axes", ones if node.op_type == "Squeeze" else range(len(shape) + 1)))

    # --- Constants ---------------------------------------------------------------------------------------------------

    def _constant(self, node: "onnx.NodeProto", place: int) -> np.ndarray:
        name = node.input[place] if place < len(node.input) else ""
        if name not in self.constants:
            raise InputError("its weights are computed from the picture, or missing; expected constants")
        return self.constants[name]

    def _array(self, tensor: "onnx.TensorProto") -> np.ndarray:
        """A tensor's values, after a look at what it declares."""
        import onnx

        name = _text(tensor.name)
        number = math.prod(tensor.dims)
        if any(side < 0 for side in tensor.dims) or number > MOST_PARAMETERS or len(tensor.dims) > MOST_INPUTS:
            sides = "×".join(map(str, tensor.dims[:MOST_INPUTS]))
            raise InputError(f"The array '{name}' of {self.what} is declared as {sides}; no network here has such.")
        if tensor.data_type not in _numeric():
            raise InputError(f"The array '{name}' of {self.what} holds no numbers that are read; expected float32.")
        try:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                return self._external(tensor, number)
            return onnx.numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"The array '{name}' of {self.what} is not as long as it says; get or export the file again."
            ) from error

    def _external(self, tensor: "onnx.TensorProto", number: int) -> np.ndarray:
        import onnx

        said = {entry.key: _text(entry.value, LONGEST_PLACE) for entry in tensor.external_data[:MOST_INPUTS]}
        if self.outside is None:
            name = said.get("location", "")
            raise InputError(
                f"{self.what} keeps its weights in another file, '{name}'; put both in one zip file, and import that."
            )
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
        start, length = int(said.get("offset", "0")), number * dtype.itemsize
        if not 0 <= start < MOST_WEIGHT_BYTES or int(said.get("length", length)) != length:
            raise ValueError("offset and length")
        with self.outside(said.get("location", "")).open("rb") as file:
            file.seek(start)
            return np.frombuffer(file.read(length), dtype, number).reshape(tuple(tensor.dims))

    def _folded(self, node: "onnx.NodeProto") -> np.ndarray:
        """What an operation makes of constants."""
        attributes = _attributes(node)
        values = [self.constants[name] for name in node.input if name]
        match node.op_type:
            case "Constant":
                return self._given(attributes)
            case "Identity" | "Cast" | "Dropout":
                return values[0]
            case "Transpose":
                return values[0].transpose(attributes.get("perm"))
            case "Reshape":
                return values[0].reshape([int(side) for side in values[1].reshape(-1)[:MOST_INPUTS]])
            case "Squeeze" | "Unsqueeze":
                axes = values[1].reshape(-1)[:MOST_INPUTS].tolist() if len(values) > 1 else attributes.get("axes", [])
                if node.op_type == "Unsqueeze":
                    return np.expand_dims(values[0], tuple(axes))
                return np.squeeze(values[0], tuple(axes) if axes else None)
            case "Shape":
                return np.array(values[0].shape)
            case "Gather" if values[0].ndim == 1 and values[1].size <= MOST_JOINED:
                return values[0][values[1].astype(np.int64)]
            case "Slice" if values[0].ndim == 1:
                return self._sliced(values, attributes)
            case "Concat" if sum(value.size for value in values) <= MOST_JOINED:
                return np.concatenate(values, attributes.get("axis", 0))
            case "Sqrt":
                return np.sqrt(values[0])
            case "Neg":
                return -values[0]
            case "Reciprocal":
                return 1 / values[0]
            case name if name in ARITHMETIC and _is_small(values):
                made = OPERATIONS[name.lower()](*values)
                return made.astype(values[0].dtype)
            case "DequantizeLinear" if len(values) in (2, 3):
                return self._dequantized(values, attributes)
        raise InputError(
            "it computes weights in a way that is not read; export the model with its weights as constants"
        )

    def _given(self, attributes: dict[str, Any]) -> np.ndarray:
        for name in ("value_float", "value_floats", "value_int", "value_ints"):
            if name in attributes:
                return np.array(attributes[name], np.float32 if "float" in name else np.int64)
        if "value" not in attributes:
            raise InputError("it is no number")
        return self._array(attributes["value"])

    def _sliced(self, values: list[np.ndarray], attributes: dict[str, Any]) -> np.ndarray:
        def said(place: int, name: str, without: int) -> int:
            if len(values) > place:
                return int(values[place].reshape(()) if values[place].ndim == 0 else values[place].item())
            return int(attributes[name][0]) if name in attributes else without

        start, end, step = said(1, "starts", 0), said(2, "ends", len(values[0])), said(4, "steps", 1)
        return values[0][start:end:step]

    def _dequantized(self, values: list[np.ndarray], attributes: dict[str, Any]) -> np.ndarray:
        array, scale = values[0].astype(np.float32), values[1].astype(np.float32)
        zero = values[2].astype(np.float32) if len(values) > 2 else np.zeros_like(scale)
        if scale.ndim == 1 and scale.size > 1:
            along = [1] * array.ndim
            along[attributes.get("axis", 1)] = -1
            scale, zero = scale.reshape(along), zero.reshape(along)
        if np.broadcast_shapes(array.shape, scale.shape, zero.shape) != array.shape:
            raise InputError("its scales do not fit on its weights")
        return (array - zero) * scale


# --- Values ----------------------------------------------------------------------------------------------------------


def _needed(nodes: Iterable["onnx.NodeProto"], answer: str, what: str) -> list["onnx.NodeProto"]:
    """The operations that an answer depends on, in their order."""
    wanted, found = {answer}, []
    for node in reversed(list(nodes)):
        if wanted.intersection(node.output):
            if len(node.input) > MOST_INPUTS or len(node.output) > MOST_INPUTS:
                raise InputError(f"The operation '{_text(node.op_type)}' of {what} takes or gives too many values.")
            wanted.update(name for name in node.input if name)
            found.append(node)
    return found[::-1]


def _text(name: str | bytes, longest: int = 40) -> str:
    """A name for a sentence; protobuf hands bytes that are no text on as they are."""
    return readable(name.decode(errors="replace") if isinstance(name, bytes) else name, longest)


def _input_shape(value: "onnx.ValueInfoProto") -> Shape:
    """The shape of an input without its batch."""
    sides = value.type.tensor_type.shape.dim[:MOST_INPUTS]
    if len(sides) < 2:
        raise InputError("its input has no shape; expected square pictures, a batch of them at a time")
    if value.type.tensor_type.elem_type not in _numeric():
        raise InputError("its input is no numbers; expected pictures of 28×28")
    return tuple(side.dim_value for side in sides[1:])


def _numeric() -> frozenset[int]:
    from onnx import TensorProto as T

    whole = {T.UINT8, T.INT8, T.UINT16, T.INT16, T.INT32, T.INT64, T.UINT32, T.UINT64}
    return frozenset(_floating() | whole)


def _floating() -> set[int]:
    from onnx import TensorProto as T

    return {T.FLOAT, T.FLOAT16, T.DOUBLE, T.BFLOAT16}


def _attributes(node: "onnx.NodeProto") -> dict[str, Any]:
    """An operation's attributes; those that hold another graph are left out."""
    import onnx

    kinds = onnx.AttributeProto
    found: dict[str, Any] = {}
    for attribute in node.attribute[:MOST_JOINED]:
        match attribute.type:
            case kinds.FLOAT:
                found[attribute.name] = attribute.f
            case kinds.INT:
                found[attribute.name] = attribute.i
            case kinds.STRING:
                found[attribute.name] = attribute.s
            case kinds.TENSOR:
                found[attribute.name] = attribute.t
            case kinds.FLOATS:
                found[attribute.name] = list(attribute.floats[:MOST_JOINED])
            case kinds.INTS:
                found[attribute.name] = list(attribute.ints[:MOST_JOINED])
    return found


def _pair(attributes: dict[str, Any], name: str) -> list[int]:
    value = attributes.get(name, [1, 1])
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"its {name} are {readable(value)}; expected two numbers")
    return value


def _padding(attributes: dict[str, Any]) -> Padding | str:
    word = attributes.get("auto_pad", b"NOTSET")
    if word == b"SAME_UPPER":
        return "same"
    if word == b"VALID":
        return (0, 0, 0, 0)
    sides = attributes.get("pads", [0, 0, 0, 0])
    if word != b"NOTSET" or not isinstance(sides, list) or len(sides) != 4:
        raise InputError(f"its padding is {readable(word.decode(errors='replace'))} of {readable(sides)}")
    return sides[0], sides[1], sides[2], sides[3]


def _completed(sides: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: Padding) -> Padding:
    """The padding of a pooling that takes windows that reach beyond the picture, too."""
    more = []
    for place in range(2):
        side = sides[place] + padding[place] + padding[place + 2] - window[place]
        more.append(-side % strides[place])
    return padding[0], padding[1], padding[2] + more[0], padding[3] + more[1]


def _with_sides(shape: Shape, operation: str, axes: Sequence[int]) -> list[int]:
    """A shape, without the batch, to which sides of 1 are added or from which they are taken; axes count the batch."""
    sides = [1, *shape]
    if operation == "Unsqueeze":
        total = len(sides) + len(axes)
        places = {axis % total for axis in axes if -total <= axis < total}
        rest = iter(sides)
        if len(places) == len(axes) and 0 not in places:
            return [1 if place in places else next(rest) for place in range(total)][1:]
    else:
        places = {axis % len(sides) for axis in axes if -len(sides) <= axis < len(sides)}
        if 0 not in places and all(sides[place] == 1 for place in places):
            return [side for place, side in enumerate(sides) if place not in places][1:]
    raise InputError(f"its axes are {readable(list(axes))}, of {len(sides)} sides")


def _is_small(values: Sequence[np.ndarray]) -> bool:
    if len(values) != 2:
        return False
    return math.prod(np.broadcast_shapes(values[0].shape, values[1].shape)) <= MOST_PARAMETERS
