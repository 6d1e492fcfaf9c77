"""`python -m mnist_core report`: both formats in one go, and for whatever is wrong one sentence."""

import json
from pathlib import Path

import pytest

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.runs.run import Run
from tests.presentation.report.conftest import evaluation, images, make_run  # noqa: F401 — fixtures
from tests.support.commands import Captured, refusal
from tests.support.commands import run as run_command


@pytest.fixture
def run(evaluation: Evaluation) -> Run:  # noqa: F811
    made = make_run()
    evaluation.save(made.evaluation_path)
    return made


def test_a_report_is_written_in_every_format_that_is_named(run: Run, tmp_path: Path, capsys: Captured) -> None:
    page, paper = tmp_path / "report.html", tmp_path / "report.PDF"
    said = run_command(capsys, "report", run.id, "--output", page, "--output", paper, "--json")
    assert json.loads(said) == {"run": run.id, "files": [str(page), str(paper)]}
    assert paper.read_bytes().startswith(b"%PDF-")
    text = page.read_text(encoding="utf-8")
    assert "Judged on 300 test images of Simple digits" in text
    assert "images were not at hand" in text  # the data of this run is nowhere


def test_by_default_it_is_a_page_in_this_folder(
    run: Run, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(capsys, "report", run.id) == f"{run.id}.html\n"
    assert (tmp_path / f"{run.id}.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_other_data_is_judged_and_shown(tmp_path: Path, simple_npz: Path, capsys: Captured) -> None:
    page = tmp_path / "report.html"
    run_command(capsys, "report", "best", "--data", simple_npz, "--output", page)
    text = page.read_text(encoding="utf-8")
    assert "Judged on 200 test images of simple.npz" in text
    assert "every one of these images is read right" in text


def test_what_cannot_be_written_is_refused_in_words(run: Run, tmp_path: Path, capsys: Captured) -> None:
    assert "ends in .html or .pdf" in refusal(capsys, 2, "report", run.id, "--output", tmp_path / "report.docx")
    (tmp_path / "a.html").mkdir()
    assert "ends in .html or .pdf" in refusal(capsys, 2, "report", run.id, "--output", tmp_path / "a.html")
    assert "There is no folder" in refusal(capsys, 2, "report", run.id, "--output", tmp_path / "none" / "report.pdf")
    assert "There is no run" in refusal(capsys, 2, "report", "none", "--output", tmp_path / "report.pdf")
    run.evaluation_path.unlink()
    assert "cannot be read" in refusal(capsys, 2, "report", run.id, "--output", tmp_path / "report.pdf")
    assert list(tmp_path.glob("report.*")) == []
