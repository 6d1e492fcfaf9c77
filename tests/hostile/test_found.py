"""What fuzzing has found, each as one value: refused with one sentence since."""

import csv
import json
from pathlib import Path

import pytest

from mnist_core.config import recipes, train_config
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import kaggle
from mnist_core.engine import connection
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic, sandbox
from mnist_core.runs import run_folders
from mnist_core.runs.description import RunDescription
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.sharing import capsule
from tests.hostile import models
from tests.hostile.fuzz.targets import DESCRIPTION, STATUS


def test_a_table_whose_first_line_is_empty(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text("\n" + ",".join(["0"] * 785) + "\n")
    with pytest.raises(InputError, match=r"^The file digits\.csv has 0 columns, and column 1 is nothing; expected"):
        kaggle.read_csv(tmp_path / "digits.csv")


@pytest.mark.parametrize("cell", ["1\r2", "9" * 200_000], ids=["a line within a line", "an endless cell"])
def test_a_capsule_with_a_table_that_no_reader_of_tables_takes(tmp_path: Path, cell: str) -> None:
    table = models.TABLES["metrics.csv"] + cell + "\n"
    (tmp_path / "x.capsule").write_bytes(models.capsule(tables={"metrics.csv": table}))
    (tmp_path / "unpacked").mkdir()
    task = {"path": str(tmp_path / "x.capsule"), "folder": str(tmp_path / "unpacked"), "what": "x.capsule"}
    with pytest.raises(InputError, match=r"^The metrics\.csv in x\.capsule is not a table"):
        sandbox.run(capsule.unpack, task, "x.capsule")


def test_a_history_with_an_endless_cell_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(models.metrics_csv("1" * (csv.field_size_limit() + 1)))
    assert Run(tmp_path).metrics()["epoch"] == []


@pytest.mark.parametrize("field", ["created", "tag", "limits"])
def test_a_number_beyond_all_numbers(tmp_path: Path, field: str) -> None:
    value = {"seconds": 10**400} if field == "limits" else 10**400
    (tmp_path / "config.json").write_text(json.dumps(DESCRIPTION | {field: value}))
    with pytest.raises(InputError, match="lacks its fields"):
        RunDescription.load(tmp_path / "config.json")


def test_half_a_character_is_said_when_it_is_read_and_not_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_text(json.dumps(STATUS | {"\ud800": 2}))
    with pytest.raises(InputError, match="is not readable JSON"):
        Status.load(path)
    Status("done").save(path)
    assert Status.load(path).state == "done"
    atomic.write_json(path, {"a": "a whole one: \U0001f600"})
    assert atomic.read_json(path) == {"a": "a whole one: \U0001f600"}


def test_no_sentence_holds_what_a_terminal_obeys() -> None:
    assert str(InputError("a\x1b[31m \x00\n\u202e\ud800b.")) == "a?[31m ????b."
    assert str(LabError("A plain one, with é, 8×8 and “quotes”.")) == "A plain one, with é, 8×8 and “quotes”."


def test_layers_without_end_are_counted_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(train_config, "parse_layer", read.append)
    values = recipes.RECIPES["quick"].config.to_json() | {"layers": ["flatten"] * 1_000_000}
    with pytest.raises(InputError, match="has 1,000,000 layers; at most 40"):
        TrainConfig.from_json(values)
    assert read == []


@pytest.mark.parametrize("pid", [float("inf"), float("nan"), 10**30, -(2**70)])
def test_an_engine_with_an_impossible_number_is_none(temporary_home: Path, pid: float) -> None:
    temporary_home.mkdir()
    (temporary_home / "engine.json").write_text(json.dumps({"address": "tcp://127.0.0.1:9", "pid": pid}))
    assert connection.find_address() is None


ENDLESS = "x" * 5000


def test_no_sentence_repeats_an_endless_text() -> None:
    for ask in (
        lambda: recipes.from_address({"epochs": ENDLESS}),
        lambda: recipes.from_address({"recipe": ENDLESS}),
        lambda: recipes.from_address({"network": ENDLESS}),
        lambda: Space.parse([ENDLESS]),
        lambda: Space.parse([f"rotation=0..{ENDLESS}"]),
        lambda: Space.parse([f"rotation=0..1:{ENDLESS}"]),
        lambda: run_folders.find(ENDLESS),
    ):
        with pytest.raises(InputError) as refused:
            ask()
        assert len(str(refused.value)) < 400
