"""Models that travel from one home to another (`importing`, `exporting`, and their commands)."""

import dataclasses
import io
import json
import os
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.cli import main
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import sandbox
from mnist_core.formatting import percent
from mnist_core.inference.calibration import Calibration
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, summary
from mnist_core.runs.description import Imported
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.sharing import capsule, exporting, importing, incoming, tensorflow_tasks
from mnist_core.sharing.inputs import Wish
from tests.hostile import models as hostile_models
from tests.hostile.models import NETWORK
from tests.support import onnx_models, tensorflow_js_models
from tests.support.disks import read_only


@pytest.fixture
def tensorflow_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds models in this process, where TensorFlow is loaded once for all tests; reading stays confined."""
    real = sandbox.run

    def run(task: Callable[..., Any], arguments: dict[str, Any], *rest: Any) -> Any:
        if task in (tensorflow_tasks.build_files, tensorflow_tasks.write_onnx):
            return task(**arguments)
        return real(task, arguments, *rest)

    monkeypatch.setattr(sandbox, "run", run)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another lab's home, used from then on."""
    home = tmp_path / "elsewhere"
    monkeypatch.setenv("MNIST_HOME", str(home))
    return home


@pytest.mark.long
def test_the_shipped_model_reproduces_its_accuracy_in_another_home(
    real_mnist: Path, tensorflow_here: None, elsewhere: Path
) -> None:
    shipped = run_folders.find("best")
    steps: list[str] = []
    run = importing.bring_in(io.BytesIO(capsule.content(shipped)), "best.capsule", on_step=steps.append)
    assert run.folder.parent == elsewhere / "runs" and [one.id for one in run_folders.all_runs()] == [run.id]
    assert len(steps) == 3 and steps[-1] == "Judging it on MNIST's 10,000 test images …"
    here, there = Evaluation.load(run.evaluation_path), Evaluation.load(shipped.evaluation_path)
    assert here.accuracy == there.accuracy == run.status().test_accuracy
    np.testing.assert_allclose(here.probabilities, there.probabilities, atol=1e-5)
    sentence = (
        f"Imported: {100 * there.accuracy:.2f} % there, {100 * there.accuracy:.2f} % on the same 10,000 images here."
    )
    assert status_words.sentence(run.status()) == sentence == status_words.imported(imported_of(run))
    assert run.metrics() == shipped.metrics() and run.card() == shipped.card()
    assert Calibration.load(run.calibration_path) == Calibration.load(shipped.calibration_path)
    assert run.config() == dataclasses.replace(shipped.config(), precision=shipped.status().precision)
    names = "MNIST, pen_strokes.jsonl.gz, unipen_digits.jsonl.gz and unipen_signs.jsonl.gz"
    assert status_words.summary(run).startswith(f"Recipe best on {names}: 24 of 24 epochs")


