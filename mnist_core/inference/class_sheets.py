"""A photographed sheet of a class's digits → drawings with labels, for a person to look over.

It is the sheet that the lab prints, or any sheet with one digit a row, written again and again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mnist_core.errors import InputError
from mnist_core.inference import reading
from mnist_core.inference.answer import Answer
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading import Reading
from mnist_core.language import N_, gettext
from mnist_core.preprocessing import class_sheet, ink_strokes, picture_files, pipeline
from mnist_core.preprocessing.segmentation import Box
from mnist_core.preprocessing.strokes import CANVAS_SIDE, Strokes

NO_SHEET = N_(
    "No rows of digits were found in this picture. Expected is the lab's printed sheet "
    "with all four black corners, or a sheet with one digit a row, written several times. "
    "Take the photo from above, in even light."
)
CUT_OFF = N_(
    "Not all four black corners of the printed sheet are in the picture. Take it again, from "
    "above, with all four and some of the desk around them."
)
# A digit from paper is as large on the canvas as people draw.
SIZE = 0.7
LEAST_DIGITS = 2
Place = tuple[int, int]  # row and column


@dataclass(frozen=True)
class WrittenDigit:
    """A digit of a sheet."""

    row: int  # from the top
    column: int  # from the left; on the printed sheet, who wrote it
    strokes: Strokes  # along the middle of its ink, in pixels of the canvas
    image: np.ndarray  # those painted, uint8 `[28, 28]`
    answer: Answer  # of the model, to the ink as it is


@dataclass(frozen=True)
class ClassSheet:
    """What stands on a sheet."""

    digits: tuple[WrittenDigit, ...]  # row by row from the top, from left to right
    is_printed: bool  # whether it is the sheet that the lab prints, whose rows are those of 0 to 9

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows in which something stands."""
        return tuple(sorted({digit.row for digit in self.digits}))

    def label_of(self, row: int) -> int:
        """The digit that a row is of: that of the printed sheet, or what most of the row is read as."""
        if self.is_printed:
            return row
        read = Counter(int(np.argmax(digit.answer.probabilities)) for digit in self.digits if digit.row == row)
        return read.most_common(1)[0][0]

    def out_of_place(self, labels: Mapping[int, int]) -> set[Place]:
        """The places of what is no digit, or for certain another than its row is of."""
        return {
            (digit.row, digit.column)
            for digit in self.digits
            if digit.answer.verdict == "not a digit"
            or (digit.answer.verdict == "digit" and digit.answer.digit != labels.get(digit.row))
        }


def read(content: bytes, classifier: Classifier) -> ClassSheet:
    """Reads a photograph, a PNG or JPEG file; InputError where it is none, or shows no rows of digits."""
    grey = picture_files.read_picture(content)
    cells = class_sheet.read(grey)
    if cells is not None:
        if not cells:
            raise InputError(gettext("The sheet was found, but its boxes are empty; write digits into them first."))
        answers = _answers([cell.stages.image for cell in cells], classifier)
        return ClassSheet(
            tuple(
                _written(cell.row, cell.column, cell.stages.ink, answer)
                for cell, answer in zip(cells, answers, strict=True)
            ),
            is_printed=True,
        )
    if class_sheet.is_cut_off(grey):
        raise InputError(gettext(CUT_OFF))
    return ClassSheet(_of_rows(reading.read_grey(grey, classifier)), is_printed=False)


def _answers(images: Sequence[np.ndarray], classifier: Classifier) -> list[Answer]:
    probabilities = classifier.calibrated(np.array(images, np.uint8))
    return [Answer.of(row, classifier.calibration) for row in probabilities]


def _of_rows(read: Reading) -> tuple[WrittenDigit, ...]:
    """The digits of a sheet of any kind."""
    if read.stages is None or len(read.digits) < LEAST_DIGITS:
        raise InputError(gettext(NO_SHEET))
    labels, number = ndimage.label(read.stages.ink, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=number + 1)
    found = []
    for row, parts in enumerate(read.rows):
        for column, part in enumerate(part for part in parts if part.kind == reading.DIGIT):
            ink = _cut_out(read.stages.ink, labels, sizes, part.box)
            if max(ink.shape) >= pipeline.SMALLEST_INK and ink.max() >= 128:
                found.append(_written(row, column, ink, part.answer))
    if not found:
        raise InputError(gettext(NO_SHEET))
    return tuple(found)


def _cut_out(ink: np.ndarray, labels: np.ndarray, sizes: np.ndarray, box: Box) -> np.ndarray:
    """The ink in a box without what reaches into it from a neighbour: pieces of which most lies elsewhere."""
    place = (
        slice(max(round(box.top), 0), max(round(box.bottom), 1)),
        slice(max(round(box.left), 0), max(round(box.right), 1)),
    )
    inside = labels[place]
    own = 2 * np.bincount(inside.ravel(), minlength=len(sizes)) >= sizes
    return ink[place] * own[inside] if (own[inside] & (inside > 0)).any() else ink[place]


def _written(row: int, column: int, ink: np.ndarray, answer: Answer) -> WrittenDigit:
    strokes = _on_canvas(ink_strokes.trace(ink))
    return WrittenDigit(row, column, strokes, pipeline.prepare(strokes), answer)


def _on_canvas(strokes: Strokes) -> Strokes:
    """Lays strokes of any size into the middle of the canvas."""
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = SIZE * CANVAS_SIDE / max(float(extent.max()), 1.0)
    return [(stroke - low - extent / 2) * scale + CANVAS_SIDE / 2 for stroke in strokes]
