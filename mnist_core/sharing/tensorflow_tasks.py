"""What `files.sandbox` does with TensorFlow: building an imported model, and writing one as ONNX.

TensorFlow is loaded inside the functions, so that whoever runs them elsewhere can name them without it.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.config.network import output_shape, parse_layer
from mnist_core.files import atomic
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.runs.run import Run
from mnist_core.sharing import keras_file, weights

if TYPE_CHECKING:
    import onnx


# A LiteRT file of a model alone, which takes pictures of its own size.
BARE = "bare.tflite"


def build_files(layers: list[str], folder: str, front: int = 0) -> None:
    """Builds an imported `model.keras` and `model.tflite` beside their `weights.npz`; a task for `sandbox.run`.

    Where the lab put so many layers in `front`, none of which has weights, `BARE` is the model without these.
    """
    network, run = tuple(map(parse_layer, layers)), Run(Path(folder))
    arrays = weights.read_npz(run.folder / "weights.npz", network, "the model")
    from mnist_core.training import keras_import

    keras_import.load()
    from mnist_core.training import model_files

    model_files.write_files(network, arrays, run)
    if front:
        bare = model_files.build(network[front:], arrays, "softmax", output_shape(network[:front]))
        atomic.write_bytes(run.folder / BARE, model_files.to_litert(bare))


def write_onnx(keras_path: str, onnx_path: str) -> None:
    """Writes a model of the lab as ONNX, which ends in softmax as its LiteRT file does; a task for `sandbox.run`.

    Its input is `image`, float32 `[batch, 28, 28, 1]` between 0 and 1; its output `probabilities`, float32
    `[batch, 10]`.
    """
    with tempfile.TemporaryDirectory() as folder:
        layers, arrays = keras_file.read(Path(keras_path), Path(folder), "the model")
        from mnist_core.training import keras_import

        keras_import.load()
        import onnx

        from mnist_core.training import model_files

        model = model_files.as_it_judges(model_files.build(layers, arrays, "softmax"))
        model(np.zeros((1, *IMAGE_SHAPE), np.float32))  # Keras exports what has been called
        path = Path(folder) / "model.onnx"
        model.export(path, format="onnx", verbose=False)
        converted = onnx.load(path)
    _name_ends(converted)
    _spell_out_erfc(converted)
    onnx.checker.check_model(converted, full_check=True)
    atomic.write_bytes(Path(onnx_path), converted.SerializeToString())


def _name_ends(model: "onnx.ModelProto") -> None:
    """Gives input and output the names that a person expects, and says what they hold."""
    graph = model.graph
    names = {graph.input[0].name: "image", graph.output[0].name: "probabilities"}
    for node in graph.node:
        for places in (node.input, node.output):
            places[:] = [names.get(name, name) for name in places]
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    graph.name = "digits"
    graph.doc_string = "image: white ink on black, 0 to 1; probabilities: of the digits 0 to 9"


def _spell_out_erfc(model: "onnx.ModelProto") -> None:
    """Makes `1 - Erf` of TensorFlow's Erfc, of which GELU is made there and which ONNX has not."""
    from onnx import helper, numpy_helper

    graph, one = model.graph, "one_less_erf"
    if all(node.op_type != "Erfc" for node in graph.node):
        return
    nodes = []
    for node in graph.node:
        if node.op_type == "Erfc":
            erf = f"{node.output[0]}/erf"
            nodes.append(helper.make_node("Erf", list(node.input), [erf]))
            node = helper.make_node("Sub", [one, erf], list(node.output))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.append(numpy_helper.from_array(np.array(1, np.float32), one))
