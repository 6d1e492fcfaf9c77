"""The runs of this lab: making one, listing and finding them."""

import platform
import re
import secrets
import shutil
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mnist_core import environment
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError, not_written
from mnist_core.files import folders
from mnist_core.formatting import readable, suggestion
from mnist_core.language import gettext
from mnist_core.runs.control import Control
from mnist_core.runs.description import RunDescription
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status

SHIPPED_MODEL = "best"
MOST_NAMED = 5


def create(
    config: TrainConfig,
    dataset: dict[str, str],
    folder: Path | None = None,
    about: dict[str, Any] | None = None,
    name: str = "",
    fill: Callable[["Run"], object] = lambda run: None,
) -> Run:
    """Creates the folder of a new, queued run, under `<home>/runs` if no other folder shall hold it.

    `about` holds further fields of its `RunDescription`; `name` is the run's id, which by default tells time and
    recipe; `fill` puts into the folder what must lie there before a trainer sees the run.
    """
    now = time.time()
    run = Run((folder or environment.home() / "runs") / (name or new_name(config.recipe)))
    description = RunDescription(config, dataset, now, _versions(), config.seed, **(about or {}))
    try:
        run.folder.mkdir(parents=True)
        description.save(run.folder / "config.json")
        fill(run)
        # On a full disk what is asked of the run can then be written over it.
        Control().save(run.folder / "control.json")
        run.write_status(Status("queued", epochs=config.epochs))
    except BaseException as error:
        # Nobody began it, so nothing of it is worth keeping; a run of the same name would have failed at `mkdir`.
        if not isinstance(error, FileExistsError):
            shutil.rmtree(run.folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise not_written(gettext("The run cannot be written"), error) from error
        raise
    return run


def new_name(recipe: str) -> str:
    """The id of a run that is made now; it tells time and recipe."""
    # Microseconds keep runs in the order of their creation even when a class presses Start together.
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return f"{stamp}-{int(now % 1 * 1e6):06d}-{recipe}-{secrets.token_hex(2)}"


def _versions() -> dict[str, str]:
    packages = ("tensorflow", "keras", "ai-edge-litert", "numpy", "scikit-learn")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def all_runs() -> list[Run]:
    """Returns what users trained, the newest first."""
    # What begins with a dot is being imported, and is not a run yet.
    paths = (path for path in folders.inside(environment.home() / "runs") if not path.name.startswith("."))
    return [Run(path) for path in reversed(list(paths)) if folders.is_folder(path)]


def shipped_runs() -> list[Run]:
    return [Run(path) for path in folders.inside(environment.PRETRAINED) if folders.is_folder(path)]


def unfinished_runs() -> list[Run]:
    """Returns the runs that an engine has to care for, the oldest first, also those whose trainer fell silent."""
    statuses = ((run, run.stored_status()) for run in reversed(all_runs()))
    return [run for run, status in statuses if not status.finished and not status.parked]


def find(name: str) -> Run:
    """Finds a run by its id or by the name that somebody gave it, in capitals or not, or a shipped model by its name.

    Raises InputError where there is none, or where several have the name.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}", name):
        for folder in (environment.home() / "runs", environment.PRETRAINED):
            if folders.is_folder(folder / name):
                return Run(folder / name)
    runs = all_runs()
    so_called = [run for run in runs if run.label().name.casefold() == name.casefold()] if name else []
    if len(so_called) == 1:
        return so_called[0]
    if so_called:
        ids = ", ".join(run.id for run in so_called[:MOST_NAMED])
        raise InputError(
            gettext(
                "{number} runs are called '{name}'; give the id of one: {ids}.",
                number=len(so_called),
                name=readable(name, 80),
                ids=ids,
            )
        )
    known = [one.id for one in (*runs, *shipped_runs())] + [label for run in runs if (label := run.label().name)]
    near = suggestion(name, known)
    raise InputError(
        gettext(
            "There is no run '{name}'; 'python -m mnist_core runs' lists those there are.{near}",
            name=readable(name, 80),
            near=near,
        )
    )
