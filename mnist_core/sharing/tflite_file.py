"""A LiteRT file (`.tflite`), read as plain data: its operations become layers (`translation`), nothing is executed.

Weights of 8 or 16 bits become float32 again. What flows between the layers is not rounded to whole numbers here, as a
fully quantized file would have it, so its answers differ a little; the note says so. Functions that a file spells out
are known by what they make of a few values (`spelled_functions`).
"""

import math
import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.config.train_config import MOST_PARAMETERS
from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import N_, gettext
from mnist_core.sharing.following import NO_SUCH_OPERATION, Follower, dequantized, only_ends
from mnist_core.sharing.keras_chain import Model

if TYPE_CHECKING:
    from ai_edge_litert import schema_py_generated as schema

MARK = b"TFL3"  # from the fifth byte on
MOST_TENSORS, MOST_OPERATIONS, MOST_SIDES, MOST_INPUTS = 2000, 1000, 6, 8
# What a damaged file makes of its reader, which believes every place and every length in it.
DAMAGE = (struct.error, LookupError, ValueError, TypeError, OverflowError, AttributeError, ArithmeticError)
# The types of a tensor, by the schema's numbers.
TYPES: dict[int, Any] = {
    0: np.float32,
    1: np.float16,
    2: np.int32,
    3: np.uint8,
    4: np.int64,
    7: np.int16,
    9: np.int8,
    10: np.float64,
}
WHOLE = (2, 3, 4, 7, 9)
# They compute shapes, which the tensors say themselves.
OF_SHAPES = ("SHAPE", "STRIDED_SLICE", "PACK", "GATHER", "CONCATENATION")
ACTIVATIONS = {
    "RELU": "relu",
    "TANH": "tanh",
    "LOGISTIC": "sigmoid",
    "ELU": "elu",
    "EXP": "exponential",
    "HARD_SWISH": "hard_silu",
}
RESHAPING = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
UNCHANGED = ("QUANTIZE", "DEQUANTIZE", "CAST")
ROUNDED = N_(
    "Its file keeps weights in 8 bits. They compute in float32 here, so its answers may "
    "differ a little from those that its file gives."
)


def read(path: Path, what: str) -> Model:
    """Reads the layers and arrays of a LiteRT file; its note says where weights were quantized.

    Raises InputError, whose sentence says which operation it is about, if the file is not a chain of operations that
    the lab has.
    """
    with np.errstate(all="ignore"):
        try:
            reader = _Reader(path.read_bytes(), what)
            reader.read_all()
        except DAMAGE as error:
            raise InputError(
                gettext("{what} is no complete LiteRT file; get or convert it again.", what=what)
            ) from error
        note = gettext(ROUNDED) if reader.is_rounded else ""
        translation = reader.translation
        del reader
        return translation.end(what, note)


