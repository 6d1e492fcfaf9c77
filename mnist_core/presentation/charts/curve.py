"""How a run learned, as its curves show it."""

import logging
import math
from dataclasses import dataclass, field

from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.runs.run import History, Run

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RateChange:
    """A learning rate that somebody changed on the way."""

    epoch: float  # counted in fractions
    before: float
    after: float

    @property
    def words(self) -> str:
        return gettext("rate {before:g} → {after:g}", before=self.before, after=self.after)


def _rate_changes(run: Run, rate: float) -> tuple[RateChange, ...]:
    """None where the file of them is damaged, or of a newer lab: the curve is there all the same."""
    steps = run.stored_status().steps
    try:
        told = run.rate_changes() if steps else []
    except InputError:
        logger.info("A curve has no marks of its changed rates", exc_info=True)
        return ()
    before = [rate, *(after for _, after in told)]
    return tuple(RateChange(step / steps, rate, after) for rate, (step, after) in zip(before, told, strict=False))


@dataclass(frozen=True)
class Curve:
    """How a run learned."""

    letter: str  # its name beside others; empty for a run alone
    batches: History  # points within epochs
    metrics: History  # rows of epochs
    checks: History = field(default_factory=dict)  # validations before training and within epochs, where there are any
    rate_changes: tuple[RateChange, ...] = ()
    drops_out: bool = False  # whether training switches neurons off at random
    augments: bool = False  # whether it changes its images at random
    normalizes: bool = False  # whether its layers gather averages on the way, which it uses when it is asked

    @classmethod
    def of(cls, run: Run, letter: str = "") -> "Curve":
        tables = run.batches(), run.metrics(), run.checks()
        try:
            config = run.config()
        except InputError:
            return cls(letter, *tables)
        changes = _rate_changes(run, config.learning_rate)
        kinds = {layer.kind for layer in config.layers}
        return cls(letter, *tables, changes, "dropout" in kinds, config.augments, "norm" in kinds)

    @property
    def epochs(self) -> int:
        """The last one that it has seen the end of; 0 before."""
        return int(max(self.metrics.get("epoch", []), default=0))

    def trained(self, quantity: str) -> tuple[float, bool]:
        """Where training stands: the mean of the last epoch and True, or within one its last steps and False."""
        at, means = self.batches["epoch"], self.metrics.get(quantity, [])
        if means and (not at or at[-1] <= self.metrics["epoch"][-1]):
            return means[-1], True
        return (self.batches[quantity][-1] if at else math.nan), False

    def points(self, part: str, quantity: str) -> tuple[list[float], list[float]]:
        """Epochs and values of `training` or `validation`; without those that are NaN or infinite."""
        if part == "training":
            pairs = _finite(self.batches, quantity)
        else:
            pairs = sorted(_finite(self.metrics, f"val_{quantity}") + _finite(self.checks, f"val_{quantity}"))
        return [epoch for epoch, _ in pairs], [value for _, value in pairs]


def _finite(history: History, column: str) -> list[tuple[float, float]]:
    pairs = zip(history.get("epoch", []), history.get(column, []), strict=True)
    return [pair for pair in pairs if all(map(math.isfinite, pair))]
