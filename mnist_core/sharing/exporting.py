"""A run's model as a file for others: Keras, LiteRT, ONNX, all of them packed, a web page, the lab's own capsule."""

import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from mnist_core import environment
from mnist_core.errors import InputError, LabError, model_not_read, not_written
from mnist_core.files import atomic, cache, folders, sandbox
from mnist_core.language import N_, gettext
from mnist_core.runs.run import Run
from mnist_core.sharing import capsule, model_package, tensorflow_tasks

WEB_PAGE = ".html"
BUILD_SECONDS, BUILD_MEMORY = 300.0, 2_000_000_000  # TensorFlow is loaded for it
# A class of thirty may ask at once, and each TensorFlow takes most of a gigabyte.
BUILDING = threading.Lock()


@dataclass(frozen=True)
class Format:
    """A kind of file."""

    label: str  # what people call it
    purpose: str  # what it is good for, in a sentence
    # Lines of Python that load such a file, called `NAME`, and read `digit`, a grey picture of 28×28 pixels with white
    # ink on black; `probabilities` is float32 `[1, 10]`. Empty where there is more than a model.
    example: str = ""


_PREPARE = "image = digit.reshape(1, 28, 28, 1).astype(np.float32) / 255  # white ink on black, 0 to 1\n"

FORMATS = {
    ".keras": Format(
        "Keras",
        N_("To train it further or take it apart in Python with Keras 3."),
        "import keras, numpy as np\n"
        'model = keras.saving.load_model("NAME")\n' + _PREPARE + "probabilities = model.predict(image, verbose=0)\n"
        "answer = probabilities[0].argmax()",
    ),
    ".tflite": Format(
        "LiteRT",
        N_("To answer on phones and small computers; this is what the Draw page asks."),
        "import numpy as np\n"
        "from ai_edge_litert.interpreter import Interpreter\n"
        'read = Interpreter("NAME").get_signature_runner("serving_default")\n'
        + _PREPARE
        + "(probabilities,) = read(**{next(iter(read.get_input_details())): image}).values()",
    ),
    ".onnx": Format(
        "ONNX",
        N_("For other languages and runtimes: C++, C#, Java, JavaScript in the browser."),
        "import numpy as np, onnxruntime\n"
        'session = onnxruntime.InferenceSession("NAME")\n'
        + _PREPARE
        + '(probabilities,) = session.run(["probabilities"], {"image": image})\n'
        "answer = probabilities[0].argmax()",
    ),
    model_package.SUFFIX: Format(
        N_("Package"),
        N_(
            "For people without a lab: all three, a card, and a program that prepares and reads pictures as the lab "
            "does."
        ),
    ),
    WEB_PAGE: Format(
        N_("Web page"),
        N_("To draw on any phone or computer, offline: one file with a canvas and the model, which a browser opens."),
    ),
    capsule.SUFFIX: Format(
        N_("Capsule"),
        N_("For another lab: settings, curves, weights and evaluation in one file, which is checked again there."),
    ),
}


def has(run: Run, suffix: str) -> bool:
    """Says whether a run has what a kind of file is made from."""
    both = run.model_path, run.keras_path
    needed = {".tflite": (run.model_path,), model_package.SUFFIX: both, WEB_PAGE: both}
    return all(map(folders.is_file, needed.get(suffix, (run.keras_path,))))


def needs_onnx(run: Run, suffix: str) -> bool:
    """Says whether an ONNX file must be made for a kind of file first, which takes TensorFlow."""
    return suffix in (".onnx", model_package.SUFFIX) and not find_onnx(run)


def content(run: Run, suffix: str, licence: str = "") -> bytes:
    """A run's model as a file of this kind; ONNX is made when it is first asked for, which takes TensorFlow.

    A package's card names the `licence`, one of `model_package.LICENSES`. Raises InputError if there is no such kind of
    file or the run has no model, and LabError if it cannot be made.
    """
    if suffix not in FORMATS:
        raise InputError(
            gettext(
                "There is no kind of file '{suffix}'; give a name that ends in {known}.",
                suffix=suffix,
                known=", ".join(FORMATS),
            )
        )
    if not has(run, suffix):
        raise InputError(
            gettext("The run {run} has no model yet; wait until it is trained, or choose another one.", run=run.id)
        )
    try:
        if suffix == capsule.SUFFIX:
            return capsule.content(run)
        if suffix == model_package.SUFFIX:
            return model_package.content(run, make_onnx(run).read_bytes(), licence)
        if suffix == WEB_PAGE:
            from mnist_core.sharing.browser import web_page  # with all that reads drawings; an engine needs none of it

            return web_page.content(run)
        if suffix == ".onnx":
            return make_onnx(run).read_bytes()
        return folders.read_bytes(run.keras_path if suffix == ".keras" else run.model_path)
    except OSError as error:
        raise model_not_read(run.id, error) from error


def find_onnx(run: Run) -> Path | None:
    """Returns where a run's ONNX file is, or None where it has not been made, or the model is newer."""
    path = _onnx_path(run)
    try:
        return path if path.stat().st_mtime >= run.keras_path.stat().st_mtime else None
    except OSError:
        return None


def make_onnx(run: Run) -> Path:
    """Makes a run's ONNX file where none is yet; takes a quarter to half a minute, most of it TensorFlow's start."""
    if found := find_onnx(run):
        return found
    environment.check_training("Making an ONNX file")
    path = _onnx_path(run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        task = {"keras_path": str(run.keras_path), "onnx_path": str(path)}
        with BUILDING:
            if not find_onnx(run):  # somebody before in the queue may have made it
                what = f"The model of {run.id}"
                sandbox.run(tensorflow_tasks.write_onnx, task, what, BUILD_SECONDS, BUILD_MEMORY)
                if not find_onnx(run):  # the clock was set back since the model was written
                    shutil.copystat(run.keras_path, path)
    except InputError as error:
        raise LabError(f"The ONNX file of {run.id} cannot be made: {error}") from None
    except OSError as error:
        raise not_written(f"The ONNX file of {run.id} cannot be written", error) from error
    return path


def _onnx_path(run: Run) -> Path:
    """A shipped model's folder belongs to the lab's program, which may be read-only."""
    return cache.place("onnx", f"{run.id}.onnx") if run.shipped else run.folder / "model.onnx"


def write(run: Run, path: Path, licence: str = "") -> None:
    """Writes a run's model to a file, of the kind that its name ends in; raises as `content` does.

    InputError also where a `licence` is given for a shipped model, or for another kind of file than a package.
    """
    suffix = path.suffix.lower()
    if licence and suffix != model_package.SUFFIX:
        raise InputError(
            f"Only a package has a card that names a license; give a name that ends in .zip, not {suffix}."
        )
    if licence and run.shipped:
        raise InputError(f"{run.id} came with the lab, under the MIT license; export it without --license.")
    made = content(run, suffix, licence)
    try:
        atomic.write_bytes(path, made)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
