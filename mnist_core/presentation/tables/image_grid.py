"""Judged images as HTML in which each can be pressed: what it is, what it is read as, and its ten probabilities."""

from collections.abc import Sequence

import numpy as np

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import confidence
from mnist_core.language import gettext
from mnist_core.presentation.markup import render
from mnist_core.presentation.palette import QUIET_COLOUR, TRAINING_COLOUR
from mnist_core.presentation.pictures import source

BAR_HEIGHT = 24


def caption(evaluation: Evaluation, index: int) -> str:
    """`✗ #247 is 4, read as 9, 98 %`."""
    predicted, actual = evaluation.predictions[index], evaluation.labels[index]
    sure = confidence(float(evaluation.probabilities[index].max()))
    return gettext(
        "{mark} #{index} is {actual}, read as {predicted}, {sure}",
        mark="✓" if predicted == actual else "✗",
        index=index,
        actual=actual,
        predicted=predicted,
        sure=sure,
    )


def image_grid(evaluation: Evaluation, images: np.ndarray, indices: Sequence[int], chosen: int) -> str:
    """Pictures that can be pressed, in rows that wrap; what is pressed reports the image's number.

    The images are all, uint8 `[N, 28, 28]`, in the order of `evaluation.labels`; those of `indices` are shown, and
    `chosen` is marked as looked at.
    """
    shown = [
        {
            "number": str(index),
            "source": source(images[index]),
            "caption": caption(evaluation, index),
            "current": index == chosen,
            **_bars(evaluation.probabilities[index], int(evaluation.labels[index])),
        }
        for index in indices
    ]
    return render("images.html", images=shown, bar_height=BAR_HEIGHT)


def _bars(probabilities: np.ndarray, actual: int) -> dict[str, object]:
    """Ten small bars, and the digits below the highest and below the true one."""
    highest = int(probabilities.argmax())
    bars = [
        f"M{10 * digit + 1} {BAR_HEIGHT}v-{height:.1f}h8v{height:.1f}z"
        for digit, height in enumerate(np.maximum(BAR_HEIGHT * probabilities, 0.8).tolist())
    ]
    # Two paths for all ten: sixty images of ten elements each take the browser, and the template, longer.
    highest_bar = bars.pop(highest)
    return {
        "bars": [("".join(bars), QUIET_COLOUR), (highest_bar, TRAINING_COLOUR)],
        "digits": [("highest" if it == highest else "actual", 10 * it + 5, it) for it in sorted({highest, actual})],
    }
