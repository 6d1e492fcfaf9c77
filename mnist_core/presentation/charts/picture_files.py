"""A chart's specification → a picture file: downloads and reports show what the pages show."""

import functools
import html
import re
from pathlib import Path
from typing import Any

from mnist_core.presentation.charts.template import Spec

FORMATS = {"png": "image/png", "svg": "image/svg+xml"}
# Of a chart in a report, in pixels: two have room beside each other on a page, and one can be read on a telephone.
SIZE = {"width": 370, "height": 260, "autosize": {"type": "fit", "contains": "padding"}}
# Of a PNG to a pixel of the chart: fine enough for paper.
SCALE = 3
FONT = "DejaVu Sans, Verdana, sans-serif"
CONFIG = {
    "font": FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {"gridColor": "#888", "gridOpacity": 0.3, "titleFontWeight": "normal"},
}


def fonts() -> str:
    """The folder of the fonts that come with Matplotlib: pictures and paper look the same on all machines."""
    import matplotlib  # takes a moment to load

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")


def picture(spec: Spec, file_format: str) -> bytes:
    """A file of one of `FORMATS`, on white; the same bytes for the same chart."""
    if file_format == "svg":
        return f'<?xml version="1.0" encoding="utf-8"?>\n{_svg(spec, "part", background="white")}'.encode()
    content: bytes = _converter().vegalite_to_png(spec, scale=SCALE, config=CONFIG | {"background": "white"})
    return content


def small(spec: Spec, prefix: str = "part") -> str:
    """SVG for a report, without a ground; `prefix` tells its names from those of others."""
    return _svg(spec | SIZE, prefix, background=None)


def inline(spec: Spec, prefix: str, sentence: str) -> str:
    """A part of a page, in the letters and the colour of its text; a screen reader says the sentence instead of it."""
    text = re.sub(r' font-family="[^"]*"', "", small(spec, prefix)).replace('"#000"', '"currentColor"')
    return text.replace("<svg ", f'<svg role="img" aria-label="{html.escape(sentence, quote=True)}" ', 1)


def beside(*specs: Spec, **size: int) -> Spec:
    """Puts charts beside each other; their parameters, which one chart has once, become the values they stand for."""
    return {
        "hconcat": [
            _fixed(spec, {one["name"]: one["value"] for one in spec.get("params", ())}) | size for spec in specs
        ]
    }


def _fixed(part: Any, values: dict[str, Any]) -> Any:
    match part:
        case {"expr": str(name)} if name in values:
            return values[name]
        case dict():
            return {key: _fixed(value, values) for key, value in part.items() if key not in ("params", "$schema")}
        case list():
            return [_fixed(value, values) for value in part]
    return part


def _svg(spec: Spec, prefix: str, background: str | None) -> str:
    """Numbers the names in a drawing, which the converter counts on from one chart to the next."""
    text = _converter().vegalite_to_svg(spec, config=CONFIG | {"background": background})
    names = {name: f"{prefix}-{number}" for number, name in enumerate(re.findall(r'\bid="([^"]+)"', text))}
    return re.sub(r'(\bid="|href="#|url\(#)([^")]+)', lambda found: found[1] + names.get(found[2], found[2]), text)


@functools.cache
def _converter() -> Any:
    import vl_convert  # with its first picture half a second and a hundred megabytes, which only a file needs

    vl_convert.register_font_directory(fonts())
    return vl_convert
