"""The command line: answers as JSON, and for whatever is wrong one sentence and the right exit code."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core import __version__
from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from tests.support.commands import Captured, refusal, run, strokes_line

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
    "notebook",
    "import",
    "data",
    "collection",
    "engine",
    "bench",
}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("train --recipe fast", "There is no recipe 'fast'; choose one of quick, thorough, digit-detection,"),
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
        ("classify --strokes /nowhere.jsonl", "The file /nowhere.jsonl cannot be read: there is no such file; check"),
        ("data /nowhere", "There is no data at /nowhere; expected one of mnist, digits-8x8,"),
        ("", "The following arguments are required: COMMAND; see 'python -m mnist_core --help'."),
        ("evaluate bset", "lists those there are. Perhaps 'best' is meant."),
        ("train --recipe quik", "simple-cnn, robust, best. Perhaps 'quick' is meant."),
        ("trian", "see 'python -m mnist_core --help'. Perhaps 'train' is meant."),
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


def test_the_version_is_told(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"Digit Lab {__version__}\n"


@pytest.mark.parametrize("command", ["report best --output {}.pdf", "tensorboard best {}", "collection sheet {}.pdf"])
def test_a_name_that_no_disk_takes_is_one_sentence(command: str, capsys: Captured, tmp_path: Path) -> None:
    arguments = command.format(tmp_path / ("x" * 300)).split()
    assert main(arguments) in (1, 2)
    sentence = capsys.readouterr().err
    assert sentence.endswith("choose another place.\n") and "Traceback" not in sentence


def test_a_full_device_behind_the_output_is_named() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "mnist_core", "runs"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
