"""A page to print, such as a worksheet or a letter, as PDF: texts, tasks with room to write, lines to sign on."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnist_core.language import SOURCE, language
from mnist_core.presentation.report import pdf

TEMPLATE = Path(__file__).with_name("paper.typ")
MOST_LINES = 12


@dataclass(frozen=True)
class Task:
    """What is to be done or answered, and so many empty lines below it."""

    words: str
    lines: int = 0
    choices: tuple[str, ...] = ()  # to tick
    boxed: bool = False  # a frame to draw in, as high as the lines, in place of them


@dataclass(frozen=True)
class Paper:
    """A page; each text stands on it as it is, whatever signs are in it."""

    title: str
    brand: str  # what stands above the title
    fields: tuple[str, ...] = ()  # what is filled in at the top, such as `Date`
    lead: str = ""  # what it is about
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()  # a list
    closing: str = ""
    tasks: tuple[Task, ...] = ()  # which are numbered
    sign: tuple[str, ...] = ()  # what is signed at the end
    footer: str = ""


def render(paper: Paper) -> bytes:
    """Returns it as a PDF file, the same bytes each time."""
    return pdf.typeset(TEMPLATE.read_bytes(), _data(paper), 0)


def picture(paper: Paper, dots_an_inch: float) -> bytes:
    """Returns it as it is printed, a PNG file; it must have one page."""
    return pdf.typeset_picture(TEMPLATE.read_bytes(), _data(paper), dots_an_inch)


def _data(paper: Paper) -> str:
    spoken = {"language": language(), "region": "GB" if language() == SOURCE else ""}
    return json.dumps(_known(dataclasses.asdict(paper)) | spoken)


def _known(value: Any) -> Any:
    """Puts a sign for the unknown where the font has none."""
    if isinstance(value, dict):
        return {name: _known(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_known(one) for one in value]
    return pdf.known(value) if isinstance(value, str) else value
