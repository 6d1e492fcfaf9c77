"""How much may be asked of the lab from one network address, and by all together.

Whoever has no cookie is a new person, so limits for a person alone would hold nobody up. A class sits behind one
address, and must feel none of these: each is what so many people may ask for who do so at once. The command line has no
limit, and a browser on the lab's own machine only those of all together.
"""

import functools
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnist_core import environment
from mnist_core.access.actor import Actor
from mnist_core.errors import InputError
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, ngettext

if TYPE_CHECKING:
    from limits.strategies import SlidingWindowCounterRateLimiter

# --- For each person of a class; those together that share an address may ask for so much ---------------------------

CLASS_SIZE = 120  # `$MNIST_CLASS_SIZE`
SHARES = 2  # so many such classes may ask for all of theirs at once
IMAGES_WAITING = 2_500_000.0  # to train on, read once each epoch: more than any recipe asks for
# How often, within a minute, an hour and a day.
DRAWINGS = ((5, "minute"), (50, "hour"), (80, "day"))
UPLOADS = ((3, "minute"),)
RECIPES = ((3, "day"),)  # which everybody's pages list
SPANS = {"minute": N_("a minute"), "hour": N_("an hour"), "day": N_("a day")}
JOINS = ((10, "minute"), (60, "hour"))  # of a lesson: a code has four letters
STARTS = ((6, "minute"), (40, "hour"), (80, "day"))  # of runs and sweeps: what is stopped at once stays in all lists

# --- For one run, and for one sweep, of a browser elsewhere ----------------------------------------------------------

IMAGES_A_RUN = 6_000_000.0  # a hundred epochs of MNIST, and three times what any recipe asks for; `$MNIST_MAX_IMAGES`
RUNS_A_SWEEP = 10  # so many of the largest runs


def class_size() -> int:
    """How many people may share a network address; raises InputError if `$MNIST_CLASS_SIZE` is no such number."""
    return round(environment.number("MNIST_CLASS_SIZE", CLASS_SIZE))


@dataclass(frozen=True)
class Asked:
    """A run or a sweep that waits."""

    client: str  # of whoever asked for it, `Actor.client`
    images: float  # how many it trains on, in all its epochs


def check_waiting(by: Actor, asked: float, waiting: Iterable[Asked], what: str, each: float = 1.0) -> None:
    """Raises InputError where too much waits already for another run or sweep of so many images.

    Args:
        by: Whoever asks.
        asked: The images of what is asked for.
        waiting: What waits.
        what: `run` or `sweep`.
        each: How many of them each person may have.
    """
    if by.is_command_line:
        return
    everything, people = list(waiting), class_size()
    near = [one for one in everything if by.client and one.client == by.client]
    for group, most, whose in (
        (near, people, gettext("from your network")),
        (everything, SHARES * people, gettext("in all")),
    ):
        full = sum(one.images for one in group) + asked > most * IMAGES_WAITING
        if len(group) >= most * each or (group and full):
            raise InputError(
                ngettext(
                    "{group} {whose} waits already, which is as much as this lab takes at once. Start "
                    "yours when it has ended; the settings stay as they are here.",
                    "{group} {whose} wait already, which is as much as this lab takes at once. Start "
                    "yours when some of them have ended; the settings stay as they are here.",
                    len(group),
                    group=_so_many(len(group), what),
                    whose=whose,
                )
            )


def check_sweep(by: Actor, trials: int, images: float) -> None:
    """Raises InputError where a sweep of so many trials, each on so many images, is more than a browser may start."""
    most = RUNS_A_SWEEP * environment.number("MNIST_MAX_IMAGES", IMAGES_A_RUN)
    if not by.in_charge and trials * images > most:
        raise InputError(
            gettext(
                "This sweep would train on {all_images} images ({trials} of {images}), but this lab "
                "allows {most}; lower the trials, the epochs or the share of the data.",
                all_images=count(int(trials * images)),
                trials=ngettext("{number} trial", "{number} trials", trials, number=count(trials)),
                images=count(int(images)),
                most=count(int(most)),
            )
        )


# --- Rates -----------------------------------------------------------------------------------------------------------


def count_drawing(by: Actor) -> None:
    """Counts a drawing that is kept; raises InputError where there were too many."""
    _count(by, "drawing", DRAWINGS, gettext("tap the digit again: the drawing stays on the canvas"))


def count_upload(by: Actor) -> None:
    """Counts a file that is read; raises InputError where there were too many."""
    _count(by, "file", UPLOADS, gettext("give the file again"))


def count_start(by: Actor) -> None:
    """Counts a run or a sweep that is started; raises InputError where there were too many."""
    _count(by, "start", STARTS, gettext("press Start again; the settings stay as they are here"))


def count_join(by: Actor) -> None:
    """Counts an attempt to join a lesson; raises InputError where there were too many."""
    _count(by, "join", JOINS, gettext("try the code again"))


def count_recipe(by: Actor) -> None:
    """Counts a recipe that is saved; raises InputError where there were too many."""
    _count(by, "recipe", RECIPES, gettext("save it; the settings stay in the address of the page"))


_COUNTING = threading.Lock()


@functools.cache
def _limiter() -> "SlidingWindowCounterRateLimiter":
    from limits.storage import MemoryStorage  # 0.2 s, for those who keep or upload something
    from limits.strategies import SlidingWindowCounterRateLimiter

    return SlidingWindowCounterRateLimiter(MemoryStorage())


def forget() -> None:
    """Begins to count again, for tests."""
    _limiter.cache_clear()


def _so_many(number: int, what: str) -> str:
    """`3 runs`: the things that are counted here, with their number."""
    known = {"number": count(number)}
    return {
        "drawing": ngettext("{number} drawing", "{number} drawings", number, **known),
        "file": ngettext("{number} file", "{number} files", number, **known),
        "join": ngettext("{number} attempt to join", "{number} attempts to join", number, **known),
        "recipe": ngettext("{number} recipe", "{number} recipes", number, **known),
        "run": ngettext("{number} run", "{number} runs", number, **known),
        "start": ngettext("{number} start", "{number} starts", number, **known),
        "sweep": ngettext("{number} sweep", "{number} sweeps", number, **known),
    }[what]


def _count(by: Actor, what: str, rates: tuple[tuple[int, str], ...], then: str) -> None:
    if by.is_command_line:
        return
    if what != "join":  # another lesson may be joined
        by.check_not_held()
    from limits import parse

    people = class_size()
    groups = [(by.client, people, gettext("From your network"))] if by.client else []
    counted = [
        (parse(f"{number * most} per {time}"), (what, client), whose, time)
        for client, most, whose in [*groups, ("", SHARES * people, gettext("In all"))]
        for number, time in rates
    ]
    with _COUNTING:  # what is refused by one limit must not count for the others
        for rate, names, whose, time in counted:
            if not _limiter().test(rate, *names):
                raise InputError(
                    gettext(
                        "{whose}, {amount} came within {span}, which is as much as this lab takes. Wait "
                        "{span}, then {then}.",
                        whose=whose,
                        amount=_so_many(rate.amount, what),
                        span=SPANS[time],
                        then=then,
                    )
                )
        for rate, names, _, _ in counted:
            _limiter().hit(rate, *names)
