"""Measurements that are started by their module's name, as the docs say."""

import runpy
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

STARTED = sorted(path.stem for path in (ROOT / "mnist_core/bench").glob("*.py") if "__main__" in path.read_text())


def run(name: str, *arguments: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *arguments])
        patch.delitem(sys.modules, f"mnist_core.bench.{name}", raising=False)  # or runpy warns that it is there already
        runpy.run_module(f"mnist_core.bench.{name}", run_name="__main__")


@pytest.mark.parametrize("name", STARTED)
def test_what_is_missing_gets_one_sentence(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = ["best"] if name == "hands" else []
    with pytest.raises(SystemExit) as ended:
        run(name, *runs, "--strokes", str(tmp_path / "none.jsonl"))
    assert ended.value.code == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    missing = {"class_tuning": "MNIST is not on this machine"}  # it reads MNIST first
    assert missing.get(name, "none.jsonl cannot be read") in sentence


def test_a_kind_of_picture_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("picture_kinds", "upside down", "--strokes", "any.jsonl")
    assert "there is no kind upside down; there are" in capsys.readouterr().err
