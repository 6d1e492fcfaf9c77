"""What a network makes of images just before its ten answers, from the run's LiteRT file, without TensorFlow."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from mnist_core.errors import LabError, model_not_read
from mnist_core.files import folders
from mnist_core.inference.classifier import BATCH
from mnist_core.language import gettext
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.preprocessing import pipeline

logger = logging.getLogger(__name__)


def penultimate(path: Path, images: np.ndarray) -> np.ndarray:
    """What the last dense layer gets for images uint8 `[N, 28, 28]`: float32 `[N, features]`.

    Raises LabError if the `.tflite` file is missing or damaged.
    """
    interpreter = _headless(path)
    batch = np.zeros((BATCH, *IMAGE_SHAPE), np.float32)
    parts = []
    for start in range(0, len(images), BATCH):
        given = images[start : start + BATCH]
        batch[: len(given)] = pipeline.normalize(given)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
        interpreter.invoke()
        values = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        parts.append(values.reshape(BATCH, -1)[: len(given)])
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def _headless(path: Path) -> Interpreter:
    """Loads a model that ends before its last dense layer, and takes `BATCH` images at once."""
    try:
        content = folders.read_bytes(path)
    except OSError as error:
        raise model_not_read(path.parent.name, error) from error
    content = _without_last_dense_layer(content, path)
    with _litert(path):
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (BATCH, *IMAGE_SHAPE))
        interpreter.allocate_tensors()
    return interpreter


def _unreadable(path: Path, reason: object) -> LabError:
    return LabError(
        gettext(
            "The model of {run} cannot be looked into ({reason}); train it again or choose another.",
            run=path.parent.name,
            reason=reason,
        )
    )


@contextlib.contextmanager
def _litert(path: Path) -> Iterator[None]:
    """Stands around calls of LiteRT alone, which fails over damaged files in a dozen ways, not all documented."""
    try:
        yield
    except Exception as error:
        logger.warning("LiteRT cannot read %s.", path, exc_info=True)
        raise _unreadable(path, error) from None


def _without_last_dense_layer(content: bytes, path: Path) -> bytes:
    """Cuts a LiteRT file before its last dense layer; that layer's input becomes the output.

    Keeping every tensor of the whole model instead (`explain.graph`) forbids the fast kernels: three times as slow.
    """
    import flatbuffers  # these take a moment to load; only a look inside needs them
    from ai_edge_litert import schema_py_generated as schema  # private: LiteRT can only run models, not change them

    with _litert(path):
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    # What a damaged file lacks is None.
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes or []]
    dense = {number for number, code in enumerate(codes) if code == schema.BuiltinOperator.FULLY_CONNECTED}
    graph = model.subgraphs[0] if model.subgraphs else schema.SubGraphT()
    operations = graph.operators or []
    places = [place for place, operation in enumerate(operations) if operation.opcodeIndex in dense]
    inputs = operations[places[-1]].inputs if places else None
    if inputs is None or not len(inputs):
        raise _unreadable(path, gettext("it has no dense layer"))
    graph.outputs = [int(inputs[0])]
    graph.operators = operations[: places[-1]]
    model.signatureDefs = None  # they name the output that is gone
    builder = flatbuffers.Builder(len(content))
    with _litert(path):
        builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
