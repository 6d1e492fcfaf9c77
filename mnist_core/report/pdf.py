"""A report as PDF: every kind of block drawn on paper."""

import io
from typing import Any

import numpy as np
from PIL import Image

from mnist_core.confusion_table import DARK_SHADE
from mnist_core.report.blocks import Block, Charts, Code, Heading, Headline, Items, Pictures, Report, Table, Text
from mnist_core.report.paper import (
    BLUE,
    FIELD,
    FIXED,
    INK,
    MARGIN,
    QUIET,
    WIDTH,
    caption,
    heading,
    known,
    opened,
    shaded,
    small_print,
    style,
    together,
    write,
)

GAP = 5.0
HEADLINES_A_ROW, HEADLINE_HEIGHT = 3, 20.0
LONE_CHART = 0.62  # of the width
CHART_ROOM, PICTURE_ROOM = 75.0, 35.0
PICTURES_A_ROW = 8
# Programs that show PDF smooth what they enlarge, so that the pixels of a digit are enlarged here.
ENLARGED = 8
MOST_ROWS_TOGETHER = 16  # a table of more may go over a page
CELL_PADDING = 1.5
TABLE_SIZE = 8


def render(report: Report) -> bytes:
    """Returns the file."""
    paper = opened(report)
    _head(paper, report)
    for section in report.sections:
        heading(paper, section.title, 13, 0, _room(section.blocks))
        for place, block in enumerate(section.blocks):
            if isinstance(block, Heading):
                heading(paper, block.words, 11, 1, _room(section.blocks[place + 1 :]))
            else:
                _draw(paper, block)
    small_print(paper, report.made)
    return bytes(paper.output())


def _head(paper: Any, report: Report) -> None:
    write(paper, "Digit Lab · Report", 9, bold=True, colour=QUIET)
    paper.ln(2)
    write(paper, report.title, 20, bold=True, line=8.5)
    write(paper, report.subtitle, 10, colour=QUIET)
    if report.note:
        paper.ln(2)
        top, page = paper.y, paper.page
        paper.set_left_margin(MARGIN + 4)
        write(paper, report.note, 10)
        paper.set_left_margin(MARGIN)
        if paper.page == page:
            paper.set_fill_color(*BLUE)
            paper.rect(MARGIN, top, 1, paper.y - top, style="F")
        paper.set_x(MARGIN)
    paper.ln(4)
    _headlines(paper, report.headlines)


def _headlines(paper: Any, headlines: tuple[Headline, ...]) -> None:
    """Draws the figures in rows, each below a blue line."""
    width = (WIDTH - (HEADLINES_A_ROW - 1) * GAP) / HEADLINES_A_ROW
    for start in range(0, len(headlines), HEADLINES_A_ROW):
        together(paper, HEADLINE_HEIGHT)
        top = paper.y
        for place, one in enumerate(headlines[start : start + HEADLINES_A_ROW]):
            left = MARGIN + place * (width + GAP)
            paper.set_fill_color(*BLUE)
            paper.rect(left, top, width, 0.7, style="F")
            paper.set_xy(left, top + 2)
            lines = ((one.label, 8, False, QUIET), (one.value, 14, True, INK), (one.remark, 7, False, QUIET))
            for text, size, bold, colour in lines:
                style(paper, size, bold, colour)
                paper.cell(width, size * 0.46, text, new_x="LEFT", new_y="NEXT")
        paper.set_xy(MARGIN, top + HEADLINE_HEIGHT)


def _room(blocks: tuple[Block, ...]) -> float:
    """Returns about how much of a page what follows a heading needs, so that the heading does not stand alone."""
    height = 0.0
    for block in blocks:
        match block:
            case Table():
                return height + _table_room(block)
            case Charts():
                return height + CHART_ROOM
            case Pictures():
                return height + PICTURE_ROOM
        height += 12
        if height > 30:
            break
    return height


def _draw(paper: Any, block: Block) -> None:
    match block:
        case Text(words):
            write(paper, words, 9.5)
            paper.ln(1.5)
        case Items(lines):
            for line in lines:
                write(paper, f"• {line}", 9.5)
            paper.ln(1.5)
        case Code(text):
            style(paper, 8.5, family=FIXED)
            paper.set_fill_color(*FIELD)
            paper.multi_cell(0, 4.6, known(paper, text), align="L", fill=True, padding=2, new_x="LMARGIN", new_y="NEXT")
            paper.ln(2)
        case Table():
            _table(paper, block)
        case Charts():
            _charts(paper, block)
        case Pictures():
            _pictures(paper, block)


