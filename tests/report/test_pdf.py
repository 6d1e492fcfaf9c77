import logging
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_core.evaluation import Evaluation
from mnist_core.naming import Label
from mnist_core.report import Report, gather, pdf
from mnist_core.runs import Run
from tests.report.conftest import NOW

DOTS_PER_MILLIMETRE = 4
needs_poppler = pytest.mark.skipif(
    not shutil.which("pdftoppm"), reason="needs pdftoppm and pdftotext (Debian's package poppler-utils)"
)


def pages(content: bytes, folder: Path) -> list[np.ndarray]:
    """Every page as pdftoppm draws it, 0 black to 255 white."""
    (folder / "report.pdf").write_bytes(content)
    resolution = ["-r", f"{25.4 * DOTS_PER_MILLIMETRE}", "-gray"]
    drawn = subprocess.run(
        ["pdftoppm", *resolution, "report.pdf", "page"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert drawn.stderr == ""
    return [np.asarray(Image.open(path)) for path in sorted(folder.glob("page-*.pgm"))]


def text_of(content: bytes, folder: Path) -> str:
    (folder / "report.pdf").write_bytes(content)
    read = subprocess.run(["pdftotext", "-layout", "report.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return re.sub(r"\s+", " ", read.stdout.decode().replace("\N{NO-BREAK SPACE}", " "))


def test_the_file_says_what_it_is(pdf_file: bytes) -> None:
    content = pdf_file
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert b"/Lang (en-GB)" in content and b"/MediaBox [0 0 595.28 841.89]" in content
    assert b"/Creator" in content and b"/CreationDate (D:20261120155637Z)" in content
    assert len(re.findall(rb"/Type /Page\b", content)) >= 3
    assert b"/Outlines" in content and b"JavaScript" not in content and b"/URI" not in content


def test_the_same_report_makes_the_same_bytes(report: Report, pdf_file: bytes) -> None:
    assert pdf.render(report) == pdf_file


@needs_poppler
def test_every_page_holds_something_and_nothing_runs_over_its_edge(pdf_file: bytes, tmp_path: Path) -> None:
    drawn = pages(pdf_file, tmp_path)
    edge = 16 * DOTS_PER_MILLIMETRE
    assert len(drawn) >= 3
    for page in drawn:
        assert page.shape == pytest.approx((297 * DOTS_PER_MILLIMETRE, 210 * DOTS_PER_MILLIMETRE), abs=2)
        body = page[: -20 * DOTS_PER_MILLIMETRE]
        assert (body < 128).sum() > 1000
        assert page[:, :edge].min() > 250 and page[:, -edge:].min() > 250


@needs_poppler
def test_the_paper_says_what_the_report_says(report: Report, pdf_file: bytes, tmp_path: Path) -> None:
    said = text_of(pdf_file, tmp_path)
    for one in report.headlines:
        assert one.value in said and one.remark in said
    assert all(section.title in said for section in report.sections)
    assert "Precision: of what was read as this digit" in said and "26×26×32" in said
    assert "python -m mnist_core train --recipe simple-cnn --seed 1 --data simple.npz" in said
    assert f"1 of {len(re.findall(rb'/Type /Page[^s]', (tmp_path / 'report.pdf').read_bytes()))}" in said


HOSTILE = "<script>**=1+1** " + "ohne" * 8


@needs_poppler
def test_long_names_and_notes_in_any_script_stay_within_the_page(
    run: Run, evaluation: Evaluation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    note = "Übung 3: αβγ ≤ 2° ✗ " + "漢字 " + "endless" * 100 + "\n" + "line\n" * 30
    run.write_label(Label(HOSTILE[:60], note))
    (run.folder / "README.md").write_text("# " + "x" * 300 + "\n\n| a |\n|---|\n| " + "y" * 500 + " |\n")
    with caplog.at_level(logging.WARNING):
        content = pdf.render(gather(run, evaluation, None, "data " * 40, NOW))
    assert caplog.records == []
    edge = 16 * DOTS_PER_MILLIMETRE
    for page in pages(content, tmp_path):
        assert page[:, :edge].min() > 250 and page[:, -edge:].min() > 250
    said = text_of(content, tmp_path)
    assert "<script>**=1+1**" in said and "Übung 3: αβγ ≤ 2° ✗ \N{REPLACEMENT CHARACTER}" in said


def test_its_three_fonts_are_in_the_file(pdf_file: bytes) -> None:
    assert pdf_file.count(b"/FontFile2") == 3
