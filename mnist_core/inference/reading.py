"""Reading a drawing or a picture as a whole: one digit, several in rows as a number each, or none.

This is the one path of the Draw page and of `classify`.
"""

import numpy as np

from mnist_core.inference.answer import NO_INK, NOTHING_DRAWN, TOO_LITTLE_INK
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading_one_row import read_as_one, read_row, with_doubts_about_cuts
from mnist_core.inference.reading_pictures import (
    is_upright,
    read_ink,
    read_look,
    read_panel,
    read_turned,
    read_turned_page,
    with_doubts_about_side,
)
from mnist_core.inference.reading_result import DIGIT, SIGN, UNREADABLE, Part, Reading, is_given
from mnist_core.inference.reading_sheets import read_sheet
from mnist_core.preprocessing import candidates, further_looks, picture_files, pipeline, sheets
from mnist_core.preprocessing.pipeline import ALL_STEPS, Stages, Steps
from mnist_core.preprocessing.sheets import InkPieces
from mnist_core.preprocessing.strokes import Strokes, is_speck

__all__ = ["DIGIT", "SIGN", "UNREADABLE", "Part", "Reading", "read_grey", "read_picture", "read_strokes"]

# A digit that was cut out of a stroke needs this probability.
SURE_OF_A_CUT = 0.95


def read_strokes(
    strokes: Strokes, classifier: Classifier, steps: Steps = ALL_STEPS, on_canvas: bool = False
) -> Reading:
    """Reads a drawing; its strokes are as `strokes.check_strokes` returns them or, `on_canvas`, in the canvas's pixels.

    Unless all steps of the preparation are taken, the drawing is taken as one digit.
    """
    stages = pipeline.from_strokes(strokes, steps=steps)
    if stages is None:
        return Reading(NOTHING_DRAWN.spoken())
    if is_speck(strokes, on_canvas):
        return Reading(TOO_LITTLE_INK.spoken())
    if steps != ALL_STEPS:
        return read_as_one(stages, classifier)
    sheet = sheets.of_strokes(strokes, stages)
    return read_sheet(sheet, stages, classifier, lambda: _read_row_of_strokes(strokes, stages, classifier))


def _read_row_of_strokes(strokes: Strokes, stages: Stages, classifier: Classifier) -> Reading:
    seen = candidates.of_strokes(strokes, stages)
    reading = read_row(seen, classifier)
    if reading.parts or reading.answer.verdict == "digit":
        return reading
    joined = candidates.of_joined_strokes(strokes, stages)
    several = read_row(joined, classifier) if joined else reading
    return several if _is_written_in_one_go(several) else reading


def _is_written_in_one_go(reading: Reading) -> bool:
    """Whether digits that were cut out of strokes are beyond doubt.

    Half of an arch looks like a 1, and so do the halves of n, u, M and V: of 1,200 signs of writers who are trained on,
    12 % became a number, and 2 % do by this rule, by which no number of 450 is read otherwise.
    """
    return bool(reading.parts) and all(
        part.answer.probability >= SURE_OF_A_CUT and part.answer.digit != 1 for part in reading.parts
    )


def read_picture(content: bytes, classifier: Classifier, steps: Steps = ALL_STEPS) -> Reading:
    """Reads a PNG or JPEG file; as `read_strokes`, and raises InputError if it is not one."""
    return read_grey(picture_files.read_picture(content), classifier, steps)


def read_grey(grey: np.ndarray, classifier: Classifier, steps: Steps = ALL_STEPS) -> Reading:
    """Reads a grey picture, uint8 `[height, width]`; as `read_strokes`."""
    return with_doubts_about_cuts(_read_looks(grey, classifier, steps))


def _read_looks(grey: np.ndarray, classifier: Classifier, steps: Steps) -> Reading:
    """Looks at a picture in one way after the other until it is read."""
    if steps == ALL_STEPS and (read := read_panel(grey, classifier)):
        return read
    stages = pipeline.from_picture(grey, steps)
    if stages is None:
        return Reading(NO_INK.spoken())
    if max(stages.box.shape) < pipeline.SMALLEST_INK:
        return Reading(TOO_LITTLE_INK.spoken())
    if steps != ALL_STEPS:
        return read_as_one(stages, classifier)
    pieces = sheets.pieces_of(stages.ink)
    page = read_turned_page(stages, pieces, classifier)
    if page and page.is_certain:
        return page.reading
    return with_doubts_about_side(_read_as_it_lies(stages, pieces, classifier), page)


def _read_as_it_lies(stages: Stages, pieces: InkPieces | None, classifier: Classifier) -> Reading:
    """Reads ink in all other ways; one digit turned by a quarter, too."""
    for look in further_looks.first_looks(stages):
        if is_given(other := read_look(look, classifier)):
            return other
    reading = read_ink(stages, pieces, classifier)
    if not is_given(reading):
        others = (read_look(look, classifier) for look in further_looks.further_looks(stages))
        reading = next(filter(is_given, others), reading)
    return reading if is_upright(reading) else read_turned(reading, stages, classifier)
