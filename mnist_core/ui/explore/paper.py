"""Digits on paper come into the collection: a sheet to print, its photograph, and a look at what was found."""

import hashlib

import streamlit as st

from mnist_core.errors import LabError
from mnist_core.formatting import count
from mnist_core.inference import class_sheets
from mnist_core.inference.class_sheets import ClassSheet, WrittenDigit
from mnist_core.language import N_, gettext, ngettext
from mnist_core.presentation import class_sheet as printed
from mnist_core.presentation.tables.class_sheet import class_sheet_table, reads_as
from mnist_core.runs import run_folders
from mnist_core.ui.browser import actor
from mnist_core.ui.collection import browser
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.frame import explained, offer_file
from mnist_core.ui.loaders import classifier, collection
from mnist_core.ui.uploader import accepted

LARGEST_MEGABYTES = 20
LEAVE_OUT = N_("leave the row out")
# What is remembered of the photograph that was given last: its fingerprint and what was found; what was pressed; and
# the numbers of what was kept of it.
SHEET, PRESSED, KEPT = "paper-sheet", "paper-pressed", "paper-kept"


def show_paper() -> None:
    """A class without tablets brings its hands in on paper."""
    expander = st.expander(
        gettext("Bring in digits from paper"), icon=":material/photo_camera:", key="paper", on_change="rerun"
    )
    if not expander.open:
        return
    with expander, explained():
        st.markdown(
            gettext(
                "**1.** Print the sheet; each person fills one column, from 0 to 9.  \n**2.** "
                "Photograph it from above, with all four black corners in the picture.  \n**3.** Give "
                "the photograph here, look it over, and keep the digits."
            )
        )
        offer_file(gettext("Sheet to print (PDF)"), printed.render, printed.NAME, "application/pdf")
        file = st.file_uploader(
            gettext("Photograph of the sheet, or of any sheet with one digit a row (PNG or JPEG)"),
            type=["png", "jpg", "jpeg"],
            max_upload_size=accepted(LARGEST_MEGABYTES),
            key="paper-photograph",
        )
        if file:
            _look_over(_sheet(file.getvalue()))


def _sheet(content: bytes) -> ClassSheet:
    """What is on a photograph, read once; another one begins anew."""
    name = hashlib.sha256(content).hexdigest()
    before: tuple[str, ClassSheet] | None = st.session_state.get(SHEET)
    if before and before[0] == name:
        return before[1]
    with st.spinner(gettext("Looking for the digits …")):
        sheet = class_sheets.read(content, classifier(run_folders.find(run_folders.SHIPPED_MODEL)))
    st.session_state[SHEET] = name, sheet
    st.session_state[PRESSED] = set()
    st.session_state.pop(KEPT, None)
    return sheet


def _look_over(sheet: ClassSheet) -> None:
    labels = {row: row for row in sheet.rows} if sheet.is_printed else _choose_labels(sheet)
    left_out = sheet.out_of_place(labels) ^ st.session_state[PRESSED]
    kept = [digit for digit in sheet.digits if digit.row in labels and (digit.row, digit.column) not in left_out]
    doubtful = sum(bool(reads_as(digit, labels[digit.row])) for digit in kept)
    st.markdown(" ".join(filter(None, (_found(sheet), _left_out(len(left_out)), _doubts(doubtful)))))
    numbers: list[int] | None = st.session_state.get(KEPT)
    pressable(class_sheet_table(sheet, labels, left_out, is_final=bool(numbers)), "paper-digits", on_press=_press)
    one_each = sheet.is_printed and st.checkbox(
        gettext("Each column is of another person"),
        value=True,
        key="paper-writers",
        help=gettext(
            "The lab never trains on some people's digits, to be judged by them; so it has to know whose are whose."
        ),
    )
    if numbers:
        _show_kept(numbers)
        return
    if collection().knows(_photograph()):
        st.warning(gettext("Digits of this photo are in the collection. Kept again, they count twice."))
    if st.button(
        ngettext("Keep {number} digit", "Keep {number} digits", len(kept), number=count(len(kept))),
        type="primary",
        disabled=not kept,
        key="paper-keep",
    ):
        st.session_state[KEPT] = _keep_all([(digit, labels[digit.row]) for digit in kept], bool(one_each))
        st.rerun()


