"""The readers of what comes from outside: a sound value of each, how it is damaged, and who reads it.

Each reader gives back a value or refuses it in a sentence (`InputError`); anything else is a finding.
"""

import gzip
import io
import json
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import scipy.io
from hypothesis import strategies as st
from pyarrow import parquet

from mnist_core import environment
from mnist_core.classroom import activities, handed_in, passes, plans, tune, write
from mnist_core.classroom.activities import Activity, Entry
from mnist_core.config import recipes
from mnist_core.config.network import ACTIVATIONS, LAYER_KINDS, PADDINGS, parse_network, summarize
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.data import kept_uploads, mnist_writers, sources, stroke_files, uploads
from mnist_core.data.collection.drawing import Drawing
from mnist_core.data.dataset import Dataset
from mnist_core.data.synthetic.photographs import encode
from mnist_core.engine import connection, fair_queue
from mnist_core.engine.sweeps.search_space import SWEPT, Space
from mnist_core.engine.sweeps.sweep import Plan, SweepDescription
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import label_notes
from mnist_core.evaluation.ablation import WAYS, Ablation
from mnist_core.evaluation.corruptions import KINDS
from mnist_core.evaluation.digit_map import DigitMap
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.robustness import Robustness
from mnist_core.evaluation.selection import Selection
from mnist_core.evaluation.strangers import Strangers
from mnist_core.files.days_of_use import DaysOfUse
from mnist_core.files.home_record import HomeRecord
from mnist_core.files.precision_trials import PrecisionTrials
from mnist_core.files.records import Record
from mnist_core.inference.calibration import Calibration
from mnist_core.preprocessing import class_sheet, picture_files, pipeline
from mnist_core.preprocessing.canvas import readable, strokes_from_canvas
from mnist_core.preprocessing.keypad import strokes_from_keys
from mnist_core.preprocessing.strokes import check_strokes
from mnist_core.presentation import status_words
from mnist_core.presentation.report import card as model_card
from mnist_core.runs import run_folders, summary
from mnist_core.runs.bets import Bets
from mnist_core.runs.control import Control
from mnist_core.runs.description import RunDescription
from mnist_core.runs.run import RateChanges, Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.sharing import capsule as capsules
from mnist_core.sharing import claims, model_file, model_zip
from mnist_core.training import tuning
from mnist_core.training.pins import Pins
from mnist_core.training.replay import Replay
from mnist_core.ui.server import streamlit_cookie
from tests.conftest import large_digit, simple_images, simple_strokes
from tests.hostile import models
from tests.hostile.fuzz.damage import (
    ODD_TEXTS,
    damaged_bytes,
    damaged_json,
    damaged_npz,
    damaged_png,
    damaged_table,
    damaged_zip,
    json_text,
    written,
)
from tests.support import keras_1_models, onnx_models, tensorflow_js_models, tflite_models
from tests.support.canvas import drawing, fabric_path
from tests.support.writers import csv_text, idx_bytes

IDENTITY = "ab" * 32
IMAGES, LABELS = simple_images(3, 0)


@dataclass(frozen=True)
class Target:
    """A reader: `read` gets a damaged value, and an empty folder of its own."""

    name: str
    inputs: Callable[[], st.SearchStrategy[Any]]
    read: Callable[[Any, Path], object]
    covers: tuple[str, ...]  # the modules of the lab that read here
    refusals: tuple[type[Exception], ...] = (InputError,)


TARGETS: dict[str, Target] = {}
Read = Callable[[Any, Path], object]


def target(
    inputs: Callable[[], st.SearchStrategy[Any]], *covers: str, refusals: tuple[type[Exception], ...] = (InputError,)
) -> Callable[[Read], Read]:
    def add(read: Read) -> Read:
        name = read.__name__.replace("_", "-")
        TARGETS[name] = Target(name, inputs, read, covers, refusals)
        return read

    return add


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# --- Files of digits -------------------------------------------------------------------------------------------------


@target(
    lambda: damaged_npz({"x_test": IMAGES, "y_test": LABELS}),
    "files.npz",
    "files.archives",
    "data.formats",
    "data.arrays",
)
def uploaded_npz(content: bytes, folder: Path) -> object:
    return uploads.read([file(folder, "digits.npz", content)])


@target(lambda: damaged_table(csv_text(IMAGES, LABELS)), "data.kaggle")
def uploaded_table(content: bytes, folder: Path) -> object:
    return uploads.read([file(folder, "digits.csv", content)])


def plain_tables() -> st.SearchStrategy[bytes]:
    """Tables that are not Kaggle's: without a header, or packed."""
    rows = csv_text(IMAGES, LABELS).partition("\n")[2]
    return st.one_of(damaged_table(rows), packed(rows.encode()))


