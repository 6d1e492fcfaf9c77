"""A report as PDF, set by Typst from one template, with an outline and with tags for screen readers (PDF/UA)."""

import dataclasses
import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.language import SOURCE, gettext, language
from mnist_core.presentation.charts import picture_files
from mnist_core.presentation.report.blocks import Chart, Report
from mnist_core.presentation.report.words import unbroken
from mnist_core.presentation.tables.confusion import DARK_SHADE

TEMPLATE = Path(__file__).with_name("report.typ")
# Typst keeps what its last documents were made of, many megabytes, and forgets it over so many empty ones.
REMEMBERED = 12


def render(report: Report) -> bytes:
    """The same bytes for the same report. What people typed goes to the template as data."""
    return typeset(TEMPLATE.read_bytes(), data(report), int(report.time))


def data(report: Report) -> str:
    """All that the template is told, as JSON."""
    around = {"brand": gettext("Digit Lab · Report"), "pages": gettext("{page} of {pages}")}
    return json.dumps(_plain(report) | around | {"dark": DARK_SHADE, **_spoken()})


def _spoken() -> dict[str, str]:
    """The language, as Typst names it; English is British."""
    return {"language": language(), "region": "GB" if language() == SOURCE else ""}


def typeset(source: bytes, report: str, time: int) -> bytes:
    """Has Typst make a PDF of a template, which finds `report` in `sys.inputs`; it sees an empty folder and no package.

    `time` is when the file was made, in seconds since 1970.
    """
    return _compiled(source, report, format="pdf", pdf_standards=["ua-1"], timestamp=time)


def typeset_picture(source: bytes, report: str, dots_an_inch: float) -> bytes:
    """The same as a PNG file, of a template that has one page."""
    return _compiled(source, report, format="png", ppi=dots_an_inch)


def _compiled(source: bytes, report: str, **how: Any) -> bytes:
    import typst  # only a report needs it

    fonts = typst.Fonts(False, False, font_paths=[picture_files.fonts()])
    with tempfile.TemporaryDirectory() as empty:
        compiler = typst.Compiler(
            source,
            root=empty,
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={"report": report},
            package_path=empty,
            package_cache_path=empty,
        )
        content = compiler.compile(**how)
        for _ in range(REMEMBERED):
            compiler.compile(b"", sys_inputs=None)
    assert isinstance(content, bytes)
    return content


def _plain(value: Any) -> Any:
    """What JSON can hold of a part of a report; a block tells its kind."""
    if isinstance(value, str):
        return known(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Chart):
        return {"svg": picture_files.small(value.spec), "sentence": known(value.sentence)}
    if dataclasses.is_dataclass(value):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return fields | {"kind": type(value).__name__}
    return value


def known(text: str) -> str:
    """Puts a sign for the unknown where a font has none: names and notes may be in any script."""
    signs = _signs()
    return unbroken("".join(sign if sign in signs else "\N{REPLACEMENT CHARACTER}" for sign in text))


@functools.cache
def _signs() -> frozenset[str]:
    """What all of the fonts can write, and the end of a line; without the marks that PDF/UA forbids."""
    from matplotlib.ft2font import FT2Font

    names = ("Sans", "Sans-Bold", "SansMono")
    held = [FT2Font(f"{picture_files.fonts()}/DejaVu{name}.ttf").get_charmap() for name in names]
    return frozenset(map(chr, set.intersection(*map(set, held)))) - {"\ufeff", "\ufffe"} | {"\n"}
