"""The queue: whose run comes next, when it will start, and how much one person may ask for.

The order is start-time fair queuing (Goyal, Vin and Cheng, "Start-time Fair Queuing", 1996), each run one unit of
service: a run's tag is the virtual time, which is the tag of the run that started last, or one more than the last tag
of the same owner if that is later. So somebody's first run comes before everybody else's second.
"""

import contextlib
import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

from filelock import Timeout

from mnist_core import environment
from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config.network import count_multiply_adds
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.files import folders, locks
from mnist_core.files.records import Record
from mnist_core.formatting import count, duration
from mnist_core.language import gettext
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status

LOCK_SECONDS = 10.0
# Where nothing has been trained yet: the recipe `simple-cnn` on two cores, seconds a multiply-add of its images.
USUAL_PACE = 8e-11
# Loading data, tracing and judging, whatever the size of a run.
FIXED_SECONDS = 4.0
RECENT_RUNS = 5


@dataclass(frozen=True)
class Entry:
    """What the queue knows of a run."""

    owner: str = ""  # who asked for it; empty for the command line
    client: str = ""  # the word of the network address that it was asked for from
    images: float = 0.0  # how many it trains on in all its epochs; 0 where nobody counted
    tag: float = 0.0  # its start tag; lower ones come first
    created: float = 0.0  # when it was asked for, in seconds since 1970
    work: float = 0.0  # Multiply-adds of all its images in all epochs, read once each; 0 where nobody counted


def entry(run: Run) -> Entry:
    """Returns what the queue knows of a run; a damaged one comes first, so that its trainer can say so."""
    try:
        about = run.description()
    except InputError:
        return Entry()
    return Entry(about.owner, about.client, about.images, about.tag, about.created, about.work)


def in_turn(selection: Iterable[Run]) -> list[Run]:
    """Sorts runs by the order in which they are to start."""
    return sorted(selection, key=lambda run: (entry(run).tag, entry(run).created, run.id))


def wants_trainer(run: Run) -> bool:
    """Whether a run waits for a trainer or has one, be it one that fell silent."""
    status = run.stored_status()
    return not status.finished and not status.parked


@dataclass(frozen=True)
class Queue:
    """The runs that wait and those that are trained, as they stand at one moment."""

    waiting: list[Run]  # the runs in the queue, the next one first
    active: list[tuple[Run, Status]]  # the runs that hold a trainer, trials of sweeps among them, and where they stand
    pace: float  # seconds a multiply-add of the runs that ended last

    def place(self, run: Run) -> int:
        """Returns the run's place among those that wait, from 1."""
        names = [other.id for other in self.waiting]
        return names.index(run.id) + 1 if run.id in names else 1

    def expected_wait(self, run: Run) -> float | None:
        """Returns in how many seconds a waiting run will start, or None where a paused run makes that unknowable.

        All trainers are busy while somebody waits, so there are as many as there are active runs. Each takes up the
        next run when it is free; how long a run takes follows from those that ended here.
        """
        free = [_seconds_left(other, status, self.pace) for other, status in self.active] or [0.0]
        heapq.heapify(free)
        for other in self.waiting:
            if other.id == run.id:
                break
            heapq.heapreplace(free, free[0] + _seconds(entry(other), self.pace))
        return free[0] if math.isfinite(free[0]) else None


def look() -> Queue:
    """Reads all runs once; thirty pages that wait do so twice a second."""
    known = [(run, run.status()) for run in run_folders.all_runs()]
    sweeps = folders.inside(environment.home() / "sweeps")
    paths = (path for sweep in sweeps for path in folders.inside(sweep / "trials") if folders.is_folder(path))
    trials = [(run, run.status()) for run in map(Run, paths)]
    return Queue(
        waiting=in_turn(run for run, status in known if status.state == "queued"),
        active=[
            (run, status)
            for run, status in (*known, *trials)
            if status.state in ("running", "paused") and not status.parked
        ],
        pace=_pace(known),
    )


def queue_sentence(run: Run) -> str:
    """Says where a waiting run stands, what it waits for, and when it is expected to start."""
    queue = look()
    place = queue.place(run)
    ahead = next(
        (
            gettext(", behind {title}, which is paused", title=summary.title(other))
            if status.state == "paused"
            else gettext(", behind {title}, which is running", title=summary.title(other))
            for other, status in queue.active
        ),
        "",
    )
    if place == 1 and not ahead:
        return gettext("Next in the queue; about to start.")
    wait = queue.expected_wait(run)
    start = "" if wait is None else gettext("; starts in about {roughly}", roughly=_roughly(wait))
    if place > 1:
        return gettext("Number {place} in the queue{ahead}{start}.", place=place, ahead=ahead, start=start)
    return gettext("Next in the queue{ahead}{start}.", ahead=ahead, start=start)


def _roughly(seconds: float) -> str:
    """Writes an expected time no finer than it is known: `20 s`, `4 min`."""
    if seconds < 60:
        return duration(max(10 * math.ceil(seconds / 10), 10))
    return gettext("{minutes} min", minutes=math.ceil(seconds / 60)) if seconds < 3600 else duration(seconds)


