"""`delete`, `restore`, `rename` and `note`: what can be done with a run that is there."""

import json

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from tests.support.commands import Captured, refusal, run


@pytest.fixture
def runs() -> list[Run]:
    return [run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0"}) for _ in range(3)]


def ids() -> set[str]:
    return {run.id for run in run_folders.all_runs()}


def test_runs_are_deleted_listed_and_brought_back(capsys: Captured, runs: list[Run]) -> None:
    one, two, three = runs
    two.write_label(RunLabel("Übung 2"), by=COMMAND_LINE)
    assert json.loads(run(capsys, "delete", one.id, "Übung 2", one.id, "--json")) == {"deleted": [one.id, two.id]}
    assert ids() == {three.id}
    rows = json.loads(run(capsys, "runs", "--deleted", "--json"))
    assert {(row["run"], row["name"], row["days_left"]) for row in rows} == {(one.id, "", 7), (two.id, "Übung 2", 7)}
    assert "Übung 2  7 days of use left" in run(capsys, "runs", "--deleted")
    assert run(capsys, "restore", "Übung 2", one.id) == f"The run {two.id} is back.\nThe run {one.id} is back.\n"
    assert ids() == {one.id, two.id, three.id}
    assert "Perhaps" not in refusal(capsys, 2, "restore", one.id)  # it is deleted no more


def test_nothing_is_deleted_where_one_of_the_names_is_wrong(capsys: Captured, runs: list[Run]) -> None:
    assert "Perhaps" in refusal(capsys, 2, "delete", runs[0].id, runs[1].id[:-1])
    assert ids() == {run.id for run in runs}


def test_what_can_be_deleted_is_and_the_rest_is_said(capsys: Captured, runs: list[Run]) -> None:
    with runs[1].lock():
        said = refusal(capsys, 1, "delete", *(run.id for run in runs), "best")
    assert f"{runs[1].id} is being trained; stop it first" in said and "'best' belongs to the lab" in said
    assert ids() == {runs[1].id}


def test_a_run_is_named_and_noted(capsys: Captured, runs: list[Run]) -> None:
    name = runs[0].id
    assert json.loads(run(capsys, "rename", name, " Größe 😀 ", "--json")) == {"run": name, "name": "Größe 😀"}
    assert run(capsys, "note", "Größe 😀", "two\nlines") == "two\nlines\n"
    assert runs[0].label() == RunLabel("Größe 😀", "two\nlines")
    assert json.loads(run(capsys, "note", name, "--json")) == {"run": name, "note": "two\nlines"}
    assert run(capsys, "rename", name, "") == f"The run {name} has no name any more.\n"
    assert run(capsys, "note", name, "") == ""
    assert runs[0].label() == RunLabel()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["rename", "best", "ours"], "The shipped model 'best' keeps its name"),
        (["note", "best", "ours"], "The shipped model 'best' keeps its name"),
        (["rename", "{}", "x" * 300], "The name has 300 characters; at most 60"),
        (["rename", "{}", "two\nlines"], "The name must be one line"),
        (["note", "{}", "\x1b[2J"], "The note holds a control character"),
        (["restore", "x" * 300], "xxx… is not among the deleted ones."),
    ],
)
def test_what_cannot_be_named_or_brought_back_is_wrong_input(
    capsys: Captured, runs: list[Run], arguments: list[str], part: str
) -> None:
    assert part in refusal(capsys, 2, *(argument.format(runs[0].id) for argument in arguments))
    assert runs[0].label() == RunLabel()
