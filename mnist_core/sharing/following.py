"""What all formats have in common that describe a model as operations: one value is followed through them.

Each operation is translated where the format is known (`onnx_file`, `tflite_file`).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from mnist_core.errors import InputError
from mnist_core.formatting import count
from mnist_core.language import N_, gettext
from mnist_core.sharing.spelled_functions import GRID, TRANSPOSE, Spelled, applied, factor_of_known
from mnist_core.sharing.translation import Shape, Translation

T = TypeVar("T")

NO_SUCH_OPERATION = N_(
    "the lab's networks have no such operation; expected convolutions, poolings, dense "
    "layers, normalizations and activations"
)


def only_ends(inputs: Sequence[T], outputs: Sequence[T], what: str) -> tuple[T, T]:
    """Returns what a model takes and gives; InputError where it takes or gives more than one value."""
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            gettext(
                "{what} has {inputs} inputs and {outputs} outputs; expected one picture, and one answer.",
                what=what,
                inputs=count(len(inputs)),
                outputs=count(len(outputs)),
            )
        )
    return inputs[0], outputs[0]


class Follower:
    """Follows the one value that depends on the picture through a file's operations; whatever else is a constant.

    Names are those that the file has for its values, from `head`, a picture of this shape, to `answer`.
    """

    def __init__(
        self, what: str, shape: Shape, head: Any, answer: Any, constants: dict[Any, np.ndarray] | None = None
    ) -> None:
        try:
            self.translation = Translation(shape)
        except InputError as error:
            raise InputError(f"{what}: {error}.") from None
        self.what, self.answer = what, answer
        self.constants: dict[Any, np.ndarray] = {} if constants is None else constants
        self.shapes: dict[Any, Shape] = {}  # of what was the value so far, without the batch
        self.uses: Counter[Any] = Counter()  # how many operations take a value
        # What the values have at `GRID` while a function is followed that takes one of them two ways.
        self.grid: dict[Any, Spelled] = {}
        self.go_on(head)

    def go_on(self, name: Any) -> None:
        """The value is called so from here on."""
        self.head = name
        self.shapes[name] = self.translation.places.shape

    def check_chain(self, given: Sequence[Any]) -> None:
        """Raises InputError unless all that is given leads from the picture on."""
        if not given or any(name != self.head and name not in self.grid for name in given):
            raise InputError(
                gettext(
                    "it takes what no operation before it gives, or what lies on another way; expected a single chain"
                )
            )

    def check_arrived(self, advice: str) -> None:
        """Raises InputError unless the answer is reached; `advice` says what to do."""
        if self.grid:
            raise InputError(
                gettext("{what} takes a value two ways in an activation that the lab has not.", what=self.what)
            )
        if self.head != self.answer:
            raise InputError(
                gettext("{what} does not lead from its picture to its answer; {advice}.", what=self.what, advice=advice)
            )

    def follow_function(self, operation: str, inputs: Sequence[Any], output: Any, order: Sequence[int] = ()) -> None:
        """Evaluates a part where the chain splits and comes together again, which may only be a function of a value.

        `order` is that of the axes that transposing gives.
        """
        begun = Spelled(GRID, tuple(range(self.translation.places.ndim + 1)))
        given = [begun if name == self.head else self.grid.get(name, self.constants.get(name)) for name in inputs]
        if operation.lower() == TRANSPOSE and isinstance(given[0], Spelled):
            made: Spelled | None = given[0].turned(order)
        else:
            made = applied(operation.lower(), [one for one in given if one is not None])
        if made is None or any(one is None for one in given):
            raise InputError(
                gettext(
                    "it takes what goes two ways, which is read of GELU and its like alone; expected a "
                    "single chain of operations, each of which takes what the one before it gives"
                )
            )
        self.grid.setdefault(self.head, begun)
        self.grid[output] = made
        for name in inputs:
            self.uses[name] -= 1
        # What is known only with a factor that comes behind it, as in PyTorch's GELU, is followed on.
        if [name for name in self.grid if self.uses[name] > 0] == [output] and self._is_known(made):
            self.translation.transpose(made.order)
            self.grid.clear()
            self.go_on(output)

    def _is_known(self, made: Spelled) -> bool:
        """Adds a function that a file spells out, if the lab has it."""
        if made.varying is None:
            return self.translation.function(made.fixed)
        slopes = made.slopes()
        if slopes is not None:
            self.translation.prelu(slopes)
            return True
        # A normalization behind it may have been made part of it, and then the function's own factor of that.
        factor = factor_of_known(made.varying) or 1
        if made.constant is None or made.fixed.any() or not self.translation.function(made.varying / factor):
            return False
        self.translation.affine(factor * made.constant, np.zeros(1))
        return True

    def arithmetic(self, operation: str, constant: np.ndarray, *, first: bool) -> None:
        """Adds, subtracts, multiplies or divides by a constant; `first` says that the value comes before it."""
        match operation.lower(), first:
            case "add", _:
                self.translation.affine(np.ones(1), constant)
            case "sub", True:
                self.translation.affine(np.ones(1), -constant)
            case "sub", False:
                self.translation.affine(-np.ones(1), constant)
            case "mul", _:
                self.translation.affine(constant, np.zeros(1))
            case "div", True:
                self.translation.affine(1 / constant, np.zeros(1))
            case _:
                raise InputError(gettext("it divides a constant by what comes in"))


def dequantized(whole: np.ndarray, scale: np.ndarray, zero: np.ndarray, axis: int) -> np.ndarray:
    """What whole numbers stand for, float32: with one scale and zero, or one for each place of an axis."""
    scale, zero = (one.astype(np.float32) for one in (scale, zero))
    if scale.ndim == 1 and scale.size > 1:
        along = [1] * whole.ndim
        along[axis] = -1
        scale, zero = scale.reshape(along), zero.reshape(along)
    else:
        scale, zero = (one.reshape(()) if one.size == 1 else one for one in (scale, zero))
    if np.broadcast_shapes(whole.shape, scale.shape, zero.shape) != whole.shape:
        raise InputError(gettext("its scales do not fit on its weights"))
    return (whole.astype(np.float32) - zero) * scale
