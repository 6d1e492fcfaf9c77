"""`runs` lists what was trained."""

import json
from pathlib import Path

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from mnist_core.runs.run_label import RunLabel
from tests.support.commands import Captured, run


def test_the_shipped_model_is_among_the_runs(capsys: Captured) -> None:
    (row,) = json.loads(run(capsys, "runs", "--json"))
    assert (row["run"], row["state"]) == ("best", "done")
    assert row["test_accuracy"] > 0.99
    assert run(capsys, "runs").split()[:2] == ["best", "done"]


def test_a_run_of_ones_own_is_listed_first_and_without_figures_while_it_waits(capsys: Captured) -> None:
    waiting = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    listed = json.loads(run(capsys, "runs", "--json"))
    assert [row["run"] for row in listed] == [waiting.id, "best"]
    assert (listed[0]["state"], listed[0]["epochs"]) == ("queued", 1)
    assert listed[0]["test_accuracy"] is None
    assert listed[0]["test_loss"] is None
    assert "–" in run(capsys, "runs").splitlines()[0]


def test_a_run_is_listed_with_its_name(capsys: Captured) -> None:
    named = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    named.write_label(RunLabel("our first"), by=COMMAND_LINE)
    assert json.loads(run(capsys, "runs", "--json"))[0]["name"] == "our first"
    assert "our first" in run(capsys, "runs").splitlines()[0]


def test_a_damaged_run_is_listed_as_failed(temporary_home: Path, capsys: Captured) -> None:
    folder = temporary_home / "runs" / "broken"
    folder.mkdir(parents=True)
    (folder / "status.json").write_text("{")
    row = json.loads(run(capsys, "runs", "--json"))[0]
    assert (row["run"], row["state"]) == ("broken", "failed")
    assert "is not readable JSON" in row["reason"]
