"""A capsule or a model file from outside → a run of this lab, judged again here.

The file is read in a process of its own that may use little; what comes out are a layer list and plain arrays. A second
process builds the model from them, and its accuracy is measured on images of this lab. Before that, what the model
expects of its pictures and calls its classes is measured on images that it is not judged by, and met (`inputs`); a
person can say otherwise, then or later. A failed import leaves nothing.
"""

import contextlib
import dataclasses
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from mnist_core import environment
from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.dataset import MNIST_IDENTITY, Dataset
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.evaluation import held_out, judging
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import atomic, leftovers, sandbox
from mnist_core.formatting import count, readable
from mnist_core.inference.classifier import Classifier
from mnist_core.language import N_, gettext, ngettext
from mnist_core.runs import run_folders, trash
from mnist_core.runs.description import Imported, Tried
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.runs.summary import IMPORTED
from mnist_core.sharing import (
    capsule,
    exporting,
    incoming,
    inputs,
    model_file,
    tensorflow_tasks,
    weights,
)
from mnist_core.sharing.incoming import Claim
from mnist_core.sharing.inputs import ANY_WAY, Way, Wish

# What a file did not say: stored as it stands here, and translated where it is shown.
UNKNOWN = N_("not known")
KEPT = ("model.keras", "model.tflite", "metrics.csv", "batches.csv", "calibration.json", "README.md")


def bring_in(
    source: IO[bytes],
    file_name: str,
    name: str = "",
    load: Callable[[str], Dataset] = sources.load,
    on_step: Callable[[str], object] = lambda sentence: None,
    by: Actor = COMMAND_LINE,
    wish: Wish = ANY_WAY,
    recipe: str = "",
) -> Run:
    """Makes a run of a file from outside: a capsule, if its name ends so, or a model file of any kind, also in a zip.

    Without a name the run takes a capsule's. `on_step` gets a sentence before each step. With a `wish`, a person says
    what the model expects, and only the rest is found; `recipe` names the one whose layers weights alone are for. What
    came out of the comparison lies in the run's description, under `imported`, and in its status. Raises InputError if
    the file cannot be used, or it is not the teacher who asks, and LabError if the home folder cannot be written, or
    TensorFlow cannot be started.
    """
    by.check_in_charge(gettext("Importing a model"))
    suffix, what = Path(file_name).suffix.lower(), readable(Path(file_name).name, 60)
    _check_wish(wish, recipe, suffix, what)
    label, known = RunLabel(name), incoming.networks(recipe)
    quotas.count_upload(by)
    environment.check_training(gettext("Importing a model"))
    with _unfinished_folder() as folder:
        on_step(gettext("Reading {what} …", what=what))
        claim, suffix = incoming.read(source, suffix, what, folder, {"recipe": recipe, "recipes": known})
        _check_wish(wish, recipe, suffix, what)
        on_step(gettext("Building the model, for which TensorFlow starts …"))
        _build(claim, folder, what, with_bare=_is_padded(claim))
        data, same = _data_for(claim.dataset.get("identity", ""), load)
        expected = Imported()
        if suffix != capsule.SUFFIX:
            expected = _expected(claim, folder, data, wish)
            if words := inputs.words(expected.pixels, expected.transposed, expected.classes):
                on_step(gettext("It reads best with {what}; its weights are put right for the lab's …", what=words))
                claim = _meet(claim, folder, _way(expected))
                _build(claim, folder, what)
        on_step(gettext("Judging it on {images} …", images=_images_of(data)))
        evaluation = _judge(folder / "model.tflite", data, what)
        imported = _with_expected(about(claim, what, suffix, data, same, evaluation), expected)
        label = RunLabel(label.name or claim.label.name, claim.label.note)
        return _finish(folder, claim, data, evaluation, {"imported": imported, "owner": by.owner}, label)


def _check_wish(wish: Wish, recipe: str, suffix: str, what: str) -> None:
    if suffix == capsule.SUFFIX and recipe:
        raise InputError(
            gettext(
                "{what} is a capsule, which says itself which layers it has; import it without a recipe.", what=what
            )
        )
    if suffix == capsule.SUFFIX and wish.says_something:
        raise InputError(
            gettext(
                "{what} is a capsule, whose model takes the lab's own pictures; import it without a choice.", what=what
            )
        )


def _build(claim: Claim, folder: Path, what: str, with_bare: bool = False) -> None:
    """Has the files of a model made from its layers and the `weights.npz` in the folder.

    With `with_bare` there is also one of the model without what the lab put in front of it.
    """
    task: dict[str, Any] = {"layers": [str(layer) for layer in claim.config.layers], "folder": str(folder)}
    task["front"] = claim.front if with_bare else 0
    with exporting.BUILDING:
        sandbox.run(tensorflow_tasks.build_files, task, what, exporting.BUILD_SECONDS, exporting.BUILD_MEMORY)


# --- What it expects -------------------------------------------------------------------------------------------------

EXPECTED = ("pixels", "transposed", "classes", "chosen", "tried", "tried_on", "front")


