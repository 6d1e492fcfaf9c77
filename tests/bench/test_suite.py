import json
from pathlib import Path

import pytest

from mnist_core.bench import suite
from mnist_core.bench.data import QUICK
from mnist_core.bench.rows import Row
from mnist_core.cli import bench, main


def test_the_command_line_knows_every_measurement() -> None:
    assert bench.NAMES == suite.NAMES


def test_what_there_is_so_far_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(sizes: object) -> list[Row]:
        raise ZeroDivisionError

    row = Row("training", "x", 1, "s")
    monkeypatch.setitem(suite.MEASUREMENTS, "training", lambda sizes: [row])
    monkeypatch.setitem(suite.MEASUREMENTS, "race", fail)
    measuring = suite.run(["training", "race"], QUICK, tmp_path / "new")
    assert next(measuring) == [row]
    with pytest.raises(ZeroDivisionError):
        next(measuring)
    assert len(json.loads((tmp_path / "new" / "bench.json").read_text())["rows"]) == 1


@pytest.mark.long
def test_bench_measures_prints_and_keeps(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--quick", "--only", "overhead", "--json", "--out", str(tmp_path)]) == 0
    values = json.loads(capfd.readouterr().out)
    assert values == json.loads((tmp_path / "bench.json").read_text())
    (row,) = values["rows"]
    assert row["group"] == "overhead"
    assert row["ratio"] == pytest.approx(row["other"] / row["ours"])
    assert row["ours"] > 0


def test_wrong_input_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--quick", "--rounds", "0"]) == 2
    assert "number of rounds" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["bench", "--quick", "--only", "scaling", "--out", str(tmp_path / "file")]) == 2
    assert "--out" in capsys.readouterr().err
