"""Whether a model is right as often as it is sure: the reliability diagram, before and after the temperature."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core.formatting import count, points
from mnist_core.inference.calibration import BINS, Calibration, bin_of, calibration_error
from mnist_core.language import N_, as_written, gettext

NOT_CALIBRATED = N_(
    "This model was not corrected, or the file that says how is damaged. So here it is as sure as the network says."
)
METHOD = N_(
    "The images are sorted into 15 groups by how sure the model is of its answer. In each "
    "group, how sure it is on average is compared with how often it is right. The "
    "calibration error is the average of these differences, in which each image counts "
    "once (“expected calibration error”). The upright lines are 95 % intervals (Wilson)."
)


@dataclass(frozen=True)
class Reliability:
    """How sure a model is and how often it is right, in 15 bins of equal width by the probability of its answer."""

    error: float  # expected calibration error, `calibration.calibration_error`
    images: np.ndarray  # int64 `[15]`, how many fall into each bin
    right: np.ndarray  # int64 `[15]`, how many of them are read right
    confidence: np.ndarray  # float64 `[15]`, their mean probability; NaN in a bin without images

    @property
    def accuracy(self) -> np.ndarray:
        """Share of each bin that is read right, float64 `[15]`; NaN in a bin without images."""
        return np.where(self.images > 0, self.right / np.maximum(self.images, 1), np.nan)

    @property
    def surplus(self) -> float:
        """By how much the model is surer than right on the whole, -1 to 1; below 0 it is less sure."""
        return float((np.nansum(self.confidence * self.images) - self.right.sum()) / self.images.sum())


def measure(probabilities: np.ndarray, labels: np.ndarray) -> Reliability:
    """Measures probabilities `[N, 10]` against the true digits int `[N]`, at least one."""
    confidence, hit = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels
    place = bin_of(probabilities.max(axis=1))
    images, right = np.bincount(place, minlength=BINS), np.bincount(place[hit], minlength=BINS)
    with np.errstate(invalid="ignore"):  # 0 / 0 in a bin without images
        mean = np.bincount(place, confidence, BINS) / images
    return Reliability(calibration_error(probabilities, labels), images, right, mean)


def before_and_after(
    probabilities: np.ndarray, labels: np.ndarray, calibration: Calibration
) -> tuple[Reliability, Reliability | None]:
    """Raw probabilities `[N, 10]` as they are, and after a run's temperature; None where none was fitted."""
    before = measure(probabilities, labels)
    return before, measure(calibration.apply(probabilities), labels) if calibration.fitted else None


def bin_name(number: int) -> str:
    """Which probabilities fall into a bin, 0 to 14: `93.3–100 %`."""
    return as_written(f"{100 * number / BINS:.3g}–{100 * (number + 1) / BINS:.3g} %")


def rows(before: Reliability, after: Reliability | None) -> list[dict[str, Any]]:
    """One row a bin for a table, the surest first; shares in percent, None in a bin without images."""
    kinds = {"": before} if after is None else {", before": before, ", after": after}
    return [
        {"Probability": bin_name(number)}
        | {
            f"{what}{kind}": value
            for kind, one in kinds.items()
            for what, value in (
                ("Images", int(one.images[number])),
                ("Sure", _in_percent(one.confidence[number])),
                ("Right", _in_percent(one.accuracy[number])),
            )
        }
        for number in reversed(range(BINS))
    ]


def _in_percent(share: float) -> float | None:
    return None if np.isnan(share) else 100 * float(share)


def temperature_sentence(calibration: Calibration) -> str:
    """What the temperature is for, and what it does here."""
    temperature = as_written(f"{calibration.temperature:.2f}")
    if abs(calibration.temperature - 1) < 0.005:
        return gettext(
            "Networks are often too sure. One number, the temperature, corrects it. Here it is "
            "{temperature} and changes nothing.",
            temperature=temperature,
        )
    if calibration.temperature > 1:
        return gettext(
            "Networks are often too sure. One number, the temperature, corrects it. Here it is "
            "{temperature} and makes the model less sure.",
            temperature=temperature,
        )
    return gettext(
        "Networks are often too sure, or not sure enough. One number, the temperature, "
        "corrects it. Here it is {temperature} and makes the model more sure.",
        temperature=temperature,
    )


def temperature_details(calibration: Calibration, held_back: bool = True) -> str:
    """How the temperature works, and what it was fitted on: test images where none were held back."""
    number = count(calibration.images)
    works = gettext(
        "The network's scores are divided by this number before they become probabilities. "
        "The method is by Guo, Pleiss, Sun and Weinberger (2017)."
    )
    if not held_back:
        return gettext(
            "{works} It was found with the {number} test images themselves, because this run kept "
            "no others aside. So on these images the model looks better than it is.",
            works=works,
            number=number,
        )
    return gettext(
        "{works} It was found with {number} validation images. A network is too sure of the "
        "images that it learned from, and the test images must stay unseen until the end.",
        works=works,
        number=number,
    )


def error_sentence(before: Reliability, after: Reliability | None) -> str:
    """What the temperature did to the calibration error."""
    question = gettext("When the model is 90 % sure, is it right 9 times out of 10?")
    if after is None:
        return gettext("{question} On average it is {error} off.", question=question, error=points(before.error, 2))
    return gettext(
        "{question} On average it is {before} off before the correction, and {after} after it.",
        question=question,
        before=points(before.error, 2),
        after=points(after.error, 2),
    )
