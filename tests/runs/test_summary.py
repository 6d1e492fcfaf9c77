import dataclasses
import math

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.network import count_parameters
from mnist_core.config.recipes import RECIPES
from mnist_core.formatting import percent
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status


def test_a_run_has_a_title_and_a_summary_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    run = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    assert summary.title(run).startswith("quick, ") and "%" not in summary.title(run)
    run.write_status(Status("done", epoch=1, epochs=1, seconds=72, test_accuracy=0.98744))
    assert summary.title(run).endswith("(98.74 %)")
    assert (
        status_words.summary(run) == "Recipe quick on MNIST: 1 of 1 epochs in 1 min 12 s, 85,674 parameters, seed 1. "
    )


def test_runs_of_the_same_name_can_be_told_apart() -> None:
    ours, theirs, other = (
        run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
        for _ in range(3)
    )
    for run in (ours, theirs):
        run.write_label(RunLabel("Ours"), by=COMMAND_LINE)
    theirs.write_label(RunLabel("ours"), by=COMMAND_LINE)
    other.write_label(RunLabel("Other"), by=COMMAND_LINE)
    assert summary.titles([ours, theirs, other]) == {
        ours.id: f"Ours · {ours.id[-4:]}",
        theirs.id: f"ours · {theirs.id[-4:]}",
        other.id: "Other",
    }


def test_a_run_is_named_by_what_was_changed_in_its_recipe() -> None:
    config = dataclasses.replace(RECIPES["quick"].config, learning_rate=0.5)
    run = run_folders.create(config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    assert summary.title(run).startswith("quick, learning rate 0.5, ")
    assert summary.rows([run])[0]["Settings"] == "quick, learning rate 0.5"


@pytest.mark.parametrize("source", ["collection", "/home/ada/data/collection-0123456789ab.jsonl.gz"])
def test_a_run_on_the_labs_drawings_too_names_both(source: str) -> None:
    config = dataclasses.replace(RECIPES["quick"].config, also=source)
    run = run_folders.create(config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    assert summary.rows([run])[0]["Data"] == "MNIST and our drawings"
    assert summary.heading(run).endswith(", on MNIST and our drawings")
    assert summary.title(run).startswith("quick, with our drawings, ")


def test_the_shipped_model_is_named_as_such() -> None:
    shipped = run_folders.find("best")
    accuracy = percent(shipped.status().test_accuracy)
    assert summary.title(shipped) == f"Shipped model 'best' ({accuracy})"


def test_rows_hold_what_a_table_shows_also_for_a_damaged_folder() -> None:
    run = run_folders.create(RECIPES["simple-cnn"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    row, shipped = summary.rows([run, run_folders.find("best")])
    assert (row["Recipe"], row["State"], row["Test accuracy"], row["Epochs"]) == (
        "simple-cnn",
        "queued",
        None,
        "0 of 5",
    )
    assert shipped["Test accuracy"] == pytest.approx(100 * run_folders.find("best").status().test_accuracy)
    assert shipped["Parameters"] == count_parameters(run_folders.find("best").config().layers)
    (run.folder / "config.json").write_text("{}")
    (damaged,) = summary.rows([run])
    assert damaged["Recipe"] == "–" and not math.isnan(damaged["Seconds"])
    assert summary.title(run) == f"{run.id} (incomplete)"


def test_a_second_source_is_named() -> None:
    row, *_ = summary.rows([run_folders.find("best")])
    named = "MNIST, pen_strokes.jsonl.gz, unipen_digits.jsonl.gz and unipen_signs.jsonl.gz"
    assert row["Data"] == named
    assert f"on {named}: " in status_words.summary(run_folders.find("best"))
