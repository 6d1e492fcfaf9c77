"""What charts are made of: Vega-Lite templates, built once with Altair and then filled with rows.

Altair needs tens of milliseconds to build a specification, too long for a live page.
"""

import functools
from collections.abc import Callable
from typing import Any

import altair as alt

Spec = dict[str, Any]
Rows = list[dict[str, Any]]


def filled(template: Callable[[], alt.Chart | alt.LayerChart], rows: Rows, **parameters: float) -> Spec:
    """Returns the chart that a template makes, built once, with these rows and the values of its parameters."""
    spec = _built(template) | {"data": {"values": rows}}
    if parameters:
        spec["params"] = [{"name": name, "value": value} for name, value in parameters.items()]
    return spec


@functools.cache
def _built(template: Callable[[], alt.Chart | alt.LayerChart]) -> Spec:
    return template().to_dict()
