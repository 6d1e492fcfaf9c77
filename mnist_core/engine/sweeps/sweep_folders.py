"""The sweeps of this lab: making one, listing and finding them."""

import logging
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mnist_core import environment
from mnist_core.engine.sweeps.sweep import STUDY, Plan, Sweep, SweepDescription, load_optuna, storage
from mnist_core.errors import InputError, not_written
from mnist_core.files import folders
from mnist_core.language import gettext
from mnist_core.runs.control import Control

logger = logging.getLogger(__name__)


def create(plan: Plan, dataset: dict[str, str], about: dict[str, Any] | None = None) -> Sweep:
    """Creates the folder of a sweep whose trials all wait.

    `dataset` is as `run_data.settle` says it, and `about` holds further fields of its `SweepDescription`.
    """
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    sweep = Sweep(_folder() / f"{stamp}-{int(now % 1 * 1e6):06d}-{plan.config.recipe}-{secrets.token_hex(2)}")
    what = SweepDescription(plan, dataset, now, **(about or {}))
    try:
        (sweep.folder / "trials").mkdir(parents=True)
        _create_study(plan, sweep.folder / "journal.log")
        # On a full disk a stop can then be written over it.
        Control().save(sweep.folder / "control.json")
        # Last, because a folder without it is not a sweep yet.
        what.save(sweep.folder / "sweep.json")
    except BaseException as error:
        shutil.rmtree(sweep.folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise not_written(gettext("The sweep cannot be written"), error) from error
        raise
    return sweep


def _create_study(plan: Plan, journal: Path) -> None:
    """Puts all trials into the study at once, those of `everything` with their settings."""
    optuna = load_optuna()
    study = optuna.create_study(study_name=STUDY, storage=storage(journal), direction="maximize")
    everything = plan.space.combinations() if plan.method == "everything" else [{}] * plan.trials
    for settings in everything:
        study.enqueue_trial(settings)


def _folder() -> Path:
    return environment.home() / "sweeps"


def all_sweeps() -> list[Sweep]:
    """Returns the sweeps, the newest first."""
    # What begins with a dot is being removed.
    there = (path for path in reversed(folders.inside(_folder())) if not path.name.startswith("."))
    return [Sweep(path) for path in there if folders.is_folder(path)]


def find(name: str) -> Sweep:
    """Finds a sweep by its id; raises InputError if there is none."""
    sweep = next((sweep for sweep in all_sweeps() if sweep.id == name), None)
    if sweep is None:
        raise InputError(
            gettext("There is no sweep '{name}'; 'python -m mnist_core sweep --list' lists those there are.", name=name)
        )
    return sweep


def unfinished() -> Iterator[tuple[Sweep, list[int]]]:
    """Yields the sweeps that go on, the oldest first, each with the numbers of its trials that still have to end."""
    for sweep in reversed(all_sweeps()):
        states = ("running",) if sweep.stopped else ("running", "waiting")
        try:
            numbers = [trial.number for trial in sweep.trials() if trial.state in states]
        except InputError:  # a damaged folder is shown on the page; it must not keep an engine from starting
            logger.info("The sweep %s is left out", sweep.id, exc_info=True)
            continue
        if numbers:
            yield sweep, numbers
