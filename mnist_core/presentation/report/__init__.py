"""A run and its evaluation as a report to keep: one HTML file that opens without a network, or a PDF."""

from mnist_core.presentation.report.blocks import Report
from mnist_core.presentation.report.content import gather

FORMATS = {"html": "text/html", "pdf": "application/pdf"}

__all__ = ["FORMATS", "Report", "gather", "render"]


def render(report: Report, file_format: str) -> bytes:
    """A file of one of `FORMATS`; the same bytes for the same report."""
    from mnist_core.presentation.report import page, pdf

    return page.render(report).encode() if file_format == "html" else pdf.render(report)
