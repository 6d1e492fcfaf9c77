"""Reading ink as one digit, or as several side by side: a model answers to all that was seen, and a row is chosen."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mnist_core.formatting import confidence, count
from mnist_core.inference.answer import Answer
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading_result import SIGN, Part, Reading
from mnist_core.language import gettext, ngettext
from mnist_core.preprocessing import segmentation, signs
from mnist_core.preprocessing.candidates import Candidates
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.segmentation import NARROWEST_UNIT, Box

# What reads as one digit with this probability is one.
SURE_OF_ONE = 0.99
# A digit that was cut out of ink needs this probability to be given without a doubt. Of 108 painted numbers of writers
# who are trained on, with digits that touch, that were read right, 9 have a doubt by it, and 14 of 35 that were not.
CERTAIN_ALTHOUGH_CUT = 0.98
# In a sentence so many digits are spelled, and so many doubts told; the digits themselves tell the rest.
MOST_SPELLED, MOST_DOUBTS = 12, 2
# Where one of two neighbours reaches over the other, the smaller is at least so high, in heights of the larger, and so
# much of it lies beside the larger. The overlap is at most so much of the narrower, or a slight one, in heights of the
# row.
LEAST_HEIGHT, LEAST_BESIDE, MOST_OVERLAP, SLIGHT = 0.45, 0.3, 0.8, 0.1
# Digits stand clear of each other with so much room between their ink, in heights of the row.
ROOM = 0.02


def read_as_one(stages: Stages, classifier: Classifier) -> Reading:
    """Reads ink as one digit, whatever it is."""
    probabilities = classifier.calibrated(stages.image[np.newaxis])[0]
    return Reading(Answer.of(probabilities, classifier.calibration), stages)


def read_row(seen: Candidates, classifier: Classifier) -> Reading:
    """Lets a model answer to all that was seen, and chooses what is a digit each.

    Only ink that does not read well is cut, and looked at once more.
    """
    probabilities = classifier.calibrated(seen.images)
    if finer := seen.finer(probabilities):
        seen, probabilities = finer, classifier.calibrated(finer.images)
    return _chosen(seen, probabilities, classifier.calibration)


def _chosen(seen: Candidates, probabilities: np.ndarray, calibration: Calibration) -> Reading:
    answer = Answer.of(probabilities[0], calibration)
    one = Reading(answer, seen.stages)
    if is_one(answer):
        return one
    parts = digits_of(seen, probabilities, calibration)
    if not (are_several(parts) and _stand_side_by_side(parts) and _are_beyond_doubt(parts)):
        return one
    return as_several(replace(one, parts=tuple(parts)))


def is_one(whole: Answer) -> bool:
    """Whether a drawing reads so well as one digit that its strokes belong to one, wherever they lie."""
    return whole.verdict == "digit" and whole.probability >= SURE_OF_ONE


def are_several(digits: Sequence[Part]) -> bool:
    """Whether most of what was taken apart are digits without a doubt; of two that do not stand clear, both have to be.

    The strokes of a Y or an H are not, nor the four of a cross. Of 1,800 signs of writers who are trained on, 3.7 %
    became a number without this rule. Where there is room between all, it is enough that each may be a digit: a plain 7
    is unsure often, and a 1 before it does not make it less of one.
    """
    doubtful = sum(part.answer.verdict != "digit" for part in digits)
    if len(digits) == 2 and _stand_clear(digits):
        return doubtful < 2 and all(part.answer.verdict != "not a digit" for part in digits)
    return len(digits) >= 2 and 2 * doubtful < len(digits)


def _stand_clear(digits: Sequence[Part]) -> bool:
    """Whether there is room, without any ink, between each digit and the next."""
    boxes = _by_an_ordinary_pen(digits)
    height = max(box.height for box in boxes)
    return all(after.left - before.right > ROOM * height for before, after in itertools.pairwise(boxes))


def _by_an_ordinary_pen(digits: Sequence[Part]) -> list[Box]:
    """Where digits would lie if a pen wider than MNIST's were as wide as that: beside small ones the canvas's is."""
    ways = [part.box.without(part.pen / 2) for part in digits]
    widest = NARROWEST_UNIT * max(way.height for way in ways)
    return [way.without(-min(part.pen, widest) / 2) for part, way in zip(digits, ways, strict=True)]


def _stand_side_by_side(digits: Sequence[Part]) -> bool:
    """Whether no digit lies above, below or within its neighbour, as the dot of a ? and the circles of a % do.

    Of 1,500 signs of writers who are trained on, 5.1 % became a number without this rule, and 2.5 % do by it; of 1,440
    numbers of such writers, upright and leaning by 19 degrees, 0.3 % less are read right.
    """
    boxes = _by_an_ordinary_pen(digits)
    row = max(box.height for box in boxes)
    for before, after in itertools.pairwise(boxes):
        overlap = before.right - after.left
        if overlap <= 0:
            continue
        lower, higher = sorted([before.height, after.height])
        beside = min(before.bottom, after.bottom) - max(before.top, after.top)
        if lower < LEAST_HEIGHT * higher or beside < LEAST_BESIDE * lower:
            return False
        if overlap > max(MOST_OVERLAP * min(before.width, after.width), SLIGHT * row):
            return False
    return True


def _are_beyond_doubt(digits: Sequence[Part]) -> bool:
    """Whether all that hangs together with its neighbours is given as a digit, and a 1 only beside two other digits.

    Half of an arch looks like a 1, and so does the stem of a K. Of 300 painted signs of writers who are trained on,
    25 % became a number without this rule, and 3 % do by it; of 350 as strokes 7.4 and 2.6 %. Of 160 painted numbers
    whose digits touch, 2.5 % less are read right, of 200 as strokes 0.5 %.
    """
    hanging = [part.answer for part in digits if part.hangs_together]
    ones = sum(answer.digit == 1 for answer in hanging)
    return all(answer.verdict == "digit" for answer in hanging) and (not ones or ones <= len(digits) - 2)


def digits_of(seen: Candidates, probabilities: np.ndarray, calibration: Calibration) -> list[Part]:
    """Chooses the most probable row of digits."""
    row = segmentation.best_row(seen.boxes, seen.ranges, probabilities, seen.joined)
    return [
        Part(
            segmentation.around(seen.boxes[slice(*seen.ranges[index])]).without(-seen.pen / 2),
            seen.images[index],
            Answer.of(probabilities[index], calibration),
            hangs_together=seen.hangs_together(index),
            is_cut=seen.pieces is not None and seen.hangs_together(index),
            pen=seen.pen,
        )
        for index in row
    ]


def as_several(reading: Reading) -> Reading:
    """Says of a reading of several parts that it is more than one digit."""
    return replace(reading, answer=replace(reading.answer, verdict="more than one digit", sentence=_sentence(reading)))


def with_doubts_about_cuts(reading: Reading) -> Reading:
    """Doubts digits that were cut out of a picture's ink, unless they read very well, and says that there are some.

    It is the last to judge: were they doubted before, many a number would be looked at in all other ways for nothing.
    """
    if not any(part.is_cut for part in reading.parts):
        return reading
    doubted = replace(reading, parts=tuple(_doubted_if_cut(part) for part in reading.parts))
    # What was said of how the picture was looked at stays.
    how = reading.answer.sentence.removeprefix(as_several(reading).answer.sentence)
    said = as_several(doubted).answer.sentence
    cut = gettext("Digits that touch were cut apart: look whether they are right.")
    return replace(doubted, answer=replace(reading.answer, sentence=f"{said}{how} {cut}"))


def _doubted_if_cut(part: Part) -> Part:
    answer = part.answer
    if not part.is_cut or answer.verdict != "digit" or answer.probability >= CERTAIN_ALTHOUGH_CUT:
        return part
    sentence = gettext(
        "Unsure: {digit} ({one}), cut from its neighbour.", digit=answer.digit, one=confidence(answer.probability)
    )
    return replace(part, answer=replace(answer, verdict="unsure", sentence=sentence))


def _sentence(reading: Reading) -> str:
    """Says what several digits read as, which of them are doubtful, and which signs are among them."""
    number, rows = len(reading.digits), len({part.row for part in reading.digits})
    digits = ngettext("{number} digit", "{number} digits", number, number=count(number))
    is_long = len(reading.digits) > MOST_SPELLED
    if rows > 1:
        sentences = [
            gettext("{digits} in {rows} rows.", digits=digits, rows=rows)
            if is_long
            else gettext("{digits} in {rows} rows, read as {read}.", digits=digits, rows=rows, read=reading.number)
        ]
    else:
        sentences = [gettext("{digits}, read as {read}.", digits=digits, read=reading.number)]
    sentences += _doubts([part.answer for part in reading.digits])
    if found := [part.sign for part in reading.parts if part.kind == SIGN]:
        names = ", ".join(f"{gettext(signs.NAMES[sign])} ({sign})" for sign in dict.fromkeys(found))
        sentences.append(gettext("Signs among them: {names}.", names=names))
    return " ".join(sentences)


def _doubts(answers: Sequence[Answer]) -> list[str]:
    """Says which of several digits are unsure, or how many where these are many, and how many are none."""
    unsure = [answer.sentence for answer in answers if answer.verdict == "unsure"]
    others = sum(answer.verdict == "not a digit" for answer in answers)
    if len(unsure) + others > MOST_DOUBTS:
        return [gettext("{doubtful} of them are unsure.", doubtful=len(unsure) + others)]
    if not others:
        return unsure
    none = ngettext(
        "{number} of them is no digit, it seems.", "{number} of them are no digits, it seems.", others, number=others
    )
    return [*unsure, none]
