"""A model as a folder for people without a lab: its files for three runtimes, a card, and a program that reads digits.

The card begins as Hugging Face's model cards do (https://huggingface.co/docs/hub/model-cards). The program prepares a
picture exactly as the lab does (`preparation_code`). The zip file of the same run has the same bytes each time.
"""

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib import resources

import mnist_core
from mnist_core.config.network import count_parameters, network_text
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.data.dataset import MNIST_IDENTITY
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import wilson
from mnist_core.files import folders
from mnist_core.formatting import count, percent, readable, several
from mnist_core.inference.calibration import Calibration
from mnist_core.runs import summary
from mnist_core.runs.description import RunDescription
from mnist_core.runs.run import Run
from mnist_core.sharing import preparation_code
from mnist_core.sharing.inputs import words as expected_words

SUFFIX = ".zip"
THE_LABS_LICENSE = "mit"
# The usual ones, as Hugging Face calls them (https://huggingface.co/docs/hub/repositories-licenses).
LICENSES = (
    *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0"),
    *(
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "gpl-3.0",
        "lgpl-3.0",
        "agpl-3.0",
        "mpl-2.0",
        "openrail",
        "unlicense",
        "wtfpl",
    ),
)
# When each file in the archive says it was written, so that nothing changes from one time to the next.
EPOCH = (1980, 1, 1, 0, 0, 0)

PREDICT = '''"""Reads pictures of one digit each: python predict.py five.png eight.jpg

A file that ends in .json holds a drawing instead: a list of strokes, each a list of points [x, y], y downward.
"""

import json
import sys
from pathlib import Path

import prepare

FOLDER = Path(__file__).parent
TEMPERATURE = {temperature}  # makes the model as sure as it is right, measured when it was trained


def load():
    """Returns the model as a function of one image, in LiteRT, ONNX Runtime or Keras, whichever is installed."""
    try:
        from ai_edge_litert.interpreter import Interpreter

        run = Interpreter(str(FOLDER / "model.tflite")).get_signature_runner("serving_default")
        (name,) = run.get_input_details()
        return lambda image: next(iter(run(**{{name: image}}).values()))
    except ImportError:
        pass
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(FOLDER / "model.onnx")
        return lambda image: session.run(["probabilities"], {{"image": image}})[0]
    except ImportError:
        import keras

        model = keras.saving.load_model(FOLDER / "model.keras"){softmax}
        return lambda image: model.predict(image, verbose=0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Name pictures of one digit each: python predict.py digit.png")
    model = load()
    for path in map(Path, sys.argv[1:]):
        if not path.is_file():
            sys.exit(f"There is no file {{path}}.")
        is_drawing = path.suffix == ".json"
        image = prepare.drawing(json.loads(path.read_text())) if is_drawing else prepare.picture(path)
        if image is None:
            print(f"{{path}}: no ink to read")
            continue
        probabilities = prepare.calibrated(model(image), TEMPERATURE)[0]
        print(f"{{path}}: {{probabilities.argmax()}}, probability {{probabilities.max():.4f}}")
'''
# A sigmoid's ten values are no probabilities of one digit; Keras's loss took what comes before them for softmax's.
SOFTMAX = "\n        model.layers[-1].activation = keras.activations.softmax  # as it was trained"

REQUIREMENTS = """numpy>=2
pillow>=11
ai-edge-litert>=2  # or onnxruntime>=1.20, or keras>=3.8 with tensorflow
"""


