"""Homes that other releases wrote (`tests/data/README.md`) open without a complaint, and lose nothing."""

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config import recipes
from mnist_core.data.collection.store import Collection
from mnist_core.engine import fair_queue, submission
from mnist_core.engine.sweeps import results, sweep_folders
from mnist_core.evaluation.ablation import Ablation
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files.records import NewerError
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, summary
from mnist_core.runs.control import Control
from mnist_core.runs.description import Continues
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.training.pins import Pins
from mnist_core.training.replay import Replay
from tests.conftest import PretendedEngine
from tests.support.paths import ROOT

HOMES = ROOT / "tests" / "data"
RELEASES = ("0.1.0", "2026-11-26")
NEWER, SAME = "20270301-101500-000000-quick-ab12", "20270302-101500-000000-quick-cd34"
SENTENCE = (
    f"The file config.json of {NEWER} was made by a newer Digit Lab (format 3; this one reads up to 1). Update the "
    "lab; nothing is lost."
)


def settle_in(release: str, home: Path) -> None:
    shutil.copytree(HOMES / release, home, dirs_exist_ok=True)


def ending(suffix: str) -> Run:
    return next(run for run in run_folders.all_runs() if run.id.endswith(suffix))


@pytest.mark.parametrize("release", RELEASES)
def test_a_home_of_another_release_opens(release: str, temporary_home: Path) -> None:
    settle_in(release, temporary_home)
    everything = run_folders.all_runs()
    assert everything
    for run, row in zip(everything, summary.rows(everything), strict=True):
        assert row["State"] in ("done", "paused") and row["Recipe"] != "–" and row["Data"] == "Digits 8×8"
        assert "incomplete" not in summary.title(run) and summary.heading(run).endswith(", on Digits 8×8")
        assert status_words.summary(run) and run.config().layers
        assert fair_queue.entry(run).created == run.description().created > 0
        if run.status().state == "paused":
            continue
        evaluation = Evaluation.load(run.evaluation_path)
        assert evaluation.accuracy == pytest.approx(run.status().test_accuracy) and len(evaluation.labels) == 360
        assert Calibration.load(run.calibration_path).fitted == run.calibration_path.exists()
        assert Classifier(run.model_path, 1).probabilities(np.zeros((2, 28, 28), np.uint8)).shape == (2, 10)
        assert len(run.metrics()["epoch"]) == run.status().epoch
    fair_queue.look()


def test_the_first_release_left_a_checkpoint_that_is_read(temporary_home: Path) -> None:
    settle_in("0.1.0", temporary_home)
    (run,) = run_folders.all_runs()
    checkpoint = run.read_checkpoint()
    assert checkpoint and int(checkpoint["epoch"]) == 2
    assert run.rate_changes() == [] and run.control() == Control() and not len(Pins.load(run.pins_path))


def test_what_a_run_of_yesterday_says_of_itself(temporary_home: Path) -> None:
    settle_in("2026-11-26", temporary_home)
    first, longer, imported, parked = map(ending, ("7b6c", "ddf4", "303d", "edb9"))
    assert first.label() == RunLabel("Our first", "A network of one layer.")
    assert first.control() == Control(learning_rate=0.0005) and first.rate_changes() == [(20, 0.0005)]
    assert Ablation.of(first) and Replay.load(first.replay_path).epochs == 3
    assert Pins.load(first.pins_path).names == ("drawn-3f2a19",)
    assert longer.description().continues == Continues(first.id, 3)
    sentence = "Imported: 90.00 % there, 90.00 % on the same 360 images here."
    about = imported.description().imported
    assert about and status_words.imported(about) == status_words.sentence(imported.status()) == sentence
    owned = parked.description()
    assert (owned.owner, owned.tag, owned.work, owned.limits) == ("somebody", 2.0, 1e9, {"seconds": 60.0})
    assert owned.tensorboard and parked.control().request == "pause"
    old = "Its trainer is free for others; 'Go on' puts it back in the queue."
    assert status_words.sentence(parked.status()) == old


def test_an_old_run_goes_on_and_its_old_reason_goes(temporary_home: Path) -> None:
    settle_in("2026-11-26", temporary_home)
    parked = ending("edb9")
    submission.resume(PretendedEngine(), parked, by=COMMAND_LINE)
    written = json.loads((parked.folder / "status.json").read_text())
    assert (written["format"], written["state"], written["problem"]) == (2, "queued", "") and "reason" not in written


def test_a_sweep_a_recipe_and_drawings_of_yesterday(temporary_home: Path) -> None:
    settle_in("2026-11-26", temporary_home)
    (sweep,) = sweep_folders.all_sweeps()
    trials = sweep.trials()
    assert [trial.state for trial in trials] == ["done", "done"] and sweep.plan().trials == 2
    assert results.title(sweep).startswith("quick on Digits 8×8, ")
    assert [row["Why"] for row in results.rows(trials, status_words.sentence)] == ["", ""]
    found, problems = recipes.own_recipes()
    assert list(found) == ["sweep-winner"] and not problems
    assert Collection().count() == 3


def test_a_database_gets_its_number_and_a_newer_one_is_said(temporary_home: Path) -> None:
    settle_in("2026-11-26", temporary_home)
    Collection().count()
    with sqlite3.connect(temporary_home / "collection.sqlite") as database:
        assert database.execute("SELECT number FROM lab_format").fetchall() == [(1,)]
        database.execute("UPDATE lab_format SET number = 3")
    with pytest.raises(NewerError, match=r"made by a newer Digit Lab \(format 3; this one reads up to 2\)\. Update"):
        Collection().count()


# --- A newer lab -----------------------------------------------------------------------------------------------------


def test_a_run_of_a_newer_lab_is_not_called_damaged_and_not_touched(temporary_home: Path) -> None:
    settle_in("newer", temporary_home)
    run = Run(temporary_home / "runs" / NEWER)
    assert (run.status().state, run.status().problem) == ("failed", "newer")
    assert status_words.sentence(run.status()) == SENTENCE
    assert not run.can_resume and not fair_queue.wants_trainer(run)
    assert summary.title(run) == f"{NEWER} (made by a newer lab)"
    (row,) = summary.rows([run])
    assert row["State"] == "made by a newer lab"
    before = (run.folder / "status.json").read_text()
    with pytest.raises(NewerError, match=r"status\.json"):
        run.write_status(run.status())
    with pytest.raises(NewerError):
        run.config()
    assert (run.folder / "status.json").read_text() == before


def test_fields_of_a_newer_lab_are_passed_over_and_kept(temporary_home: Path) -> None:
    settle_in("newer", temporary_home)
    run = Run(temporary_home / "runs" / SAME)
    assert run.status().state == "done" and run.config().epochs == 3
    assert status_words.sentence(run.status()) == "Its status says 'energy-limit', which this lab does not know."
    assert run.control() == Control("pause", learning_rate=0.002) and run.label() == RunLabel("From next year")
    run.write_status(run.status())
    assert json.loads((run.folder / "status.json").read_text())["watts"] == 12.5


def test_a_newer_evaluation_is_said(temporary_home: Path) -> None:
    settle_in("2026-11-26", temporary_home)
    path = ending("7b6c").evaluation_path
    with np.load(path) as arrays:
        newer = dict(arrays) | {"format": np.array(2)}
    np.savez(path, **newer)
    with pytest.raises(NewerError, match=r"evaluation\.npz of .* was made by a newer Digit Lab \(format 2"):
        Evaluation.load(path)
