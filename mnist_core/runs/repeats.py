"""Runs that need not be trained: somebody trained the same before."""

import dataclasses
from collections.abc import Iterable

from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.runs.run import Run


def same_run(config: TrainConfig, dataset: dict[str, str], runs: Iterable[Run]) -> Run | None:
    """Returns the first run that went to its end with these settings, this data and this seed, or None.

    None also where there is a second source, which is looked at only when a run starts.

    Args:
        config: The settings of the run that is to be.
        dataset: What it would remember of its data (`Dataset.reference`).
        runs: Where to look.
    """
    if config.second_sources:
        return None
    return next((run for run in runs if _is_same(run, config, dataset["identity"])), None)


def _is_same(run: Run, config: TrainConfig, identity: str) -> bool:
    try:
        described = run.description()
    except InputError:
        return False
    if described.continues or described.tunes or described.imported or described.sweep:
        return False
    if described.dataset["identity"] != identity:
        return False
    # The name of a recipe changes nothing of what is learned.
    if dataclasses.replace(described.config, recipe=config.recipe) != config:
        return False
    return run.stored_status().state == "done" and run.has_model and not run.rate_changes()
