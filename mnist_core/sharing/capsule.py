"""A lab capsule: one file that takes a run to another lab, with all that it needs to be checked there.

It is a zip file of plain JSON, CSV and NumPy arrays. No `.tflite` and no `.keras` is inside: the lab that imports it
builds both from layers and weights, so that no parser of theirs ever sees a file from outside.
"""

import csv
import dataclasses
import io
import json
import math
import re
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import mnist_core
from mnist_core.config.train_config import MOST_PARAMETERS, TrainConfig
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import archives, atomic, folders, npz, sandbox
from mnist_core.files.archives import Archive
from mnist_core.files.records import FORMAT as FORMAT_ARRAY
from mnist_core.formatting import count, percent, readable
from mnist_core.inference.calibration import Calibration
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES
from mnist_core.runs.run import BATCHES, METRICS, History, Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.sharing import model_file, weights

SUFFIX = ".capsule"
FORMAT, VERSION = "digit-lab-capsule", 1
FIELDS = {"format", "version", "lab", "config", "dataset", "seed", "versions", "created", "figures", "name", "note"}
FIGURES = ("accuracy", "loss", "images", "epochs", "seconds")
MOST_IMAGES = 1_000_000
MOST_ROWS = 20_000
LONGEST_TITLE = 100
LONGEST_CARD = 100_000
NEEDED = {"capsule.json": 200_000, "weights.npz": 4 * MOST_PARAMETERS + 1_000_000}
OPTIONAL = {
    "evaluation.npz": 50_000_000,
    "metrics.csv": 2_000_000,
    "batches.csv": 2_000_000,
    "calibration.json": 20_000,
    "README.md": LONGEST_CARD,
}
EVALUATION = {"probabilities": 48_000_000, "labels": 8_000_000, "identity": 1000, "report": 10_000}


# --- Writing ---------------------------------------------------------------------------------------------------------


def content(run: Run) -> bytes:
    """A run's capsule; needs no TensorFlow."""
    if not folders.is_file(run.keras_path):
        raise InputError(
            gettext("The run {id} has no model yet, so there is nothing to put into a capsule.", id=run.id)
        )
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        task = {"path": str(run.keras_path), "folder": folder, "what": gettext("The model of {id}", id=run.id)}
        sandbox.run(model_file.unpack, task, gettext("The model of {id}", id=run.id))
        archive.writestr("capsule.json", json.dumps(_about(run), indent=2, ensure_ascii=False, allow_nan=False))
        archive.write(Path(folder) / "weights.npz", "weights.npz", zipfile.ZIP_STORED)  # noise hardly shrinks
        for name in ("metrics.csv", "batches.csv"):
            if folders.is_file(run.folder / name):
                archive.write(run.folder / name, name)
        if folders.is_file(run.evaluation_path):
            archive.writestr("evaluation.npz", _without_number(run.evaluation_path))
        if (calibration := Calibration.load(run.calibration_path)) != Calibration():
            archive.writestr("calibration.json", json.dumps(dataclasses.asdict(calibration)))
        if card := run.card():
            archive.writestr("README.md", card)
    return packed.getvalue()


def _without_number(path: Path) -> bytes:
    """Returns an evaluation without the number of its format: a capsule has its own, and older labs want no more."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            if info.filename != f"{FORMAT_ARRAY}.npy":
                archive.writestr(info, source.read(info))
    return content.getvalue()


def _about(run: Run) -> dict[str, Any]:
    what, status, label = run.description(), run.status(), run.label()
    reference = dict(what.dataset)
    accuracy, loss, images = status.test_accuracy, status.test_loss, None
    if folders.is_file(run.evaluation_path):
        evaluation = Evaluation.load(run.evaluation_path)
        accuracy, loss, images = evaluation.accuracy, evaluation.loss, len(evaluation.labels)
        reference["identity"] = evaluation.identity
    figures = (accuracy, loss, images, status.epoch, status.seconds)
    return {
        "format": FORMAT,
        "version": VERSION,
        "lab": mnist_core.__version__,
        "config": _as_trained(run.config(), status.precision).to_json(),
        "dataset": {key: _bare(str(reference.get(key, "")))[:LONGEST_TITLE] for key in ("name", "title", "identity")},
        "seed": run.config().seed,
        "versions": what.versions,
        "created": what.created,
        "figures": {name: None if _unknown(value) else value for name, value in zip(FIGURES, figures, strict=True)},
        "name": label.name,
        "note": label.note,
    }


def _unknown(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _bare(name: str) -> str:
    """Takes the folders off a path: those of this machine are nobody's business, and mean nothing elsewhere."""
    return re.split(r"[\\/]", name)[-1]


