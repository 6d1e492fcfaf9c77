"""Reading a drawing or a picture as a whole: one digit, several side by side as a number, or none.

This is the one path of the Draw page and of `classify`.
"""

from dataclasses import dataclass, replace

import numpy as np

from mnist_core.inference.answer import NO_INK, NOTHING_DRAWN, TOO_LITTLE_INK, Answer
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing import candidates, further_looks, picture_files, pipeline, segmentation
from mnist_core.preprocessing.candidates import Candidates
from mnist_core.preprocessing.further_looks import Look
from mnist_core.preprocessing.pipeline import ALL_STEPS, Stages, Steps
from mnist_core.preprocessing.segmentation import Box
from mnist_core.preprocessing.strokes import Strokes, is_speck

UNREADABLE = "?"
# A digit that was cut out of a stroke needs this probability.
SURE_OF_A_CUT = 0.95


@dataclass(frozen=True)
class Part:
    """One digit of several."""

    box: Box  # where it lies on the canvas or in the picture
    image: np.ndarray  # what the model sees of it, uint8 `[28, 28]`
    answer: Answer


@dataclass(frozen=True)
class Reading:
    """What the lab says to a drawing."""

    answer: Answer  # the answer to the drawing taken as one; its verdict says if it is several digits
    stages: Stages | None = None  # its way to 28×28, taken as one; None where there is no ink
    parts: tuple[Part, ...] = ()  # the digits from left to right where there are several, else empty

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
    """Reads a drawing; its strokes are as `strokes.check_strokes` returns them or, `on_canvas`, in the canvas's pixels.

    Unless all steps of the preparation are taken, the drawing is taken as one digit.
    """
    stages = pipeline.from_strokes(strokes, steps=steps)
    if stages is None:
        return Reading(NOTHING_DRAWN)
    if is_speck(strokes, on_canvas):
        return Reading(TOO_LITTLE_INK)
    if steps != ALL_STEPS:
        return _read_as_one(stages, classifier)
    seen = candidates.of_strokes(strokes, stages)
    reading = _read(seen, classifier)
    if reading.parts or reading.answer.verdict == "digit":
        return reading
    joined = candidates.of_joined_strokes(strokes, stages)
    several = _read(joined, classifier) if joined else reading
    return several if _is_written_in_one_go(several) else reading


def _is_written_in_one_go(reading: Reading) -> bool:
    """Whether digits that were cut out of strokes are beyond doubt.

    Half of an arch looks like a 1, and so do the halves of n, u, M and V: of 1,200 signs of writers who are trained on,
    12 % became a number, and 2 % do by this rule, by which no number of 450 is read otherwise.
    """
    return bool(reading.parts) and all(
        part.answer.probability >= SURE_OF_A_CUT and part.answer.digit != 1 for part in reading.parts
    )


def _read_as_one(stages: Stages, classifier: Classifier) -> Reading:
    probabilities = classifier.calibrated(stages.image[np.newaxis])[0]
    return Reading(Answer.of(probabilities, classifier.calibration), stages)


def read_picture(content: bytes, classifier: Classifier, steps: Steps = ALL_STEPS) -> Reading:
    """Reads a PNG or JPEG file; as `read_strokes`, and raises InputError if it is not one."""
    stages = pipeline.from_picture(picture_files.read_picture(content), steps)
    if stages is None:
        return Reading(NO_INK)
    if max(stages.box.shape) < pipeline.SMALLEST_INK:
        return Reading(TOO_LITTLE_INK)
    if steps != ALL_STEPS:
        return _read_as_one(stages, classifier)
    for look in further_looks.first_looks(stages):
        if _is_given(other := _look(look, classifier)):
            return other
    reading = _read(candidates.of_ink(stages), classifier)
    return reading if _is_given(reading) else _looked_at_again(reading, stages, classifier)


def _looked_at_again(reading: Reading, stages: Stages, classifier: Classifier) -> Reading:
    """Reads a picture in other ways: the first that gives a digit or a number; what it would be turned is only said."""
    for look in further_looks.further_looks(stages):
        if _is_given(other := _look(look, classifier)):
            return other
    turned = {look.words: _look(look, classifier) for look in further_looks.turned_looks(stages)}
    words = max(turned, key=lambda words: _is_given(turned[words]) * turned[words].answer.probability)
    if not _is_given(turned[words]):
        return reading
    hint = f"{words.capitalize()}, it would read as {turned[words].shown}; if so, turn the picture and give it again."
    return replace(reading, answer=replace(reading.answer, sentence=f"{reading.answer.sentence} {hint}"))


def _look(look: Look, classifier: Classifier) -> Reading:
    """Reads a picture in another way, and says so."""
    if not look.ink.any():
        return Reading(NO_INK)
    reading = _read(candidates.of_ink(pipeline.from_ink(look.ink, look.given)), classifier)
    return replace(reading, answer=replace(reading.answer, sentence=f"{reading.answer.sentence} Read {look.words}."))


def _is_given(reading: Reading) -> bool:
    """Whether every digit of it is given without a doubt."""
    if reading.parts:
        return all(part.answer.verdict == "digit" for part in reading.parts)
    return reading.answer.verdict == "digit"


def _read(seen: Candidates, classifier: Classifier) -> Reading:
    """Lets a model answer to all that was seen, and chooses what is a digit each.

    Only ink that does not read well is cut, and looked at once more.
    """
    probabilities = classifier.calibrated(seen.images)
    if finer := seen.finer(probabilities):
        seen, probabilities = finer, classifier.calibrated(finer.images)
    return _chosen(seen, probabilities, classifier.calibration)


def _chosen(seen: Candidates, probabilities: np.ndarray, calibration: Calibration) -> Reading:
    answer = Answer.of(probabilities[0], calibration)
    row = segmentation.best_row(seen.boxes, seen.ranges, probabilities, seen.joined)
    parts = tuple(
        Part(
            segmentation.around(seen.boxes[slice(*seen.ranges[index])]).without(-seen.pen / 2),
            seen.images[index],
            Answer.of(probabilities[index], calibration),
        )
        for index in row
    )
    refused = sum(part.answer.shown == "–" for part in parts)
    if len(parts) < 2 or 2 * refused >= len(parts):
        return Reading(answer, seen.stages)
    several = Reading(answer, seen.stages, parts)
    return replace(several, answer=replace(answer, verdict="more than one digit", sentence=_sentence(several)))


def _sentence(reading: Reading) -> str:
    """Says what several digits read as, and which of them are doubtful."""
    sentence = f"{len(reading.parts)} digits, read as {reading.number}."
    unsure = [part.answer.sentence for part in reading.parts if part.answer.verdict != "digit"]
    return " ".join([sentence, *unsure])
