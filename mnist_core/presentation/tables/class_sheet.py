"""The digits of a class's sheet as HTML in which each can be pressed, to leave it out or to take it back."""

from collections.abc import Collection, Mapping

from mnist_core.inference.class_sheets import ClassSheet, Place, WrittenDigit
from mnist_core.language import gettext
from mnist_core.presentation.markup import render
from mnist_core.presentation.pictures import source


def class_sheet_table(
    sheet: ClassSheet, labels: Mapping[int, int], left_out: Collection[Place], is_final: bool = False
) -> str:
    """A row of pictures for each row of the sheet that has a label; of the printed sheet, each in its column.

    What the model reads otherwise has a dashed edge and says so. What is pressed reports `row-column`, unless all is
    final.
    """
    rows = [
        (
            label,
            [_shown(digit, label, left_out, is_final) for digit in sheet.digits if digit.row == row],
        )
        for row, label in labels.items()
    ]
    return render("class_sheet.html", rows=rows, in_columns=sheet.is_printed)


def _shown(digit: WrittenDigit, label: int, left_out: Collection[Place], is_final: bool) -> dict[str, str]:
    gone = (digit.row, digit.column) in left_out
    words = reads_as(digit, label)
    state = gettext("left out, press to keep it") if gone else gettext("kept, press to leave it out")
    return {
        "choice": "" if is_final else f"{digit.row}-{digit.column}",
        "column": str(digit.column + 1),
        "source": source(digit.image),
        "words": words,
        "kind": "left-out" if gone else "doubtful" if words else "kept",
        "label": gettext(
            "A {label} in place {column}, {doubt}: {state}",
            label=label,
            column=digit.column + 1,
            doubt=words,
            state=state,
        )
        if words
        else gettext("A {label} in place {column}: {state}", label=label, column=digit.column + 1, state=state),
    }


def reads_as(digit: WrittenDigit, label: int) -> str:
    """What the model says where it does not say the label without a doubt: `read 7`, `unsure`; else nothing."""
    shown = digit.answer.shown
    if shown.isdigit() and shown != str(label):
        return gettext("read {shown}", shown=shown)
    return "" if digit.answer.verdict == "digit" else gettext("unsure")
