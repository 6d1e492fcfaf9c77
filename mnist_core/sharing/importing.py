"""A capsule or a model file from outside → a run of this lab, judged again here.

The file is read in a process of its own that may use little; what comes out are a layer list and plain arrays. A second
process builds the model from them, and its accuracy is measured on images of this lab. A failed import leaves nothing.
"""

import contextlib
import dataclasses
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from mnist_core import environment
from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config import recipes
from mnist_core.config.network import parse_layer
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.dataset import MNIST_IDENTITY, Dataset
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.evaluation import held_out, judging
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import leftovers, sandbox
from mnist_core.formatting import readable, several, size
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from mnist_core.runs.description import Imported
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import LONGEST_NAME, RunLabel
from mnist_core.runs.status import Status
from mnist_core.runs.summary import IMPORTED
from mnist_core.sharing import capsule, exporting, inputs, keras_chain, model_file, tensorflow_tasks, weights

# A model of as many parameters as the lab allows, and what its optimizer keeps.
MOST_BYTES = 350_000_000
# A LiteRT file of the largest network takes 225 MB, an ONNX file 200, a capsule less.
READ_SECONDS, READ_MEMORY = 20.0, 260_000_000
KEPT = ("model.keras", "model.tflite", "metrics.csv", "batches.csv", "calibration.json", "README.md")


@dataclass(frozen=True)
class Claim:
    """What a file says of itself."""

    config: TrainConfig  # its settings; of a model file the layers only
    label: RunLabel
    # `name`, `title` and `identity` of the data that it was judged on; empty for a model file.
    dataset: dict[str, str]
    accuracy: float | None = None  # share of that data's test images that it says it reads; None where it says nothing
    epochs: int = 0
    seconds: float = 0.0
    created: float = 0.0  # when it was made, in seconds since 1970; 0 for a model file
    versions: dict[str, str] = field(default_factory=dict)


def bring_in(
    source: IO[bytes],
    file_name: str,
    name: str = "",
    load: Callable[[str], Dataset] = sources.load,
    on_step: Callable[[str], object] = lambda sentence: None,
    by: Actor = COMMAND_LINE,
    recipe: str = "",
) -> Run:
    """Makes a run of a file from outside: a capsule, if its name ends so, or a model file of any kind.

    Without a name the run takes a capsule's. `recipe` names the one whose layers weights alone are for. `on_step` gets
    a sentence before each step. What came out of the comparison lies in the run's description, under `imported`, and in
    its status. Raises InputError if the file cannot be used, and LabError if the home folder cannot be written, or
    TensorFlow cannot be started.
    """
    suffix, what = Path(file_name).suffix.lower(), readable(Path(file_name).name, 60)
    label, known = RunLabel(name), _networks(recipe)
    quotas.count_upload(by)
    environment.check_training("Importing a model")
    with _unfinished_folder() as folder:
        on_step(f"Reading {what} …")
        claim = _read(source, suffix, what, folder, {"recipe": recipe, "recipes": known})
        on_step("Building the model, for which TensorFlow starts …")
        _build(claim, folder, what)
        data, same = _data_for(claim.dataset.get("identity", ""), load)
        pixels = ""
        if suffix != capsule.SUFFIX and (wanted := _expected(folder / "model.tflite", data)) != inputs.OWN:
            pixels = wanted.words
            on_step(f"It reads best where its pixels are {pixels}; a first layer makes them so …")
            claim = _with_layer_in_front(claim, folder, wanted)
            _build(claim, folder, what)
        on_step(f"Judging it on {_images_of(data)} …")
        evaluation = _judge(folder / "model.tflite", data, what)
        imported = dataclasses.replace(about(claim, what, suffix, data, same, evaluation), pixels=pixels)
        label = RunLabel(label.name or claim.label.name, claim.label.note)
        return _finish(folder, claim, data, evaluation, {"imported": imported, "owner": by.owner}, label)


def _build(claim: Claim, folder: Path, what: str) -> None:
    """Has the files of a model made from its layers and the `weights.npz` in the folder."""
    task = {"layers": [str(layer) for layer in claim.config.layers], "folder": str(folder)}
    with exporting.BUILDING:
        sandbox.run(tensorflow_tasks.build_files, task, what, exporting.BUILD_SECONDS, exporting.BUILD_MEMORY)


def _expected(path: Path, data: Dataset) -> inputs.Range:
    """Which pixels a model expects, told by images that it is not judged by."""
    classifier = Classifier(path)
    return inputs.expected(data.train_images, data.train_labels, classifier.probabilities_of_values)


def _with_layer_in_front(claim: Claim, folder: Path, wanted: inputs.Range) -> Claim:
    """Puts a layer before the others, behind those without arrays that resize, and its arrays before theirs."""
    path, layers = folder / "weights.npz", claim.config.layers
    place = keras_chain.front(layers)
    layer, own = inputs.in_front(wanted)
    weights.save([*own, *weights.read_npz(path, layers, "the model")], path)
    return dataclasses.replace(
        claim, config=dataclasses.replace(claim.config, layers=(*layers[:place], layer, *layers[place:]))
    )


@contextlib.contextmanager
def _unfinished_folder() -> Iterator[Path]:
    """Yields a folder beside the runs, on the same disk, that no list of runs shows; it is gone afterwards."""
    place = environment.home() / "runs"
    try:
        place.mkdir(parents=True, exist_ok=True)
        leftovers.clear(place)
        with tempfile.TemporaryDirectory(prefix=leftovers.mark(leftovers.IMPORTING), dir=place) as folder:
            yield Path(folder)
    except OSError as error:
        raise not_written("The model cannot be written", error) from error