@target(plain_tables, "data.tables", "files.encodings")
def uploaded_plain_table(content: bytes, folder: Path) -> object:
    return uploads.read([file(folder, "digits.csv", content)])


def idx_pairs() -> st.SearchStrategy[tuple[bytes, bytes]]:
    sound = idx_bytes(IMAGES), idx_bytes(LABELS)
    return st.tuples(*(st.one_of(st.just(one), damaged_bytes(one), packed(one)) for one in sound))


def packed(content: bytes) -> st.SearchStrategy[bytes]:
    inside = damaged_bytes(content).map(lambda one: gzip.compress(one, 1))
    return st.one_of(inside, damaged_bytes(gzip.compress(content, 1)))


@target(idx_pairs, "data.formats")
def uploaded_idx(contents: tuple[bytes, bytes], folder: Path) -> object:
    return uploads.read([file(folder, "images", contents[0]), file(folder, "labels", contents[1])])


def pictures() -> dict[str, bytes]:
    ink = 255 - large_digit()[::4, ::4]
    return {"0/a.png": encode(ink), "1/b.jpg": encode(ink, "JPEG"), "__MACOSX/1/._b.jpg": b"note", "1/c.txt": b"text"}


def picture_zips() -> st.SearchStrategy[bytes]:
    return damaged_zip(pictures(), {"0/a.png": damaged_png(pictures()["0/a.png"])})


@target(picture_zips, "data.picture_zip", "files.archives")
def uploaded_zip(content: bytes, folder: Path) -> object:
    return uploads.read([file(folder, "digits.zip", content)])


def single_pictures() -> st.SearchStrategy[bytes]:
    ink = 255 - large_digit()[::4, ::4]
    pngs = [encode(ink), encode(ink.astype(np.uint16) * 257), encode(np.stack([ink] * 3, axis=2))]
    jpegs = [encode(ink, "JPEG"), encode(ink, "JPEG", progressive=True)]
    return st.one_of(*map(damaged_png, pngs), *map(damaged_bytes, jpegs))


@target(single_pictures, "preprocessing.picture_files", "preprocessing.class_sheet")
def picture(content: bytes, folder: Path) -> object:
    grey = picture_files.read_picture(content)
    return pipeline.from_picture(grey), class_sheet.read(grey)


@target(
    lambda: st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=20), written(("../", "a", ".csv", "\\"))),
    "data.uploads",
)
def uploaded_name(name: str, folder: Path) -> object:
    (path,) = uploads.written([(name, b"x")], folder)
    if path.parent.parent.resolve() != folder.resolve():
        raise AssertionError(f"{path} lies outside")
    return path


def other_files() -> dict[str, bytes]:
    """A sound file of each of the other forms, by its name."""
    flat, small = IMAGES.reshape(3, -1), IMAGES[:, 10:18, 10:18].reshape(3, -1)
    attributes = "\n".join(f"@attribute p{place} real" for place in range(64))
    rows = "\n".join(",".join([*map(str, row), f"'{label}'"]) for row, label in zip(small, LABELS, strict=True))
    mat, hdf5, array, parquet_file, pictures_file = (io.BytesIO() for _ in range(5))
    scipy.io.savemat(mat, {"X": flat, "y": LABELS}, do_compression=True)
    with h5py.File(hdf5, "w") as written_file:
        written_file.create_dataset("X", data=flat, compression="gzip")
        written_file["y"] = LABELS
    np.save(array, IMAGES)
    parquet.write_table(pa.table({"pixels": small.tolist(), "label": LABELS}), parquet_file)
    with_pictures = [{"bytes": encode(255 - large_digit()[::4, ::4]), "path": "a.png"}] * 3
    parquet.write_table(pa.table({"image": with_pictures, "label": LABELS}), pictures_file)
    return {
        "a.arff": f"@relation a\n{attributes}\n@attribute class {{0,1}}\n@data\n{rows}\n".encode(),
        "a.mat": mat.getvalue(),
        "a.h5": hdf5.getvalue(),
        "a.npy": array.getvalue(),
        "a.parquet": parquet_file.getvalue(),
        "b.parquet": pictures_file.getvalue(),
        "a.json": json.dumps({"images": small.tolist(), "labels": LABELS.tolist()}).encode(),
    }


def damaged_files() -> st.SearchStrategy[tuple[str, bytes]]:
    return st.sampled_from(list(other_files().items())).flatmap(
        lambda one: st.tuples(st.just(one[0]), st.one_of(st.just(one[1]), damaged_bytes(one[1])))
    )