# --- Pictures ----------------------------------------------------------------------------------------------------


def _charts(paper: Any, block: Charts) -> None:
    number = len(block.charts)
    files = [chart.draw("png") for chart in block.charts]
    sizes = [Image.open(io.BytesIO(file)).size for file in files]
    width = LONE_CHART * WIDTH if number == 1 else (WIDTH - (number - 1) * GAP) / number
    height = max(width * tall / wide for wide, tall in sizes)
    together(paper, height + 15)
    top, ends = paper.y, []
    for place, (chart, file) in enumerate(zip(block.charts, files, strict=True)):
        left = MARGIN + place * (width + GAP)
        paper.image(io.BytesIO(file), left, top, width, alt_text=chart.sentence)
        ends.append(caption(paper, chart.sentence, left, top + height + 1, width, 7.5))
    paper.set_xy(MARGIN, max(ends) + 2)


def _pictures(paper: Any, block: Pictures) -> None:
    width = (WIDTH - (PICTURES_A_ROW - 1) * GAP) / PICTURES_A_ROW
    for start in range(0, len(block.captions), PICTURES_A_ROW):
        together(paper, width + 11)
        top, ends = paper.y, []
        for place, index in enumerate(range(start, min(start + PICTURES_A_ROW, len(block.captions)))):
            left, words = MARGIN + place * (width + GAP), block.captions[index]
            enlarged = np.kron(block.images[index], np.ones((ENLARGED, ENLARGED), np.uint8))
            paper.image(Image.fromarray(enlarged), left, top, width, width, alt_text=words)
            ends.append(caption(paper, words, left, top + width + 0.7, width, 6))
        paper.set_xy(MARGIN, max(ends) + 2)


# --- Tables ------------------------------------------------------------------------------------------------------


def _table_room(block: Table) -> float:
    """Returns about how tall a short table is, or the beginning of a long one."""
    return 8 + 5.5 * (len(block.rows) + 1) if len(block.rows) <= MOST_ROWS_TOGETHER else 60


def _table(paper: Any, block: Table) -> None:
    """Draws a table; where it goes over a page, its heads are repeated."""
    from fpdf.fonts import FontFace

    together(paper, _table_room(block))
    if block.caption:
        small_print(paper, block.caption)
        paper.ln(0.8)
    style(paper, TABLE_SIZE)
    rows = [[known(paper, text) for text in row] for row in block.rows]
    widths, aligned = _columns(paper, block)
    paper.set_draw_color(*shaded(0.25, QUIET))
    paper.set_fill_color(255)
    with paper.table(
        align="LEFT",
        borders_layout="HORIZONTAL_LINES",
        col_widths=widths,
        headings_style=FontFace(emphasis="BOLD", color=QUIET),
        line_height=4,
        padding=(0.75, CELL_PADDING),
        text_align=aligned,
        width=sum(widths),
    ) as table:
        table.row([known(paper, column) for column in block.columns])
        for number, row in enumerate(rows):
            shades = (0.0, *block.shades[number]) if number < len(block.shades) else ()
            drawn = table.row()
            for place, text in enumerate(row):
                shade = shades[place] if place < len(shades) else 0.0
                face = FontFace(color=255 if shade > DARK_SHADE else 0, fill_color=shaded(shade, BLUE))
                drawn.cell(text, style=face if shade else None)
    paper.ln(3)


def _columns(paper: Any, block: Table) -> tuple[list[float], list[str]]:
    """Returns the width of each column and to which side it is aligned."""
    number = len(block.columns)
    needed = _needed(paper, block)
    if block.shades:
        return [min(max(needed), WIDTH / number)] * number, ["CENTER"] * number
    return _narrowed(needed), ["LEFT"] * (number - block.numbers) + ["RIGHT"] * block.numbers


def _needed(paper: Any, block: Table) -> list[float]:
    """Returns what the longest text of each column needs."""
    style(paper, TABLE_SIZE, bold=True)  # the wider letters
    columns = zip(block.columns, *block.rows, strict=True)
    widths = [max(paper.get_string_width(known(paper, text)) for text in column) for column in columns]
    style(paper, TABLE_SIZE)
    return [width + 2 * CELL_PADDING + 1 for width in widths]


def _narrowed(needed: list[float]) -> list[float]:
    """Lets the widest columns give way until all have room."""
    left = WIDTH
    for place, width in enumerate(sorted(needed)):
        share = left / (len(needed) - place)
        if width > share:
            return [min(need, share) for need in needed]
        left -= width
    return needed
