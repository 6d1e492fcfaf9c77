"""What a run is: config.json, written once."""

import functools
import math
from dataclasses import dataclass, field
from pathlib import Path

from mnist_core.config import data_titles
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.files.records import Record
from mnist_core.language import gettext

# The year 2999.
LATEST = 32_500_000_000.0


def is_moment(seconds: float) -> bool:
    """Whether a time, in seconds since 1970, is one that can be shown."""
    return 0 <= seconds <= LATEST


@dataclass(frozen=True)
class Continues:
    """Which run another one goes on from, and after how many epochs."""

    run: str
    epochs: int


@dataclass(frozen=True)
class Tunes:
    """Which run's model another one began with, to learn a class's drawings (`training.tuning`)."""

    run: str


@dataclass(frozen=True)
class TrialOf:
    """Which trial of which sweep a run is."""

    id: str
    trial: int


@dataclass(frozen=True)
class Tried:
    """A way in which an imported model may take pictures and call its classes, and what it reads so."""

    pixels: str  # the values of its pixels, in words
    transposed: bool  # whether rows and columns are exchanged
    classes: str  # the digit that each output means, such as `1234567890`
    share: float  # of some training images, those that it reads right


@dataclass(frozen=True)
class Imported:
    """Where a run came from that was not trained here, and what its file claims beside what was measured."""

    file: str = ""
    kind: str = ""  # `capsule`, or `keras` for a model's file of any format
    claimed: float | None = None  # share of the test images that its file says it reads; None where it says nothing
    claimed_by: str = ""  # what says so: empty for the file itself, `name` of the file, or `card` beside the model
    measured: float = math.nan  # the share that it read here
    images: int = 0  # how many images that was out of; 0 where an older lab did not note it
    judged_on: str = ""  # what the data is called that it was judged on here
    same_data: bool = False  # whether that is the data that the claim is about
    learned_from: str = ""  # what the data is called that it learned from
    when: float = 0.0  # when it was imported, in seconds since 1970
    created: float = 0.0  # when it was made elsewhere
    versions: dict[str, str] = field(default_factory=dict)
    sentence: str = ""  # what an older lab said of all this
    # What it expects where that is not what the lab gives, and its arrays are changed for it (`sharing.inputs`).
    pixels: str = ""  # values, which a layer in front makes
    transposed: bool = False  # whether it expects rows and columns exchanged
    classes: str = ""  # the digit that each of its outputs meant, such as `1234567890`
    chosen: bool = False  # whether a person said so, and it was not found by what it reads best
    tried: tuple[Tried, ...] = ()  # what it reads in each way, the plainest first; none where nobody measured it
    tried_on: int = 0  # how many training images that was measured on
    front: int = 0  # how many first layers the lab put there, to bring its pictures to the size that it expects


@dataclass(frozen=True)
class RunDescription(Record):
    """What a run is, `config.json`: written when it is created, and never changed."""

    config: TrainConfig
    # What it remembers of its data (`Dataset.reference`): `name`, `identity`, `title`, `also_identity`.
    dataset: dict[str, str]
    created: float  # when it was asked for, in seconds since 1970
    versions: dict[str, str] = field(default_factory=dict)
    seed: int = 0  # the same as that of the settings
    owner: str = ""  # who asked for it; empty for the command line
    client: str = ""  # the word of the network address that it was asked for from (`Actor.client`)
    images: float = 0.0  # how many images it trains on in all its epochs; 0 where nobody counted
    tag: float = 0.0  # its place in the fair order of the queue; lower ones come first
    work: float = 0.0  # multiply-adds of all its images in all epochs, read once each; 0 where nobody counted
    limits: dict[str, float] = field(default_factory=dict)  # what its trainer watches: `seconds` of training
    tensorboard: bool = False  # whether it writes event files
    slow_start: bool = False  # whether its first steps wait for those who watch, which changes nothing that it learns
    continues: Continues | None = None  # which run it goes on from
    tunes: Tunes | None = None  # which run's model it began with
    sweep: TrialOf | None = None  # which trial of a sweep it is
    imported: Imported | None = None  # where it came from, if it was not trained here

    def __post_init__(self) -> None:
        if not is_moment(self.created) or not all(map(math.isfinite, (self.tag, self.work, *self.limits.values()))):
            raise InputError(gettext("The file config.json of this run holds numbers that cannot be; it is damaged."))
        if not {"name", "identity"} <= self.dataset.keys():
            raise InputError(
                gettext("The file config.json of this run does not say what it learned from; it is damaged.")
            )

    @property
    def data_title(self) -> str:
        return data_titles.shown(self.dataset.get("title", self.dataset["name"]))


@functools.lru_cache(maxsize=4096)
def read_description(path: Path, stamp: tuple[int, ...]) -> RunDescription:
    return RunDescription.load(path)