@target(
    damaged_files,
    "data.arff",
    "data.matlab",
    "data.loose_arrays",
    "data.parquet",
    "data.readers",
    "files.kinds",
    "files.npz",
)
def uploaded_file(upload: tuple[str, bytes], folder: Path) -> object:
    return uploads.read([file(folder, *upload)])


def bundled() -> st.SearchStrategy[bytes]:
    labels = idx_bytes(LABELS)
    rows = np.stack([LABELS, *[np.zeros(3, int)] * 7], axis=1).astype(">i4")
    sets = {
        "q/qmnist-test-images-idx3-ubyte": idx_bytes(IMAGES),
        "q/qmnist-test-labels-idx2-int": b"\0\0\x0c\2\0\0\0\3\0\0\0\x08" + rows.tobytes(),
        "q/emnist-digits-test-images-idx3-ubyte.gz": gzip.compress(idx_bytes(IMAGES)),
        "q/emnist-digits-test-labels-idx1-ubyte.gz": gzip.compress(labels),
    }
    table = {
        "0.png": pictures()["0/a.png"],
        "1.jpg": pictures()["1/b.jpg"],
        "labels.csv": b"file,digit\n0.png,0\n1,1\n",
    }
    damage = {"labels.csv": damaged_table("file,digit\n0.png,0\n1,1\n")}
    return st.one_of(damaged_zip(sets, {}), damaged_zip(table, damage))


@target(bundled, "data.bundles", "data.idx_sets", "data.picture_labels", "data.readers")
def uploaded_bundle(content: bytes, folder: Path) -> object:
    return uploads.read([file(folder, "digits.zip", content)])


def stroke_lines() -> st.SearchStrategy[bytes]:
    line = {"label": 8, "writer": 12, "strokes": [[[1, 2], [30, 4.5]], [[7, 8]]]}
    lines = st.lists(json_text(line), min_size=1, max_size=3).map(b"\n".join)
    return st.one_of(lines, lines.map(lambda one: gzip.compress(one, 1)), packed(json.dumps(line).encode()))


@target(stroke_lines, "data.stroke_files")
def stroke_file(content: bytes, folder: Path) -> object:
    name = "strokes.jsonl.gz" if content[:1] == b"\x1f" else "strokes.jsonl"
    return stroke_files.read_handwriting(file(folder, name, content))


FOUR = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS}


@target(lambda: damaged_npz(FOUR), "files.npz", "data.formats", "data.sources")
def dataset(content: bytes, folder: Path) -> object:
    return sources.load(str(file(folder, "digits.npz", content)))


@target(lambda: damaged_table(csv_text(IMAGES, LABELS)), "data.kaggle", "data.sources")
def dataset_of_kaggle(content: bytes, folder: Path) -> object:
    return sources.load(str(file(folder, "train.csv", content)))


# --- Models ----------------------------------------------------------------------------------------------------------


def keras_files() -> st.SearchStrategy[bytes]:
    metadata = {"keras_version": "3.15.1", "date_saved": "2026-11-20@15:56:32"}
    config, wide = models.keras_config(), models.wide_config()
    members = {"metadata.json": json.dumps(metadata).encode(), "config.json": json.dumps(config).encode()}
    members["model.weights.h5"] = models.hdf5()
    more = members | {"config.json": json.dumps(wide).encode(), "model.weights.h5": models.wide_hdf5()}
    return damaged_zip(members, {"config.json": json_text(config)}) | damaged_zip(
        more, {"config.json": json_text(wide), "metadata.json": json_text(metadata)}
    )


@target(keras_files, "sharing.keras_file", "sharing.weights", "files.archives")
def keras(content: bytes, folder: Path) -> object:
    return model_file.unpack(str(file(folder, "model.keras", content)), str(folder), "model.keras")


@target(lambda: damaged_bytes(models.whole_hdf5(), 8), "sharing.weights", "sharing.keras_layers")
def keras_whole(content: bytes, folder: Path) -> object:
    return model_file.unpack(str(file(folder, "model.h5", content)), str(folder), "model.h5")


def keras_1_files() -> st.SearchStrategy[bytes]:
    sound = keras_1_models.example("th", "theano")
    described = json_text(sound.sequential()).map(
        lambda text: sound.content(described=text.replace(b"\0", b" "))  # HDF5 writes none
    )
    return st.one_of(damaged_bytes(sound.content(), 8), described)


@target(keras_1_files, "sharing.keras_1", "sharing.weights")
def keras_1(content: bytes, folder: Path) -> object:
    return model_file.unpack(str(file(folder, "model.h5", content)), str(folder), "model.h5")


