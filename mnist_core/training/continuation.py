"""More epochs for a run that has ended: a new run that goes on from its last checkpoint."""

import dataclasses
import shutil
from typing import Any

import numpy as np

from mnist_core.checks import check_whole
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.runs import run_folders
from mnist_core.runs.description import Continues
from mnist_core.runs.run import Run
from mnist_core.training.pins import Pins

TABLES = ("metrics.csv", "batches.csv", "checks.csv", "replay.npz", "pins.npz")


def longer(run: Run, more: int) -> TrainConfig:
    """A finished run's settings, with the last learning rate, for so many more epochs; InputError if that cannot be."""
    check_whole(gettext("number of further epochs"), more, 1, 1000)
    if not run.stored_status().finished:
        raise InputError(gettext("The run {id} has not ended; stop it first, or let it end.", id=run.id))
    # Whatever this machine would take by itself; a run of an earlier release had no other.
    precision = run.stored_status().precision or "float32"
    epochs = int(_checkpoint(run)["epoch"]) + more
    config = dataclasses.replace(run.config(), epochs=epochs, precision=precision)
    changes = run.rate_changes()
    return dataclasses.replace(config, learning_rate=changes[-1][1]) if changes else config


def _checkpoint(run: Run) -> dict[str, np.ndarray]:
    checkpoint = run.read_checkpoint()
    if checkpoint is None:
        raise InputError(
            gettext("The run {id} has no checkpoint to go on from; train it again with more epochs.", id=run.id)
        )
    return checkpoint


def create(run: Run, more: int, about: dict[str, Any] | None = None, pins: Pins | None = None) -> Run:
    """Creates a queued run that goes on where a finished one ended; that one stays as it is.

    Its learning rate follows a schedule of its own over the further epochs. `about` holds further fields of its
    `RunDescription`; the pins are by default those of the finished run.
    """
    config = longer(run, more)
    continues = Continues(run.id, config.epochs - more)

    def fill(continued: Run) -> None:
        continued.write_checkpoint(_checkpoint(run))
        for name in TABLES:
            if (run.folder / name).exists():
                shutil.copyfile(run.folder / name, continued.folder / name)
        (pins or Pins.none()).copy_into(continued)

    before = run.description()
    about = {"tensorboard": before.tensorboard} | (about or {}) | {"continues": continues}
    return run_folders.create(config, before.dataset, about=about, fill=fill)