class _Reader(Follower):
    """Follows the one value that depends on the picture from operation to operation; all others are constants."""

    def __init__(self, content: bytes, what: str) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.schema = schema
        self.names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
        self.model = schema.Model.GetRootAs(content, 0)
        if self.model.SubgraphsLength() < 1 or self.model.BuffersLength() > MOST_TENSORS:
            raise InputError(
                gettext("{what} is no complete LiteRT file: it holds no network; get or convert it again.", what=what)
            )
        self.graph = self.model.Subgraphs(0)
        if self.graph.OperatorsLength() > MOST_OPERATIONS or self.graph.TensorsLength() > MOST_TENSORS:
            many = count(self.graph.OperatorsLength())
            raise InputError(
                gettext(
                    "{what} has {many} operations; at most {most_operations} are read.",
                    what=what,
                    many=many,
                    most_operations=MOST_OPERATIONS,
                )
            )
        self.tensors = [self.graph.Tensors(number) for number in range(self.graph.TensorsLength())]
        inputs, outputs = _numbers(self.graph, "Inputs"), _numbers(self.graph, "Outputs")
        head, answer = only_ends(inputs, outputs, what)
        super().__init__(what, tuple(self._shape(head)[1:]), head, answer)
        self.is_rounded = False
        self.nodes = [self.graph.Operators(number) for number in range(self.graph.OperatorsLength())]
        self.uses = Counter(
            number
            for node in self.nodes
            if not self._is_of_shapes(node)
            for number in _numbers(node, "Inputs")[: 1 if self._name(node) in RESHAPING else MOST_INPUTS]
        )
        self.uses[self.answer] += 1

    def read_all(self) -> None:
        """Follows all operations, to the answer."""
        for number, node in enumerate(self.nodes, 1):
            name = self._name(node)
            try:
                self._follow(node, name)
            except InputError as error:
                where = gettext(
                    "Operation {number} of {what} ({name})", number=number, what=self.what, name=readable(name)
                )
                raise InputError(f"{where}: {error}.") from None
        self.check_arrived(gettext("convert the model again"))

    def _name(self, node: "schema.Operator") -> str:
        """What an operation is called; of somebody's own, by that name."""
        if not 0 <= node.OpcodeIndex() < self.model.OperatorCodesLength():
            raise IndexError("operation")
        code = self.model.OperatorCodes(node.OpcodeIndex())
        name = self.names.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "?")
        return (
            gettext("custom {decode}", decode=(code.CustomCode() or b"").decode(errors="replace"))
            if name == "CUSTOM"
            else name
        )

    def _is_of_shapes(self, node: "schema.Operator") -> bool:
        """Whether an operation computes a shape; what is cut of the picture itself has decimal numbers."""
        name, inputs = self._name(node), _numbers(node, "Inputs")
        is_cut = name == "STRIDED_SLICE" and len(inputs) == 4 and self._type(inputs[0]) not in WHOLE
        return name in OF_SHAPES and not is_cut

    def _type(self, number: int) -> int:
        if not 0 <= number < len(self.tensors):
            raise IndexError("tensor")
        return int(self.tensors[number].Type())

    # --- One after the other -----------------------------------------------------------------------------------------

    def _follow(self, node: "schema.Operator", name: str) -> None:
        inputs, outputs = _numbers(node, "Inputs"), _numbers(node, "Outputs")
        if self._is_of_shapes(node):
            return
        if len(outputs) != 1 or not inputs:
            raise InputError(gettext("it gives more than one value, or takes none; expected a single chain"))
        inputs = inputs[:1] if name in RESHAPING else inputs
        given = [number for number in inputs if number >= 0 and not self._is_constant(number)]
        if not given and name in UNCHANGED:
            self.constants[outputs[0]] = self._constant(inputs[0])
            return
        self.check_chain(given)
        if self.grid or self.uses[self.head] > 1:
            for number in inputs:
                if number not in given and number >= 0:
                    self.constants[number] = self._constant(number)
            if self._fused(node) != "NONE":
                raise InputError(gettext("it has an activation of its own within another one"))
            order = [int(axis) for axis in self.constants[inputs[1]].reshape(-1)] if name == "TRANSPOSE" else []
            inputs = inputs[:1] if name == "TRANSPOSE" else inputs
            self.follow_function(name, [one for one in inputs if one >= 0], outputs[0], order)
            return
        self._translate(node, name, inputs, outputs[0])
        self._activate(self._fused(node))
        self.go_on(outputs[0])

    def _translate(self, node: "schema.Operator", name: str, inputs: Sequence[int], output: int) -> None:
        into = self.translation
        match name:
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                self._convolution(node, name, inputs)
            case "MAX_POOL_2D" | "AVERAGE_POOL_2D":
                options = self._options(node, "Pool2DOptions")
                kind = "Max" if name == "MAX_POOL_2D" else "Average"
                window, strides = (
                    (options.FilterHeight(), options.FilterWidth()),
                    (options.StrideH(), options.StrideW()),
                )
                into.pooling(kind, window, strides, _padding(options), channels_first=False)
            case "FULLY_CONNECTED":
                self._dense(node, inputs)
            case "MEAN" | "REDUCE_MAX":
                keep = bool(self._options(node, "ReducerOptions").KeepDims())
                axes = [int(axis) for axis in self._constant(inputs[1]).reshape(-1)[:MOST_SIDES]]
                into.pooling_over("Average" if name == "MEAN" else "Max", axes, keep=keep)
            case "ADD" | "SUB" | "MUL" | "DIV":
                self._arithmetic(name, inputs)
            case "STRIDED_SLICE":
                self._slice(node, inputs)
            case "RESIZE_BILINEAR":
                options = self._options(node, "ResizeBilinearOptions")
                if options.AlignCorners() or not options.HalfPixelCenters():
                    raise InputError(
                        gettext("it resizes by whole pixels; expected by their middles (half_pixel_centers)")
                    )
                into.resizing(self._shape(output)[1:])
            case "MINIMUM":
                limit = self._constant(inputs[1 if inputs[0] == self.head else 0])
                if limit.size != 1:
                    raise InputError(gettext("it cuts values off at several numbers; expected one, as ReLU has it"))
                into.at_most(float(limit.reshape(())))
            case "LOG":
                into.logarithm()
            case "PAD" | "PADV2":
                self._pad(inputs)
            case "TRANSPOSE":
                into.transpose([int(axis) for axis in self._constant(inputs[1]).reshape(-1)[:MOST_INPUTS]])
            case _ if name in RESHAPING:
                into.reshape(self._shape(output)[1:])
            case _ if name in UNCHANGED:
                self.is_rounded = self.is_rounded or name != "CAST"
                if name == "CAST" and self.tensors[output].Type() in WHOLE:
                    raise InputError(gettext("it makes whole numbers of the values; expected decimal ones"))
            case _:
                self._activation(node, name, inputs)

    def _activation(self, node: "schema.Operator", name: str, inputs: Sequence[int]) -> None:
        into = self.translation
        match name:
            case "SOFTMAX":
                if self._options(node, "SoftmaxOptions").Beta() != 1:
                    raise InputError(gettext("its beta is not 1"))
                into.softmax(-1)
            case "LOG_SOFTMAX":
                into.softmax(-1, logarithm=True)
            case "LEAKY_RELU":
                into.leaky_relu(self._options(node, "LeakyReluOptions").Alpha())
            case "PRELU":
                into.prelu(self._constant(inputs[1]))
            case "GELU":
                if self._options(node, "GeluOptions").Approximate():
                    raise InputError(gettext("it is the approximate GELU; expected the exact one"))
                into.activation("gelu")
            case "ARG_MAX" | "TOPK_V2":
                raise InputError(
                    gettext("it gives the digit alone; convert the model without it, with its scores as the answer")
                )
            case "RELU6" | "RELU_0_TO_1" | "RELU_N1_TO_1":
                self._activate(name)
            case _ if name in ACTIVATIONS:
                into.activation(ACTIVATIONS[name])
            case _:
                raise InputError(gettext(NO_SUCH_OPERATION))

    def _convolution(self, node: "schema.Operator", name: str, inputs: Sequence[int]) -> None:
        depthwise = name == "DEPTHWISE_CONV_2D"
        options = self._options(node, "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions")
        kernel, bias = self._weights(inputs)
        if kernel.ndim != 4:
            raise InputError(gettext("its kernel has {ndim} sides; expected 4", ndim=kernel.ndim))
        if depthwise:
            _, height, width, made = kernel.shape
            channels = self.translation.places.shape[-1]
            if kernel.shape[0] != 1 or made % channels:
                raise InputError(
                    gettext(
                        "its kernel makes {made} channels of {channels}", made=count(made), channels=count(channels)
                    )
                )
            ordered = kernel.reshape(height, width, channels, made // channels)
        else:
            ordered = kernel.transpose(1, 2, 3, 0)
        self.translation.convolution(
            ordered,
            bias,
            (options.StrideH(), options.StrideW()),
            _padding(options),
            dilation=(options.DilationHFactor(), options.DilationWFactor()),
            channels_first=False,
            depthwise=depthwise,
        )

    def _dense(self, node: "schema.Operator", inputs: Sequence[int]) -> None:
        if self._options(node, "FullyConnectedOptions").WeightsFormat():
            raise InputError(gettext("its weights are shuffled"))
        kernel, bias = self._weights(inputs)
        if self.translation.places.ndim > 1:
            self.translation.reshape([-1])
        self.translation.dense(kernel.T, bias)

    def _weights(self, inputs: Sequence[int]) -> tuple[np.ndarray, np.ndarray | None]:
        if len(inputs) < 2:
            raise InputError(gettext("it has no weights"))
        bias = self._constant(inputs[2]) if len(inputs) > 2 and inputs[2] >= 0 else None
        if bias is not None and not bias.any():
            bias = None  # the converter adds zeros where there is none
        return self._constant(inputs[1]), bias

    def _arithmetic(self, name: str, inputs: Sequence[int]) -> None:
        if len(inputs) != 2:
            raise InputError(gettext("it takes more than two values"))
        first = inputs[0] == self.head
        value = self._constant(inputs[1 if first else 0]).astype(np.float64)
        self.arithmetic(name, value, first=first)

    def _pad(self, inputs: Sequence[int]) -> None:
        sides = self._constant(inputs[1])
        if sides.shape != (4, 2) or sides[0].any() or sides[3].any():
            raise InputError(gettext("it adds something else than rows above and below, and columns"))
        if len(inputs) > 2 and self._constant(inputs[2]).any():
            raise InputError(gettext("it fills up with something else than zeros"))
        (top, bottom), (left, right) = sides[1:3].astype(int).tolist()
        if sides.any():
            self.translation.padding((top, left, bottom, right), channels_first=False)

    def _slice(self, node: "schema.Operator", inputs: Sequence[int]) -> None:
        options, shape = self._options(node, "StridedSliceOptions"), [1, *self.translation.places.shape]
        begins, ends, steps = (self._constant(number).reshape(-1).tolist() for number in inputs[1:4])
        if (
            options.EllipsisMask()
            or options.NewAxisMask()
            or options.ShrinkAxisMask()
            or any(one != 1 for one in steps)
        ):
            raise InputError(gettext("it leaves values out in between; expected a part of the picture"))
        if not len(begins) == len(ends) == len(steps) == len(shape):
            raise InputError(gettext("it cuts {begins} sides of {shape}", begins=len(begins), shape=len(shape)))
        kept = []
        for axis, side in enumerate(shape):
            begin = None if options.BeginMask() >> axis & 1 else int(begins[axis])
            end = None if options.EndMask() >> axis & 1 else int(ends[axis])
            kept.append(slice(begin, end).indices(side))
        if kept[0][:2] != (0, 1):
            raise InputError(gettext("it leaves pictures of the batch out"))
        self.translation.cut([one[0] for one in kept[1:]], [one[1] for one in kept[1:]])

    # --- What belongs to an operation --------------------------------------------------------------------------------

    def _options(self, node: "schema.Operator", kind: str) -> Any:
        """An operation's own settings; with those that it has by default where the file holds none."""
        table, options = node.BuiltinOptions(), getattr(self.schema, kind)()
        if table is None or node.BuiltinOptionsType() != getattr(self.schema.BuiltinOptions, kind):
            raise InputError(gettext("its settings are missing; convert the model again"))
        options.Init(table.Bytes, table.Pos)
        return options

    def _fused(self, node: "schema.Operator") -> str:
        """The activation that an operation has of its own."""
        kinds = ("Conv2D", "DepthwiseConv2D", "FullyConnected", "Pool2D", "Add", "Mul", "Sub", "Div")
        for kind in (f"{name}Options" for name in kinds):
            if node.BuiltinOptionsType() == getattr(self.schema.BuiltinOptions, kind):
                number = self._options(node, kind).FusedActivationFunction()
                known = {value: name for name, value in vars(self.schema.ActivationFunctionType).items()}
                return known.get(number, "?")
        return "NONE"

    def _activate(self, name: str) -> None:
        match name:
            case "NONE":
                pass
            case "RELU" | "TANH":
                self.translation.activation(name.lower())
            case "RELU6":
                self.translation.clip(0, 6)
            case "RELU_0_TO_1":
                self.translation.clip(0, 1)
            case "RELU_N1_TO_1":
                self.translation.clip(-1, 1)
            case _:
                raise InputError(gettext("its activation is '{name}'", name=readable(name)))

    # --- Tensors -----------------------------------------------------------------------------------------------------

    def _shape(self, number: int) -> list[int]:
        """The sides of a tensor, the batch first; of one that may have several, as they were at conversion."""
        sides = _numbers(self.tensors[number], "Shape", MOST_SIDES)
        if any(side < 0 for side in sides):
            raise InputError(
                gettext("the tensor {number} is declared as {sides}", number=number, sides=readable(sides))
            )
        return sides

    def _is_constant(self, number: int) -> bool:
        if number in self.constants:
            return True
        if not 0 <= number < len(self.tensors):
            raise IndexError("tensor")
        buffer = self.tensors[number].Buffer()
        return 0 < buffer < self.model.BuffersLength() and self.model.Buffers(buffer).DataLength() > 0

    def _constant(self, number: int) -> np.ndarray:
        """A tensor that the file holds: float32 of weights, whole numbers of sides and axes."""
        if number in self.constants:
            return self.constants[number]
        if number < 0 or not self._is_constant(number):
            raise InputError(gettext("its weights are computed from the picture, or lie elsewhere; expected constants"))
        tensor, shape = self.tensors[number], self._shape(number)
        if math.prod(shape) > MOST_PARAMETERS or tensor.Sparsity() is not None or tensor.Type() not in TYPES:
            raise InputError(
                gettext(
                    "its weights are declared as {shape}, or in a way that no network here has", shape=readable(shape)
                )
            )
        array = self.model.Buffers(tensor.Buffer()).DataAsNumpy().view(TYPES[tensor.Type()]).reshape(shape)
        scales = tensor.Quantization()
        if tensor.Type() in WHOLE and scales is not None and scales.ScaleLength():
            self.is_rounded = True
            scale, zero = scales.ScaleAsNumpy(), scales.ZeroPointAsNumpy()
            zero = zero if scales.ZeroPointLength() == len(scale) else np.zeros(scale.shape)
            return dequantized(array, scale, zero, scales.QuantizedDimension())
        if tensor.Type() in (3, 7, 9):
            raise InputError(gettext("its weights are whole numbers without a scale"))
        return array if tensor.Type() in WHOLE else array.astype(np.float32, copy=False)


# --- Values ----------------------------------------------------------------------------------------------------------


def _numbers(table: Any, field: str, most: int = MOST_INPUTS) -> list[int]:
    """A list of whole numbers in a table of the file, such as an operation's inputs."""
    length = getattr(table, f"{field}Length")()
    if length > most:
        raise ValueError(f"it has {length} {field.lower()}")
    return [int(getattr(table, field)(place)) for place in range(length)]


def _padding(options: Any) -> str:
    return "same" if options.Padding() == 0 else "valid"
