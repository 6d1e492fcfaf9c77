"""The confusion matrix as an HTML table, in which every number can be pressed.

What can be pressed carries the short form of its `Selection` in `data-choice`. The colours come from the page's theme,
by Streamlit's CSS variables.
"""

import numpy as np

from mnist_core.evaluation.evaluation import NORMALIZATIONS, Evaluation
from mnist_core.evaluation.selection import Selection
from mnist_core.formatting import count, with_article
from mnist_core.language import N_, as_written, gettext, ngettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.markup import Press, render
from mnist_core.presentation.palette import TRAINING_COLOUR, root_shades

# A darker cell has its number in white; here both black and white stand out by 4.5 to 1 from the cell of a light page.
# `root_shades` leaves a gap around it, so that no cell's colour of text hangs on a few images.
DARK_SHADE = 0.925
NAME = N_(
    "Confusion matrix: a row for each actual digit, a column for each digit that it is "
    "read as. Arrow keys move, Enter shows the images."
)
# What the cells hold, for people.
NUMBERS = dict(zip(NORMALIZATIONS, (N_("images"), N_("% of the row"), N_("% of the column")), strict=True))


def confusion_table(evaluation: Evaluation, normalization: str, chosen: Selection, dim_diagonal: bool = False) -> str:
    """A row for each true digit, with totals in the margins, which are counts in every normalization; darker is more.

    What is chosen is marked: a cell, or the head and the total of a row or column. With `dim_diagonal` what is read
    right has no shade, and the mistakes have the whole scale.
    """
    values, counts = evaluation.normalized_confusion(normalization), evaluation.confusion
    shades = root_shades(values * (1 - np.eye(CLASSES)) if dim_diagonal else values)
    rows = []
    for actual, numbers in enumerate(counts):
        whole, total = Selection(actual, None, mistakes_only=False), numbers.sum()
        cells = []
        for predicted, number in enumerate(numbers):
            right, shade = actual == predicted, float(shades[actual, predicted])
            selection = Selection(actual, predicted, mistakes_only=not right)
            kind = "dim" if right and dim_diagonal else "cell dark" if shade > DARK_SHADE else "cell"
            figure = cell_text(values[actual, predicted])
            cells.append((kind, f"{100 * shade:.1f}", _press(selection, number, figure, chosen)))
        head, margin = (_press(whole, total, text, chosen) for text in (str(actual), count(total)))
        rows.append({"head": head, "cells": cells, "total": margin})
    columns = [(Selection(None, digit, mistakes_only=False), sum_) for digit, sum_ in enumerate(counts.sum(axis=0))]
    everything = (Selection(mistakes_only=False), counts.sum())
    return render(
        "confusion.html",
        name=gettext(NAME),
        colour=TRAINING_COLOUR,
        heads=[_press(column, number, str(column.predicted), chosen) for column, number in columns],
        rows=rows,
        totals=[_press(column, number, count(number), chosen) for column, number in [*columns, everything]],
    )


def cell_text(value: float) -> str:
    """A count as it is, a share in percent, `·` for none."""
    if not value:
        return "·"
    if isinstance(value, int | np.integer):
        return count(int(value))
    return as_written(f"{100 * value:.{int(value < 1)}f}")


def _press(selection: Selection, number: int, text: str, chosen: Selection) -> Press:
    return Press(selection.choice, text, _words(selection, number), selection.covers(chosen))


def _words(selection: Selection, number: int) -> str:
    """`4 read as 9, 7 images`."""
    images = ngettext("{number} image", "{number} images", number, number=count(number))
    if selection.actual is None:
        return (
            gettext("All {images}", images=images)
            if selection.predicted is None
            else gettext("{images} read as {predicted}", images=images, predicted=selection.predicted)
        )
    if selection.predicted is None:
        return ngettext(
            "{images} of {actual}",
            "{images} of {actual}",
            number,
            images=images,
            actual=with_article(selection.actual),
        )
    return gettext(
        "{actual} read as {predicted}, {images}", actual=selection.actual, predicted=selection.predicted, images=images
    )
