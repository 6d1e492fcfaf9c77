"""What charts are made of: Vega-Lite templates, built once with Altair and then filled with rows.

Altair needs tens of milliseconds to build a specification, too long for a live page.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import altair as alt

Spec = dict[str, Any]
Rows = list[dict[str, Any]]
# Altair may put facets into what is layered; a template has none, but need not say so.
Template: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart


def filled(template: Callable[[], Template], rows: Rows, **parameters: float) -> Spec:
    """The chart that a template makes, built once, with these rows and the values of its parameters."""
    spec = _built(template) | {"data": {"values": rows}}
    if parameters:
        spec["params"] = [{"name": name, "value": value} for name, value in parameters.items()]
    return spec


@functools.cache
def _built(template: Callable[[], Template]) -> Spec:
    return template().to_dict()