def _without_paths(config: TrainConfig) -> TrainConfig:
    return dataclasses.replace(config, also=";".join(map(_bare, config.second_sources)))


def _as_trained(config: TrainConfig, precision: str) -> TrainConfig:
    """The settings by which others train it again, in the precision that was taken where it was left open."""
    return dataclasses.replace(_without_paths(config), precision=precision or config.precision)


# --- Reading ---------------------------------------------------------------------------------------------------------


def unpack(path: str, folder: str, what: str) -> dict[str, Any]:
    """Reads a capsule and leaves what it holds, checked and written again; a task for `sandbox.run`.

    The folder, an empty one of the caller's, gets `weights.npz` and, where the capsule has them, `metrics.csv`,
    `batches.csv`, `calibration.json`, `README.md`. Returns what `capsule.json` says, checked field by field. Raises
    InputError if the capsule is damaged, of another version, or contradicts itself.
    """
    sandbox.limit(archives.SYSTEM_MEMORY)
    run = Run(Path(folder))
    with archives.opened(Path(path), what, NEEDED, OPTIONAL) as archive:
        about = archive.json("capsule.json")
        _check_about(about, what)
        config = TrainConfig.from_json(about["config"])
        _check_arrays(archive, config, run, what)
        if "evaluation.npz" in archive:
            _check_claim(archive, about, run.folder / "claimed.npz", what)
        _copy_table(archive, "metrics.csv", METRICS, run.write_metrics, what)
        _copy_table(archive, "batches.csv", BATCHES, run.write_batches, what)
        if "calibration.json" in archive:
            _copy_calibration(archive.json("calibration.json"), run, what)
        if "README.md" in archive:
            card = "".join(one for one in archive.text("README.md") if one.isprintable() or one in "\n\t")
            atomic.write_bytes(run.folder / "README.md", card.encode())
    return about


def _check_about(about: dict[str, Any], what: str) -> None:
    if about.get("format") != FORMAT:
        raise InputError(
            gettext(
                "{what} is not a lab capsule; expected a file that a lab's Models page or 'export' made.", what=what
            )
        )
    if about.get("version") != VERSION:
        raise InputError(
            gettext(
                "{what} is a capsule of version {get}; this lab reads version {version}, so use a "
                "newer lab or export it again.",
                what=what,
                get=readable(about.get("version")),
                version=VERSION,
            )
        )
    if about.keys() != FIELDS:
        odd = sorted(about.keys() ^ FIELDS)[0]
        raise InputError(
            gettext(
                "The capsule.json in {what} lacks '{odd}' or must not have it; export it again.",
                what=what,
                odd=readable(odd),
            )
        )
    try:
        config = TrainConfig.from_json(about["config"])
        RunLabel(about["name"], about["note"])
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    good = {
        "config": config == _without_paths(config),
        "seed": about["seed"] == config.seed,
        "dataset": _is_reference(about["dataset"]),
        "versions": _are_versions(about["versions"]),
        "lab": _is_line(about["lab"], 40),
        "created": _is_number(about["created"], 1e11),
        "figures": _are_figures(about["figures"]),
    }
    wrong = [name for name, is_good in good.items() if not is_good]
    if wrong:
        raise InputError(
            gettext(
                "The capsule.json in {what} says what cannot be of its {wrong}; export it again.",
                what=what,
                wrong=wrong[0],
            )
        )