@target(lambda: damaged_bytes(models.hdf5(), 8), "sharing.weights")
def keras_weights(content: bytes, folder: Path) -> object:
    whole = models.keras_file(stored=content)
    return model_file.unpack(str(file(folder, "model.keras", whole)), str(folder), "model.keras")


@target(
    lambda: damaged_bytes(onnx_models.torch_view().content(), 8),
    "sharing.onnx_file",
    "sharing.onnx_tensors",
    "sharing.following",
    "sharing.spelled_functions",
    "sharing.translation",
    "sharing.model_file",
)
def onnx(content: bytes, folder: Path) -> object:
    return model_file.unpack(str(file(folder, "model.onnx", content)), str(folder), "model.onnx")


@target(lambda: damaged_bytes(tflite_models.rounded().content(), 8), "sharing.tflite_file", "sharing.translation")
def tflite(content: bytes, folder: Path) -> object:
    return model_file.unpack(str(file(folder, "model.tflite", content)), str(folder), "model.tflite")


def zipped_models() -> st.SearchStrategy[bytes]:
    members = tensorflow_js_models.files(kind="uint8")
    return damaged_zip(members, {"model.json": json_text(json.loads(members["model.json"]))})


@target(zipped_models, "sharing.tensorflow_js", "sharing.model_file", "files.archives")
def tensorflow_js(content: bytes, folder: Path) -> object:
    return model_file.unpack(str(file(folder, "model.zip", content)), str(folder), "model.zip")


@target(lambda: damaged_bytes(models.hdf5(), 8), "sharing.weights", "sharing.model_file")
def weights_alone(content: bytes, folder: Path) -> object:
    lists = {"mine": [str(layer) for layer in models.NETWORK]}
    path = str(file(folder, "model.weights.h5", content))
    return model_file.unpack(path, str(folder), "model.weights.h5", "mine", lists)


def capsule_files() -> st.SearchStrategy[bytes]:
    texts = {"capsule.json": models.about(), "calibration.json": models.CALIBRATION}
    own = {f"weight_{number:03d}": array for number, array in enumerate(models.arrays())}
    claimed = models.evaluation_arrays()
    members = {
        **{name: json.dumps(value).encode() for name, value in texts.items()},
        **{name: table.encode() for name, table in models.TABLES.items()},
        "weights.npz": models.npz(own),
        "evaluation.npz": models.npz(claimed),
        "README.md": b"# A card",
    }
    damage = {
        **{name: json_text(value) for name, value in texts.items()},
        **{name: damaged_table(table) for name, table in models.TABLES.items()},
        "weights.npz": damaged_npz(own),
        "evaluation.npz": damaged_npz(claimed),
    }
    return damaged_zip(members, damage)


@target(capsule_files, "sharing.capsule", "sharing.weights", "files.archives", "files.npz", "files.records")
def capsule(content: bytes, folder: Path) -> object:
    (folder / "unpacked").mkdir()
    return capsules.unpack(str(file(folder, "x.capsule", content)), str(folder / "unpacked"), "x.capsule")


def model_zips() -> st.SearchStrategy[bytes]:
    card = "Test accuracy: 98.7 %, loss_0.95, acc_98"
    members = {"a/model.keras": models.sound_keras(), "a/README.md": card.encode(), "a/predict.py": b"print()"}
    cards = written(("accuracy", " ", ".", "9", "%", "_", "\n"), (card,)).map(
        lambda text: text.encode("utf-8", "replace")
    )
    return damaged_zip(members, {"a/README.md": cards})


@target(model_zips, "sharing.model_zip", "sharing.importing", "sharing.incoming", "files.archives")
def zip_of_a_model(content: bytes, folder: Path) -> object:
    path = file(folder, "x.zip", content)
    said = model_zip.unpack(str(path), str(folder), "x.zip", [".keras", ".h5"], 10_000_000)
    return said, claims.of_card(said["card"]), claims.of_name(said["name"])


CARD = "# A model\n\nIt *reads* `digits`.\n\n- one\n  - two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n"
MARKS = (
    "#",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "|",
    "---",
    "|---|---|\n",
    "`",
    "```\n",
    "*",
    "[a](b)",
    "![x](y)",
    "<b>",
    "> ",
    "    ",
    "\t",
)


@target(lambda: written(MARKS, (CARD,)), "presentation.report.card", "runs.run")
def card(text: str, folder: Path) -> object:
    file(folder, "README.md", text.encode("utf-8", "surrogatepass"))
    return model_card.blocks(Run(folder).card())


# --- What a browser sends --------------------------------------------------------------------------------------------


