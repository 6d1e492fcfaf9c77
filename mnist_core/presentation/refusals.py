"""What a model does with what is no digit: a sentence for everybody, and where it was measured."""

from dataclasses import dataclass

from mnist_core.evaluation.strangers import Strangers
from mnist_core.formatting import count, percent
from mnist_core.inference.calibration import Calibration
from mnist_core.runs.run import Run


@dataclass(frozen=True)
class Refusals:
    """What was measured, in words."""

    sentence: str
    details: str


def of(run: Run) -> Refusals | None:
    """What is known of a model; None where nothing was measured."""
    calibration = Calibration.load(run.calibration_path)
    if known := Strangers.of(run):
        return Refusals(
            _sentence(known.caught),
            f"Measured with drawings from {count(known.places)} places whose people the model never learned from. It "
            f"noticed {percent(known.caught, 0)} of {count(known.signs)} letters and signs. It wrongly refused "
            f"{percent(known.doubted, 1)} of {count(known.digits)} digits: it said “unsure” or “not a digit”. Letters "
            "that look like a digit, such as O, S or l, may be read as one.",
        )
    if not calibration.images or not calibration.caught:
        return None
    caught = sum(calibration.caught.values()) / len(calibration.caught)
    return Refusals(
        _sentence(caught),
        f"Measured with spirals, stars, letters and other pictures that no model learned from. It wrongly refused "
        f"{percent(calibration.refused, 1)} of {count(calibration.images)} digits that it was not trained on: it said "
        "“unsure” or “not a digit”.",
    )


def _sentence(caught: float) -> str:
    return f"Shown something that is no digit, this model notices it {100 * caught:.0f} times out of 100."
