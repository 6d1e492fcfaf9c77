"""The constants of an ONNX file, read as plain data, and what a short list of operations makes of them.

A file may compute such constants as the shape to flatten to from others; nothing of it is executed.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.config.train_config import MOST_PARAMETERS
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.language import gettext
from mnist_core.sharing.following import dequantized
from mnist_core.sharing.keras_file import MOST_WEIGHT_BYTES
from mnist_core.sharing.spelled_functions import OPERATIONS

if TYPE_CHECKING:
    import onnx

Outside = Callable[[str], Path]

MOST_INPUTS = 8
# Of constants that are put together from others: shapes, in the main.
MOST_JOINED = 64
LONGEST_PLACE = 200
ARITHMETIC = ("Add", "Sub", "Mul", "Div")


class Tensors:
    """Reads the tensors of a file that sentences call `what`; `outside` as `onnx_file.read` takes it."""

    def __init__(self, what: str, outside: Outside | None) -> None:
        self.what, self.outside = what, outside

    def array(self, tensor: "onnx.TensorProto") -> np.ndarray:
        """A tensor's values, after a look at what it declares."""
        import onnx

        name = text(tensor.name)
        number = math.prod(tensor.dims)
        if any(side < 0 for side in tensor.dims) or number > MOST_PARAMETERS or len(tensor.dims) > MOST_INPUTS:
            sides = "×".join(map(str, tensor.dims[:MOST_INPUTS]))
            raise InputError(
                gettext(
                    "The array '{name}' of {what} is declared as {sides}; no network here has such.",
                    name=name,
                    what=self.what,
                    sides=sides,
                )
            )
        if tensor.data_type not in numeric():
            raise InputError(
                gettext(
                    "The array '{name}' of {what} holds no numbers that are read; expected float32.",
                    name=name,
                    what=self.what,
                )
            )
        try:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                return self._external(tensor, number)
            return onnx.numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                gettext(
                    "The array '{name}' of {what} is not as long as it says; get or export the file again.",
                    name=name,
                    what=self.what,
                )
            ) from error

    def _external(self, tensor: "onnx.TensorProto", number: int) -> np.ndarray:
        import onnx

        said = {entry.key: text(entry.value, LONGEST_PLACE) for entry in tensor.external_data[:MOST_INPUTS]}
        if self.outside is None:
            name = said.get("location", "")
            raise InputError(
                gettext(
                    "{what} keeps its weights in another file, '{name}'; put both in one zip file, and import that.",
                    what=self.what,
                    name=name,
                )
            )
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
        start, length = int(said.get("offset", "0")), number * dtype.itemsize
        if not 0 <= start < MOST_WEIGHT_BYTES or int(said.get("length", length)) != length:
            raise ValueError("offset and length")
        with self.outside(said.get("location", "")).open("rb") as file:
            file.seek(start)
            return np.frombuffer(file.read(length), dtype, number).reshape(tuple(tensor.dims))

    def folded(self, node: "onnx.NodeProto", values: list[np.ndarray]) -> np.ndarray:
        """What an operation makes of constants."""
        attributes = attributes_of(node)
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
                return _sliced(values, attributes)
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
                zero = values[2] if len(values) > 2 else np.zeros_like(values[1])
                return dequantized(values[0], values[1], zero, attributes.get("axis", 1))
        raise InputError(
            gettext("it computes weights in a way that is not read; export the model with its weights as constants")
        )

    def _given(self, attributes: dict[str, Any]) -> np.ndarray:
        for name in ("value_float", "value_floats", "value_int", "value_ints"):
            if name in attributes:
                return np.array(attributes[name], np.float32 if "float" in name else np.int64)
        if "value" not in attributes:
            raise InputError(gettext("it is no number"))
        return self.array(attributes["value"])


def _sliced(values: list[np.ndarray], attributes: dict[str, Any]) -> np.ndarray:
    def said(place: int, name: str, without: int) -> int:
        if len(values) > place:
            return int(values[place].reshape(()) if values[place].ndim == 0 else values[place].item())
        return int(attributes[name][0]) if name in attributes else without

    start, end, step = said(1, "starts", 0), said(2, "ends", len(values[0])), said(4, "steps", 1)
    return values[0][start:end:step]


# --- Values ----------------------------------------------------------------------------------------------------------


def _is_small(values: Sequence[np.ndarray]) -> bool:
    if len(values) != 2:
        return False
    return math.prod(np.broadcast_shapes(values[0].shape, values[1].shape)) <= MOST_PARAMETERS


def text(name: str | bytes, longest: int = 40) -> str:
    """A name for a sentence; protobuf hands bytes that are no text on as they are."""
    return readable(name.decode(errors="replace") if isinstance(name, bytes) else name, longest)


def numeric() -> frozenset[int]:
    from onnx import TensorProto as T

    whole = {T.UINT8, T.INT8, T.UINT16, T.INT16, T.INT32, T.INT64, T.UINT32, T.UINT64}
    return frozenset(floating() | whole)


def floating() -> set[int]:
    from onnx import TensorProto as T

    return {T.FLOAT, T.FLOAT16, T.DOUBLE, T.BFLOAT16}


def attributes_of(node: "onnx.NodeProto") -> dict[str, Any]:
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
