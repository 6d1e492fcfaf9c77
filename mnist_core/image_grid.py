"""Judged images as HTML in which each can be pressed: what it is, what it is read as, and its ten probabilities."""

import html
from collections.abc import Sequence

import numpy as np

from mnist_core.evaluation import Evaluation
from mnist_core.palette import QUIET_COLOUR, TRAINING_COLOUR
from mnist_core.phrases import confidence
from mnist_core.pictures import source

STYLE = """
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(88px, 1fr)); gap: 8px; max-height: 28rem;
  overflow-y: auto; padding: 4px }
.images button { display: flex; flex-direction: column; text-align: left; font-size: 0.8rem; line-height: 1.25;
  padding: 3px; border-radius: 6px }
.images button:hover { outline: 1px solid var(--st-text-color) }
.images button[aria-current] { outline: 3px solid var(--st-text-color) }
.images img { width: 100%; image-rendering: pixelated; background: #000; border-radius: 4px; display: block }
.images svg { width: 100%; display: block; margin-top: auto }
.images svg text { font-size: 10px; text-anchor: middle; fill: var(--st-text-color) }
.images .highest { font-weight: 700 }
"""
BAR_HEIGHT = 24


def caption(evaluation: Evaluation, index: int) -> str:
    """Says what an image is and what it is read as: `✗ #247 is 4, read as 9, 98 %`."""
    predicted, actual = evaluation.predictions[index], evaluation.labels[index]
    sure = confidence(float(evaluation.probabilities[index].max()))
    return f"{'✓' if predicted == actual else '✗'} #{index} is {actual}, read as {predicted}, {sure}"


def image_grid(evaluation: Evaluation, images: np.ndarray, indices: Sequence[int], chosen: int) -> str:
    """Returns pictures that can be pressed, in rows that wrap; what is pressed reports the image's number.

    Args:
        evaluation: What the images are and are read as.
        images: All of them, uint8 `[N, 28, 28]`, in the order of `evaluation.labels`.
        indices: Which are shown.
        chosen: The one that is marked as looked at.
    """
    buttons = "".join(
        f'<button type="button" data-choice="{index}"{_mark(index == chosen)}>'
        f'<img src="{source(images[index])}" alt="">{html.escape(caption(evaluation, index))}'
        f"{_bars(evaluation.probabilities[index], int(evaluation.labels[index]))}</button>"
        for index in indices
    )
    return f'<style>{STYLE}</style><div class="images" data-grid role="group" aria-label="Images">{buttons}</div>'


def _mark(chosen: bool) -> str:
    return ' aria-current="true" data-start' if chosen else ""


def _bars(probabilities: np.ndarray, actual: int) -> str:
    """Draws ten small bars; the highest is coloured and has its digit below in bold, and the true digit has its own."""
    highest = int(probabilities.argmax())
    bars = "".join(
        f'<rect x="{10 * digit + 1}" y="{BAR_HEIGHT - height:.1f}" width="8" height="{height:.1f}" '
        f'fill="{TRAINING_COLOUR if digit == highest else QUIET_COLOUR}"/>'
        for digit, height in enumerate(np.maximum(BAR_HEIGHT * probabilities, 0.8).tolist())
    )
    digits = "".join(
        f'<text class="{"highest" if digit == highest else "actual"}" x="{10 * digit + 5}" y="{BAR_HEIGHT + 10}">'
        f"{digit}</text>"
        for digit in sorted({highest, actual})
    )
    return f'<svg viewBox="0 0 100 {BAR_HEIGHT + 12}" aria-hidden="true">{bars}{digits}</svg>'
