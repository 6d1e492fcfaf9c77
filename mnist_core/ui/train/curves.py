"""What a run has written of its learning, read and drawn once for all who watch it."""

import math
import threading
from dataclasses import dataclass

from mnist_core.files import atomic
from mnist_core.files.newest import Newest
from mnist_core.language import language
from mnist_core.presentation.charts import learning
from mnist_core.presentation.charts.curve import Curve
from mnist_core.runs.run import BATCHES_NAME, CHECKS_NAME, METRICS_NAME, RATES_NAME, Run
from mnist_core.ui.frame import Drawing

QUANTITIES = ("loss", "accuracy")
# Runs that are trained at once are few; thirty may look back at a run of their own each.
MOST_KEPT = 64

_reading = threading.Lock()


@dataclass(frozen=True)
class Curves:
    """How a run learned until now."""

    accuracies: tuple[float, ...]  # of validation, one after the other, that of the guessing network first
    loss: float | None  # of training, the mean of an epoch where one has just ended; None before the first step
    charts: dict[str, Drawing]  # of each quantity; none before the first point
    sentences: dict[str, str]

    @classmethod
    def of(cls, curve: Curve, epochs: int, close_up: bool) -> "Curves":
        drawn = QUANTITIES if any(curve.points(part, "loss")[0] for part in learning.PARTS) else ()
        loss, _ = curve.trained("loss")
        return cls(
            tuple(curve.points("validation", "accuracy")[1]),
            None if math.isnan(loss) else loss,
            {
                one: Drawing.of(learning.learning_curves([curve], one, epochs=epochs, close_up=close_up))
                for one in drawn
            },
            {one: learning.caption(curve, one, close_up) for one in drawn},
        )


_newest = Newest[Curves](most=MOST_KEPT)


def of_run(run: Run, epochs: int, close_up: bool = False) -> Curves:
    """Returns the curves of a run, on an axis of so many epochs, in the language that is spoken.

    A class that watches has them read once a change.
    """
    names = (BATCHES_NAME, METRICS_NAME, CHECKS_NAME, RATES_NAME)
    stamps = tuple(atomic.stamp(run.folder / name) for name in names)
    with _reading:  # who comes while another reads takes what that one read
        return _newest.get(
            (run.folder, epochs, close_up, language()), stamps, lambda: Curves.of(Curve.of(run), epochs, close_up)
        )
