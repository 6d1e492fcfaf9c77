"""Tables on a page, which Streamlit lets everybody download as CSV: what people typed must be no formula there."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from mnist_core.files.csv_text import is_formula
from mnist_core.presentation.charts.template import Spec
from mnist_core.ui.paths import without_paths

# Nobody sees it, and no spreadsheet computes what stands behind it.
ZERO_WIDTH_SPACE = "\u200b"

Table = TypeVar("Table", bound=Sequence[Mapping[str, object]] | Mapping[str, Sequence[object]])


def harmless(table: Table) -> Table:
    """Returns the rows, or the columns, of a table with an invisible sign before each text that would be computed.

    Its texts name no path of the server, either.
    """
    if isinstance(table, Mapping):
        return {name: [_cell(value) for value in column] for name, column in table.items()}  # type: ignore[return-value]
    return [{name: _cell(value) for name, value in row.items()} for row in table]  # type: ignore[return-value]


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = without_paths(value)
    return f"{ZERO_WIDTH_SPACE}{text}" if is_formula(text) else text


def harmless_chart(spec: Spec) -> Spec:
    """Returns a Vega-Lite specification whose data are so, too: the browser shows them as a table on demand."""
    rows = spec.get("data", {}).get("values", [])
    formulas = {value for row in rows for value in row.values() if is_formula(value)}
    return _with_marks(spec, formulas) if formulas else spec


def _with_marks(part: Any, formulas: set[object]) -> Any:
    """The chart's domains name the same texts, so they get the sign wherever they stand."""
    if isinstance(part, dict):
        return {name: _with_marks(value, formulas) for name, value in part.items()}
    if isinstance(part, list):
        return [_with_marks(value, formulas) for value in part]
    return _cell(part) if isinstance(part, str) and part in formulas else part
