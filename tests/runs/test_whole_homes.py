"""A whole home that an earlier release made is there in full on the command line, and in what the lab reads of it."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import sources
from mnist_core.evaluation import label_notes
from mnist_core.evaluation.digit_map import PCA, DigitMap, stored_at
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.robustness import Robustness
from mnist_core.evaluation.robustness import stored_at as robustness_at
from mnist_core.runs import run_folders, trash
from mnist_core.training import pins
from mnist_core.training.pins import Pins
from tests.conftest import simple_strokes
from tests.support import commands
from tests.support.homes import WHOLE, run_named, settle_in


@pytest.mark.parametrize("release", WHOLE)
def test_commands_find_all_of_an_older_home(
    release: str, temporary_home: Path, tmp_path: Path, capsys: commands.Captured
) -> None:
    settle_in(release, temporary_home)
    first = run_named(temporary_home, "Our first")
    runs = json.loads(commands.run(capsys, "runs", "--json"))
    states = Counter(row["state"] for row in runs if row["run"].startswith("20"))
    assert states == {"done": 4, "stopped": 1, "failed": 1, "paused": 1, "queued": 1}
    assert json.loads(commands.run(capsys, "evaluate", first, "--json"))["images"] == 360
    assert "2 of 2" in commands.run(capsys, "sweep", "--list")
    assert "sweep-winner" in commands.run(capsys, "recipes")
    assert json.loads(commands.run(capsys, "collection", "--json"))["drawings"] == 3
    drawn = tmp_path / "drawn.jsonl"
    drawn.write_text(json.dumps({"strokes": [stroke.tolist() for stroke in simple_strokes(3)]}) + "\n")
    (answer,) = commands.rows(commands.run(capsys, "classify", "--strokes", drawn, "--model", first, "--json"))
    assert len(answer["probabilities"]) == 10
    commands.run(capsys, "export", first, tmp_path / "first.capsule")
    assert (tmp_path / "first.capsule").stat().st_size > 10_000


@pytest.mark.parametrize("release", WHOLE)
def test_what_people_kept_in_an_older_home(release: str, temporary_home: Path) -> None:
    settle_in(release, temporary_home)
    run = run_folders.find(run_named(temporary_home, "Our first"))
    data, evaluation = sources.load("digits-8x8"), Evaluation.load(run.evaluation_path)
    assert label_notes.load(data.identity)[5].text == "Could be a 9, too."
    assert Pins.load(pins.path_of("teacher")).names == Pins.load(run.pins_path).names != ()
    assert run.rate_changes() == [(0, 0.0005)]
    assert [deleted.status().state for deleted in trash.all_deleted()] == ["stopped"]
    assert Robustness.load(robustness_at(run.model_path, data.test_images, data.test_labels))
    assert DigitMap.load(stored_at(PCA, run.model_path, data.test_images, evaluation), PCA, 360)
    assert (temporary_home / "engine.log").stat().st_size
    np.testing.assert_array_equal(evaluation.labels, data.test_labels)