# --- Reading ---------------------------------------------------------------------------------------------------------


def _networks(recipe: str) -> dict[str, list[str]]:
    """The layer lists of the recipes, by their names; InputError if there is no such recipe."""
    if recipe:
        recipes.from_address({"recipe": recipe})
    return {name: [str(layer) for layer in one.config.layers] for name, one in recipes.all_recipes().items()}


def _read(source: IO[bytes], suffix: str, what: str, folder: Path, alone: dict[str, Any]) -> Claim:
    path = folder / f"file{suffix if suffix in model_file.NAMED else ''}"
    is_capsule = suffix == capsule.SUFFIX
    try:
        _copy(source, path, what)
        task = {"path": str(path), "folder": str(folder), "what": what}
        if is_capsule:
            said = sandbox.run(capsule.unpack, task, what, READ_SECONDS, READ_MEMORY)
        else:
            said = sandbox.run(model_file.unpack, task | alone, what, READ_SECONDS, READ_MEMORY)
    finally:
        path.unlink(missing_ok=True)
    try:
        return _claim_of_capsule(said) if is_capsule else _claim_of_model(said, what)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None


def _copy(source: IO[bytes], path: Path, what: str) -> None:
    with path.open("wb") as target:
        while piece := source.read(1 << 20):
            target.write(piece)
            if target.tell() > MOST_BYTES:
                raise InputError(f"{what} has more than {size(MOST_BYTES)}; no model of this lab is as large.")


def _claim_of_capsule(about: dict[str, Any]) -> Claim:
    figures = about["figures"]
    return Claim(
        TrainConfig.from_json(about["config"]),
        RunLabel(about["name"], about["note"]),
        about["dataset"],
        figures["accuracy"],
        figures["epochs"] or 0,
        figures["seconds"] or 0.0,
        about["created"],
        about["versions"],
    )


def _claim_of_model(said: dict[str, Any], what: str) -> Claim:
    name = Path(what).stem[:LONGEST_NAME].strip()
    return Claim(TrainConfig(IMPORTED, tuple(map(parse_layer, said["layers"]))), RunLabel(name, said["note"]), {})


# --- Judging ---------------------------------------------------------------------------------------------------------


def _data_for(identity: str, load: Callable[[str], Dataset]) -> tuple[Dataset, bool]:
    """Returns the data of this identity, and that it is the same; or what else this lab can judge on.

    A path that a file from outside names is never opened: only data is looked at that this lab knows already.
    """
    for name in _candidates(identity):
        with contextlib.suppress(LabError):
            data = load(name)
            if data.identity == identity:
                return data, True
    try:
        return load("mnist"), False
    except LabError:
        return load("digits-8x8"), False


def _candidates(identity: str) -> Iterator[str]:
    if not identity:
        return
    if identity == MNIST_IDENTITY:
        yield "mnist"
        return
    yield "digits-8x8"
    seen = set()
    for run in run_folders.all_runs():
        with contextlib.suppress(LabError):
            reference = run.description().dataset
            if reference["identity"] == identity and reference["name"] not in seen:
                seen.add(reference["name"])
                yield reference["name"]


def _images_of(data: Dataset) -> str:
    return f"{data.title}'s {several(len(data.test_labels), 'test image')}"


def _judge(path: Path, data: Dataset, what: str) -> Evaluation:
    evaluation = judging.measure(Classifier(path, threads=os.cpu_count()), held_out.test_part(data))
    if not np.isfinite(evaluation.probabilities).all():
        raise InputError(f"The answers of {what} to this lab's images are not numbers; its weights cannot be used.")
    return evaluation


def about(claim: Claim, what: str, suffix: str, data: Dataset, same: bool, evaluation: Evaluation) -> Imported:
    """Puts what a file says of itself beside what its model reads here."""
    named = claim.dataset.get("title") or claim.dataset.get("name") or "not known"
    return Imported(
        file=what,
        kind="capsule" if suffix == capsule.SUFFIX else "keras",
        claimed=claim.accuracy,
        measured=evaluation.accuracy,
        images=len(evaluation.labels),
        judged_on=data.title,
        same_data=same,
        learned_from=data.title if same else readable(named, 60),
        when=time.time(),
        created=claim.created,
        versions=claim.versions,
    )


# --- The run ---------------------------------------------------------------------------------------------------------


def _finish(
    folder: Path, claim: Claim, data: Dataset, evaluation: Evaluation, about: dict[str, Any], label: RunLabel
) -> Run:
    """Puts the run's folder together and gives it its name in one step, with a status that says done."""
    run = run_folders.create(claim.config, data.reference(), folder, about)
    for name in KEPT:
        if (folder / name).exists():
            (folder / name).replace(run.folder / name)
    evaluation.save(run.evaluation_path)
    if label != RunLabel():
        label.save(run.folder / "label.json")
    status = Status("done", "imported", claim.epochs, claim.config.epochs, seconds=claim.seconds)
    status = dataclasses.replace(status, details=dataclasses.asdict(about["imported"]))
    run.write_status(dataclasses.replace(status, test_accuracy=evaluation.accuracy, test_loss=evaluation.loss))
    final = Run(environment.home() / "runs" / run.id)
    run.folder.replace(final.folder)
    return final
