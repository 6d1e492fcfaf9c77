"""What a model does with what is no digit: a sentence for everybody, and where it was measured."""

from dataclasses import dataclass

from mnist_core.evaluation.strangers import Strangers
from mnist_core.formatting import count, percent
from mnist_core.inference.calibration import Calibration
from mnist_core.language import gettext
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
            gettext(
                "Measured with drawings from {places} places whose people the model never learned "
                "from. It noticed {caught} of {signs} letters and signs. It wrongly refused {doubted} "
                "of {digits} digits: it said “unsure” or “not a digit”. Letters that look like a "
                "digit, such as O, S or l, may be read as one.",
                places=count(known.places),
                caught=percent(known.caught, 0),
                signs=count(known.signs),
                doubted=percent(known.doubted, 1),
                digits=count(known.digits),
            ),
        )
    if not calibration.images or not calibration.caught:
        return None
    caught = sum(calibration.caught.values()) / len(calibration.caught)
    return Refusals(
        _sentence(caught),
        gettext(
            "Measured with spirals, stars, letters and other pictures that no model learned from. "
            "It wrongly refused {refused} of {images} digits that it was not trained on: it said "
            "“unsure” or “not a digit”.",
            refused=percent(calibration.refused, 1),
            images=count(calibration.images),
        ),
    )


def _sentence(caught: float) -> str:
    return gettext(
        "Shown something that is no digit, this model notices it {caught:.0f} times out of 100.", caught=100 * caught
    )
