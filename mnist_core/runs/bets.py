"""What people bet before a run began: what share of the test images its model will read right."""

import functools
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mnist_core.errors import InputError, NotReadError
from mnist_core.files import atomic
from mnist_core.files.records import NewerError, Record
from mnist_core.formatting import count, readable
from mnist_core.language import gettext

LONGEST_NAME = 30
# A class and its teacher, around one screen.
MOST_BETS = 40

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bet:
    """One person's bet."""

    name: str  # empty for somebody who bets alone
    accuracy: float  # the share of the test images, 0 to 1

    def __post_init__(self) -> None:
        if not 0 <= self.accuracy <= 1:
            raise InputError(
                gettext("The bet is {accuracy:g} %; expected a number from 0 to 100.", accuracy=100 * self.accuracy)
            )
        if len(self.name) > LONGEST_NAME or not self.name.isprintable() or self.name != self.name.strip():
            raise InputError(
                gettext(
                    "The name '{name}' cannot be kept; expected one line of at most {longest_name} letters.",
                    name=readable(self.name),
                    longest_name=LONGEST_NAME,
                )
            )


@dataclass(frozen=True)
class Bets(Record):
    """All bets on a run, `bets.json`: written when it is created, and never changed, so that nobody bets later."""

    FORMAT: ClassVar[int] = 1

    bets: tuple[Bet, ...] = ()

    def __post_init__(self) -> None:
        if len(self.bets) > MOST_BETS:
            raise InputError(
                gettext(
                    "There are {number} bets; at most {most_bets} can be kept.",
                    number=count(len(self.bets)),
                    most_bets=MOST_BETS,
                )
            )

    def __len__(self) -> int:
        return len(self.bets)

    def with_bet(self, bet: Bet) -> "Bets":
        """Adds a bet; whoever has one under this name changes it."""
        others = tuple(one for one in self.bets if one.name != bet.name)
        return Bets((*others, bet))

    def without(self, name: str) -> "Bets":
        return Bets(tuple(one for one in self.bets if one.name != name))

    def nearest(self, accuracy: float) -> tuple[Bet, ...]:
        """Those that came nearest; several where they are as near to a hundredth of a percent, as it is shown."""
        if not self.bets or math.isnan(accuracy):
            return ()
        apart = [round(abs(bet.accuracy - accuracy), 4) for bet in self.bets]
        return tuple(bet for bet, distance in zip(self.bets, apart, strict=True) if distance == min(apart))


def load(path: Path) -> Bets:
    """Reads the bets on a run; a missing or damaged file holds none."""
    try:
        return _read(path, atomic.stamp(path))
    except (NewerError, NotReadError):  # not remembered: the next look may find them
        logger.info("The bets at %s cannot be read", path, exc_info=True)
        return Bets()


@functools.lru_cache(maxsize=256)
def _read(path: Path, stamp: tuple[int, ...]) -> Bets:
    """Reads bets once; a class looks at them twice a second."""
    return Bets.load_or_default(path)
