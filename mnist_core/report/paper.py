"""Paper of A4 to write on with fpdf2: its fonts, its foot, paragraphs and headings."""

import datetime
import functools
from pathlib import Path
from typing import Any

import mnist_core
from mnist_core.report.blocks import Report
from mnist_core.report.words import unbroken

MARGIN, TOP, BOTTOM = 18.0, 16.0, 20.0  # millimetres, as all lengths here but those of letters, which are points
WIDTH = 210 - 2 * MARGIN
FONT, FIXED = "DejaVu", "DejaVuMono"
LINE = 5.0
INK, QUIET, FIELD, BLUE = (27, 36, 48), (85, 96, 110), (244, 246, 249), (0, 114, 178)
Colour = tuple[int, int, int]


def opened(report: Report) -> Any:
    """Returns a document with its first page. The same report makes the same bytes.

    Its fonts come with Matplotlib, so that it looks the same everywhere and needs no network.
    """
    import matplotlib
    from fpdf import FPDF  # half a second to load; only a report needs it

    paper = FPDF(format="A4")
    paper.footer = functools.partial(_foot, paper, report.title)  # type: ignore[method-assign]
    paper.set_margins(MARGIN, TOP, MARGIN)
    paper.c_margin = 0  # text begins where lines and pictures do
    paper.set_auto_page_break(True, BOTTOM)
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for family, emphasis, name in ((FONT, "", "Sans"), (FONT, "B", "Sans-Bold"), (FIXED, "", "SansMono")):
        paper.add_font(family, emphasis, fonts / f"DejaVu{name}.ttf")
    paper.set_title(report.title)
    paper.set_subject(report.subtitle)
    paper.set_author("Digit Lab")
    paper.set_creator(f"Digit Lab {mnist_core.__version__}")
    paper.set_lang("en-GB")
    paper.set_creation_date(datetime.datetime.fromtimestamp(report.time, datetime.UTC))
    paper.add_page()
    return paper


def _foot(paper: Any, title: str) -> None:
    """Writes the name of the report, which gives way to the page number, at the end of every page."""
    paper.set_y(-13)
    style(paper, 7.5, colour=QUIET)
    paper.cell(WIDTH - 30, 5, _fitting(paper, known(paper, f"Digit Lab · {title}"), WIDTH - 32))
    paper.cell(30, 5, f"{paper.page_no()} of {{nb}}", align="R")


def _fitting(paper: Any, text: str, width: float) -> str:
    """Shortens a text to a width."""
    if paper.get_string_width(text) <= width:
        return text
    while text and paper.get_string_width(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def known(paper: Any, text: str) -> str:
    """Puts a sign for the unknown where the current font has none: names and notes may be in any script."""
    signs = paper.current_font.cmap
    text = "".join(sign if ord(sign) in signs or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return unbroken(text)


def style(paper: Any, size: float, bold: bool = False, colour: Colour = INK, family: str = FONT) -> None:
    """Chooses the letters of what is written next."""
    paper.set_font(family, "B" if bold else "", size)
    paper.set_text_color(*colour)


def write(paper: Any, text: str, size: float, bold: bool = False, colour: Colour = INK, line: float = LINE) -> None:
    """Writes a paragraph at the left margin, and goes below it."""
    style(paper, size, bold, colour)
    paper.multi_cell(0, line, known(paper, text), align="L", new_x="LMARGIN", new_y="NEXT")


def small_print(paper: Any, text: str) -> None:
    """Writes what is said beside the matter."""
    write(paper, text, 8, colour=QUIET, line=4)


def caption(paper: Any, text: str, left: float, top: float, width: float, size: float) -> float:
    """Writes small print in a column; returns where it ends."""
    style(paper, size, colour=QUIET)
    paper.set_xy(left, top)
    paper.multi_cell(width, size * 0.43, known(paper, text), align="L", new_x="LEFT", new_y="NEXT")
    return float(paper.y)


def heading(paper: Any, text: str, size: float, level: int, room: float) -> None:
    """Writes a heading that stays with what follows, which needs so much room, and puts it into the outline."""
    together(paper, min(size + room, 240))
    if paper.y > TOP:
        paper.ln(5 - 2 * level)
    paper.start_section(text, level)
    write(paper, text, size, bold=True, line=size * 0.5)
    paper.ln(1.5)


def together(paper: Any, height: float) -> None:
    """Goes to the next page where less than this height is left."""
    if paper.will_page_break(height):
        paper.add_page()


def shaded(share: float, colour: Colour) -> Colour:
    """Mixes a colour with the white of the paper."""
    red, green, blue = (round(255 - share * (255 - part)) for part in colour)
    return red, green, blue
