"""The commands that read files of digits: `predict`, and `evaluate --data` with a zip, IDX files or drawings."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.data import sources
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import Dataset
from mnist_core.presentation.pictures import png
from mnist_core.runs import run_folders
from tests.conftest import simple_images, simple_strokes
from tests.support.commands import Captured, refusal, rows, run
from tests.support.writers import csv_text, idx_bytes

IMAGES, LABELS = simple_images(30, 0)

pytestmark = pytest.mark.usefixtures("reads_here")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "test.csv"
    path.write_text(csv_text(IMAGES, None))
    return path


@pytest.fixture
def labelled_zip(tmp_path: Path) -> Path:
    path = tmp_path / "digits.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, label in enumerate(LABELS):
            archive.writestr(f"{label}/{number}.png", png(IMAGES[number]))
        archive.writestr("notes.txt", "hello")
    return path


# --- predict ---------------------------------------------------------------------------------------------------------


def test_a_table_becomes_a_submission(table: Path, tmp_path: Path, capsys: Captured) -> None:
    target = tmp_path / "submission.csv"
    said = run(capsys, "predict", "best", table, "--submission", target)
    assert said.startswith("30 images read: ")
    assert said.endswith(f"30 answers written to {target}\n")
    lines = target.read_bytes().decode().split("\n")
    assert (lines[0], lines[-1], len(lines)) == ("ImageId,Label", "", 32)
    numbers, answers = zip(*(map(int, line.split(",")) for line in lines[1:-1]), strict=True)
    assert numbers == tuple(range(1, 31))
    assert (np.array(answers) == LABELS).mean() > 0.8


def test_a_table_becomes_rows_or_json(table: Path, tmp_path: Path, capsys: Captured) -> None:
    answers = rows(run(capsys, "predict", "best", table, "--json"))
    assert [answer["image"] for answer in answers] == list(range(1, 31))
    assert set(answers[0]) == {"image", "digit", "probability", "verdict", "second", "second probability"}
    lines = run(capsys, "predict", "best", table).splitlines()
    assert lines[0] == "image,digit,probability,verdict,second,second probability"
    assert [int(line.split(",")[1]) for line in lines[1:]] == [answer["digit"] for answer in answers]


def test_pictures_are_named_and_those_left_out_too(tmp_path: Path, capsys: Captured) -> None:
    for number in (2, 10):
        (tmp_path / f"{number}.png").write_bytes(png(IMAGES[number]))
    (tmp_path / "bad.png").write_bytes(b"hello")
    paths = [tmp_path / name for name in ("10.png", "bad.png", "2.png")]
    assert run(capsys, "predict", "best", *paths, "--json").count('"image": "') == 2
    run(capsys, "predict", "best", *paths)
    assert [row["image"] for row in rows(run(capsys, "predict", "best", *paths, "--json"))] == ["2.png", "10.png"]


def test_what_is_said_beside_the_answers_goes_to_stderr(labelled_zip: Path, capsys: Captured) -> None:
    assert main(["predict", "best", str(labelled_zip), "--json"]) == 0
    captured = capsys.readouterr()
    assert len(rows(captured.out)) == 30
    assert captured.err == (
        "Its pictures have MNIST's size and margins, and are taken as they stand.\n"
        "left out: notes.txt (it is not a PNG or JPEG)\n"
        "There are labels too, not used here; 'evaluate RUN --data FILE' judges by them.\n"
    )


def test_a_submission_does_not_replace_what_is_read(table: Path, capsys: Captured) -> None:
    before = table.read_bytes()
    sentence = refusal(capsys, 2, "predict", "best", table, "--submission", table)
    assert sentence == f"The submission would replace {table}, which is to be read; name another file."
    assert table.read_bytes() == before


def test_a_submission_that_cannot_be_written_is_a_failure(table: Path, tmp_path: Path, capsys: Captured) -> None:
    target = tmp_path / "nowhere" / "submission.csv"
    sentence = refusal(capsys, 1, "predict", "best", table, "--submission", target)
    assert sentence.startswith(f"The submission cannot be written to {target} (No such file")


def test_a_table_with_a_wrong_cell_is_refused_by_name(table: Path, capsys: Captured) -> None:
    table.write_text(table.read_text().replace("\n0,0,0,", "\n0,x,0,", 1))
    assert refusal(capsys, 2, "predict", "best", table).startswith("Line 2 of test.csv holds 'x' in column pixel1;")


# --- evaluate --data -------------------------------------------------------------------------------------------------


def judged(capsys: Captured, data: str | Path) -> dict[str, object]:
    result = json.loads(run(capsys, "evaluate", "best", "--data", data, "--json"))
    assert isinstance(result, dict)
    return result


def test_a_model_is_judged_by_labelled_pictures_and_by_idx_files(
    labelled_zip: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(IMAGES))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS))
    by_pictures, by_idx = judged(capsys, labelled_zip), judged(capsys, tmp_path / "t10k-images-idx3-ubyte")
    assert by_pictures["images"] == by_idx["images"] == 30
    assert np.array(by_idx["confusion"]).sum(axis=1).tolist() == [3] * 10
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert refusal(capsys, 2, "evaluate", "best", "--data", tmp_path / "t10k-images-idx3-ubyte") == (
        "There are no labels with t10k-images-idx3-ubyte to judge by; 'predict' reads it without."
    )


def test_a_table_of_labels_judges_as_a_whole(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "mine.csv").write_text(csv_text(IMAGES, LABELS))
    assert judged(capsys, tmp_path / "mine.csv")["images"] == 30


def test_a_single_drawing_of_the_collection_is_enough(capsys: Captured) -> None:
    said = {"session": "a", "digit": 4, "verdict": "digit", "probability": 0.9, "model": "best"}
    Collection().add(simple_strokes(4), 4, **said)  # type: ignore[arg-type]
    assert judged(capsys, "collection")["images"] == 1


def test_names_of_pictures_label_them_for_whoever_says_so(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "named.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, label in enumerate(LABELS):
            archive.writestr(f"all/img_{number:03}_label{label}.png", png(IMAGES[number]))
    assert "(all/img_000_label0.png is a 0), say so, on the command line with --labels-in-names." in refusal(
        capsys, 2, "evaluate", "best", "--data", path
    )
    said = json.loads(run(capsys, "evaluate", "best", "--data", path, "--labels-in-names", "--json"))
    assert (said["images"], said["absent"]) == (30, [])
    described = json.loads(run(capsys, "data", path, "--labels-in-names", "--json"))
    assert (described["train"]["images"], described["test"]["images"]) == (26, 4)
    assert "leave --labels-in-names away" in refusal(
        capsys, 2, "evaluate", "best", "--data", "mnist", "--labels-in-names"
    )


def test_one_row_judges_and_teaches_nobody(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "one.csv").write_text(csv_text(IMAGES[3:4], LABELS[3:4]))
    assert judged(capsys, tmp_path / "one.csv")["images"] == 1
    text = run(capsys, "evaluate", "best", "--data", tmp_path / "one.csv")
    assert "No image shows the digits 0, 1, 2, 4, 5, 6, 7, 8 and 9, so the averages are of the other digits." in text
    assert (
        refusal(capsys, 2, "data", tmp_path / "one.csv") == "The file one.csv holds 1 image; at least two are needed."
    )


# --- the same file means the same images to evaluate, report and compare ---------------------------------------------


def counted(capsys: Captured, data: Path, folder: Path) -> tuple[object, object, bool]:
    """How many images each of the three commands judges by; of a report, whether it says the same as `evaluate`."""
    number = judged(capsys, data)["images"]
    compared = json.loads(run(capsys, "compare", "best", "best", "--data", data, "--json"))["images"]
    run(capsys, "report", "best", "--data", data, "--output", folder / "report.html")
    text = (folder / "report.html").read_text(encoding="utf-8")
    return number, compared, f"Judged on {number} test images of {data.name}" in text


def test_a_zip_is_judged_by_every_command(labelled_zip: Path, tmp_path: Path, capsys: Captured) -> None:
    assert counted(capsys, labelled_zip, tmp_path) == (30, 30, True)


def test_a_table_is_judged_as_a_whole_by_every_command(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "mine.csv").write_text(csv_text(IMAGES, LABELS))
    assert counted(capsys, tmp_path / "mine.csv", tmp_path) == (30, 30, True)


@pytest.mark.parametrize("command", ["evaluate", "report", "compare"])
def test_images_that_a_model_knows_are_counted_on_stderr(
    command: str, simple_npz: Path, simple_dataset: Dataset, tmp_path: Path, capsys: Captured
) -> None:
    known = run_folders.create(RECIPES["quick"].config, sources.load(str(simple_npz)).reference())
    known.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    (tmp_path / "mine.csv").write_text(csv_text(simple_dataset.train_images[:20], simple_dataset.train_labels[:20]))
    named = [known.id, *(["best"] if command == "compare" else [])]
    output = ["--output", str(tmp_path / "report.html")] if command == "report" else []
    assert main([command, *named, "--data", str(tmp_path / "mine.csv"), *output]) == 0
    learner = known.id if command == "compare" else "the model"
    assert capsys.readouterr().err == (
        f"20 of these 20 images are ones that {learner} learned from, pixel for pixel in simple.npz. "
        "A model looks better on what it knows than on new images.\n"
    )


def test_models_are_compared_by_what_none_of_them_learned_from(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "mine.csv").write_text(csv_text(IMAGES, LABELS))
    dataset = sources.load(str(tmp_path / "mine.csv"))
    known = run_folders.create(RECIPES["quick"].config, dataset.reference())
    known.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    assert main(["compare", "best", known.id, "--data", str(tmp_path / "mine.csv"), "--json"]) == 0
    captured = capsys.readouterr()
    number = len(dataset.test_labels)
    assert json.loads(captured.out)["images"] == number < 30
    assert captured.err == f"The {number} images that none of the models learned from.\n"