@target(lambda: damaged_json(drawing(fabric_path(), fabric_path(left=9, angle=20))), "preprocessing.canvas")
def canvas(value: Any, folder: Path) -> object:
    readable(value)
    return pipeline.from_strokes(strokes_from_canvas(value))


@target(lambda: damaged_json([stroke.tolist() for stroke in simple_strokes(4)]), "preprocessing.strokes")
def strokes(value: Any, folder: Path) -> object:
    return pipeline.from_strokes(check_strokes(value))


@target(lambda: written("123456789 ", ("146 39",)), "preprocessing.keypad")
def keypad(text: str, folder: Path) -> object:
    return pipeline.from_strokes(strokes_from_keys(text))


@target(lambda: written("0123456789--", ("4-9-all", "4-", "-9-all")), "evaluation.selection")
def selection(text: str, folder: Path) -> object:
    return Selection.from_choice(text)


NETWORK = "conv:16:5:same:relu,maxpool:2,norm,dropout:0.3,activation:relu,flatten,dense:10:softmax"
WIDE_NETWORK = ",".join(map(str, models.WIDE))
LAYER_WORDS = (
    "stride2",
    "stride",
    "shared",
    "-1",
    "1e9",
    "nan",
    *LAYER_KINDS,
    *ACTIVATIONS,
    *PADDINGS,
    ":",
    ":",
    ",",
    "10",
    "3",
    "0.3",
    "28",
    "4096",
)


@target(lambda: written(LAYER_WORDS, (NETWORK, WIDE_NETWORK)), "config.network")
def network(text: str, folder: Path) -> object:
    return summarize(parse_network(text))


SPACES = (
    "learning_rate=0.001..0.03:log",
    "rotation=0..15:step=5",
    "batch_size=32,64",
    f"network=flatten,dense:10:softmax|{NETWORK}",
)
SPACE_WORDS = (
    *SWEPT,
    "=",
    "..",
    ":log",
    ":step=",
    ",",
    "|",
    "0.1",
    "1",
    "5",
    "1e-300",
    "1e300",
    "inf",
    "nan",
    "adam",
    "-",
)


def spaces() -> st.SearchStrategy[list[str]]:
    return st.lists(st.one_of(st.sampled_from(SPACES), written(SPACE_WORDS, SPACES)), min_size=1, max_size=3)


@target(spaces, "engine.sweeps.search_space")
def search_space(texts: list[str], folder: Path) -> object:
    space = Space.parse(texts)
    space.check(recipes.RECIPES["quick"].config)
    if Space.parse(space.texts()) != space:
        raise AssertionError(f"{space} is written as {space.texts()}")
    return space.combinations()


def addresses() -> st.SearchStrategy[dict[str, str]]:
    numbers = written(("0", "1", "10", ".", "e", "-", "0.5", "adam", "relu", "mnist"), ("0.01", "32", "one-cycle"))
    value = st.one_of(numbers, written(LAYER_WORDS, (NETWORK, WIDE_NETWORK)), st.sampled_from(ODD_TEXTS))
    name = st.sampled_from((*SETTINGS, "network", "recipe"))
    return st.dictionaries(name, value, max_size=3).map(
        lambda found: found if found.get("recipe") in recipes.RECIPES else found | {"recipe": "quick"}
    )


@target(addresses, "config.recipes", "config.train_config", "config.network")
def address(values: dict[str, str], folder: Path) -> object:
    config = recipes.from_address(values)
    if recipes.from_address(recipes.to_address(config)) != config:
        raise AssertionError(f"{config} comes back otherwise from its own address")
    return config


COOKIES = ("2|a1b2c3d4|0102030405060708|1700000000", "a1b2c3d4e5f6")


@target(
    lambda: written(("2|", "|", "ab", "a1b2c3d4", "0", "170", '"', "="), COOKIES),
    "ui.server.streamlit_cookie",
    "classroom.passes",
)
def cookie(text: str, folder: Path) -> object:
    return streamlit_cookie._token(text), passes.owner_of(text), passes.is_teacher(text)


def lesson_plans() -> st.SearchStrategy[bytes]:
    words = (
        "[[steps]]\n",
        "[steps.de]\n",
        "[de]\n",
        "minutes = ",
        'kind = "bet"\n',
        "settings = {",
        "[",
        '"',
        "=",
        "\n",
    )
    sound = plans.text_of("1-seeing")
    return st.one_of(
        damaged_bytes(sound), written(words, (sound.decode(),)).map(lambda one: one.encode("utf-8", "replace"))
    )


@target(lesson_plans, "classroom.plans.__init__")
def lesson_plan(content: bytes, folder: Path) -> object:
    return plans.read(content)