def _pace(known: list[tuple[Run, Status]]) -> float:
    paces: list[float] = []
    for run, status in known:
        share = status.epoch / status.epochs if status.epochs else 0.0
        if status.state == "done" and share and status.seconds and entry(run).work:
            paces.append(status.seconds / (share * entry(run).work))
        if len(paces) == RECENT_RUNS:
            break
    return median(paces) if paces else USUAL_PACE


def _seconds(about: Entry, pace: float) -> float:
    return FIXED_SECONDS + about.work * pace


def _seconds_left(run: Run, status: Status, pace: float) -> float:
    if status.state == "paused":
        return math.inf
    return status.seconds_left or (1 - status.progress) * _seconds(entry(run), pace)


def work(config: TrainConfig, images: int) -> float:
    """Returns the multiply-adds of a whole run on so many training images, which says how long it will take."""
    return float(count_multiply_adds(config.layers) * config.epochs * _trained_images(config, images))


def _trained_images(config: TrainConfig, images: int) -> int:
    """Returns how many images an epoch has, with what is added to those of the first source."""
    drawn = len(config.split(images)[0])
    return drawn + round(config.styles * drawn) + round(config.non_digits * drawn)


# --- How much one person may ask for -----------------------------------------------------------------------------


def in_the_way(owner: str) -> list[Run]:
    """Returns the runs of which one must start or end before this person asks for another; none for no owner.

    A person has one run in training and, by default, one that waits; `$MNIST_MAX_WAITING` allows more to wait.
    """
    if not owner:
        return []
    most = _most_waiting()
    queue = look()
    queued = [run for run in queue.waiting if entry(run).owner == owner]
    trained = [run for run, _ in queue.active if entry(run).owner == owner]
    return queued if len(queued) >= most or len(queued) + len(trained) > most else []


def _most_waiting() -> float:
    return environment.number("MNIST_MAX_WAITING", 1.0)


def check_waiting(by: Actor, images: float) -> None:
    """Raises InputError where too many runs wait for another one of so many images (`quotas.check_waiting`)."""
    waiting = (quotas.Asked(entry(run).client, entry(run).images) for run in look().waiting)
    quotas.check_waiting(by, images, waiting, "run", _most_waiting())


def asked_images(config: TrainConfig, images: int) -> int:
    """Returns on how many images a run trains in all its epochs, where its data has so many training images."""
    return config.epochs * _trained_images(config, images)


def check_size(config: TrainConfig, images: int, by: Actor = COMMAND_LINE) -> dict[str, float]:
    """Checks a run against the limits of this lab, `$MNIST_MAX_IMAGES` and `$MNIST_MAX_SECONDS`.

    By default there are none but for browsers elsewhere, `quotas.IMAGES_A_RUN`. Returns those that its trainer watches:
    `seconds` of training. Raises InputError if its epochs × images exceed the limit, or a limit is not a number.
    """
    asked = asked_images(config, images)
    most = environment.number("MNIST_MAX_IMAGES", math.inf if by.in_charge else quotas.IMAGES_A_RUN)
    if asked > most:
        raise InputError(
            gettext(
                "This run would train on {asked} images ({epochs} epochs of {images}), but this lab "
                "allows {most}; lower the epochs or the share of the data.",
                asked=count(asked),
                epochs=config.epochs,
                images=count(asked // config.epochs),
                most=count(int(most)),
            )
        )
    seconds = environment.number("MNIST_MAX_SECONDS", math.inf)
    return {"seconds": seconds} if math.isfinite(seconds) else {}


# --- Tags --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ledger(Record):
    """What fair order remembers: the virtual time, and each owner's last tag where that is still ahead of it."""

    virtual_time: float = 0.0
    last: dict[str, float] = field(default_factory=dict)

    def next_tag(self, owner: str) -> float:
        """Returns the tag of this owner's next run."""
        return max(self.virtual_time, self.last.get(owner, -math.inf) + 1)


@contextlib.contextmanager
def joining(owner: str, number: int = 1) -> Iterator[float]:
    """Holds the queue while a person joins it; yields the tag of the first of `number` runs, each next one is 1 more.

    Raises LabError if the home folder cannot be written, or another process holds the queue for long.
    """
    with _held() as ledger:
        tag = ledger.next_tag(owner)
        yield tag
        ledger.last[owner] = tag + number - 1


def note_start(tag: float) -> None:
    """Moves the virtual time on, since a run with this tag starts."""
    with _held(tag):
        pass


@contextlib.contextmanager
def _held(started: float = -math.inf) -> Iterator[Ledger]:
    """Yields the ledger and writes it at the end; meanwhile nobody else changes it."""
    home = environment.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with locks.lock(home / "queue.lock", LOCK_SECONDS):
            # Without a ledger, or with a damaged one, everybody starts afresh, in the order of asking.
            ledger = Ledger.load_or_default(home / "queue.json")
            yield ledger
            now = max(ledger.virtual_time, started)
            Ledger(now, {owner: tag for owner, tag in ledger.last.items() if tag + 1 > now}).save(
                home / "queue.json", anyhow=True
            )
    except Timeout:
        raise LabError(gettext("Another process holds the queue of the runs and does not end; try again.")) from None
    except OSError as error:
        raise not_written(gettext("The queue of the runs cannot be written"), error) from error
