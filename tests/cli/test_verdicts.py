"""`verdicts` measures how honest a model is."""

import json
from pathlib import Path

import pytest

from mnist_core.evaluation import rejection
from mnist_core.runs import run_folders
from tests.support.commands import Captured, run


def test_verdicts_says_what_a_model_refuses(
    capsys: Captured, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejection, "EACH_KIND", 5)
    result = json.loads(run(capsys, "verdicts", run_folders.SHIPPED_MODEL, "--data", simple_npz, "--json"))
    assert result["accuracy"] > 0.95
    assert 0 <= result["refused"] <= 0.2
    assert {"scribbles", "spirals"} <= result["caught"].keys()
    text = run(capsys, "verdicts", run_folders.SHIPPED_MODEL, "--data", simple_npz)
    assert "calibration error" in text and "scribbles (a kind that models learn from)" in text
