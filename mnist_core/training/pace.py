"""How fast a run goes: by itself as fast as it can, with a slow start at first so that those who watch can follow."""

import math
from dataclasses import dataclass

# A slow start takes at least so long for this share of its first epoch, and in about so many pieces.
SLOW_SECONDS, SLOW_SHARE, SLOW_PIECES = 20.0, 0.2, 40


@dataclass(frozen=True)
class Pace:
    """Of a run whose epochs have so many steps."""

    slow_steps: int  # at the beginning of its first epoch; 0 without a slow start

    @classmethod
    def of(cls, steps: int, slow_start: bool) -> "Pace":
        return cls(math.ceil(SLOW_SHARE * steps) if slow_start else 0)

    @property
    def piece(self) -> int:
        """How many steps a slow piece has at most."""
        return math.ceil(self.slow_steps / SLOW_PIECES)

    def seconds(self, first: int, last: int) -> float:
        """How long steps `first` to `last` of the first epoch take at least."""
        slow = max(min(last, self.slow_steps) - first, 0)
        return slow * SLOW_SECONDS / self.slow_steps if slow else 0.0
