"""Several digits in one drawing: framed, as numbers to take along, and each of them to be looked at and labelled."""

import dataclasses
import json

import streamlit as st

from mnist_core.data.collection.drawing import label_words
from mnist_core.inference import reading_rows
from mnist_core.inference.reading import DIGIT, Reading
from mnist_core.language import gettext
from mnist_core.preprocessing.stroke_pieces import pieces_within
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.presentation.pictures import framed, gallery
from mnist_core.presentation.tables.digits import digits_table
from mnist_core.runs.run import Run
from mnist_core.ui import collection
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.frame import offer_file

FEW_DIGITS = 6
SIZE_OF_A_DIGIT, SIZE_OF_MANY = 96, 64
CHOSEN = "digit-chosen"  # the drawing, as its fingerprint, and the number of the digit that was pressed last


def show_parts(reading: Reading, strokes: Strokes, run: Run) -> None:
    """Shows the digits of a reading; those of a drawing can be labelled one by one.

    Args:
        reading: Of several digits.
        strokes: The drawing, or nothing where a picture was read or nothing may be labelled.
        run: The model that read it.
    """
    assert reading.stages is not None
    frames = [(dataclasses.astuple(part.box), part.shown) for part in reading.parts]
    words = gettext("The drawing with a frame around each digit: {number}", number=reading.number)
    st.html(framed(reading.stages.ink, frames, words, is_crowded=len(reading.rows) > 1))
    _offer_rows(reading)
    if strokes:
        _label_each(reading, strokes, run)
        return
    st.caption(gettext("Each digit is cut out and read by itself:"))
    digits = reading.digits
    size = SIZE_OF_A_DIGIT if len(digits) <= FEW_DIGITS else SIZE_OF_MANY
    st.html(gallery([part.image for part in digits], [part.answer.sentence for part in digits], size))


def _offer_rows(reading: Reading) -> None:
    """The number of each row to copy, and all of it to take along; one level number is told by the answer already."""
    if len(reading.rows) < 2:
        return
    st.caption(gettext("Row by row, to copy or to save:"))
    st.code("\n".join(reading.numbers), language=None)
    with st.container(horizontal=True):
        offer_file(gettext("Table (CSV)"), reading_rows.to_csv(reading), "digits.csv", "text/csv", key="rows-csv")
        told = json.dumps(reading_rows.reading_row(reading), indent=2, ensure_ascii=False)
        offer_file(gettext("Everything (JSON)"), told, "digits.json", "application/json", key="rows-json")


def _label_each(reading: Reading, strokes: Strokes, run: Run) -> None:
    """Lets a person press a digit and say what it was."""
    # The ink of a sign must not go to the digit beside it.
    pieces = pieces_within(strokes, [part.box for part in reading.parts])
    written = [one for part, one in zip(reading.parts, pieces, strict=True) if part.kind == DIGIT]
    drawing, kept = collection.fingerprint(strokes), collection.kept_drawings()
    labels = [kept.get(collection.fingerprint(one)) for one in written]

    def press(choice: str) -> None:
        if choice.isdecimal() and len(choice) < 5 and int(choice) < len(written):
            st.session_state[CHOSEN] = drawing, int(choice)

    st.caption(gettext("Each digit is cut out and read by itself. Press one to say what it was."))
    pressed = st.session_state.get(CHOSEN, ("", 0))
    chosen = pressed[1] if pressed[0] == drawing else None
    # The label of a digit is chosen below the pictures, which say it.
    pictures = st.container()
    if chosen is not None and written[chosen]:
        answer = reading.digits[chosen].answer
        collection.show_correction(written[chosen], answer, run, gettext("Digit {chosen} was a …", chosen=chosen + 1))
        labels[chosen] = kept.get(collection.fingerprint(written[chosen]))
    with pictures:
        words = [label_words(label[1]) if label else "" for label in labels]
        pressable(digits_table(reading.digits, words, chosen), "digits", on_press=press)
