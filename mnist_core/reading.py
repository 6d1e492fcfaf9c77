"""Reading a drawing or a picture as a whole: one digit, several side by side as a number, or none.

This is the one path of the Draw page and of `classify`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mnist_core import preprocess, segmentation, uploads
from mnist_core.answer import NO_INK, NOTHING_DRAWN, TOO_LITTLE_INK, Answer
from mnist_core.classifier import Classifier
from mnist_core.handwriting import prepare
from mnist_core.preprocess import ALL_STEPS, Stages, Steps
from mnist_core.segmentation import Box
from mnist_core.strokes import BOX, CANVAS_PEN, PEN_WIDTH, Strokes, is_speck, scale_strokes

UNREADABLE = "?"
# A piece of ink that is read with this probability is not cut.
READS_WELL = 0.9
# Digits that hang together are painted at this height in pixels before they are cut.
JOINED_HEIGHT = 160
LONGEST_ROW = 12  # in heights


@dataclass(frozen=True)
class Part:
    """One digit of several.

    Attributes:
        box: Where it lies on the canvas or in the picture.
        image: What the model sees of it, uint8 `[28, 28]`.
        answer: The answer to it alone.
    """

    box: Box
    image: np.ndarray
    answer: Answer


@dataclass(frozen=True)
class Reading:
    """What the lab says to a drawing.

    Attributes:
        answer: The answer to the drawing taken as one; its verdict says if it is several digits.
        stages: Its way to 28×28, taken as one; None where there is no ink.
        parts: The digits from left to right where there are several, else empty.
    """

    answer: Answer
    stages: Stages | None = None
    parts: tuple[Part, ...] = ()

    @property
    def number(self) -> str:
        """The number that several digits form, `?` for each that is none; empty where there are not several."""
        return "".join(UNREADABLE if part.answer.shown == "–" else part.answer.shown for part in self.parts)

    @property
    def shown(self) -> str:
        """What is given as the answer: a digit, a number, or `–`."""
        return self.number or self.answer.shown


def read_strokes(
    strokes: Strokes, classifier: Classifier, steps: Steps = ALL_STEPS, on_canvas: bool = False
) -> Reading:
    """Reads a drawing.

    Args:
        strokes: As `strokes.check_strokes` returns them.
        classifier: Whose answer is wanted.
        steps: Which steps of the preparation to take; unless it is all of them, the drawing is taken as one digit.
        on_canvas: Whether the strokes are in pixels of the canvas, as the Draw page has them.
    """
    stages = preprocess.from_strokes(strokes, steps=steps)
    if stages is None:
        return Reading(NOTHING_DRAWN)
    if is_speck(strokes, on_canvas):
        return Reading(TOO_LITTLE_INK)
    if steps != ALL_STEPS:
        return _read_as_one(stages, classifier)
    boxes = [Box(*stroke.min(axis=0), *stroke.max(axis=0)) for stroke in strokes]
    order = sorted(range(len(boxes)), key=lambda index: boxes[index].left + boxes[index].right)
    units, boxes = [strokes[index] for index in order], [boxes[index] for index in order]
    ranges = segmentation.candidates(len(units))
    images = [stages.image, *(prepare(units[first:last]) for first, last in ranges[1:])]
    reading = _read_row(stages, boxes, ranges, np.stack(images), classifier, CANVAS_PEN)
    if reading.parts or reading.answer.verdict == "digit" or segmentation.around(boxes).is_narrow:
        return reading
    return _read_joined(units, segmentation.around(boxes), stages, classifier) or reading


def _read_joined(strokes: Strokes, box: Box, stages: Stages, classifier: Classifier) -> Reading | None:
    """Reads digits written without lifting the pen, or touching: their ink is taken apart instead of their strokes.

    Returns:
        None where that leads to nothing.
    """
    if box.width > LONGEST_ROW * box.height:
        return None  # a dash
    # Painted at a size of its own with MNIST's pen: the canvas's would fill the loops of small digits.
    scale = JOINED_HEIGHT / box.height
    pen = PEN_WIDTH / BOX * JOINED_HEIGHT
    ink = scale_strokes(strokes, pen, round(max(box.width, box.height) * scale + pen))
    read = _read_ink(replace(stages, ink=ink), classifier)
    if not read.parts:
        return None
    parts = (
        replace(part, box=part.box.placed(1 / scale, box.left - pen / 2 / scale, box.top - pen / 2 / scale))
        for part in read.parts
    )
    return replace(read, stages=stages, parts=tuple(parts))


def _read_as_one(stages: Stages, classifier: Classifier) -> Reading:
    probabilities = classifier.calibrated(stages.image[np.newaxis])[0]
    return Reading(Answer.of(probabilities, classifier.calibration), stages)


def read_picture(content: bytes, classifier: Classifier, steps: Steps = ALL_STEPS) -> Reading:
    """Reads a PNG or JPEG file; as `read_strokes`, and raises InputError if it is no such file."""
    stages = preprocess.from_picture(uploads.read_picture(content), steps)
    if stages is None:
        return Reading(NO_INK)
    if max(stages.box.shape) < preprocess.SMALLEST_INK:
        return Reading(TOO_LITTLE_INK)
    return _read_ink(stages, classifier) if steps == ALL_STEPS else _read_as_one(stages, classifier)


def _read_ink(stages: Stages, classifier: Classifier) -> Reading:
    """Reads ink that may be several digits, touching ones too."""

    def reads_well(ink: np.ndarray) -> bool:
        return bool(classifier.calibrated(preprocess.from_ink(ink).image[np.newaxis]).max() > READS_WELL)

    pieces = segmentation.take_apart(stages.ink, reads_well)
    ranges = segmentation.candidates(len(pieces.inks))
    images = [stages.image]
    for first, last in ranges[1:]:
        images.append(preprocess.from_ink(np.maximum.reduce(pieces.inks[first:last])).image)
    return _read_row(stages, pieces.boxes, ranges, np.stack(images), classifier, pieces.pen, pieces.joined)


def _read_row(
    stages: Stages,
    boxes: Sequence[Box],
    ranges: list[tuple[int, int]],
    images: np.ndarray,
    classifier: Classifier,
    pen: float,
    joined: Sequence[float] = (),
) -> Reading:
    """Reads what was cut into units; the first candidate is the drawing taken as one."""
    probabilities = classifier.calibrated(images)
    answer = Answer.of(probabilities[0], classifier.calibration)
    row = segmentation.best_row(boxes, ranges, probabilities, joined)
    parts = tuple(
        Part(
            segmentation.around(boxes[slice(*ranges[index])]).without(-pen / 2),
            images[index],
            Answer.of(probabilities[index], classifier.calibration),
        )
        for index in row
    )
    refused = sum(part.answer.shown == "–" for part in parts)
    if len(parts) < 2 or 2 * refused >= len(parts):
        return Reading(answer, stages)
    several = Reading(answer, stages, parts)
    return replace(several, answer=replace(answer, verdict="more than one digit", sentence=_sentence(several)))


def _sentence(reading: Reading) -> str:
    """Says what several digits read as, and which of them are doubtful."""
    sentence = f"{len(reading.parts)} digits, read as {reading.number}."
    unsure = [part.answer.sentence for part in reading.parts if part.answer.verdict != "digit"]
    return " ".join([sentence, *unsure])
