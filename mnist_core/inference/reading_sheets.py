"""Reading a sheet: all its rows at once, and the signs in them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mnist_core.inference.answer import Answer
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading_one_row import are_several, as_several, digits_of, is_one
from mnist_core.inference.reading_result import DIGIT, SIGN, Part, Reading, is_given
from mnist_core.language import gettext
from mnist_core.preprocessing import signs
from mnist_core.preprocessing.candidates import Candidates
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.sheets import Sheet, SheetRow

# With what a number of one digit may begin; a point, a comma or a bar beside a single digit is a part of a drawing.
STANDS_BEFORE_A_DIGIT = (signs.PLUS, signs.MINUS)


def read_sheet(
    sheet: Sheet | None, stages: Stages, classifier: Classifier, as_one_row: Callable[[], Reading]
) -> Reading:
    """Reads all rows of a sheet at once; as one row where there is no sheet, or where that may be and reads well."""
    if sheet is None:
        return as_one_row()
    if sheet.may_be_one:
        one = as_one_row()
        if is_given(one):
            return one
    whole = Answer.of(classifier.calibrated(stages.image[np.newaxis])[0], classifier.calibration)
    parts = _parts_of(sheet, classifier)
    digits = [part for part in parts if part.kind == DIGIT]
    signed = [part for part in parts if part.sign in STANDS_BEFORE_A_DIGIT]
    # A column of digits, shrunk to 20 pixels, looks like a 1.
    reads_as_one = is_one(whole) and (sheet.may_be_one or len(sheet.rows) == 1)
    if reads_as_one or not (are_several(digits) or (signed and len(digits) == 1)):
        return as_one_row()
    return as_several(Reading(whole, stages, parts))


def _parts_of(sheet: Sheet, classifier: Classifier) -> tuple[Part, ...]:
    seen = [row.seen for row in sheet.rows if row.seen]
    probabilities = _all_probabilities(seen, classifier)
    finer = {
        number: better
        for number, (one, found) in enumerate(zip(seen, probabilities, strict=True))
        if (better := one.finer(found))
    }
    for number, found in zip(finer, _all_probabilities(list(finer.values()), classifier), strict=True):
        seen[number], probabilities[number] = finer[number], found
    read = iter(zip(seen, probabilities, strict=True))
    parts: list[Part] = []
    for number, row in enumerate(sheet.rows):
        digits = digits_of(*next(read), classifier.calibration) if row.seen else []
        placed = [replace(part, box=row.row.on_sheet(part.box), row=number) for part in digits]
        parts += sorted([*placed, *_signs_of(row, number)], key=lambda part: part.box.left + part.box.right)
    return tuple(parts)


def _all_probabilities(seen: Sequence[Candidates], classifier: Classifier) -> list[np.ndarray]:
    """Asks a model about the candidates of all rows at once; their calibrated probabilities row by row."""
    if not seen:
        return []
    ends = np.cumsum([len(one.images) for one in seen])
    return np.split(classifier.calibrated(np.concatenate([one.images for one in seen])), ends[:-1])


def _signs_of(row: SheetRow, number: int) -> list[Part]:
    pen = row.seen.pen if row.seen else 0.0
    return [
        Part(
            box.without(-pen / 2),
            np.empty((0, 0), np.uint8),
            Answer("not a digit", gettext("A {sign}, which is a sign and no digit.", sign=signs.NAMES[sign])),
            number,
            SIGN,
            sign,
        )
        for box, sign in row.signs
    ]
