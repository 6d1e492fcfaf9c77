"""What charts are made of: Vega-Lite templates, built once with Altair and then filled with rows.

Altair needs tens of milliseconds to build a specification, too long for a live page.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import altair as alt

from mnist_core.language import language

Spec = dict[str, Any]
Rows = list[dict[str, Any]]
# Altair may put facets into what is layered; a template has none, but need not say so.
Template: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart


def filled(template: Callable[[], Template], rows: Rows, **parameters: float) -> Spec:
    """The chart that a template makes, built once for each language, with these rows and values of its parameters."""
    spec = _built(template, language()) | {"data": {"values": rows}}
    if parameters:
        spec["params"] = [{"name": name, "value": value} for name, value in parameters.items()]
    return spec


# What of a chart is measured in pixels, and what in their squares.
LENGTHS = {
    *("width", "height", "step", "fontSize", "labelFontSize", "titleFontSize", "dx", "dy", "strokeWidth"),
    *("labelLimit", "labelPadding", "labelOffset", "symbolStrokeWidth"),
}
AREAS = {"size", "symbolSize"}
LABEL_LIMIT = 100  # of Streamlit's look; longer labels are cut


def enlarged(spec: Spec, factor: float) -> Spec:
    """The same chart for those who sit far away.

    What follows the page's size by itself, such as the labels of axes that have no size of their own, stays.
    """
    larger: Spec = _larger(spec, factor)
    larger["config"] = {"axis": {"labelLimit": factor * LABEL_LIMIT}} | larger.get("config", {})
    return larger


def _larger(part: Any, factor: float, name: str = "") -> Any:
    if isinstance(part, dict):
        return {
            key: value if key in ("data", "datasets", "params") else _larger(value, factor, key)
            for key, value in part.items()
        }
    if isinstance(part, list):
        return [_larger(one, factor) for one in part]
    if isinstance(part, bool) or not isinstance(part, int | float):
        return part
    return part * (factor if name in LENGTHS else factor**2 if name in AREAS else 1)


@functools.cache
def _built(template: Callable[[], Template], _language: str) -> Spec:
    return template().to_dict()