def _is_line(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and value.isprintable()


def _is_number(value: Any, most: float) -> bool:
    return type(value) in (int, float) and 0 <= value <= most


def _is_reference(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"name", "title", "identity"}:
        return False
    lines = _is_line(value["name"], LONGEST_TITLE) and _is_line(value["title"], LONGEST_TITLE)
    identity = isinstance(value["identity"], str) and bool(re.fullmatch(r"([0-9a-f]{64})?", value["identity"]))
    return lines and identity and value["name"] == _bare(value["name"])


def _are_versions(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) > 20:
        return False
    return all(_is_line(name, 40) and _is_line(version, 40) for name, version in value.items())


def _are_figures(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != set(FIGURES):
        return False
    most = {"accuracy": 1.0, "loss": 100.0, "images": float(MOST_IMAGES), "epochs": 1000.0, "seconds": 1e9}
    known = {name: number for name, number in value.items() if number is not None}
    whole = all(type(number) is int for name, number in known.items() if name in ("images", "epochs"))
    return whole and all(_is_number(number, most[name]) for name, number in known.items())


def _check_arrays(archive: Archive, config: TrainConfig, run: Run, what: str) -> None:
    """Reads the weights and writes them again, so that nothing else that the archive may hold goes on."""
    path = run.folder / "weights.npz"
    archive.copy("weights.npz", path)
    arrays = weights.read_npz(path, config.layers, what)
    weights.save(arrays, path)


def _check_claim(archive: Archive, about: dict[str, Any], path: Path, what: str) -> None:
    """Checks that what the capsule claims is what its own evaluation says."""
    try:
        archive.copy("evaluation.npz", path)
        accuracy, images, identity = _read_evaluation(path, what)
    finally:
        path.unlink(missing_ok=True)
    claimed = about["figures"]
    if claimed["images"] != images or claimed["accuracy"] is None or abs(claimed["accuracy"] - accuracy) > 1e-6:
        said = "nothing" if claimed["accuracy"] is None else percent(claimed["accuracy"])
        raise InputError(
            gettext(
                "{what} contradicts itself: it claims {said}, but its own evaluation says {accuracy} "
                "of {images} images; export it again.",
                what=what,
                said=said,
                accuracy=percent(accuracy),
                images=count(images),
            )
        )
    if identity != about["dataset"]["identity"]:
        raise InputError(
            gettext(
                "{what} contradicts itself: its evaluation is of other data than it names; export it again.", what=what
            )
        )


def _read_evaluation(path: Path, what: str) -> tuple[float, int, str]:
    """Returns the accuracy, the number of images and the identity of the data of a claimed evaluation."""
    probabilities, labels, identity, _ = npz.read_only(path, EVALUATION, gettext("evaluation.npz in {what}", what=what))
    number = len(labels) if labels.ndim == 1 else 0
    good = (
        0 < number <= MOST_IMAGES
        and probabilities.shape == (number, CLASSES)
        and probabilities.dtype == np.float32
        and labels.dtype == np.uint8
        and identity.dtype.kind == "U"
        and identity.size == 1
    )
    if not good or not np.isfinite(probabilities).all():
        raise InputError(
            gettext("The evaluation in {what} is not ten finite probabilities and a digit for each image.", what=what)
        )
    return float((probabilities.argmax(axis=1) == labels).mean()), number, str(identity)


def _copy_table(
    archive: Archive, name: str, columns: tuple[str, ...], write: Callable[[History], object], what: str
) -> None:
    """Reads a table of numbers and writes it again; a capsule need not have it."""
    if name not in archive:
        return
    text = archive.text(name)
    try:
        rows = list(csv.reader(io.StringIO(text))) if text.count("\n") <= MOST_ROWS else []
    except csv.Error as error:
        raise InputError(
            gettext(
                "The {name} in {what} is not a table ({error}); export it again.", name=name, what=what, error=error
            )
        ) from error
    if not rows or tuple(rows[0]) != columns:
        raise InputError(
            gettext(
                "The {name} in {what} lacks its columns, {columns}, or is endless.",
                name=name,
                what=what,
                columns=", ".join(columns),
            )
        )
    try:
        table = np.array(rows[1:], np.float64).reshape(-1, len(columns))
    except ValueError:
        raise InputError(
            gettext("The {name} in {what} holds cells that are not numbers; export it again.", name=name, what=what)
        ) from None
    if not _is_course(table, columns):
        raise InputError(
            gettext(
                "The {name} in {what} holds numbers that no training leaves; export it again.", name=name, what=what
            )
        )
    write({column: table[:, place].tolist() for place, column in enumerate(columns)})


def _is_course(table: np.ndarray, columns: tuple[str, ...]) -> bool:
    """Says whether numbers float64 `[rows, columns]` can be what a training leaves, which ends where one is not finite.

    Epochs are at most 1,000 and never go back, accuracies are shares, and nothing else is beyond a billion.
    """
    ranges = {"epoch": (0.0, 1000.0), "accuracy": (0.0, 1.0), "val_accuracy": (0.0, 1.0)}
    least, most = np.array([ranges.get(column, (-1e9, 1e9)) for column in columns]).T
    within = (table >= least) & (table <= most)  # NaN is not
    return bool(within.all() and (np.diff(table[:, columns.index("epoch")]) >= 0).all())


def _copy_calibration(values: dict[str, Any], run: Run, what: str) -> None:
    atomic.write_json(run.calibration_path, values)
    read = Calibration.load(run.calibration_path)
    kinds = all(_is_line(kind, 60) for kind in read.caught) and len(read.caught) <= 20
    if dataclasses.asdict(read) != values or not kinds:
        raise InputError(
            gettext("The calibration.json in {what} says what cannot be of a calibration; export it again.", what=what)
        )
