"""What a class watches is read once a change, however many look."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mnist_core import language
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run as runs
from mnist_core.runs import run_folders
from mnist_core.runs.run import BATCHES, METRICS, Run
from mnist_core.ui.train import curves


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tables that were read."""
    names: list[str] = []
    table = runs._read_table

    def noted(path, columns):  # type: ignore[no-untyped-def]
        names.append(path.name)
        return table(path, columns)

    monkeypatch.setattr(runs, "_read_table", noted)
    return names


@pytest.fixture
def run() -> Run:
    return run_folders.create(RECIPES["quick"].config, {"name": "x", "identity": "y"})


def test_thirty_who_watch_a_run_have_it_read_once_a_change(run: Run, read: list[str]) -> None:
    with ThreadPoolExecutor(30) as watchers:
        empty = set(map(id, watchers.map(lambda _: curves.of_run(run, 3), range(90))))
        assert len(empty) == 1 and sorted(read) == ["batches.csv", "checks.csv", "metrics.csv"]
        run.write_batches({name: [0.5] for name in BATCHES})
        found = list(watchers.map(lambda _: curves.of_run(run, 3), range(90)))
    assert len(set(map(id, found))) == 1 and len(read) == 6
    assert set(found[0].charts) == {"loss", "accuracy"} and found[0].loss == 0.5
    assert found[0].sentences["loss"].startswith("Loss by epoch: training (solid) 0.5000")


def test_a_run_that_wrote_nothing_has_no_charts(run: Run) -> None:
    found = curves.of_run(run, 3)
    assert (found.charts, found.sentences, found.accuracies, found.loss) == ({}, {}, (), None)


def test_a_longer_run_has_a_longer_axis(run: Run) -> None:
    run.write_batches({name: [0.5] for name in BATCHES})
    run.write_metrics({name: [1.0] for name in METRICS})
    ends = [
        {one["name"]: one["value"] for one in curves.of_run(run, epochs).charts["loss"].look["params"]}["epochs"]
        for epochs in (3, 5)
    ]
    assert ends == [3, 5]
    assert curves.of_run(run, 3).accuracies == (1.0,)
    assert curves.of_run(run, 3).charts["loss"].rows.column_names == ["epoch", "value", "part"]


def test_those_who_watch_in_two_languages_each_read_their_own(run: Run) -> None:
    run.write_batches({name: [0.5] for name in BATCHES})
    english = curves.of_run(run, 3).sentences["loss"]
    with language.speaking("de"):
        german = curves.of_run(run, 3).sentences["loss"]
    assert english.startswith("Loss by epoch: training (solid) 0.5000")
    assert german.startswith("Verlust je Epoche: Training (durchgezogen) 0,5000")
