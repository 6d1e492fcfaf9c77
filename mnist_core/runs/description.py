"""What a run is: config.json, written once."""

import functools
import math
from dataclasses import dataclass, field
from pathlib import Path

from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.files.records import Record


@dataclass(frozen=True)
class Continues:
    """Which run another one goes on from, and after how many epochs."""

    run: str
    epochs: int


@dataclass(frozen=True)
class TrialOf:
    """Which trial of which sweep a run is."""

    id: str
    trial: int


@dataclass(frozen=True)
class Imported:
    """Where a run came from that was not trained here, and what its file claims beside what was measured.

    Attributes:
        file: The file's name.
        kind: `capsule` or `keras`.
        claimed: Share of the test images that its file says it reads; None where it says nothing.
        measured: The share that it read here.
        images: How many images that was out of; 0 where an older lab did not note it.
        judged_on: What the data is called that it was judged on here.
        same_data: Whether that is the data that the claim is about.
        learned_from: What the data is called that it learned from.
        when: When it was imported, in seconds since 1970.
        created: When it was made elsewhere.
        versions: With which versions of which packages.
        sentence: What an older lab said of all this.
    """

    file: str = ""
    kind: str = ""
    claimed: float | None = None
    measured: float = math.nan
    images: int = 0
    judged_on: str = ""
    same_data: bool = False
    learned_from: str = ""
    when: float = 0.0
    created: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    sentence: str = ""


@dataclass(frozen=True)
class RunDescription(Record):
    """What a run is, `config.json`: written when it is created, and never changed.

    Attributes:
        config: Its settings.
        dataset: What it remembers of its data (`Dataset.reference`): `name`, `identity`, `title`, `also_identity`.
        created: When it was asked for, in seconds since 1970.
        versions: With which versions of which packages it was created.
        seed: That of the settings.
        owner: Who asked for it; empty for the command line.
        tag: Its place in the fair order of the queue; lower ones come first.
        work: Multiply-adds of all its images in all epochs, read once each; 0 where nobody counted.
        limits: What its trainer watches: `seconds` of training.
        tensorboard: Whether it writes event files.
        continues: Which run it goes on from.
        sweep: Which trial of a sweep it is.
        imported: Where it came from, if it was not trained here.
    """

    config: TrainConfig
    dataset: dict[str, str]
    created: float
    versions: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    owner: str = ""
    tag: float = 0.0
    work: float = 0.0
    limits: dict[str, float] = field(default_factory=dict)
    tensorboard: bool = False
    continues: Continues | None = None
    sweep: TrialOf | None = None
    imported: Imported | None = None

    def __post_init__(self) -> None:
        if not {"name", "identity"} <= self.dataset.keys():
            raise InputError("The file config.json of this run does not say what it learned from; it is damaged.")

    @property
    def data_title(self) -> str:
        """What its data is called."""
        return self.dataset.get("title", self.dataset["name"])


@functools.lru_cache(maxsize=4096)
def read_description(path: Path, stamp: tuple[int, ...]) -> RunDescription:
    return RunDescription.load(path)
