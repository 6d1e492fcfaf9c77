"""The sheet to print on which a class writes digits, as PDF; `preprocessing.class_sheet` finds its boxes again."""

import json
from pathlib import Path

from mnist_core.language import N_, gettext, language
from mnist_core.preprocessing import class_sheet
from mnist_core.presentation.report import pdf

TEMPLATE = Path(__file__).with_name("class_sheet.typ")
TITLE = N_("Digits of our class")
WORDS = N_("One person fills one column, from 0 to 9: one digit in each box, with a dark pen, inside the lines.")
FOOTER = N_("Photograph the whole sheet with its four black corners, flat and in even light. No names are needed.")
NAME = "class-sheet.pdf"


def render() -> bytes:
    """Returns the sheet as a PDF file, the same bytes each time."""
    return pdf.typeset(TEMPLATE.read_bytes(), _data(), 0)


def picture(dots_an_inch: float) -> bytes:
    """Returns the sheet as it is printed, a PNG file."""
    return pdf.typeset_picture(TEMPLATE.read_bytes(), _data(), dots_an_inch)


def _data() -> str:
    words = {"title": gettext(TITLE), "words": gettext(WORDS), "footer": gettext(FOOTER), "language": language()}
    return json.dumps(class_sheet.geometry() | words)
