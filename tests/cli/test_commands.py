"""The command line: answers as JSON, and for whatever is wrong one sentence and the right exit code."""

import gzip
import json
import math
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import dataset, download, sources
from mnist_core.data.dataset import Dataset
from mnist_core.errors import LabError
from mnist_core.evaluation import rejection
from mnist_core.evaluation.ablation import Ablation
from mnist_core.preprocessing.strokes import paint
from mnist_core.runs import run_folders
from tests.conftest import simple_strokes, wait_for

COMMANDS = {
    "train",
    "continue",
    "tensorboard",
    "runs",
    "sweep",
    "recipes",
    "evaluate",
    "classify",
    "verdicts",
    "ablate",
    "predict",
    "compare",
    "report",
    "export",
    "import",
    "data",
    "collection",
    "engine",
    "bench",
}
Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *arguments: str | Path) -> str:
    """Runs a command that succeeds, and returns what it printed."""
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def rows(text: str) -> list[dict[str, Any]]:
    """Reads JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def refusal(capsys: Captured, code: int, *arguments: str | Path) -> str:
    """Runs a command that fails, and returns its sentence."""
    try:
        assert main([str(argument) for argument in arguments]) == code
    except SystemExit as error:  # what argparse finds
        assert error.code == code
    sentence = capsys.readouterr().err
    assert sentence.endswith("\n")
    sentence = sentence[:-1]
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert sentence.endswith(".")
    return sentence


def strokes_line(digit: int) -> str:
    """Returns a simple digit as a line of JSON."""
    return json.dumps({"strokes": [stroke.tolist() for stroke in simple_strokes(digit)]})


def write_picture(path: Path, digit: int | None) -> Path:
    """Writes a digit in black on white, or nothing at all."""
    ink = np.zeros((100, 100), np.uint8) if digit is None else paint(simple_strokes(digit), 100, 100, 9)
    Image.fromarray(255 - ink).save(path)
    return path


# --- classify ----------------------------------------------------------------------------------------------------


def check_answer(answer: dict[str, Any]) -> None:
    """Checks that an answer is complete and hangs together."""
    assert set(answer) >= {"digit", "probability", "probabilities", "verdict"}
    assert len(answer["probabilities"]) == 10
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert answer["digit"] == int(np.argmax(answer["probabilities"]))
    assert answer["probability"] == max(answer["probabilities"])
    assert answer["verdict"] == ("digit" if answer["probability"] >= 0.7 else "unsure")


@pytest.mark.parametrize("name", ["digits.jsonl", "digits.jsonl.gz"])
def test_the_shipped_model_reads_strokes(tmp_path: Path, capsys: Captured, name: str) -> None:
    path = tmp_path / name
    text = "\n".join(strokes_line(digit) for digit in range(10))
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    answers = rows(run(capsys, "classify", "--strokes", path, "--json"))
    assert len(answers) == 10
    for answer in answers:
        check_answer(answer)
    assert sum(answer["digit"] == digit for digit, answer in enumerate(answers)) >= 8


def test_the_shipped_model_reads_pictures(tmp_path: Path, capsys: Captured) -> None:
    paths = [write_picture(tmp_path / f"{digit}.png", digit) for digit in range(10)]
    answers = rows(run(capsys, "classify", *paths, "--json"))
    assert [answer["file"] for answer in answers] == [str(path) for path in paths]
    for answer in answers:
        check_answer(answer)
    assert sum(answer["digit"] == digit for digit, answer in enumerate(answers)) >= 8


def test_the_shipped_model_reads_digits_that_people_drew_with_a_pen(
    tmp_path: Path, pen_strokes: Path, capsys: Captured
) -> None:
    with gzip.open(pen_strokes, "rt") as file:
        lines = [line for _, line in zip(range(200), file, strict=False)]
    (tmp_path / "pen.jsonl").write_text("".join(lines))
    answers = rows(run(capsys, "classify", "--strokes", tmp_path / "pen.jsonl"))
    right = [answer["digit"] == json.loads(line)["label"] for answer, line in zip(answers, lines, strict=True)]
    assert np.mean(right) > 0.9


def test_a_blank_picture_has_no_digit(tmp_path: Path, capsys: Captured) -> None:
    path = write_picture(tmp_path / "blank.png", None)
    assert rows(run(capsys, "classify", path, "--json")) == [
        {
            "file": str(path),
            "digit": None,
            "probability": 0.0,
            "probabilities": [0.0] * 10,
            "verdict": "nothing drawn",
        }
    ]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ('{"strokes": []}', "nothing drawn"),
        ('{"strokes": [[], []]}', "nothing drawn"),
        ('{"strokes": [[[5, 5]]]}', "too little ink"),
        ('{"strokes": [[[5, 5], [6, 6]]]}', "too little ink"),
    ],
)
def test_strokes_without_a_digit_have_none(tmp_path: Path, capsys: Captured, line: str, verdict: str) -> None:
    (tmp_path / "a.jsonl").write_text(f"\n{line}\n\n")
    (answer,) = rows(run(capsys, "classify", "--strokes", tmp_path / "a.jsonl"))
    assert (answer["digit"], answer["probability"], answer["verdict"]) == (None, 0.0, verdict)


def test_where_and_how_large_the_digit_is_drawn_does_not_matter(tmp_path: Path, capsys: Captured) -> None:
    strokes = simple_strokes(4)
    lines = [
        json.dumps({"strokes": [(stroke * factor + offset).tolist() for stroke in strokes]})
        for factor, offset in ((1, 0), (30, -500), (0.5, 10_000))
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    answers = rows(run(capsys, "classify", "--strokes", tmp_path / "a.jsonl"))
    for answer in answers:
        np.testing.assert_allclose(answer["probabilities"], answers[0]["probabilities"], atol=0.02)


GOOD = '{"strokes": []}\n'
POINTS = "Stroke 1 is not a list of points [x, y]; expected two numbers a point."
NUMBERS = "Stroke 1 has a point that is not a number within ±100000; draw it again."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "hello\n", 'a.jsonl, line 2 is not JSON; expected {"strokes": …}.'),
        (GOOD * 2 + '\n{"strokes": [', 'a.jsonl, line 4 is not JSON; expected {"strokes": …}.'),
        ("[]", "a.jsonl, line 1 has no 'strokes'; expected {\"strokes\": …}."),
        ("null", "a.jsonl, line 1 has no 'strokes'; expected {\"strokes\": …}."),
        ('{"stroke": []}', "a.jsonl, line 1 has no 'strokes'; expected {\"strokes\": …}."),
        (GOOD + '{"strokes": [[[NaN, 1], [2, 3]]]}', f"a.jsonl, line 2: {NUMBERS}"),
        ('{"strokes": [[[-Infinity, 1], [2, 3]]]}', f"a.jsonl, line 1: {NUMBERS}"),
        ('{"strokes": [[[1e300, 1], [2, 3]]]}', f"a.jsonl, line 1: {NUMBERS}"),
        ('{"strokes": [[[null, 1], [2, 3]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[["1", "2"], [true, 3]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[[' + "9" * 400 + ", 1], [2, 3]]]}", f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[["a", "b"], ["c", "d"]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": ["abc"]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [{"x": 1}]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[[1, 2, 3]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[1, 2]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": ' + "[" * 60 + "]" * 60 + "}", f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": ' + "[" * 500 + "]" * 500 + "}", f"a.jsonl, line 1: {POINTS}"),
        (
            '{"strokes": ' + "[" * 200_000 + "]" * 200_000 + "}",
            'a.jsonl, line 1 is not JSON; expected {"strokes": …}.',
        ),
        (
            '{"strokes": "abc"}',
            "a.jsonl, line 1: The strokes must be a list of at most 500 strokes [[x, y], …]; draw again.",
        ),
        (
            json.dumps({"strokes": [[[1, 1]]] * 501}),
            "a.jsonl, line 1: The strokes must be a list of at most 500 strokes [[x, y], …]; draw again.",
        ),
        (
            json.dumps({"strokes": [[[1, 1]] * 20_001]}),
            "a.jsonl, line 1: The drawing has more than 20000 points; clear it and draw a simpler one.",
        ),
        (
            GOOD + json.dumps({"strokes": [[[1, 1]] * 1_000_000]}),
            "a.jsonl, line 2 is longer than 2,000,000 characters; draw a simpler digit.",
        ),
    ],
    ids=lambda value: value[:24] if value[:1] in "[{nh" else "",
)
def test_absurd_strokes_are_refused_with_their_line(tmp_path: Path, capsys: Captured, text: str, sentence: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    assert refusal(capsys, 2, "classify", "--strokes", tmp_path / "a.jsonl") == sentence


def test_lines_before_a_broken_one_are_answered(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "a.jsonl").write_text(strokes_line(1) + "\nbroken\n")
    assert main(["classify", "--strokes", str(tmp_path / "a.jsonl")]) == 2
    (answer,) = rows(capsys.readouterr().out)
    assert answer["digit"] == 1


def test_a_damaged_gzip_file_is_refused(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "a.jsonl.gz"
    content = gzip.compress(b"".join(f'{{"strokes": [], "n": {n * n}}}\n'.encode() for n in range(5000)))
    damaged = bytearray(content)
    damaged[10] = 0xFF  # the first block is of a kind that there is not
    for bad in (b"not gzip", content[: len(content) // 2], bytes(damaged)):
        path.write_bytes(bad)
        sentence = refusal(capsys, 2, "classify", "--strokes", path)
        assert sentence.startswith(f"{path} cannot be read (")


def test_strokes_that_are_no_text_are_refused(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "a.jsonl").write_bytes(bytes(range(128, 256)))
    sentence = refusal(capsys, 2, "classify", "--strokes", tmp_path / "a.jsonl")
    assert sentence.startswith(f"{tmp_path / 'a.jsonl'} cannot be read ('utf-8' codec can't decode byte 0x80")


# --- Pictures that are none --------------------------------------------------------------------------------------


def test_a_file_that_is_no_picture_is_refused_by_its_name(tmp_path: Path, capsys: Captured) -> None:
    for name, content in (("a.png", b"hello"), ("b.png", b""), ("picture", b"GIF89a" + bytes(100))):
        (tmp_path / name).write_bytes(content)
        assert refusal(capsys, 2, "classify", tmp_path / name) == (
            f"{name}: This file is not a PNG or JPEG picture; save it as one of these and try again."
        )


def test_a_picture_that_breaks_off_is_refused(tmp_path: Path, capsys: Captured) -> None:
    path = write_picture(tmp_path / "a.png", 8)
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(capsys, 2, "classify", path).startswith("a.png: The picture is damaged (")


# --- evaluate ----------------------------------------------------------------------------------------------------


def test_the_evaluation_of_the_shipped_model_is_complete_and_consistent(capsys: Captured) -> None:
    result = json.loads(run(capsys, "evaluate", "best", "--json"))
    status = run_folders.find("best").status()
    assert result["run"] == "best"
    assert result["accuracy"] == status.test_accuracy > 0.99
    assert result["loss"] == pytest.approx(status.test_loss, abs=1e-3)
    assert result["images"] == 10_000
    confusion = np.array(result["confusion"])
    assert confusion.shape == (10, 10)
    # MNIST's test set has this many of each digit.
    assert confusion.sum(axis=1).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.trace(confusion) / 10_000 == result["accuracy"]
    assert list(result["report"]) == [*map(str, range(10)), "macro avg", "weighted avg"]
    assert result["report"]["3"]["recall"] == pytest.approx(confusion[3, 3] / 1010)
    assert result["report"]["3"]["precision"] == pytest.approx(confusion[3, 3] / confusion[:, 3].sum())
    assert result["report"]["weighted avg"]["support"] == 10_000


def test_a_model_is_judged_on_other_data(simple_npz: Path, simple_dataset: Dataset, capsys: Captured) -> None:
    result = json.loads(run(capsys, "evaluate", "best", "--data", simple_npz, "--json"))
    assert result["images"] == len(simple_dataset.test_labels) == 200
    assert result["accuracy"] > 0.8
    assert np.array(result["confusion"]).sum(axis=1).tolist() == [20] * 10


def test_the_evaluation_for_people_shows_the_headline_and_both_tables(capsys: Captured) -> None:
    text = run(capsys, "evaluate", "best")
    accuracy = run_folders.find("best").status().test_accuracy
    assert text.startswith(f"test accuracy {100 * accuracy:.2f} %, loss 0.")
    assert f"{round(10_000 * (1 - accuracy))} of 10,000 wrong" in text
    lines = text.splitlines()
    assert len([line for line in lines if line[:3].strip().isdigit()]) == 10
    assert lines[-1].split()[:2] == ["weighted", "avg"]


# --- Lists -------------------------------------------------------------------------------------------------------


def test_the_recipes_are_listed(capsys: Captured) -> None:
    listed = json.loads(run(capsys, "recipes", "--json"))
    assert list(listed) == list(RECIPES)
    for name, values in listed.items():
        assert values.pop("published") == RECIPES[name].published
        assert TrainConfig.from_json(values) == RECIPES[name].config
    text = run(capsys, "recipes")
    assert all(f"{name} " in text for name in RECIPES)


def test_the_shipped_model_is_among_the_runs(capsys: Captured) -> None:
    (row,) = json.loads(run(capsys, "runs", "--json"))
    assert (row["run"], row["state"]) == ("best", "done")
    assert row["test_accuracy"] > 0.99
    assert run(capsys, "runs").split()[:2] == ["best", "done"]


def test_a_run_of_ones_own_is_listed_first_and_without_figures_while_it_waits(capsys: Captured) -> None:
    waiting = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    listed = json.loads(run(capsys, "runs", "--json"))
    assert [row["run"] for row in listed] == [waiting.id, "best"]
    assert (listed[0]["state"], listed[0]["epochs"]) == ("queued", 2)
    assert listed[0]["test_accuracy"] is None
    assert listed[0]["test_loss"] is None
    assert "–" in run(capsys, "runs").splitlines()[0]


def test_a_damaged_run_is_listed_as_failed(temporary_home: Path, capsys: Captured) -> None:
    folder = temporary_home / "runs" / "broken"
    folder.mkdir(parents=True)
    (folder / "status.json").write_text("{")
    row = json.loads(run(capsys, "runs", "--json"))[0]
    assert (row["run"], row["state"]) == ("broken", "failed")
    assert "is not readable JSON" in row["reason"]


def test_data_says_where_each_would_come_from(
    capsys: Captured, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = json.loads(run(capsys, "data", "--json"))
    assert places["mnist"].startswith("not here; ")
    assert places["digits-8x8"] == "bundled with scikit-learn, needs no network"
    monkeypatch.setenv("MNIST_DATA", str(simple_npz))
    assert json.loads(run(capsys, "data", "--json"))["mnist"] == str(simple_npz)
    assert [line.split()[0] for line in run(capsys, "data").splitlines()] == [*sources.BUILT_IN, "PATH"]


def test_data_describes_a_file(capsys: Captured, simple_npz: Path, simple_dataset: Dataset) -> None:
    described = json.loads(run(capsys, "data", simple_npz, "--json"))
    assert described["identity"] == simple_dataset.identity
    assert described["train"] == {"images": 600, "digits": [60] * 10}
    assert described["test"] == {"images": 200, "digits": [20] * 10}
    text = run(capsys, "data", simple_npz)
    assert simple_dataset.identity in text
    assert "test: 200 images, of each digit 20, 20," in text


def test_data_fetches_mnist_where_it_is_missing(
    capsys: Captured, simple_dataset: Dataset, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(progress: download.Progress) -> Path:
        for done in (1000, 2000, 500):  # a second file starts again
            progress(done, 2000)
        target = sources.mnist_path()
        target.parent.mkdir(parents=True)
        return simple_npz.rename(target)

    monkeypatch.setattr(download, "download_mnist", fetch)
    monkeypatch.setattr(dataset, "MNIST_IDENTITY", simple_dataset.identity)
    assert json.loads(run(capsys, "data", "mnist", "--json"))["title"] == "MNIST"


# --- What goes wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("train --recipe fast", "There is no recipe 'fast'; choose one of quick, digit-detection,"),
        ("train --epochs many", "The setting 'epochs' is 'many', but must be a whole number; correct or remove it."),
        ("train --epochs 0", "The number of epochs is 0, but must be a whole number from 1 to 1,000."),
        ("train --learning-rate nan", "The learning rate is nan, but must be a number from 1e-07 to 10."),
        (
            "train --batch-size 1e3",
            "The setting 'batch size' is '1e3', but must be a whole number; correct or remove it.",
        ),
        ("train --optimizer best", "The optimizer is 'best'; choose one of adam,"),
        ("train --network conv:16", "The layer 'conv:16' lacks a number; write it like 'conv:16:3:relu'."),
        ("train --network flatten,dense:9:softmax", "The last layer is 'dense:9:softmax', but it must give one"),
        ("train --network maxpool:5,maxpool:5,maxpool:5,flatten,dense:10:softmax", "the third pooling leaves 0×0"),
        ("train --data /nowhere.npz", "There is no data at /nowhere.npz; expected one of mnist, digits-8x8,"),
        ("train --data ~nobody-of-this-name/a.npz", "There is no data at ~nobody-of-this-name/a.npz; expected"),
        ("evaluate nothing", "There is no run 'nothing'; 'python -m mnist_core runs' lists those there are."),
        ("evaluate ../best", "There is no run '../best'; 'python -m mnist_core runs' lists those there are."),
        ("evaluate best --data /nowhere", "There is no data at /nowhere; expected one of mnist, digits-8x8,"),
        ("classify --model nothing a.png", "There is no run 'nothing'; 'python -m mnist_core runs' lists those"),
        ("classify /nowhere.png", "/nowhere.png cannot be read (No such file or directory); expected a PNG or JPEG"),
        ("classify --strokes /nowhere.jsonl", "/nowhere.jsonl cannot be read ([Errno 2] No such file or directory"),
        ("data /nowhere", "There is no data at /nowhere; expected one of mnist, digits-8x8,"),
        ("", "The following arguments are required: COMMAND; see 'python -m mnist_core --help'."),
        ("learn", "Argument COMMAND: invalid choice: 'learn' (choose from 'train',"),
        ("runs --yaml", "Unrecognized arguments: --yaml; see 'python -m mnist_core --help'."),
        ("evaluate", "The following arguments are required: run; see 'python -m mnist_core evaluate --help'."),
        ("engine --idle soon", "Argument --idle: invalid float value: 'soon'; see 'python -m mnist_core engine"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    capsys: Captured, temporary_home: Path, arguments: str, part: str
) -> None:
    assert part in refusal(capsys, 2, *arguments.split())
    assert not (temporary_home / "runs").exists()  # nothing was begun


def test_a_wrong_variable_is_wrong_input(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_DATA", "/nowhere.npz")
    for command in ("data", "train"):
        assert refusal(capsys, 2, command) == (
            "$MNIST_DATA names /nowhere.npz, which does not exist; correct or unset it."
        )


def test_a_model_that_is_not_there_yet_is_a_failure(capsys: Captured, tmp_path: Path) -> None:
    waiting = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    picture = write_picture(tmp_path / "a.png", 3)
    sentence = refusal(capsys, 1, "classify", "--model", waiting.id, picture)
    assert sentence.startswith(f"The model {waiting.model_path} cannot be loaded (")
    assert sentence.endswith("train it again or choose another.")


def test_a_model_that_is_damaged_is_a_failure(capsys: Captured, tmp_path: Path) -> None:
    damaged = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    damaged.model_path.write_bytes(b"no model")
    sentence = refusal(capsys, 1, "classify", "--model", damaged.id, write_picture(tmp_path / "a.png", 3))
    assert "cannot be loaded" in sentence


def test_a_run_without_an_evaluation_cannot_be_evaluated(capsys: Captured) -> None:
    waiting = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    sentence = refusal(capsys, 2, "evaluate", waiting.id)
    assert sentence.startswith(f"The evaluation {waiting.evaluation_path} cannot be read (")


def test_a_download_that_fails_is_a_failure(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(progress: download.Progress) -> Path:
        raise LabError("MNIST could not be downloaded (no connection). Try again.")

    monkeypatch.setattr(download, "download_mnist", fail)
    assert main(["data", "mnist"]) == 1
    assert (
        capsys.readouterr().err.splitlines()[-1].endswith("MNIST could not be downloaded (no connection). Try again.")
    )


# --- As a program ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_explains_itself(capsys: Captured, command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: python -m mnist_core {command} ")
    assert "--json" in text


def test_the_help_names_each_command(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert set(re.findall(r"^ {4}(\S+)", text, re.MULTILINE)) == COMMANDS


def test_train_has_an_option_for_each_setting(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    for name in RECIPES["quick"].config.to_json():
        option = {"layers": "network"}.get(name, name.replace("_", "-"))
        assert f"--{option} " in text


def test_the_program_answers_without_loading_tensorflow(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(strokes_line(7))
    program = (
        "import sys, mnist_core.cli as cli; code = cli.main(sys.argv[1:]);"
        "sys.exit(code or 3 * bool({'tensorflow', 'keras', 'streamlit'} & sys.modules.keys()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "classify", "--strokes", path], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["digit"] == 7


def test_the_module_runs_as_a_program_and_returns_the_exit_code() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mnist_core", "evaluate", "nothing"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == "There is no run 'nothing'; 'python -m mnist_core runs' lists those there are.\n"


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    command = f"{sys.executable} -m mnist_core recipes | true"
    ended = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert ended.stderr == ""


def test_no_json_holds_nan(capsys: Captured) -> None:
    run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})

    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    for arguments in (["runs"], ["recipes"], ["data"], ["evaluate", "best"]):
        json.loads(run(capsys, *arguments, "--json"), parse_constant=refuse)
    assert math.isnan(run_folders.all_runs()[0].status().test_accuracy)


def test_ctrl_c_keeps_what_there_is(simple_npz: Path) -> None:
    command = [sys.executable, "-m", "mnist_core", "train", "--data", str(simple_npz), "--json"]
    network = "conv:8:5:relu,maxpool:4,flatten,dense:10:softmax"
    process = subprocess.Popen(
        [*command, "--network", network, "--epochs", "1000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def far_enough() -> bool:
        assert process.poll() is None
        return any(one.stored_status().epoch > 20 for one in run_folders.all_runs())

    try:
        wait_for(far_enough, "20 epochs")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    result = json.loads(output)
    assert result["state"] == "stopped" and 20 < result["epochs"] < 1000 and result["test_accuracy"] > 0.5
    (trained,) = run_folders.all_runs()
    assert trained.id == result["run"] and trained.has_model
    assert "Traceback" not in errors


# --- Measures ----------------------------------------------------------------------------------------------------


def test_verdicts_says_what_a_model_refuses(
    capsys: Captured, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejection, "EACH_KIND", 5)
    result = json.loads(run(capsys, "verdicts", run_folders.SHIPPED_MODEL, "--data", simple_npz, "--json"))
    assert result["accuracy"] > 0.95
    assert 0 <= result["refused"] <= 0.2
    assert {"scribbles", "spirals"} <= result["caught"].keys()
    text = run(capsys, "verdicts", run_folders.SHIPPED_MODEL, "--data", simple_npz)
    assert "calibration error" in text and "scribbles (a kind that models learn from)" in text


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
    assert Ablation.of(copy) is not None
    assert "centre_of_mass" in run(capsys, *arguments)
    assert "holds no strokes" in refusal(capsys, 2, *arguments[:4], "--strokes", simple_npz)
