"""A model's file from elsewhere, of whatever format: what it is told by what it holds, and read as plain data.

Nothing in it is ever executed. What the lab cannot read is called what it is, with the nearest thing that works.
"""

import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from mnist_core.config.network import Layer, parse_layer
from mnist_core.errors import InputError, check_disk
from mnist_core.files import archives, kinds, sandbox
from mnist_core.formatting import count, readable, size
from mnist_core.language import N_, gettext
from mnist_core.sharing import keras_file, onnx_file, tensorflow_js, tflite_file, weights
from mnist_core.sharing.keras_chain import Model
from mnist_core.sharing.keras_file import MOST_WEIGHT_BYTES

# By their ends, as an upload offers them and sentences name them.
SUFFIXES = (".keras", ".h5", ".hdf5", ".onnx", ".tflite", ".zip")
# Those of a model in a file of its own; an ONNX file may have weights beside it.
OF_ONE_FILE = (".keras", ".h5", ".hdf5", ".tflite")
MOST_NAMED = 8
HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK"
# An ONNX file begins with its version, from 3 on, and goes on with who wrote it, its graph or its opset.
ONNX = re.compile(rb"\x08[\x03-\x1f][\x12\x1a\x22\x28\x32\x3a\x42]")
KERAS_MEMBERS, CAPSULE_MEMBER = tuple(keras_file.NEEDED), "capsule.json"
# What a Mac's packer adds.
IGNORED_FOLDER = "__MACOSX/"

_PICKLE = N_(
    "a pickle, which could run any code and is never opened; "
    "export the model as ONNX (torch.onnx.export), and import that"
)
_TORCH = N_(
    "a model of PyTorch, whose pickle could run any code and is never opened; "
    "export the model as ONNX (torch.onnx.export), and import that"
)
_SAVED_MODEL = N_(
    "a SavedModel of TensorFlow; load it with Keras or TensorFlow, and save it with model.save('name.keras'), "
    "or convert it to .tflite or ONNX (tf2onnx)"
)
_OPENVINO = N_(
    "XML, such as OpenVINO keeps its models in; export the model as ONNX (torch.onnx.export), and import that"
)
_SAFETENSORS = N_("weights alone, as safetensors; export the model as ONNX (torch.onnx.export), and import that")
# What a model's file begins with, and what it is; whatever else a file may be, `kinds` knows.
BEGINNINGS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\s*<\?xml"), _OPENVINO),
    (re.compile(rb"\x80\x02\x8a\x0al\xfc\x9c\x46"), _TORCH),
    (re.compile(rb"\x80[\x02-\x05]|\(dp\d|\(lp\d|c\w+\n\w+\n"), _PICKLE),
    (re.compile(rb".{5}\0\0\0\{", re.DOTALL), _SAFETENSORS),
    (re.compile(rb"GGUF"), N_("a language model's weights (GGUF); expected a network that reads digits")),
)
# What its name says more of; and what a download may be in a model's place, with advice for whatever was meant.
SAYS_NOTHING = (kinds.TEXT, kinds.JSON)
IN_ITS_PLACE = (kinds.WEB_PAGE, kinds.LFS_POINTER)
# What its name says, where what it begins with says nothing.
ENDINGS = {
    ".pt": _TORCH,
    ".pth": _TORCH,
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
    ".joblib": _PICKLE,
    ".pb": _SAVED_MODEL,
    ".ckpt": N_(
        "a checkpoint, which holds weights alone; load it with Keras or TensorFlow, "
        "and save it with model.save('name.keras')"
    ),
    ".mlmodel": N_("a model of Core ML; import what it was made from, or convert it to ONNX"),
    ".json": N_("text; for a model of TensorFlow.js pack model.json and its .bin files into one zip file"),
}
NAMED = frozenset((*SUFFIXES, *ENDINGS))


