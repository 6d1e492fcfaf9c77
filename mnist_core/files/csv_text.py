"""Tables as CSV text that a spreadsheet can open without harm."""

import csv
import io
from collections.abc import Iterable, Sequence

# A spreadsheet takes a text that begins so for a formula (OWASP, "CSV Injection"); an apostrophe makes it a text again.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Texts that a spreadsheet would take for formulas get an apostrophe first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def is_formula(cell: object) -> bool:
    """Whether a spreadsheet would compute it."""
    return isinstance(cell, str) and cell.startswith(FORMULA_STARTS)


def _harmless(cell: object) -> object:
    return f"'{cell}" if is_formula(cell) else cell
