import math

import pytest

from mnist_core import history, runs
from mnist_core.config import RECIPES
from mnist_core.runs import Status


def test_a_run_has_a_title_and_a_summary_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    run = runs.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    assert history.title(run).startswith("quick, ") and "%" not in history.title(run)
    run.write_status(Status("done", epoch=2, epochs=2, seconds=72, test_accuracy=0.98744))
    assert history.title(run).endswith("(98.74 %)")
    assert history.summary(run) == "Recipe quick on MNIST: 2 of 2 epochs in 1 min 12 s, 29,770 parameters, seed 1. "


def test_the_shipped_model_is_named_as_such() -> None:
    assert history.title(runs.find("starter")) == "Shipped model 'starter' (99.69 %)"


def test_rows_hold_what_a_table_shows_also_for_a_damaged_folder() -> None:
    run = runs.create(RECIPES["simple-cnn"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    row, shipped = history.rows([run, runs.find("starter")])
    assert (row["Recipe"], row["State"], row["Test accuracy"], row["Epochs"]) == (
        "simple-cnn",
        "queued",
        None,
        "0 of 5",
    )
    assert shipped["Test accuracy"] == pytest.approx(99.69) and shipped["Parameters"] == 105610
    (run.folder / "config.json").write_text("{}")
    (damaged,) = history.rows([run])
    assert damaged["Recipe"] == "–" and not math.isnan(damaged["Seconds"])
    assert history.title(run) == f"{run.id} (incomplete)"