def unpack(
    path: str, folder: str, what: str, recipe: str = "", recipes: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    """Reads a model's file and leaves its arrays in `weights.npz`; a task for `sandbox.run`.

    The arrays are called `weight_000`, …, in the order of Keras's `get_weights`. `recipes` are layer lists by the names
    of recipes, `recipe` is the one whose layers weights alone are for. Returns `layers`, in the lab's
    notation, a `note` for people, mostly empty, and how many layers the lab put in `front`.
    """
    sandbox.limit(archives.SYSTEM_MEMORY)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        lists = {name: tuple(map(parse_layer, layers)) for name, layers in (recipes or {}).items()}
        if _are_weights_alone(Path(path), what):
            model = _read_alone(Path(path), recipe, lists, what)
        elif recipe:
            raise InputError(gettext("{what} says itself which layers it has; import it without a recipe.", what=what))
        else:
            model = read(Path(path), Path(scratch), what)
    weights.save(model.arrays, Path(folder) / "weights.npz")
    return {"layers": [str(layer) for layer in model.layers], "note": model.note, "front": model.front}


def read(path: Path, folder: Path, what: str) -> Model:
    """Reads the layers of a model's file, and their arrays.

    Parts of the file may be unpacked into the folder on the way. Raises InputError if it is no chain of layers that the
    lab knows, or something else altogether; the sentence says what it is.
    """
    with path.open("rb") as file:
        start = file.read(kinds.LOOKED_AT)
    if not start:
        raise InputError(gettext("{what} is empty; get or save it again.", what=what))
    if start.startswith(ZIP):
        return _read_zip(path, folder, what)
    if start.startswith(HDF5):
        return _read_keras(path, folder, what)
    if start[4:8] == tflite_file.MARK:
        return tflite_file.read(path, what)
    if ONNX.match(start) and path.suffix != ".mlmodel":  # which begins the same way
        return onnx_file.read(path, what)
    for beginning, name in BEGINNINGS:
        if beginning.match(start):
            raise InputError(gettext("{what} is {kind}.", what=what, kind=name))
    kind = kinds.of_start(start)
    if kind is not None and kind not in SAYS_NOTHING:
        advice = kind.advice if kind in IN_ITS_PLACE else gettext("give the model's own file")
        raise InputError(
            gettext("{what} is {words}, not a model; {advice}.", what=what, words=kind.words, advice=advice)
        )
    if path.suffix in ENDINGS:
        raise InputError(gettext("{what} is {kind}.", what=what, kind=ENDINGS[path.suffix]))
    if path.suffix == ".onnx":
        return onnx_file.read(path, what)
    if path.suffix == ".tflite":
        return tflite_file.read(path, what)
    if path.suffix in (".keras", ".h5", ".hdf5"):
        return _read_keras(path, folder, what)
    raise InputError(
        gettext(
            "{what} is not a model that the lab reads; expected a name that ends in .capsule, {suffixes} or {last}.",
            what=what,
            suffixes=", ".join(SUFFIXES[:-1]),
            last=SUFFIXES[-1],
        )
    )


def _read_keras(path: Path, folder: Path, what: str) -> Model:
    chain, arrays = keras_file.read_chain(path, folder, what)
    return Model(tuple(chain.layers), arrays, chain.note, chain.front)


# --- Weights alone ---------------------------------------------------------------------------------------------------


def _are_weights_alone(path: Path, what: str) -> bool:
    with path.open("rb") as file:
        return file.read(len(HDF5)) == HDF5 and weights.are_alone(path, what)


def _read_alone(path: Path, recipe: str, recipes: dict[str, tuple[Layer, ...]], what: str) -> Model:
    """Reads weights for the layers of a recipe; without one InputError says which recipes they fit."""
    if recipe:
        return Model(recipes[recipe], weights.read_alone(path, recipes[recipe], what), "", 0)
    fitting = [name for name, layers in recipes.items() if _fits(path, layers, what)]
    known = ", ".join(f"'{name}'" for name in fitting[:MOST_NAMED])
    advice = (
        gettext("name the recipe whose layers they are; by their shapes they fit {known}", known=known)
        if fitting
        else gettext("none of this lab's recipes has such, so save the whole model with model.save('name.keras')")
    )
    raise InputError(
        gettext(
            "{what} holds weights alone, without the layers that they belong to; {advice}.", what=what, advice=advice
        )
    )


def _fits(path: Path, layers: tuple[Layer, ...], what: str) -> bool:
    try:
        weights.read_alone(path, layers, what)
    except InputError:
        return False
    return True


# --- Zip files -------------------------------------------------------------------------------------------------------


def _read_zip(path: Path, folder: Path, what: str) -> Model:
    members = _members(path, what)
    ends = [PurePosixPath(name) for name in members if not name.startswith(IGNORED_FOLDER) and not name.endswith("/")]
    if CAPSULE_MEMBER in members:
        raise InputError(gettext("{what} is a lab capsule; give it a name that ends in .capsule.", what=what))
    if not ends:
        raise InputError(gettext("{what} is an empty zip file; pack the model into it again.", what=what))
    if models := [str(end) for end in ends if end.suffix.lower() == ".onnx"]:
        if len(models) > 1:
            raise InputError(
                gettext(
                    "{what} holds {models} ONNX files; expected one, and its weights.",
                    what=what,
                    models=count(len(models)),
                )
            )
        return _read_onnx(path, folder, models[0], members, what)
    there = set(KERAS_MEMBERS) & set(members)
    if len(there) == len(KERAS_MEMBERS) or (there and path.suffix == ".keras"):
        return _read_keras(path, folder, what)
    if described := [str(end) for end in ends if end.name == tensorflow_js.MEMBER]:
        return tensorflow_js.read(path, folder, described[0], members, what)
    if any(end.name == "data.pkl" for end in ends):
        raise InputError(gettext("{what} is {kind}.", what=what, kind=_TORCH))
    if any(end.name == "saved_model.pb" for end in ends):
        raise InputError(gettext("{what} is {kind}.", what=what, kind=_SAVED_MODEL))
    raise _refusal_of_zip(ends, what)


def _refusal_of_zip(ends: list[PurePosixPath], what: str) -> InputError:
    inside = [end for end in ends if end.suffix.lower() in (*SUFFIXES, ".capsule")]
    if inside:
        return InputError(
            gettext(
                "{what} holds '{inside_name}'; unpack it, and import that file.",
                what=what,
                inside_name=readable(inside[0].name),
            )
        )
    if all(end.suffix == ".npy" for end in ends):
        return InputError(
            gettext("{what} holds NumPy arrays alone; save the whole model with model.save('name.keras').", what=what)
        )
    return InputError(
        gettext(
            "{what} holds no model that the lab reads, but '{ends_name}'; expected one file that "
            "ends in .capsule, {of_one_file} or .onnx, with its weights beside it, or "
            "TensorFlow.js's model.json with its .bin files.",
            what=what,
            ends_name=readable(ends[0].name),
            of_one_file=", ".join(OF_ONE_FILE),
        )
    )


def _members(path: Path, what: str) -> list[str]:
    """The names in a zip file."""
    try:
        with archives.open_zip(path, archives.MOST_MEMBERS, what) as archive:
            infos = archive.infolist()
    except InputError:
        if kinds.of(path) is kinds.TORCH:
            raise InputError(gettext("{what} is {kind}.", what=what, kind=_TORCH)) from None
        raise
    except archives.DAMAGE as error:
        check_disk(what, error)
        raise InputError(gettext("{what} is not a complete zip file; get or save it again.", what=what)) from error
    if sum(info.file_size for info in infos) > 2 * MOST_WEIGHT_BYTES:
        most = size(2 * MOST_WEIGHT_BYTES)
        raise InputError(
            gettext(
                "{what} holds more than {most} once it is unpacked; no model here is as large.", what=what, most=most
            )
        )
    return [info.filename for info in infos]


def _read_onnx(path: Path, folder: Path, model: str, names: list[str], what: str) -> Model:
    """Reads an ONNX file in a zip file, whose weights may lie in other members beside it."""
    with archives.opened(path, what, {model: MOST_WEIGHT_BYTES}, dict.fromkeys(names, MOST_WEIGHT_BYTES)) as archive:
        unpacked: dict[str, Path] = {}

        def copy(name: str) -> Path:
            if name not in unpacked:
                place = folder / f"part-{len(unpacked)}"
                unpacked[name] = place
                archive.copy(name, place)
            return unpacked[name]

        def outside(location: str) -> Path:
            name = str(PurePosixPath(model).parent / location)
            if name not in names:
                raise InputError(
                    gettext(
                        "{what} lacks the file '{location}' beside its model, in which weights are said to be.",
                        what=what,
                        location=readable(location),
                    )
                )
            return copy(name)

        try:
            return onnx_file.read(copy(model), what, outside)
        finally:
            for place in unpacked.values():
                place.unlink(missing_ok=True)