WRITTEN = {"strokes": [[[1, 2], [30, 4.5]]], "label": 7, "digit": 7, "verdict": "digit", "probability": 0.9}
WRITTEN["probabilities"] = [0.1] * 10


def board_texts() -> st.SearchStrategy[str]:
    return json_text(WRITTEN).map(lambda one: one.decode(errors="replace"))


@target(board_texts, "classroom.activities", "classroom.write")
def drawing_on_a_board(text: str, folder: Path) -> object:
    return write.confusion([write.Written.of(Entry(1, 1, 1, activities._read(text), 0.0, False, "Blue Fox"))])


HANDED_IN = {"strokes": [[[1, 2], [30, 4.5]]], "label": 7, "value": 5.0, "said": ["Blue Fox", {"name": "Red Owl"}]}


@target(lambda: damaged_json(HANDED_IN), "classroom.handed_in", refusals=())
def handed_in_once(value: Any, folder: Path) -> object:
    """Whatever lies in the database, a copy of the lesson is made: nothing is refused here."""
    content = value if isinstance(value, dict) else {}
    entry = Entry(1, 1, 1, content, 0.0, False, "Blue Fox")
    told = []
    for kind in ("write", "bet", "other"):
        activity = Activity(1, 1, kind, content, 0.0, False, False)
        told.append((handed_in.heading(activity), handed_in.answer_words(activity, entry, {"Blue Fox": "Person 1"})))
    return told, handed_in.strokes_of(entry), handed_in.label_of(entry)


@target(lambda: damaged_json(recipes.RECIPES["best"].config.to_json()), "config.train_config")
def settings(value: Any, folder: Path) -> object:
    return TrainConfig.from_json(value)


@target(
    lambda: st.one_of(st.sampled_from(ODD_TEXTS), written(("a", "-", ".", "/", "..", "20261126"))), "runs.run_folders"
)
def run_name(text: str, folder: Path) -> object:
    return run_folders.find(text)


# --- The lab's own files, which may be damaged -----------------------------------------------------------------------

SWEEP = Plan(recipes.RECIPES["quick"].config, Space.parse(SPACES[:3]), 5)
REFERENCE = {"name": "digits-8x8", "identity": IDENTITY, "title": "Digits 8×8"}
CALIBRATION = {"temperature": 1.1, "sure": 0.7, "two": 0.8, "refused": 0.01, "caught": {"stars": 0.9}, "images": 60}
DESCRIPTION: dict[str, Any] = {
    "format": 1,
    "config": recipes.RECIPES["quick"].config.to_json(),
    "dataset": REFERENCE,
    "created": 1.7e9,
    "versions": {"python": "3.11.7"},
    "seed": 1,
    "owner": "ab12",
    "tag": 3.0,
    "limits": {"seconds": 60.0},
    "continues": {"run": "x", "epochs": 2},
    "sweep": {"id": "y", "trial": 1},
    "imported": {"file": "x.capsule", "kind": "capsule", "claimed": 0.9, "measured": 0.8, "images": 360},
}
STATUS: dict[str, Any] = {
    "format": 2,
    "state": "paused",
    "problem": "parked",
    "epoch": 1,
    "epochs": 3,
    "step": 2,
    "steps": 10,
    "seconds": 3.5,
    "heartbeat": 1.7e9,
    "test_accuracy": 0.9,
    "details": {"epoch": 2, "seconds": 4.0},
}
SHARES = dict.fromkeys(WAYS, 0.5)
# Each kind of record with the name of its file and what a sound one holds.
PARTS = {"": {"notes": ["So."], "standing": [], "names": [], "left_out": [["x.png", "It is empty."]]}}

