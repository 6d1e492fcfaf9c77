"""`ablate` measures what each step of the preparation is worth."""

import json
import shutil
from pathlib import Path

from mnist_core.data.dataset import Dataset
from mnist_core.evaluation.ablation import FILE_NAME, Ablation
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.conftest import simple_strokes
from tests.support.commands import Captured, refusal, run


def test_ablate_measures_each_step_and_keeps_it_with_the_run(
    capsys: Captured, simple_dataset: Dataset, simple_npz: Path, tmp_path: Path, temporary_home: Path
) -> None:
    shipped = run_folders.find(run_folders.SHIPPED_MODEL).folder
    copy = temporary_home / "runs" / "20260101-000000-copy"
    shutil.copytree(shipped, copy)
    drawn = tmp_path / "drawn.jsonl"
    rows = [{"label": digit, "strokes": [stroke.tolist() for stroke in simple_strokes(digit)]} for digit in range(10)]
    drawn.write_text("\n".join(json.dumps(row) for row in rows))
    arguments: list[str | Path] = ["ablate", copy.name, "--data", simple_npz, "--strokes", drawn, "--number", "20"]
    result = json.loads(run(capsys, *arguments, "--json"))
    assert (result["picture_count"], result["stroke_count"]) == (20, 2)
    assert result["pictures"]["all"] > result["pictures"]["invert"]
    assert Ablation.of(Run(copy)) is not None
    assert "centre_of_mass" in run(capsys, *arguments)
    before = (shipped / FILE_NAME).read_bytes()
    run(capsys, "ablate", run_folders.SHIPPED_MODEL, *arguments[2:])
    own = Ablation.of(run_folders.find(run_folders.SHIPPED_MODEL))
    assert own is not None and own.picture_count == 20
    assert (shipped / FILE_NAME).read_bytes() == before
    assert "holds no strokes" in refusal(capsys, 2, *arguments[:4], "--strokes", simple_npz)