def _found(sheet: ClassSheet) -> str:
    number = len(sheet.digits)
    if sheet.is_printed:
        return ngettext(
            "{number} digit found on the printed sheet.",
            "{number} digits found on the printed sheet.",
            number,
            number=count(number),
        )
    return gettext(
        "{digits} found in {rows}.",
        digits=ngettext("{number} digit", "{number} digits", number, number=count(number)),
        rows=ngettext("{number} row", "{number} rows", len(sheet.rows), number=count(len(sheet.rows))),
    )


def _left_out(number: int) -> str:
    if not number:
        return ""
    return ngettext(
        "{number} digit left out: at first, that is what looks like no digit, or like one of another row.",
        "{number} digits left out: at first, that is what looks like no digit, or like one of another row.",
        number,
        number=count(number),
    )


def _doubts(number: int) -> str:
    if not number:
        return gettext(
            "The model reads all that is kept as its row says. Press a digit to leave it out, or to take it back."
        )
    return ngettext(
        "One of those kept is marked: the model is unsure, or reads another digit. Keep it if it stands in the right "
        "row and you can read it: it teaches most. Press a digit to leave it out, or to take it back.",
        "{number} of those kept are marked: the model is unsure, or reads another digit. Keep what stands in the right "
        "row and you can read: it teaches most. Press a digit to leave it out, or to take it back.",
        number,
        number=number,
    )


def _choose_labels(sheet: ClassSheet) -> dict[int, int]:
    """Asks which digit each row is of; the guess is what most of it is read as."""
    labels = {}
    with st.container(horizontal=True):
        for place, row in enumerate(sheet.rows, 1):
            guess = sheet.label_of(row)
            chosen = st.selectbox(
                gettext("Row {place} is of", place=place),
                [*range(10), LEAVE_OUT],
                index=guess,
                format_func=lambda one: gettext(one) if one == LEAVE_OUT else str(one),
                width=130,
                key=f"paper-row-{row}",
            )
            if chosen != LEAVE_OUT:
                labels[row] = int(chosen)
    return labels


def _press(choice: str) -> None:
    """Leaves a digit out, or takes it back."""
    row, _, column = choice.partition("-")
    if row.isdecimal() and column.isdecimal() and len(choice) < 10 and KEPT not in st.session_state:
        st.session_state[PRESSED] ^= {(int(row), int(column))}


def _photograph() -> str:
    """What the sessions of this photograph's writers have in their names."""
    return f"-{st.session_state[SHEET][0][:16]}"


def _keep_all(digits: list[tuple[WrittenDigit, int]], one_each: bool) -> list[int]:
    """Puts digits with their labels into the collection, all or none; returns their numbers there."""
    numbers = list[int]()
    try:
        for digit, label in digits:
            numbers.append(_keep(digit, label, one_each))
    except LabError:
        collection().remove(numbers, by=actor())
        raise
    return numbers


def _keep(digit: WrittenDigit, label: int, one_each: bool) -> int:
    """Puts a digit of the sheet into the collection; returns its number there."""
    name = f"{browser()}{_photograph()}"
    return collection().add(
        digit.strokes,
        label,
        session=f"{name}-{digit.column}" if one_each else name,
        digit=digit.answer.digit if digit.answer.shown.isdigit() else None,
        verdict=digit.answer.verdict,
        probability=digit.answer.probability,
        model=run_folders.SHIPPED_MODEL,
        by=actor(),
    )


def _show_kept(numbers: list[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(
            gettext(
                "{digits} kept; the lab has {drawings} now.",
                digits=ngettext("{number} digit", "{number} digits", len(numbers), number=count(len(numbers))),
                drawings=ngettext(
                    "{number} drawing", "{number} drawings", collection().count(), number=count(collection().count())
                ),
            )
        )
        if st.button(gettext("Undo"), icon=":material/undo:", type="tertiary", key="paper-undo"):
            collection().remove(numbers, by=actor())
            del st.session_state[KEPT]
            st.rerun()
