"""What a run has written of its learning, read and drawn once for all who watch it."""

import threading
from dataclasses import dataclass

from mnist_core.files import atomic
from mnist_core.files.newest import Newest
from mnist_core.presentation.charts import learning
from mnist_core.presentation.charts.learning import Curve
from mnist_core.runs.run import BATCHES_NAME, CHECKS_NAME, METRICS_NAME, Run
from mnist_core.ui.frame import Drawing

QUANTITIES = ("loss", "accuracy")
# Runs that are trained at once are few; thirty may look back at a run of their own each.
MOST_KEPT = 64

_reading = threading.Lock()


@dataclass(frozen=True)
class Curves:
    """How a run learned until now."""

    accuracies: tuple[float, ...]  # of validation, one after the other
    loss: float | None  # of training, the last that was written; None before
    charts: dict[str, Drawing]  # of each quantity; none before the first point
    sentences: dict[str, str]

    @classmethod
    def of(cls, curve: Curve, epochs: int) -> "Curves":
        losses, drawn = curve.batches["loss"], QUANTITIES if curve.batches["epoch"] else ()
        return cls(
            tuple(curve.points("validation", "accuracy")[1]),
            losses[-1] if losses else None,
            {one: Drawing.of(learning.learning_curves([curve], one, epochs=epochs)) for one in drawn},
            {one: learning.curve_sentence(curve, one) for one in drawn},
        )


_newest = Newest[Curves](most=MOST_KEPT)


def of_run(run: Run, epochs: int) -> Curves:
    """Returns the curves of a run, on an axis of so many epochs; a class that watches has them read once a change."""
    stamps = tuple(atomic.stamp(run.folder / name) for name in (BATCHES_NAME, METRICS_NAME, CHECKS_NAME))
    with _reading:  # who comes while another reads takes what that one read
        return _newest.get((run.folder, epochs), stamps, lambda: Curves.of(Curve.of(run), epochs))
