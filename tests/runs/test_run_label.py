from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.errors import InputError
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import LONGEST_NAME, LONGEST_NOTE, RunLabel, load
from mnist_core.runs.status import Status


def new_run() -> Run:
    return run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})


def test_a_name_and_a_note_come_back_and_name_the_run_everywhere() -> None:
    run = new_run()
    run.write_status(Status("done", test_accuracy=0.98744))
    label = RunLabel("Ada's *first*", "Deeper than ours.\nWhy?")
    run.write_label(label, by=COMMAND_LINE)
    assert run.label() == label
    assert summary.title(run) == "Ada's *first* (98.74 %)"
    (row,) = summary.rows([run])
    assert (row["Name"], row["Note"]) == ("Ada's *first*", "Deeper than ours.\nWhy?")
    run.write_label(RunLabel("Other"), by=COMMAND_LINE)
    assert summary.title(run).startswith("Other")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b'{"name": 5}', b'{"name": "a\\nb"}', b"\xff", b'{"name": " a"}'],
)
def test_a_damaged_label_is_none(content: bytes) -> None:
    run = new_run()
    (run.folder / "label.json").write_bytes(content)
    assert run.label() == RunLabel() and summary.title(run).startswith("quick, ")


@pytest.mark.parametrize(
    ("name", "note", "sentence"),
    [
        ("x" * (LONGEST_NAME + 1), "", "at most 60"),
        ("two\nlines", "", "one line"),
        (" a", "", "no space"),
        ("", "x" * (LONGEST_NOTE + 1), "at most 2,000"),
        ("", "\x1b[31m", "control character"),
        (5, "", "is not text"),
    ],
)
def test_limits_are_said(name: str, note: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        RunLabel(name, note)


def test_the_shipped_model_keeps_its_name() -> None:
    with pytest.raises(InputError, match="keeps its name"):
        run_folders.find("best").write_label(RunLabel("Mine"), by=COMMAND_LINE)
    assert load(Path("nowhere")) == RunLabel()
