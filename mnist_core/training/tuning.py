"""Fine-tuning on a class's drawings: a new run that begins with a finished one's weights, which stays as it is.

It learns drawings of one half of the class, painted several times, among pictures of the data that the network knows,
so that it does not forget them; the other half judges it before the first step and after each epoch. All that it needs
lies in its folder: the weights that it began with, and the drawings, without a name. Whose drawings are learned is said
by the numbers of their writers, by the rule that holds for all files of strokes (`stroke_files.HELD_BACK`).
"""

import dataclasses
import gzip
import json
import math
import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core import environment
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import stroke_files
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import HELD_BACK, Handwriting
from mnist_core.errors import InputError, not_written
from mnist_core.files import atomic, folders, npz
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES
from mnist_core.runs import run_folders, trash
from mnist_core.runs.description import Tunes
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import LONGEST_NAME, RunLabel

START, DRAWINGS, ANSWERS = "start.keras", "our-drawings.jsonl.gz", "our-answers.npz"
# A thousand epochs of a thousand drawings would take 40 MB.
MOST_BYTES = 100_000_000

# Found with the shipped model on held-back writers of some sites, and reported on those of others
# (`bench.class_tuning`): small steps, some thousand painted drawings, and a tenth of MNIST.
EPOCHS, BATCH, RATE = 3, 128, 1e-3
OLD_IMAGES, PAINTED = 6000, 3000
MOST_COPIES = 20
# Signs taught doubt, too, where the drawings of a class have none.
MORE_NON_DIGITS = 2
# In the end so much of the weights that it began with is mixed in, which brings back a third of what was forgotten and
# costs nothing of what was learned (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
KEPT = 0.25


def settings(base: TrainConfig, old: int, drawings: int, seed: int) -> TrainConfig:
    """What a network that was trained by `base` learns a class's drawings by.

    Its pictures are changed at random as they were. Nothing is held back to validate on, as nothing is chosen by it:
    the test images show after each epoch what was forgotten.

    Args:
        base: The settings of the run that it begins with.
        old: How many training images the old data has.
        drawings: How many drawings are learned.
        seed: Of all that is random.
    """
    return dataclasses.replace(
        base,
        epochs=EPOCHS,
        batch_size=BATCH,
        optimizer="adam",
        learning_rate=RATE,
        schedule="one-cycle",
        validation_share=0.0,
        early_stopping=0,
        data_share=min(max(OLD_IMAGES / old, 0.001), 1.0),
        styles=0.0,
        non_digits=min(MORE_NON_DIGITS * base.non_digits, 1.0),
        also=DRAWINGS,
        also_copies=min(max(math.ceil(PAINTED / drawings), 1), MOST_COPIES),
        variants=1,
        pairs=0.0,
        beta_1=0.9,
        beta_2=0.999,
        weight_averaging=0.0,
        precision="auto",
        seed=seed,
    )


def without_drawings(config: TrainConfig) -> TrainConfig:
    """The same training without the class, which shows what is due to more training alone."""
    return dataclasses.replace(config, also="", also_copies=1)


# --- The drawings ----------------------------------------------------------------------------------------------------


def numbered(writers: Sequence[int], judging: Sequence[int]) -> dict[int, int]:
    """Gives everybody the number of a writer who is trained on, or of one who is held back."""
    learn = (number for number in count() if number % 30 not in HELD_BACK)
    judge = (number for number in count() if number % 30 in HELD_BACK)
    return {writer: next(judge if writer in judging else learn) for writer in dict.fromkeys(writers)}


def as_lines(drawn: Handwriting) -> bytes:
    """Drawings as a file of strokes, gzipped; the same bytes for the same drawings."""
    lines = (
        json.dumps({"label": int(label), "writer": int(writer), "strokes": [stroke.tolist() for stroke in strokes]})
        for label, writer, strokes in zip(drawn.labels, drawn.writers, drawn.strokes, strict=True)
    )
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def drawings_of(run: Run) -> Handwriting:
    """Returns the class's drawings that a run was tuned on and judged by; raises InputError if they are gone."""
    return stroke_files.read_handwriting(run.folder / DRAWINGS)