def choose(
    run: Run,
    way: Tried,
    load: Callable[[str], Dataset] = sources.load,
    on_step: Callable[[str], object] = lambda sentence: None,
    by: Actor = COMMAND_LINE,
) -> Run:
    """Makes an imported run anew that takes pictures in another of the ways tried; the former one goes to the bin.

    Raises InputError where it cannot, or somebody else made the run, and LabError as `bring_in` does.
    """
    before, what = run.description().imported, gettext("The model of {id}", id=run.id)
    run.check_may_change(by)
    if before is None or not before.tried:
        raise InputError(
            gettext("{what} was not imported with a choice of what it expects; import its file again.", what=what)
        )
    quotas.count_upload(by)  # it takes as long as one
    environment.check_training(gettext("Making a model anew"))
    chosen = _in_words(before, way, chosen=True)
    with _unfinished_folder() as folder:
        on_step(gettext("Building the model, for which TensorFlow starts …"))
        task = {"path": str(run.keras_path), "folder": str(folder), "what": what}
        sandbox.run(model_file.unpack, task, what, incoming.READ_SECONDS, incoming.READ_MEMORY)
        # The arrays are those of the run's layers; read again, a padding may have become part of the one behind it.
        claim = Claim(TrainConfig(IMPORTED, run.config().layers), run.label(), {}, front=before.front)
        claim = _changed(claim, folder, inputs.as_it_came, _way(before))
        claim = _meet(claim, folder, _way(chosen))
        _build(claim, folder, what)
        data, _ = _data_for("", load)
        on_step(gettext("Judging it on {images} …", images=_images_of(data)))
        evaluation = _judge(folder / "model.tflite", data, what)
        imported = dataclasses.replace(
            chosen,
            measured=evaluation.accuracy,
            images=len(evaluation.labels),
            judged_on=data.reference()["title"],
            when=time.time(),
        )
        if card := run.card():
            atomic.write_bytes(folder / "README.md", card.encode())
        made = _finish(folder, claim, data, evaluation, {"imported": imported, "owner": run.owner}, run.label())
    trash.delete(run, by=by)
    return made


def _expected(claim: Claim, folder: Path, data: Dataset, wish: Wish) -> Imported:
    """What a model expects, told by images that it is not judged by, and by a person."""
    images, path = data.train_images[: inputs.LOOKED_AT], folder / "model.tflite"
    if _is_padded(claim):
        # Around a picture comes paper, which is not 0 in most of the pixels that are tried.
        top, bottom, left, right = claim.config.layers[0].sides
        images, path = np.pad(images, ((0, 0), (top, bottom), (left, right))), folder / tensorflow_tasks.BARE
    answer = Classifier(path, threads=os.cpu_count(), shape=(*images.shape[1:], 1)).probabilities_of_values
    tried = inputs.measure(images, data.train_labels, answer, wish)
    found = Imported(tried=tried, tried_on=len(images), front=claim.front)
    return _in_words(found, inputs.best([way for way in tried if wish.allows(way)]), chosen=wish.says_something)


def _is_padded(claim: Claim) -> bool:
    """Whether the lab puts something around the pictures that the model takes."""
    return claim.front > 0 and claim.config.layers[0].kind == "pad"


def _in_words(about: Imported, way: Tried, chosen: bool) -> Imported:
    """Notes a way; what is the lab's own is not worth a word."""
    pixels = "" if way.pixels == inputs.OWN.words else way.pixels
    classes = "" if way.classes == inputs.DIGITS else way.classes
    return dataclasses.replace(about, pixels=pixels, transposed=way.transposed, classes=classes, chosen=chosen)


def _way(about: Imported) -> Way:
    return Way.of(about.pixels, about.transposed, about.classes)


def _with_expected(about: Imported, expected: Imported) -> Imported:
    return dataclasses.replace(about, **{name: getattr(expected, name) for name in EXPECTED})


def _meet(claim: Claim, folder: Path, way: Way) -> Claim:
    """Makes the weights in the folder, and the layers, those of a model that takes the lab's pictures."""
    return _changed(claim, folder, inputs.met, way)


def _changed(claim: Claim, folder: Path, change: Callable[..., inputs.Network], way: Way) -> Claim:
    path = folder / "weights.npz"
    own = claim.config.layers
    layers, arrays = change(own, weights.read_npz(path, own, gettext("the model")), way, claim.front)
    weights.save(arrays, path)
    return dataclasses.replace(claim, config=dataclasses.replace(claim.config, layers=layers))


# --- The folder ------------------------------------------------------------------------------------------------------


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
        raise not_written(gettext("The model cannot be written"), error) from error


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
    number = len(data.test_labels)
    return ngettext(
        "{title}'s {number} test image",
        "{title}'s {number} test images",
        number,
        title=data.title,
        number=count(number),
    )


def _judge(path: Path, data: Dataset, what: str) -> Evaluation:
    evaluation = judging.measure(Classifier(path, threads=os.cpu_count()), held_out.test_part(data))
    if not np.isfinite(evaluation.probabilities).all():
        raise InputError(
            gettext(
                "The answers of {what} to this lab's images are not numbers; its weights cannot be used.", what=what
            )
        )
    return evaluation


def about(claim: Claim, what: str, suffix: str, data: Dataset, same: bool, evaluation: Evaluation) -> Imported:
    """Puts what a file says of itself beside what its model reads here."""
    named = claim.dataset.get("title") or claim.dataset.get("name") or UNKNOWN
    return Imported(
        file=what,
        kind="capsule" if suffix == capsule.SUFFIX else "keras",
        claimed=claim.accuracy,
        claimed_by=claim.by,
        measured=evaluation.accuracy,
        images=len(evaluation.labels),
        judged_on=data.reference()["title"],
        same_data=same,
        learned_from=data.reference()["title"] if same else readable(named, 60),
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
    details = dataclasses.asdict(about["imported"])
    status = dataclasses.replace(status, details=details | {"tried": list(details["tried"])})
    run.write_status(dataclasses.replace(status, test_accuracy=evaluation.accuracy, test_loss=evaluation.loss))
    final = Run(environment.home() / "runs" / run.id)
    run.folder.replace(final.folder)
    return final
