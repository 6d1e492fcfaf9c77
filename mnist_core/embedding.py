"""What a network makes of images just before its ten answers, from the run's LiteRT file, without TensorFlow."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from mnist_core import preprocess
from mnist_core.classifier import BATCH
from mnist_core.errors import LabError


def penultimate(path: Path, images: np.ndarray) -> np.ndarray:
    """Returns what the last dense layer gets for each image.

    Args:
        path: A run's `.tflite` file.
        images: uint8 `[N, 28, 28]`, white ink on black.

    Returns:
        float32 `[N, features]`.

    Raises:
        LabError: The file is missing or no such model.
    """
    interpreter = _headless(path)
    batch = np.zeros((BATCH, 28, 28, 1), np.float32)
    parts = []
    for start in range(0, len(images), BATCH):
        given = images[start : start + BATCH]
        batch[: len(given)] = preprocess.normalize(given)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
        interpreter.invoke()
        values = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        parts.append(values.reshape(BATCH, -1)[: len(given)])
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def _headless(path: Path) -> Interpreter:
    """Loads a model that ends before its last dense layer, and takes `BATCH` images at once."""
    try:
        content = _without_last_dense_layer(path.read_bytes())
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (BATCH, 28, 28, 1))
        interpreter.allocate_tensors()
    except Exception as error:  # a damaged file fails in a dozen ways, not all of them documented
        raise LabError(f"The model {path} cannot be looked into ({error}); train it again or choose another.") from None
    return interpreter


def _without_last_dense_layer(content: bytes) -> bytes:
    """Cuts a LiteRT file before its last dense layer; that layer's input becomes the output.

    Keeping every tensor of the whole model instead (`explain.graph`) forbids the fast kernels: three times as slow.
    """
    import flatbuffers  # these take a moment to load; only a look inside needs them
    from ai_edge_litert import schema_py_generated as schema  # private: LiteRT can only run models, not change them

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    dense = {number for number, code in enumerate(codes) if code == schema.BuiltinOperator.FULLY_CONNECTED}
    graph = model.subgraphs[0]
    places = [place for place, operation in enumerate(graph.operators) if operation.opcodeIndex in dense]
    if not places:
        raise ValueError("it has no dense layer")
    graph.outputs = [int(graph.operators[places[-1]].inputs[0])]
    graph.operators = graph.operators[: places[-1]]
    model.signatureDefs = None  # they name the output that is gone
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