RECORDS: dict[type[Record], tuple[str, dict[str, Any]]] = {
    recipes._OwnRecipe: (
        "mine.json",
        {"title": "Mine", "description": "A recipe.", "config": recipes.RECIPES["quick"].config.to_json()},
    ),
    fair_queue.Ledger: ("queue.json", {"virtual_time": 2.0, "last": {"ab12": 3.0}}),
    SweepDescription: (
        "sweep.json",
        {"plan": SWEEP.to_json(), "dataset": REFERENCE, "created": 1.7e9, "owner": "ab12", "limits": {"seconds": 60.0}},
    ),
    Ablation: ("ablation.json", {"pictures": SHARES, "strokes": SHARES, "picture_count": 10, "stroke_count": 10}),
    Calibration: ("calibration.json", CALIBRATION),
    Strangers: ("strangers.json", {"places": 2, "digits": 10, "doubted": 0.1, "signs": 10, "caught": 0.9}),
    Control: ("control.json", {"request": "epoch", "until": 3, "learning_rate": 0.01}),
    RunDescription: ("config.json", DESCRIPTION),
    RateChanges: ("learning_rates.json", {"format": 2, "changes": [[20, 0.0005]]}),
    Bets: ("bets.json", {"bets": [{"name": "Ada", "accuracy": 0.97}, {"name": "", "accuracy": 1.0}]}),
    RunLabel: ("label.json", {"name": "Ada's", "note": "The first."}),
    Status: ("status.json", STATUS),
    DaysOfUse: ("days.json", {"dates": ["2026-11-26", "2026-11-27"]}),
    PrecisionTrials: ("precision.json", {"faster": {"a processor, TensorFlow 2": True}}),
    HomeRecord: ("home.json", {"releases": ["0.1.0", "0.2.0"]}),
    kept_uploads.About: ("about.json", {"title": "mine.csv", "owner": "ab12", "learned": True, "parts": PARTS}),
}


def add_record(kind: type[Record], name: str, sound: dict[str, Any]) -> None:
    def read(content: bytes, folder: Path) -> object:
        path = file(folder, name, content)
        found = kind.load(path)
        found.save(path)
        if not same(kind.load(path), found):
            raise AssertionError(f"{found} comes back otherwise from its own file")
        return found

    read.__name__ = f"record_{kind.__name__.strip('_')}"
    target(lambda: json_text(sound), "files.records", "files.atomic", kind.__module__.removeprefix("mnist_core."))(read)


def same(one: object, other: object) -> bool:
    return repr(one) == repr(other)  # NaN is no other NaN


for kind, (file_name, sound) in RECORDS.items():
    add_record(kind, file_name, sound)


@target(lambda: json_text({"address": "tcp://127.0.0.1:9", "pid": 1}), "engine.connection")
def engine_note(content: bytes, folder: Path) -> object:
    file(environment.home(), "engine.json", content)
    return connection.find_address()


NOTHING = np.empty(0, np.int64)


@target(
    lambda: damaged_npz({"_images": IMAGES, "_labels": LABELS, "_in_names": NOTHING, "_standing": IMAGES}),
    "data.kept_uploads",
)
def kept_upload(content: bytes, folder: Path) -> object:
    return kept_uploads.Given.read("mine.csv", file(folder, "images.npz", content), PARTS, 10**6).as_asked()


NOTE = {"verdict": "cannot tell", "text": "", "time": 1.0}


@target(lambda: json_text({"1": NOTE, "20": NOTE}), "evaluation.label_notes", "files.atomic")
def notes(content: bytes, folder: Path) -> object:
    file(environment.home(), f"notes/{IDENTITY}.json", content)
    return label_notes.load(IDENTITY)


@target(
    lambda: json_text({"images": 5, "right": {kind: [1] * len(about.levels) for kind, about in KINDS.items()}}),
    "evaluation.robustness",
)
def robustness(content: bytes, folder: Path) -> object:
    return Robustness.load(file(folder, "x.json", content))


@target(lambda: st.one_of(*(damaged_table(table) for table in models.TABLES.values())), "runs.run")
def history(content: bytes, folder: Path) -> object:
    run = Run(file(folder, "metrics.csv", content).parent)
    file(folder, "batches.csv", content)
    found = run.metrics(), run.batches()
    if any(len({len(values) for values in table.values()}) != 1 for table in found):
        raise AssertionError("columns of different lengths")
    return found


@target(lambda: damaged_npz(models.evaluation_arrays()), "evaluation.evaluation", "files.npz")
def evaluation(content: bytes, folder: Path) -> object:
    found = Evaluation.load(file(folder, "evaluation.npz", content))
    return found.accuracy, found.report_csv()