def content(run: Run, onnx: bytes, licence: str = "") -> bytes:
    """Returns a zip file with the folder of a run's model, which needs no TensorFlow; `onnx` is its ONNX file.

    `licence` is one of `LICENSES`, or empty where nobody said any.
    """
    licence = THE_LABS_LICENSE if run.shipped else licence
    files = {
        "README.md": _card(run, licence).encode(),
        "model.keras": folders.read_bytes(run.keras_path),
        "model.onnx": onnx,
        "model.tflite": folders.read_bytes(run.model_path),
        "ndimage.py": resources.files(f"{__package__}.standalone").joinpath("ndimage.py").read_bytes(),
        "predict.py": _predict(run).encode(),
        "prepare.py": preparation_code.code(mnist_core.__version__).encode(),
        "requirements.txt": REQUIREMENTS.encode(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, one in files.items():
            info = zipfile.ZipInfo(f"{run.id}/{name}", EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16  # as on Unix, wherever it is made
            archive.writestr(info, one, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _predict(run: Run) -> str:
    softmax = SOFTMAX if run.config().layers[-1].activation == "sigmoid" else ""
    return PREDICT.format(temperature=repr(Calibration.load(run.calibration_path).temperature), softmax=softmax)


# --- The card --------------------------------------------------------------------------------------------------------


def _card(run: Run, licence: str) -> str:
    description, evaluation = run.description(), _evaluation(run)
    parts = [
        *_front_matter(run, description, evaluation, licence),
        f"# {_name(run)}\n",
        "Reads one handwritten digit in a picture of 28×28 pixels, white ink on black, and gives ten probabilities.\n",
        "## Use\n\n```\npip install -r requirements.txt\npython predict.py picture.png\n```\n",
        "`predict.py` takes PNG and JPEG pictures of one digit each, drawn, scanned or photographed, and prepares them "
        "as MNIST's images were made. `model.tflite` is for LiteRT, `model.onnx` for ONNX Runtime, and `model.keras` "
        "for Keras 3, to train it further: predict.py takes what is installed.\n",
        f"## How it was made\n\n{''.join(_made(run, description))}",
        f"## How it was judged\n\n{''.join(_judged(run, evaluation))}",
        "## Limits\n\nIt always answers with a digit, also to a letter or a scribble; only how sure it is says that "
        "something is wrong. Several digits in a picture are taken for one. It learned from the hands of those who "
        "wrote its training images, and reads others less well.\n",
        *([] if licence else ["## License\n\n" + UNSAID]),
    ]
    own = "" if description.imported else run.card()  # what came with a file may hold anything
    if own:
        parts.append(f"## What its makers say\n\n{_lower(own)}\n")
    return "\n".join(parts)


UNSAID = (
    "Whoever trained this model has not said what others may do with it. To say so, export it again with `--license`, "
    "or write a line such as `license: cc-by-4.0` at the top of this file.\n"
)


def _name(run: Run) -> str:
    return readable(run.label().name or f"Digit Lab's {run.id}", 100)


def _evaluation(run: Run) -> Evaluation | None:
    try:
        return Evaluation.load(run.evaluation_path) if folders.is_file(run.evaluation_path) else None
    except InputError:
        return None


def _front_matter(run: Run, description: RunDescription, evaluation: Evaluation | None, licence: str) -> Iterator[str]:
    """YAML between dashes, its texts quoted as in JSON, which YAML takes."""
    learned = not description.imported and description.dataset["identity"] == MNIST_IDENTITY
    yield "---"
    if licence:  # what somebody trained is theirs to license
        yield f"license: {licence}"
    yield "library_name: keras\npipeline_tag: image-classification"
    yield "tags:\n- mnist\n- handwritten-digits\n- litert\n- onnx\n- digit-lab"
    if learned:
        yield "datasets:\n- mnist"
    yield "metrics:\n- accuracy"
    if evaluation:
        is_mnist = evaluation.identity == MNIST_IDENTITY
        title = "MNIST" if is_mnist else description.data_title
        dataset = {"type": "mnist" if is_mnist else "other", "name": title, "split": "test"}
        metric = {"type": "accuracy", "value": round(evaluation.accuracy, 6), "name": "Test accuracy"}
        task = {"type": "image-classification", "name": "Image classification"}
        yield f"model-index:\n- name: {_quoted(_name(run))}\n  results:"
        yield f"  - task:\n{_mapping(task)}\n    dataset:\n{_mapping(dataset)}\n    metrics:\n{_mapping(metric, '- ')}"
    yield "---\n"


def _mapping(values: Mapping[str, object], first: str = "  ") -> str:
    lines = [f"{key}: {_quoted(value)}" for key, value in values.items()]
    return "\n".join(f"    {first if number == 0 else '  '}{line}" for number, line in enumerate(lines))


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _made(run: Run, description: RunDescription) -> Iterator[str]:
    config, imported = run.config(), description.imported
    if imported:
        expects = expected_words(imported.pixels, imported.transposed, imported.classes)
        yield f"It came to Digit Lab as `{readable(imported.file)}`"
        yield ", a capsule of another lab" if imported.kind == "capsule" else "; how it was trained is not known"
        yield f". It expected {expects}, and was changed to take what `predict.py` gives.\n\n" if expects else ".\n\n"
    else:
        status = run.status()
        yield f"Trained with Digit Lab, recipe `{config.recipe}`, on "
        yield f"{readable(summary.data(description), 200)}: {several(status.epoch, 'epoch')}, seed {config.seed}.\n\n"
        changed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in _settings(config))
        yield f"Settings: {changed}.\n\n"
    yield f"{count(count_parameters(config.layers))} parameters. Layers: `{network_text(config.layers)}`.\n"


def _settings(config: TrainConfig) -> Iterator[tuple[str, object]]:
    """Those that are not left as they are, and those that everybody asks for."""
    default = {field.name: field.default for field in dataclasses.fields(config)}
    for name in SETTINGS:
        value = getattr(config, name)
        # A second source may be a path of this machine, and is named with the data.
        if name not in ("seed", "also") and (value != default[name] or name in ("epochs", "batch_size", "optimizer")):
            yield name, value


def _judged(run: Run, evaluation: Evaluation | None) -> Iterator[str]:
    if evaluation is None:
        yield "It was not judged.\n"
        return
    number, data = len(evaluation.labels), "MNIST" if evaluation.identity == MNIST_IDENTITY else "the run's data"
    low, high = wilson(evaluation.right, number)
    yield f"It read {percent(evaluation.accuracy)} of {data}'s {several(number, 'test image')} "
    yield f"(95 % interval {percent(low)} to {percent(high)}), loss {evaluation.loss:.4f}.\n"
    imported = run.description().imported
    if imported and imported.claimed is not None:
        yield f"What came with it claims {percent(imported.claimed)}.\n"
    calibration = Calibration.load(run.calibration_path)
    if calibration.fitted:
        yield f"\nIts probabilities are calibrated by temperature {calibration.temperature:.3f}, fitted to "
        yield f"{several(calibration.images, 'validation image')}, which `predict.py` applies. The lab calls a "
        yield f"digit sure from a probability of {calibration.sure:.2f} on, and gives none where the two most probable "
        yield f"ones have less than {calibration.two:.2f} together.\n"


def _lower(card: str) -> str:
    """With its headings one step lower."""
    lines = card.strip().splitlines()
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in lines)
