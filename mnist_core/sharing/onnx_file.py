"""An ONNX file, read as plain data: its operations become layers (`translation`), and nothing in it is executed.

Taken are chains from one picture to ten scores, as PyTorch, tf2onnx and the lab's own export write them. Constants that
a file computes from others are computed by `onnx_tensors`; functions that it spells out are known by what they make of
a few values (`spelled_functions`).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import gettext
from mnist_core.sharing.following import NO_SUCH_OPERATION, Follower, only_ends
from mnist_core.sharing.keras_chain import Model
from mnist_core.sharing.onnx_tensors import (
    MOST_INPUTS,
    MOST_JOINED,
    Outside,
    Tensors,
    attributes_of,
    floating,
    numeric,
    text,
)
from mnist_core.sharing.translation import Padding, Shape

if TYPE_CHECKING:
    import onnx

MOST_NODES, MOST_TENSORS = 1000, 2000
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
        raise InputError(gettext("{what} is no complete ONNX file; get or export it again.", what=what)) from error
    if not model.graph.node or not model.opset_import:
        raise InputError(
            gettext("{what} is no complete ONNX file: it holds no operations; get or export it again.", what=what)
        )
    opset = max((one.version for one in model.opset_import if one.domain in OWN_DOMAINS), default=0)
    if opset < FIRST_OPSET:
        raise InputError(
            gettext(
                "{what} is of ONNX's opset {opset}; expected {first_opset} or later, so export it again.",
                what=what,
                opset=opset,
                first_opset=FIRST_OPSET,
            )
        )
    return model


class _Reader(Follower):
    """Follows the one value that depends on the picture from operation to operation; all others are constants."""

    def __init__(self, model: "onnx.ModelProto", what: str, outside: Outside | None) -> None:
        graph = model.graph
        self.tensors = Tensors(what, outside)
        self.opset = max(one.version for one in model.opset_import if one.domain in OWN_DOMAINS)
        if len(graph.node) > MOST_NODES or len(graph.initializer) > MOST_TENSORS or graph.sparse_initializer:
            raise InputError(
                gettext(
                    "{what} has {node} operations; at most {most_nodes} are read.",
                    what=what,
                    node=count(len(graph.node)),
                    most_nodes=MOST_NODES,
                )
            )
        constants = {tensor.name: self.tensors.array(tensor) for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        head, answer = only_ends(inputs, graph.output, what)
        super().__init__(what, _input_shape(head, what), head.name, answer.name, constants)
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
            where = gettext(
                "Operation {number} of {what} ({text})", number=number, what=self.what, text=text(node.op_type)
            )
            try:
                self._follow(node)
            except InputError as error:
                raise InputError(f"{where}: {error}.") from None
            except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
                raise InputError(
                    gettext("{where} is not as ONNX describes it; export the model again.", where=where)
                ) from error
        self.check_arrived(gettext("export the model again"))
        self.constants.clear()

    # --- One after the other -----------------------------------------------------------------------------------------

    def _follow(self, node: "onnx.NodeProto") -> None:
        if node.domain not in OWN_DOMAINS:
            raise InputError(
                gettext("it is of '{text}', and only ONNX's own operations are read", text=text(node.domain))
            )
        if not node.output:
            raise InputError(gettext("it gives nothing"))
        if node.op_type == "Shape" and node.input[0] in self.shapes:
            self.constants[node.output[0]] = np.array([BATCH, *self.shapes[node.input[0]]])
            return
        given = [name for name in node.input if name and name not in self.constants]
        if not given:
            values = [self.constants[name] for name in node.input if name]
            self.constants[node.output[0]] = self.tensors.folded(node, values)
            return
        self.check_chain(given)
        if self.grid or self.uses[self.head] > 1:
            self._follow_function(node)
            return
        if given != [node.input[0]] and node.op_type not in ("Add", "Mul", "Sub", "Div", "Max", "Min"):
            raise InputError(
                gettext("it takes the picture in another place than the first one; expected a single chain")
            )
        self._translate(node)
        for name in node.input:
            self.uses[name] -= 1
            if not self.uses[name]:  # weights of which the layers have their own now
                self.constants.pop(name, None)
        self.go_on(node.output[0])

    def _follow_function(self, node: "onnx.NodeProto") -> None:
        attributes = attributes_of(node)
        order = list(attributes.pop("perm", ()))
        if attributes.pop("alpha", 1.0) != 1 or (attributes.pop("to", None) not in (None, *floating())) or attributes:
            raise InputError(gettext("it is set otherwise than in the functions that are known"))
        if node.op_type == "Clip" and (len(node.input) != 3 or not all(node.input)):
            raise InputError(gettext("it cuts values off on one side alone"))
        self.follow_function(node.op_type, [name for name in node.input if name], node.output[0], order)

    # --- Operations --------------------------------------------------------------------------------------------------

    def _translate(self, node: "onnx.NodeProto") -> None:
        into, attributes = self.translation, attributes_of(node)
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
            case "Slice":
                self._slice(node, attributes)
            case "Resize":
                self._resize(node, attributes)
            case "Cast":
                if attributes.get("to") not in floating():
                    raise InputError(gettext("it makes whole numbers of the values; expected decimal ones"))
            case "Flatten":
                axis = attributes.get("axis", 1)
                if axis not in (1, -into.places.ndim):
                    raise InputError(gettext("its axis is {axis}; expected 1", axis=readable(axis)))
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
                    raise InputError(gettext("its alpha is {alpha:g}; expected 1", alpha=alpha))
                into.elu(alpha)
            case "Selu":
                given = [attributes.get(name, own) for name, own in zip(("alpha", "gamma"), SELU, strict=True)]
                if not np.allclose(given, SELU, atol=1e-3):
                    raise InputError(gettext("its alpha and gamma are not those of SELU"))
                into.activation("selu")
            case "Gelu":
                if attributes.get("approximate", b"none") != b"none":
                    raise InputError(gettext("it is the approximate GELU; expected the exact one"))
                into.activation("gelu")
            case "Clip":
                least, most = (self._limit(node, attributes, place) for place in (1, 2))
                into.clip(least, most)
            case "Max" | "Min":
                constants = [self.constants[name] for name in node.input if name in self.constants]
                if len(constants) == 1 and constants[0].size == 1 and node.op_type == "Min":
                    into.at_most(float(constants[0].reshape(())))
                elif len(constants) == 1 and not constants[0].any():
                    into.activation("relu")
                else:
                    raise InputError(
                        gettext("it cuts values off; expected below 0, or above one number, as ReLU does it")
                    )
            case "Hardmax" | "ArgMax" | "TopK":
                raise InputError(
                    gettext("it gives the digit alone; export the model without it, with its scores as the answer")
                )
            case name if name in ACTIVATIONS:
                into.activation(ACTIVATIONS[name])
            case name if name in UNCHANGED:
                if name == "Dropout" and any(self.uses[output] for output in node.output[1:]):
                    raise InputError(gettext("its mask is used"))
            case _:
                raise InputError(gettext(NO_SUCH_OPERATION))

    def _convolution(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        kernel = self._constant(node, 1)
        bias = self._constant(node, 2) if len(node.input) > 2 and node.input[2] else None
        if kernel.ndim != 4:
            raise InputError(
                gettext("its kernel has {ndim} sides; expected that of pictures, with 4", ndim=kernel.ndim)
            )
        filters, channels, height, width = kernel.shape
        groups, inside = attributes.get("group", 1), self.translation.places.shape[0]
        if list(attributes.get("kernel_shape", [height, width])) != [height, width]:
            raise InputError(gettext("its kernel has another shape than it says"))
        depthwise = groups != 1
        if depthwise:
            if groups != inside or channels != 1 or filters % groups:
                raise InputError(
                    gettext(
                        "its {filters} filters stand in {groups} groups; expected one group, or as many as channels",
                        filters=count(filters),
                        groups=count(groups),
                    )
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
            raise InputError(gettext("its places are used"))
        if _pair(attributes, "dilations") != [1, 1]:
            raise InputError(gettext("its window is dilated; expected one without gaps"))
        window, strides, padding = attributes["kernel_shape"], _pair(attributes, "strides"), _padding(attributes)
        into, kind = self.translation, node.op_type.removesuffix("Pool")
        if attributes.get("ceil_mode") and isinstance(padding, tuple):
            padding = _completed(into.places.shape[1:], window, strides, padding)
        if kind == "Average" and attributes.get("count_include_pad") and any(side != 0 for side in padding):
            raise InputError(gettext("it averages over the zeros of its padding, too; expected over the picture alone"))
        into.pooling(kind, window, strides, padding, channels_first=True)

    def _gemm(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        if attributes.get("transA"):
            raise InputError(gettext("it turns the picture"))
        kernel = self._constant(node, 1)
        kernel = kernel.T if attributes.get("transB") else kernel
        if (alpha := attributes.get("alpha", 1.0)) != 1:
            kernel = kernel * np.float32(alpha)
        self.translation.dense(kernel, None)
        if len(node.input) > 2 and node.input[2] and (beta := attributes.get("beta", 1.0)):
            self.translation.affine(np.ones(1), self._constant(node, 2) * np.float32(beta))

    def _normalization(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        if attributes.get("training_mode") or not attributes.get("spatial", 1):
            raise InputError(gettext("it is in training; export the model for answering"))
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
            raise InputError(gettext("it fills up with something else than zeros all around"))
        if len(sides) != 8 or any(sides[place] for place in (0, 1, 4, 5)):
            raise InputError(
                gettext("its sides are {sides}; expected rows above and below, and columns", sides=readable(sides))
            )
        if any(sides):
            self.translation.padding((sides[2], sides[3], sides[6], sides[7]), channels_first=True)

    def _slice(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        shape = self.translation.places.shape

        def listed(name: str, place: int, without: Sequence[int]) -> list[int]:
            if len(node.input) > place and node.input[place]:
                return [int(one) for one in self._constant(node, place).reshape(-1)[:MOST_JOINED]]
            return list(attributes.get(name, without))

        begins, ends = listed("starts", 1, ()), listed("ends", 2, ())
        axes = listed("axes", 3, range(len(begins)))
        if not len(begins) == len(ends) == len(axes) or any(step != 1 for step in listed("steps", 4, ())):
            raise InputError(gettext("it leaves values out in between; expected a part of the picture"))
        kept = [slice(0, side) for side in (1, *shape)]
        for axis, begin, end in zip(axes, begins, ends, strict=True):
            if not -len(kept) <= axis < len(kept):
                raise InputError(gettext("it goes over an axis that there is not"))
            kept[axis] = slice(*slice(begin, end).indices((1, *shape)[axis]))
        if kept[0] != slice(*slice(None).indices(1)) and kept[0] != slice(0, 1):
            raise InputError(gettext("it leaves pictures of the batch out"))
        self.translation.cut([one.start for one in kept[1:]], [one.stop for one in kept[1:]])

    def _resize(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        """Only with halves of pixels, and between two of them, as TensorFlow and the lab do it."""
        how = attributes.get("mode", b"nearest"), attributes.get("coordinate_transformation_mode", b"half_pixel")
        if how[0] != b"linear" or how[1] not in (b"half_pixel", b"pytorch_half_pixel"):
            raise InputError(
                gettext(
                    "it resizes by {text}; expected linear, by half pixels", text=text(how[0].decode(errors="replace"))
                )
            )
        if attributes.get("antialias") or attributes.get("exclude_outside") or "axes" in attributes:
            raise InputError(gettext("it resizes with antialias, exclude_outside or axes; expected it without"))
        shape = self.translation.places.shape
        if len(node.input) > 3 and node.input[3]:
            sides = [int(side) for side in self._constant(node, 3).reshape(-1)[:MOST_JOINED]]
        else:
            scales = self._constant(node, 2).reshape(-1)[:MOST_JOINED].astype(np.float32)
            if len(scales) != len(shape) + 1 or not np.isfinite(scales).all():
                raise InputError(gettext("its scales do not fit on a picture"))
            sides = [int(scale * np.float32(side)) for scale, side in zip(scales, (1, *shape), strict=True)]
        self.translation.resizing(sides[1:])

    def _reshape(self, node: "onnx.NodeProto", attributes: dict[str, Any]) -> None:
        given = attributes.get("shape")
        sides = [int(side) for side in (self._constant(node, 1) if given is None else given)]
        shape = self.translation.places.shape
        if not sides or sides[0] not in (BATCH, -1, 1) or len(sides) > MOST_JOINED or sides.count(-1) > 1:
            raise InputError(
                gettext("its shape is {sides}; expected the batch to stay the first side", sides=readable(sides))
            )
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

    def _constant(self, node: "onnx.NodeProto", place: int) -> np.ndarray:
        name = node.input[place] if place < len(node.input) else ""
        if name not in self.constants:
            raise InputError(gettext("its weights are computed from the picture, or missing; expected constants"))
        return self.constants[name]


# --- Values ----------------------------------------------------------------------------------------------------------


def _needed(nodes: Iterable["onnx.NodeProto"], answer: str, what: str) -> list["onnx.NodeProto"]:
    """The operations that an answer depends on, in their order."""
    wanted, found = {answer}, []
    for node in reversed(list(nodes)):
        if wanted.intersection(node.output):
            if len(node.input) > MOST_INPUTS or len(node.output) > MOST_INPUTS:
                raise InputError(
                    gettext(
                        "The operation '{text}' of {what} takes or gives too many values.",
                        text=text(node.op_type),
                        what=what,
                    )
                )
            wanted.update(name for name in node.input if name)
            found.append(node)
    return found[::-1]


def _input_shape(value: "onnx.ValueInfoProto", what: str) -> Shape:
    """The shape of an input without its batch."""
    sides = value.type.tensor_type.shape.dim[:MOST_INPUTS]
    if len(sides) < 2:
        raise InputError(
            gettext("{what}: its input has no shape; expected square pictures, a batch of them at a time.", what=what)
        )
    if value.type.tensor_type.elem_type not in numeric():
        raise InputError(gettext("{what}: its input is no numbers; expected pictures of 28×28.", what=what))
    return tuple(side.dim_value for side in sides[1:])


def _pair(attributes: dict[str, Any], name: str) -> list[int]:
    value = attributes.get(name, [1, 1])
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(gettext("its {name} are {value}; expected two numbers", name=name, value=readable(value)))
    return value


def _padding(attributes: dict[str, Any]) -> Padding | str:
    word = attributes.get("auto_pad", b"NOTSET")
    if word == b"SAME_UPPER":
        return "same"
    if word == b"VALID":
        return (0, 0, 0, 0)
    sides = attributes.get("pads", [0, 0, 0, 0])
    if word != b"NOTSET" or not isinstance(sides, list) or len(sides) != 4:
        raise InputError(
            gettext(
                "its padding is {decode} of {sides}",
                decode=readable(word.decode(errors="replace")),
                sides=readable(sides),
            )
        )
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
    raise InputError(gettext("its axes are {list}, of {sides} sides", list=readable(list(axes)), sides=len(sides)))