def forget(run: str) -> None:
    """Removes the copy of a class's drawings from a run's folder, in the bin too, once the class is to be forgotten.

    The model stays. A run that has not ended by then cannot be taken up again.
    """
    found = [one for one in (*run_folders.all_runs(), *trash.all_deleted()) if one.id == run]
    try:
        for one in found:
            (one.folder / DRAWINGS).unlink(missing_ok=True)
    except OSError as error:
        raise not_written(gettext("The drawings that a model learned from cannot be deleted"), error) from error


# --- The run ---------------------------------------------------------------------------------------------------------


def check_can_start(base: Run) -> None:
    """Raises InputError where a run has no weights to begin with."""
    if not base.stored_status().finished or not folders.is_file(base.keras_path):
        raise InputError(gettext("The run {id} has no model to begin with; choose another one.", id=base.id))


def create(
    base: Run, config: TrainConfig, dataset: Dataset, drawn: Handwriting, about: dict[str, Any] | None = None
) -> Run:
    """Creates a queued run that begins with another one's weights and learns a class's drawings, by `settings`.

    Args:
        base: The finished run, which stays as it is.
        config: As `settings` makes it.
        dataset: The old data that is mixed in.
        drawn: All drawings, by writers as `numbered` numbers them.
        about: Further fields of its `RunDescription`.

    Raises:
        InputError: The run has no model to begin with.
        LabError: The folder cannot be written.
    """
    check_can_start(base)
    name = run_folders.new_name(config.recipe)
    # As a trainer elsewhere finds it.
    config = dataclasses.replace(config, also=str((environment.home() / "runs" / name / DRAWINGS).absolute()))
    reference = dataset.reference() | {"also_identity": drawn.identity}

    def fill(run: Run) -> None:
        shutil.copyfile(base.keras_path, run.folder / START)
        if folders.is_file(base.calibration_path):
            shutil.copyfile(base.calibration_path, run.calibration_path)
        atomic.write_bytes(run.folder / DRAWINGS, as_lines(drawn))
        _label(base).save(run.folder / "label.json")

    about = (about or {}) | {"tunes": Tunes(base.id)}
    return run_folders.create(config, reference, about=about, name=name, fill=fill)


def _label(base: Run) -> RunLabel:
    before = base.label().name or (base.id if base.shipped else base.config().recipe)
    more = gettext("{name}, trained on us", name="")
    return RunLabel(f"{before[: LONGEST_NAME - len(more)].strip()}{more}")


# --- Its answers -----------------------------------------------------------------------------------------------------


def pictures(run: Run) -> np.ndarray:
    """Paints the class's drawings as the Draw page does, uint8 `[N, 28, 28]`."""
    return stroke_files.paint_all(drawings_of(run).strokes)


def note_answers(run: Run, epoch: int, probabilities: np.ndarray) -> None:
    """Keeps what the network takes the class's drawings for after an epoch, float32 `[N, 10]`; 0 is before training."""
    before = answers(run)
    if before is None or before.shape[1:] != probabilities.shape:
        before = np.zeros((0, *probabilities.shape), np.float32)
    found = np.concatenate([before[:epoch], probabilities[np.newaxis].astype(np.float32)])
    npz.write_own(run.folder / ANSWERS, probabilities=found)


def answers(run: Run) -> np.ndarray | None:
    """Returns what the network took the drawings for before training and after each epoch, float32 `[1 + E, N, 10]`.

    None as long as there is nothing, or where it is damaged.
    """
    path = Path(run.folder / ANSWERS)
    if not folders.exists(path):
        return None
    try:
        (found,) = npz.read_own(path, ("probabilities",), MOST_BYTES)
    except InputError:
        return None
    return found if found.ndim == 3 and found.shape[2] == CLASSES and found.dtype == np.float32 else None
