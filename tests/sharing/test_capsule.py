import dataclasses
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import atomic, sandbox
from mnist_core.inference.calibration import Calibration
from mnist_core.runs import run_folders
from mnist_core.runs.run import BATCHES, METRICS, Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.sharing import capsule, weights
from tests.hostile import models as hostile_models
from tests.hostile.models import IDENTITY, NETWORK, arrays, evaluation_arrays


def judged_run() -> Run:
    """A run with everything that a capsule holds, its model written by hand."""
    config = TrainConfig("quick", NETWORK, epochs=2, also="/home/ada/strokes.jsonl")
    run = run_folders.create(config, {"name": "/home/ada/letters.npz", "identity": IDENTITY, "title": "letters.npz"})
    run.keras_path.write_bytes(hostile_models.sound_keras())
    claimed = evaluation_arrays()
    evaluation = Evaluation.measure(claimed["probabilities"], claimed["labels"].astype(np.int64), IDENTITY)
    evaluation.save(run.evaluation_path)
    run.write_metrics({name: [0.5, 1.0] for name in METRICS})
    run.write_batches({name: [0.5, 1.0] for name in BATCHES})
    atomic.write_json(run.calibration_path, hostile_models.CALIBRATION)
    run.write_label(RunLabel("Ada's", "The first one."), by=COMMAND_LINE)
    (run.folder / "README.md").write_text("# A card\n")
    run.write_status(Status("done", epoch=2, epochs=2, seconds=3.5, test_accuracy=evaluation.accuracy))
    return run


def unpacked(path: Path, folder: Path) -> dict[str, object]:
    folder.mkdir()
    task = {"path": str(path), "folder": str(folder), "what": path.name}
    said = sandbox.run(capsule.unpack, task, path.name)
    assert isinstance(said, dict)
    return said


def test_a_capsule_holds_all_of_a_run_and_gives_it_back(tmp_path: Path) -> None:
    run = judged_run()
    path = tmp_path / "ada.capsule"
    path.write_bytes(capsule.content(run))
    assert set(zipfile.ZipFile(path).namelist()) == {*capsule.NEEDED, *capsule.OPTIONAL}
    about = unpacked(path, tmp_path / "out")
    assert about["figures"] == {
        "accuracy": 0.95,
        "loss": pytest.approx(0.3, 1),
        "images": 20,
        "epochs": 2,
        "seconds": 3.5,
    }
    assert (about["name"], about["note"], about["seed"]) == ("Ada's", "The first one.", 1)
    back = Run(tmp_path / "out")
    for one, other in zip(weights.read_npz(back.folder / "weights.npz", NETWORK, "it"), arrays(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert back.metrics() == run.metrics() and back.batches() == run.batches()
    assert Calibration.load(back.calibration_path) == Calibration.load(run.calibration_path)
    assert back.card() == run.card()


def test_a_capsule_tells_no_paths_of_the_machine_that_made_it(tmp_path: Path) -> None:
    packed = zipfile.ZipFile(io.BytesIO(capsule.content(judged_run())))
    about = json.loads(packed.read("capsule.json"))
    assert about["dataset"]["name"] == "letters.npz" and about["config"]["also"] == "strokes.jsonl"
    assert b"/home/ada" not in b"".join(packed.read(name) for name in packed.namelist())


def test_a_run_without_evaluation_curves_and_name_travels_too(tmp_path: Path) -> None:
    run = run_folders.create(
        dataclasses.replace(RECIPES["quick"].config, layers=NETWORK), {"name": "mnist", "identity": ""}
    )
    run.keras_path.write_bytes(hostile_models.sound_keras())
    (tmp_path / "bare.capsule").write_bytes(capsule.content(run))
    about = unpacked(tmp_path / "bare.capsule", tmp_path / "out")
    assert about["figures"] == {"accuracy": None, "loss": None, "images": None, "epochs": 0, "seconds": 0.0}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["weights.npz"]


def test_a_run_without_a_model_has_no_capsule() -> None:
    run = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    with pytest.raises(InputError, match="has no model yet"):
        capsule.content(run)


def test_the_card_loses_what_a_terminal_would_obey(tmp_path: Path) -> None:
    (tmp_path / "x.capsule").write_bytes(hostile_models.capsule(card="# ä\x1b[31m\n\tend".encode()))
    unpacked(tmp_path / "x.capsule", tmp_path / "out")
    assert Run(tmp_path / "out").card() == "# ä[31m\n\tend"


def test_the_shipped_model_fits_into_a_capsule(tmp_path: Path) -> None:
    shutil.copytree(environment.PRETRAINED / "best", tmp_path / "best")
    run = Run(tmp_path / "best")
    (tmp_path / "best.capsule").write_bytes(capsule.content(run))
    about = unpacked(tmp_path / "best.capsule", tmp_path / "out")
    assert about["config"] == run.config().to_json() | {"precision": run.status().precision}
    assert about["figures"]["accuracy"] == run.status().test_accuracy  # type: ignore[index]
