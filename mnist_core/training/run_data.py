"""What a run learns from: made sure of before it is queued, and loaded when its turn has come."""

import dataclasses
import functools

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import kept_uploads, sources
from mnist_core.data.dataset import Dataset
from mnist_core.errors import InputError
from mnist_core.files import atomic
from mnist_core.runs.run import Run


def settle(config: TrainConfig, dataset: Dataset, by: Actor = COMMAND_LINE) -> tuple[TrainConfig, dict[str, str]]:
    """Makes sure that a run has what it needs to learn from, before it is queued.

    Returns the settings, each second source located for another process, and what the run remembers of its data. Raises
    InputError if too few images are left to train on, or the second source cannot be used by whoever asks.
    """
    config.split(len(dataset.train_images))
    reference = dataset.reference()
    if dataset.name == "collection":
        reference["name"] = _snapshot()
    if kept_uploads.is_kept(kept := sources.bare(dataset.name)):
        kept_uploads.note_learned(kept)
    if not config.second_sources:
        return config, reference
    also = [_settle(name, by) for name in config.second_sources]
    names, identities = (";".join(parts) for parts in zip(*also, strict=True))
    return dataclasses.replace(config, also=names), reference | {"also_identity": identities}


def _settle(name: str, by: Actor) -> tuple[str, str]:
    """Where another process finds a second source, and its identity."""
    located = sources.located(name, by)
    if kept_uploads.is_kept(kept := sources.bare(located)):
        kept_uploads.note_learned(kept)
    source = sources.load_source(name if by.is_command_line else located)  # its sentence names what was typed
    return _snapshot() if located == "collection" else located, source.identity


def _snapshot() -> str:
    """Keeps a copy of the collection, which goes on growing while a run that learns from it waits or is taken up again.

    Its path stays the same one as long as the collection is the same.
    """
    from mnist_core.data.collection.store import Collection  # SQLAlchemy: 12 MB that few need

    collection = Collection()
    path = environment.home() / "data" / f"collection-{collection.handwriting(signs=True).identity[:12]}.jsonl.gz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, collection.export())
    return str(path)


def data_of(run: Run) -> Dataset:
    """Loads a run's data and makes sure that it is still the same; a worker keeps what it loaded last."""
    wanted = run.description().dataset
    try:
        return sources.load_same(wanted, lambda name: _cached_dataset(name, str(wanted["identity"])))
    except InputError:
        _cached_dataset.cache_clear()
        raise


@functools.lru_cache(maxsize=1)
def _cached_dataset(name: str, identity: str) -> Dataset:
    return sources.load(name)