def test_a_keras_file_becomes_a_run_that_is_judged_on_what_is_here(
    tmp_path: Path, tensorflow_here: None, temporary_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "of Ada.keras").write_bytes(hostile_models.sound_keras())
    assert main(["import", str(tmp_path / "of Ada.keras"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    run = run_folders.find(said["run"])
    assert [path.name for path in (temporary_home / "runs").iterdir()] == [run.id]
    assert run.config() == TrainConfig("imported", NETWORK) and run.label() == RunLabel("of Ada")
    status = run.status()
    assert status.state == "done" and not run.has_checkpoint
    assert status_words.sentence(status).startswith("Imported without figures: ")
    assert status_words.sentence(status).endswith("on Digits 8×8's 360 test images here.")
    assert (
        said["claimed"] is None
        and said["measured"] == status.test_accuracy
        and said["sentence"] == status_words.sentence(status)
    )
    assert len(Evaluation.load(run.evaluation_path).labels) == 360
    assert Calibration.load(run.calibration_path) == Calibration()
    (row,) = summary.rows([run])
    assert (row["Name"], row["Data"], row["Recipe"], row["Epochs"]) == ("of Ada", "not known", "imported", "–")
    assert status_words.summary(run).startswith("Imported: ") and status_words.sentence(status) in status_words.summary(
        run
    )

    # The same file again makes another run.
    assert main(["import", str(tmp_path / "of Ada.keras"), "--name", "Bob's"]) == 0
    again, first = run_folders.all_runs()
    assert first.id == run.id and again.label().name == "Bob's"
    assert again.status().test_accuracy == status.test_accuracy


def linear_model(transposed: bool, classes: str) -> bytes:
    """A Keras file of one dense layer, fitted to the training images that come with the lab."""
    data = sources.load("digits-8x8")
    pictures = data.train_images.swapaxes(1, 2) if transposed else data.train_images
    values = pictures.reshape(len(pictures), -1).astype(np.float64) / 255
    wanted = 10 * (data.train_labels[:, np.newaxis] == [int(digit) for digit in classes])
    fitted = np.linalg.lstsq(values.T @ values + np.eye(784), values.T @ wanted)[0].astype(np.float32)
    from mnist_core.training import keras_import

    keras_import.load()
    from mnist_core.training import model_files

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model_files.build(parse_network("flatten,dense:10:softmax"), [fitted, np.zeros(10, np.float32)]).save(path)
        return path.read_bytes()


@pytest.mark.long
def test_what_a_model_expects_is_found_said_and_can_be_chosen_otherwise(
    tmp_path: Path, tensorflow_here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    content = linear_model(True, "1234567890")
    card = b"Test accuracy: 98.7 %"
    path = tmp_path / "theirs.zip"
    path.write_bytes(hostile_models.packed([("a/mnist_99.2.keras", content), ("a/README.md", card)]))
    assert main(["import", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["transposed"], said["classes"], said["pixels"]) == (True, "1234567890", "")
    assert (said["claimed"], said["claimed_by"]) == (0.987, "card") and said["measured"] > 0.85
    shares = {(way["pixels"], way["transposed"], way["classes"]): way["share"] for way in said["tried"]}
    best, own = shares["0 to 1", True, "1234567890"], said["tried"][0]["share"]
    run = run_folders.find(said["run"])
    assert status_words.sentence(run.status()) == said["sentence"] and run.card() == card.decode()
    assert "The card beside it claims 98.70 %, on images that the lab does not know; that is" in said["sentence"]
    assert said["sentence"].endswith(
        " It expects pictures with rows and columns swapped and classes in the order 1 2 3 4 5 6 7 8 9 0: so it reads "
        f"{percent(best)} of 500 training images; with the lab's own pictures, {percent(own)}."
    )

    # As an older lab wrote it.
    described = json.loads((run.folder / "config.json").read_text())
    del described["imported"]["front"]
    described["imported"]["not_turned"] = ""
    (run.folder / "config.json").write_text(json.dumps(described))
    ways = imported_of(run).tried
    plain = next(way for way in ways if (way.pixels, way.transposed, way.classes) == ("0 to 1", False, "0123456789"))
    otherwise = importing.choose(run, plain)
    assert otherwise.status().test_accuracy < 0.4 and [one.id for one in run_folders.all_runs()] == [otherwise.id]
    assert "As somebody chose, it is given the lab's own pictures" in status_words.sentence(otherwise.status())
    again = importing.choose(otherwise, max(ways, key=lambda way: way.share))
    assert again.status().test_accuracy == run_folders.find(again.id).status().test_accuracy == said["measured"]
    assert again.card() == card.decode() and imported_of(again).claimed == 0.987

    (tmp_path / "acc_98.keras").write_bytes(content)
    arguments = ["--no-transposed", "--pixels", "0 to 255", "--json"]
    assert main(["import", str(tmp_path / "acc_98.keras"), *arguments]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["transposed"], said["pixels"], said["claimed"]) == (False, "0 to 255", 0.98)
    assert "Its name claims 98.00 %" in said["sentence"] and "As somebody chose, it is given pixels" in said["sentence"]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            [("a.txt", b"")],
            "but 'a.txt'; expected one file that ends in .capsule, .keras, .h5, .hdf5, .tflite or .onnx",
        ),
        ([], "x.zip is an empty zip file"),
        ([("a.keras", b""), ("b/b.keras", b"")], "x.zip holds 2 models .a.keras and b/b.keras.; pack one alone"),
        ([hostile_models.link("a.keras", "/etc/passwd")], "'a.keras' in x.zip is a link"),
        ([("a.keras", b"nothing")], "x.zip is not a .keras file"),
    ],
)
def test_a_zip_file_without_one_model_is_refused(members: list[Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        importing.bring_in(io.BytesIO(hostile_models.packed(members)), "x.zip")
    with pytest.raises(InputError, match="is not a complete zip file"):
        importing.bring_in(io.BytesIO(b"PK no zip"), "x.zip")
    with pytest.raises(InputError, match="is a capsule, whose model takes the lab's own pictures"):
        importing.bring_in(io.BytesIO(b""), "x.capsule", wish=Wish(transposed=True))
    with pytest.raises(InputError, match=r"x\.zip is a capsule, which says itself which layers it has"):
        inside = hostile_models.packed([("a.capsule", hostile_models.sound_capsule())])
        importing.bring_in(io.BytesIO(inside), "x.zip", recipe="quick")
    layers = ["conv:1:1"] * 38 + ["flatten", "dense:10"]
    with pytest.raises(InputError, match="It has 40 layers; at most 39 are read"):
        incoming._claim_of_model({"layers": layers, "note": "", "front": 0}, "x.keras")


def test_a_zip_file_holds_what_a_download_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As repositories of Hugging Face's are: a model with its card, its settings, and what belongs to training."""
    monkeypatch.setattr(sandbox, "run", lambda task, arguments, *rest: task(**arguments))
    monkeypatch.setattr(sandbox, "limit", lambda memory: None)
    onnx, keras = onnx_models.torch_example().content(), hostile_models.sound_keras()
    browser = zipfile.ZipFile(io.BytesIO(tensorflow_js_models.zipped()))
    for number, (models, suffix) in enumerate(
        (
            ([("m/model.onnx", onnx)], ".zip"),
            ([("m/model.ONNX", onnx), ("m/optimizer.h5", b"junk")], ".zip"),
            ([("m/x.keras", keras)], ".keras"),
            ([("m/x.h5", hostile_models.whole_hdf5()), ("m/x.pt", b"junk")], ".h5"),
            ([(name.replace("web/", "m/"), browser.read(name)) for name in browser.namelist()], ".zip"),
        )
    ):
        (folder := tmp_path / str(number)).mkdir()
        others = [("config.json", b"{}"), ("m/config.json", b"{}"), ("m/README.md", b"Test accuracy: 98.7 %")]
        source, alone = io.BytesIO(hostile_models.packed([*others, *models])), {"recipe": "", "recipes": {}}
        claim, kind = incoming.read(source, ".zip", "x.zip", folder, alone)
        assert (kind, claim.accuracy, claim.by, claim.config.layers[-1].units) == (suffix, 0.987, "card", 10)


def test_a_claim_about_data_that_a_run_here_knows_is_checked_on_it(
    simple_dataset: Dataset, simple_npz: Path, tensorflow_here: None
) -> None:
    dataset = dataclasses.replace(simple_dataset, name=str(simple_npz))
    run_folders.create(hostile_models.CONFIG, dataset.reference())
    said = hostile_models.about(
        dataset={"name": "simple.npz", "title": "Letters", "identity": dataset.identity},
        figures=hostile_models.about()["figures"] | {"accuracy": 0.999, "images": None},
    )
    content = hostile_models.packed(
        [("capsule.json", json.dumps(said).encode()), ("weights.npz", hostile_models.weights_npz())]
    )
    run = importing.bring_in(io.BytesIO(content), "boast.capsule")
    imported = imported_of(run)
    assert imported.same_data and imported.claimed == 0.999
    assert status_words.sentence(run.status()).startswith("Imported: its file claims 99.90 %, but it has ")
    assert status_words.sentence(run.status()).endswith(
        "on the same 200 images here: its figures are not to be trusted."
    )
    assert run.label() == RunLabel("Ada's", "The first one.")
    assert sources.load_same(run.description().dataset).identity == dataset.identity


def imported_of(run: Run) -> Imported:
    imported = run.description().imported
    assert imported
    return imported


def claim(accuracy: float | None, title: str = "Letters") -> incoming.Claim:
    return incoming.Claim(hostile_models.CONFIG, RunLabel(), {"title": title, "name": "x", "identity": ""}, accuracy)


def judged(accuracy: float, images: int) -> Evaluation:
    labels = np.zeros(images, np.int64)
    answers = np.where(np.arange(images) < round(accuracy * images), 0, 1)
    return Evaluation.measure(np.eye(10, dtype=np.float32)[answers], labels, "")


@pytest.mark.parametrize(
    ("claimed", "measured", "same", "sentence"),
    [
        (0.95, 0.95, True, "Imported: 95.00 % there, 95.00 % on the same 200 images here."),
        (
            0.95,
            0.94,
            True,
            "Imported: its file claims 95.00 %, but it has 94.00 % on the same 200 images here: its figures are not to "
            "be trusted.",
        ),
        (
            0.95,
            0.12,
            False,
            "Imported: 12.00 % on simple's 200 test images here. Its file claims 95.00 % on Letters, which cannot be "
            "read on this machine; that is not checked.",
        ),
        (None, 0.5, False, "Imported without figures: 50.00 % on simple's 200 test images here."),
    ],
)
def test_what_is_claimed_is_compared_in_one_sentence(
    simple_dataset: Dataset, claimed: float | None, measured: float, same: bool, sentence: str
) -> None:
    about = importing.about(claim(claimed), "x", ".capsule", simple_dataset, same, judged(measured, 200))
    assert status_words.imported(about) == sentence


def test_one_image_in_ten_thousand_may_be_read_otherwise(simple_dataset: Dataset) -> None:
    def said(measured: float) -> str:
        found = importing.about(claim(0.9932), "x", ".capsule", simple_dataset, True, judged(measured, 10_000))
        return status_words.imported(found)

    assert "1 image apart, as may come of another processor" in said(0.9931)
    assert "not to be trusted" in said(0.9921)


def test_a_path_that_a_capsule_names_is_never_opened() -> None:
    opened: list[str] = []

    def load(name: str) -> Dataset:
        opened.append(name)
        raise InputError("not here")

    with pytest.raises(InputError):
        importing._data_for("ab" * 32, load)
    assert opened == ["digits-8x8", "mnist", "digits-8x8"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("x.exe", "expected a name that ends in"), ("x", "expected"), ("../x.keras", "not a .keras file")],
)
def test_a_refused_file_leaves_nothing(name: str, sentence: str, temporary_home: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        importing.bring_in(io.BytesIO(b"nothing"), name)
    assert not temporary_home.exists() or list((temporary_home / "runs").iterdir()) == []


def test_a_build_that_fails_leaves_nothing_and_old_leftovers_go(
    monkeypatch: pytest.MonkeyPatch, temporary_home: Path
) -> None:
    leftover = temporary_home / "runs" / ".importing-killed"
    leftover.mkdir(parents=True)
    assert run_folders.all_runs() == []
    os.utime(leftover, (time.time() - 2 * 86_400,) * 2)
    monkeypatch.setattr(exporting, "BUILD_SECONDS", 0.05)
    with pytest.raises(InputError, match="takes too long"):
        importing.bring_in(io.BytesIO(hostile_models.sound_capsule()), "x.capsule")
    assert list((temporary_home / "runs").iterdir()) == []


def test_answers_that_are_no_numbers_are_refused(tensorflow_here: None) -> None:
    own = [array * 1e38 for array in hostile_models.arrays()]
    with pytest.raises(InputError, match="not numbers"):
        importing.bring_in(io.BytesIO(hostile_models.keras_with([np.clip(one, 0, 3e38) for one in own])), "x.keras")
    assert run_folders.all_runs() == []


# --- Files for others, and the commands ------------------------------------------------------------------------------


def test_each_kind_of_file_is_written_by_its_ending(
    tmp_path: Path, tensorflow_here: None, capsys: pytest.CaptureFixture[str], temporary_home: Path
) -> None:
    starts = {".keras": b"PK", ".tflite": b"", ".onnx": b"\x08", ".zip": b"PK", ".capsule": b"PK"}
    for suffix, start in starts.items():
        path = tmp_path / f"best{suffix}"
        assert main(["export", "best", str(path), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said == {"run": "best", "file": str(path), "bytes": path.stat().st_size}
        assert path.read_bytes().startswith(start)
    assert exporting.find_onnx(run_folders.find("best")) == temporary_home / "cache" / "onnx" / "best.onnx"
    assert not (environment.PRETRAINED / "best" / "model.onnx").exists()


def test_the_commands_say_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, sentence in (
        (["export", "best", str(tmp_path / "best.exe")], "There is no kind of file '.exe'"),
        (["export", "best", str(tmp_path / "no" / "best.keras")], "cannot be written (No such file or directory)"),
        (["export", "nobody", str(tmp_path / "x.keras")], "There is no run 'nobody'"),
        (["import", str(tmp_path / "none.keras")], "cannot be read (No such file or directory)"),
    ):
        assert main(arguments) in (1, 2)
        error = capsys.readouterr().err
        assert sentence in error and error.count("\n") == 1
    (tmp_path / "x.keras").write_bytes(b"nothing")
    assert main(["import", str(tmp_path / "x.keras")]) == 2
    assert capsys.readouterr().err.endswith("is a zip file; save the model with model.save('name.keras').\n")


def test_onnx_is_made_once_for_all_who_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = Run(tmp_path / "asked")
    run.folder.mkdir()
    run.keras_path.write_bytes(b"a model")
    waiting, made = threading.Barrier(3), []

    def find(run: Run) -> Path | None:
        found = real(run)
        if not exporting.BUILDING.locked():
            waiting.wait(10)  # nobody is served before all three have asked
        return found

    def build(task: Callable[..., Any], arguments: dict[str, Any], *rest: Any) -> None:
        made.append(task)
        Path(arguments["onnx_path"]).write_bytes(b"onnx")

    real = exporting.find_onnx
    monkeypatch.setattr(exporting, "find_onnx", find)
    monkeypatch.setattr(sandbox, "run", build)
    with ThreadPoolExecutor(3) as pool:
        paths = list(pool.map(exporting.make_onnx, [run] * 3))
    assert made == [tensorflow_tasks.write_onnx] and paths == [run.folder / "model.onnx"] * 3


def test_onnx_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    run = Run(tmp_path / "broken")
    run.folder.mkdir()
    run.keras_path.write_bytes(b"nothing")
    with pytest.raises(LabError, match="ONNX file of broken cannot be made"):
        exporting.make_onnx(run)
    assert exporting.find_onnx(run) is None


@pytest.mark.long  # TensorFlow starts
def test_a_read_only_home_does_not_call_a_sound_model_damaged(tmp_path: Path) -> None:
    run = Run(tmp_path / "sound")
    run.folder.mkdir()
    run.keras_path.write_bytes(run_folders.find("best").keras_path.read_bytes())
    with read_only(run.folder), pytest.raises(LabError) as refused:
        exporting.make_onnx(run)
    assert str(refused.value) == (
        "The ONNX file of sound cannot be written: its disk can only be read; let the lab write there, or choose "
        "another folder with $MNIST_HOME."
    )
