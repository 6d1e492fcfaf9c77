import dataclasses
import logging
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation.report import Report, card, gather, pdf
from mnist_core.presentation.report.blocks import Block, Charts, Code, Heading, Items, Pictures, Section, Table, Text
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from tests.presentation.report.conftest import IDENTITY, NOW

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
    assert b"/Lang(en-GB)" in content and b"/MediaBox[0 0 595.2756 841.8898]" in content
    assert b"/Creator" in content and b"/CreationDate(D:20261120155637Z)" in content
    assert len(re.findall(rb"/Type/Page\b", content)) >= 3
    assert b"/Outlines" in content and b"JavaScript" not in content and b"/URI" not in content


def test_the_outline_names_every_section(report: Report, pdf_file: bytes) -> None:
    for section in report.sections:
        assert f"/Title({section.title})".encode() in pdf_file


def test_a_screen_reader_finds_its_tags_and_words_for_every_picture(report: Report, pdf_file: bytes) -> None:
    assert b"/StructTreeRoot" in pdf_file and b"<pdfuaid:part>1</pdfuaid:part>" in pdf_file
    blocks = [block for section in report.sections for block in section.blocks]
    charts = sum(len(block.charts) for block in blocks if isinstance(block, Charts))
    digits = sum(len(block.images) for block in blocks if isinstance(block, Pictures))
    assert pdf_file.count(b"/Alt(") + pdf_file.count(b"/Alt<") == charts + digits
    tables = sum(isinstance(block, Table) for block in blocks)
    assert len(re.findall(rb"/S/Table\b", pdf_file)) == tables


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
    assert "Precision: of all that was read as this digit" in said and "26×26×32" in said
    assert "python -m mnist_core train --recipe simple-cnn --seed 1 --data simple.npz" in said
    assert f"1 of {len(re.findall(rb'/Type/Page[^s]', (tmp_path / 'report.pdf').read_bytes()))}" in said


HOSTILE = "<script>**=1+1** " + "ohne" * 8


@needs_poppler
def test_long_names_and_notes_in_any_script_stay_within_the_page(
    run: Run, evaluation: Evaluation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    note = "Übung 3: αβγ ≤ 2° ✗ " + "漢字 " + "endless" * 100 + "\n" + "line\n" * 30
    run.write_label(RunLabel(HOSTILE[:60], note), by=COMMAND_LINE)
    (run.folder / "README.md").write_text("# " + "x" * 300 + "\n\n| a |\n|---|\n| " + "y" * 500 + " |\n")
    with caplog.at_level(logging.WARNING):
        content = pdf.render(gather(run, evaluation, None, "data " * 40, NOW))
    assert caplog.records == []
    edge = 16 * DOTS_PER_MILLIMETRE
    for page in pages(content, tmp_path):
        assert page[:, :edge].min() > 250 and page[:, -edge:].min() > 250
    said = text_of(content, tmp_path)
    assert "<script>**=1+1**" in said and "Übung 3: αβγ ≤ 2° ✗ \N{REPLACEMENT CHARACTER}" in said


@needs_poppler
def test_what_people_typed_is_never_read_as_markup(run: Run, evaluation: Evaluation, tmp_path: Path) -> None:
    markup = '#read("/etc/passwd") #import "@preview/cetz:0.4.0" $x$ *b* @a <b>'
    run.write_label(RunLabel("#panic()", markup), by=COMMAND_LINE)
    (run.folder / "README.md").write_text(f"```\n{markup}\n```\n")
    said = text_of(pdf.render(gather(run, evaluation, None, now=NOW)), tmp_path)
    assert said.count(markup) == 2 and "#panic() (93.00 %)" in said


@needs_poppler
def test_a_word_that_is_broken_can_be_copied_whole(pdf_file: bytes, tmp_path: Path) -> None:
    assert f" {IDENTITY} " in text_of(pdf_file, tmp_path)


def test_a_typesetter_without_a_folder_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    for source in (f'#read("{tmp_path}/secret.txt")', '#read("/secret.txt")', '#read("../secret.txt")'):
        with pytest.raises(RuntimeError):
            pdf.typeset(source.encode(), "", 0)


def one_section(report: Report, *blocks: Block) -> Report:
    return dataclasses.replace(report, sections=(Section("Only", blocks),))


@pytest.mark.long
def test_every_sign_of_unicode_can_be_asked_for_everywhere(report: Report) -> None:
    signs = "".join(map(chr, [*range(0x3000), *range(0xA000, 0x11000)]))
    named = dataclasses.replace(report, title=signs[:500], note=signs)
    table = Table(signs[:99], ("a", "b"), (("1", signs),))
    assert pdf.render(one_section(named, Text(signs), Heading(signs[:500]), Items((signs,)), Code(signs), table))


@settings(deadline=None, max_examples=40)
@given(
    some.lists(some.sampled_from(["# ", "- ", "|a|b|\n|-|-|\n|c|", "```", "\n", "\n\n", "\t", "é", "x"])).map("".join)
)
def test_any_card_can_be_set(report: Report, text: str) -> None:
    assert pdf.render(one_section(report, Heading(""), *card.blocks(text)))


def test_a_process_that_makes_many_reports_does_not_grow(report: Report, pdf_file: bytes) -> None:
    def held() -> int:
        return int(psutil.Process().memory_info().rss)

    source, data = pdf.TEMPLATE.read_bytes(), pdf.data(report)
    pdf.typeset(source, data, 0)
    before = held()
    for number in range(8):
        pdf.typeset(source, data.replace("Accuracy", f"Accuracy {number}"), 0)
    assert held() - before < 40e6


def test_its_three_fonts_are_in_the_file(pdf_file: bytes) -> None:
    assert pdf_file.count(b"/FontFile2") == 3
