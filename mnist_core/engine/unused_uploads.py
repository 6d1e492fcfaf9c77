"""Which uploads (`data.kept_uploads`) runs and sweeps need, those in the bin among them; the others go in time."""

import logging

from mnist_core.data import kept_uploads, sources
from mnist_core.engine.sweeps import sweep_folders
from mnist_core.errors import InputError
from mnist_core.files.records import NewerError
from mnist_core.runs import run_folders, trash

logger = logging.getLogger(__name__)


def clear() -> list[str]:
    """Removes the uploads that nobody needs any more; returns their names. None where a newer lab's runs lie here."""
    try:
        return kept_uploads.clear(_needed())
    except NewerError:  # nobody knows what they need
        logger.debug("Uploads are not cleared", exc_info=True)
        return []


def _needed() -> set[str]:
    names: list[str] = []
    for run in (*run_folders.all_runs(), *trash.all_deleted()):
        try:
            description = run.description()
        except NewerError:
            raise
        except InputError:  # a damaged run can neither go on nor be judged
            continue
        names += [description.dataset["name"], *description.config.second_sources]
    for sweep in sweep_folders.all_sweeps():
        try:
            what = sweep.description()
        except NewerError:
            raise
        except InputError:
            continue
        names += [what.dataset["name"], *what.plan.config.second_sources]
    return {sources.bare(name) for name in names}