GROUPS = {"train_group": np.array([0, 4] * 10, np.uint8), "test_group": np.array([4, 0] * 10, np.uint8)}
OF_GROUPS = Dataset("x", *(np.zeros((20, 28, 28), np.uint8), np.arange(20) // 2) * 2, source="")


@target(lambda: damaged_npz(GROUPS), "data.mnist_writers", "files.npz")
def who_wrote_mnist(content: bytes, folder: Path) -> object:
    return mnist_writers.read(file(folder, "writers.npz", content), OF_GROUPS)


PINS = {"images": IMAGES, "labels": np.array([3, -1, 2]), "names": np.array(["a", "b", "c"])}


@target(lambda: damaged_npz(PINS), "training.pins", "files.npz")
def pins(content: bytes, folder: Path) -> object:
    return Pins.load(file(folder, "pins.npz", content))


EPOCHS = {
    "confusion": np.ones((2, 10, 10), np.int64),
    "names": np.array(["a", "b"]),
    "probabilities": np.full((2, 2, 10), 0.1, np.float32),
}


@target(lambda: damaged_npz(EPOCHS), "training.replay", "files.npz")
def replay(content: bytes, folder: Path) -> object:
    found = Replay.load(file(folder, "replay.npz", content))
    return [found.confusion_sentence(epoch) for epoch in range(1, found.epochs + 1)]


ANSWERS = {"probabilities": np.full((2, 3, 10), 0.1, np.float32)}


@target(lambda: damaged_npz(ANSWERS), "training.tuning", "files.npz")
def answers_to_a_class(content: bytes, folder: Path) -> object:
    found = tuning.answers(Run(file(folder, tuning.ANSWERS, content).parent))
    return None if found is None else tune.readings(found, Calibration())


MAP: dict[str, np.ndarray] = {
    "indices": np.arange(3),
    "positions": np.zeros((3, 2), np.float32),
    "figures": np.zeros(3),
}


@target(lambda: damaged_npz(MAP), "evaluation.digit_map", "files.npz")
def digit_map(content: bytes, folder: Path) -> object:
    return DigitMap.load(file(folder, "map.npz", content), "pca", 3)


@target(lambda: damaged_npz({"epoch": np.array(2), "format": np.array(1)}), "runs.run", refusals=(LabError,))
def checkpoint(content: bytes, folder: Path) -> object:
    file(folder, "checkpoint.npz", content)
    return Run(folder).read_checkpoint()


ROW: dict[str, Any] = {
    "id": 1,
    "label": 3,
    "writer": 2,
    "strokes": json.dumps([[[1, 2], [30, 40]]]),
    "digit": 4,
    "verdict": "unsure",
    "probability": 0.5,
    "model": "best",
    "time": 1.7e9,
}


def rows() -> st.SearchStrategy[dict[str, Any]]:
    """Values as SQLite gives them back, which keeps no column's kind; the strokes are a damaged text, too."""
    odd = st.dictionaries(st.sampled_from(sorted(ROW.keys() - {"id"})), plain_values(), max_size=2)
    texts = json_text([[[1, 2], [30, 40]]]).map(lambda content: content.decode("utf-8", "replace"))
    return st.builds(
        lambda changes, text: ROW | {"strokes": text} | changes, odd, st.one_of(st.just(ROW["strokes"]), texts)
    )


def plain_values() -> st.SearchStrategy[Any]:
    whole = st.integers(-(2**63), 2**63 - 1)
    return st.one_of(
        st.none(), whole, st.floats(), st.text(max_size=5), st.binary(max_size=5), st.sampled_from(ODD_TEXTS)
    )


@target(rows, "data.collection.drawing", refusals=(LabError,))
def collection_row(values: dict[str, Any], folder: Path) -> object:
    found = Drawing.from_row(types.SimpleNamespace(**values))  # type: ignore[arg-type]
    return found.caption, json.dumps(found.to_json())


def run_files() -> st.SearchStrategy[tuple[str, bytes]]:
    """Any file of a run's folder, damaged."""
    texts = [(name, json_text(sound)) for kind, (name, sound) in RECORDS.items() if kind not in NOT_OF_A_RUN]
    tables = [("metrics.csv", damaged_table(models.TABLES["metrics.csv"]))]
    return st.one_of(*(st.tuples(st.just(name), content) for name, content in [*texts, *tables]))


NOT_OF_A_RUN = (recipes._OwnRecipe, fair_queue.Ledger, SweepDescription, Ablation, DaysOfUse, HomeRecord)


@target(run_files, "runs.summary", "runs.status", "runs.description", "presentation.status_words", refusals=())
def list_with_a_damaged_run(damaged: tuple[str, bytes], folder: Path) -> object:
    """Whatever one run's folder holds, the list of all is shown: nothing is refused here."""
    home = environment.home() / "runs" / "20261126-101500-000000-quick-ab12"
    for kind, (name, sound) in RECORDS.items():
        if kind not in NOT_OF_A_RUN:
            file(home, name, json.dumps(sound).encode())
    file(home, "metrics.csv", models.TABLES["metrics.csv"].encode())
    file(home, *damaged)
    runs = run_folders.all_runs()
    said = [(summary.title(run), summary.heading(run), status_words.sentence(run.status())) for run in runs]
    fair_queue.look()
    run_folders.unfinished_runs()
    others = [(run.can_resume, run.label(), run.metrics()) for run in runs]
    return summary.rows(runs), summary.titles(runs), said, others
