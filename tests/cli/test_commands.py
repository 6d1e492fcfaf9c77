"""The command line: answers as JSON, and for whatever is wrong one sentence and the right exit code."""

import json
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core import __main__ as program
from mnist_core import __version__
from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from tests.support.commands import Captured, refusal, run, strokes_line
from tests.support.second_user import a_second_user, as_nobody

COMMANDS = {
    "train",
    "continue",
    "pause",
    "resume",
    "stop",
    "tensorboard",
    "runs",
    "rename",
    "note",
    "delete",
    "restore",
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
    "completion",
}
# As a person's Python has it: what a program prints into a pipe or a file waits in a buffer until the end.
USUAL = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


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
        *(
            (f"data {option}", f"{option.split()[0]} is about one of the data; give its name or path too.")
            for option in ("--labels-in-names", "--correct inverted", "--png a.png")
        ),
        *(
            (f"{command} --labels-in-names", "--labels-in-names tells how to read what --data names; give both.")
            for command in ("evaluate best", "report best --output a.html")
        ),
        ("data mnist?inverted --labels-in-names", "The data mnist has no pictures with names; leave --labels-in-names"),
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


@pytest.mark.parametrize("arguments", ["collection --json sheet", "collection sheet --json"])
def test_json_counts_before_and_behind_a_command_within_a_command(
    capsys: Captured, tmp_path: Path, arguments: str
) -> None:
    path = str(tmp_path / "sheet.pdf")
    assert json.loads(run(capsys, *arguments.split(), path)) == {"file": path}
    assert run(capsys, "collection", "sheet", path).startswith("The sheet to print")


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


@pytest.mark.parametrize("command", ["recipes | true", "--help | true"])
def test_a_reader_that_has_had_enough_is_no_error(command: str) -> None:
    program = f"{sys.executable} -m mnist_core {command}"
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", program], capture_output=True, text=True, timeout=60, env=USUAL
    )
    assert (ended.returncode, ended.stderr) == (0, "")


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


@pytest.mark.parametrize(
    "command",
    [
        "report best --output {}.pdf",
        "tensorboard best {}",
        "collection sheet {}.pdf",
        "notebook best {}.py",
        "export best {}.keras",
    ],
)
def test_a_name_that_no_disk_takes_is_one_sentence(command: str, capsys: Captured, tmp_path: Path) -> None:
    arguments = command.format(tmp_path / ("x" * 300)).split()
    assert main(arguments) in (1, 2)
    sentence = capsys.readouterr().err
    assert sentence.endswith("choose another place.\n") and "Traceback" not in sentence


@pytest.mark.parametrize("command", ["runs", "--help"])
def test_a_full_device_behind_the_output_is_named(command: str) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "mnist_core", command], stdout=full, stderr=subprocess.PIPE, text=True, env=USUAL
        )
    assert ended.returncode == 1
    assert ended.stderr == "The output cannot be used: the disk is full; free space, then try again.\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_program_that_still_loads_ends_without_a_word(number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "mnist_core", "runs"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=USUAL)
    assert program.stderr
    for line in program.stderr:  # one for each module that is loaded
        if "mnist_core.errors" in line:
            program.send_signal(number)
            break
    printed, rest = program.communicate(timeout=60)
    assert (program.returncode, printed) == (code, "")
    assert all(line.startswith("import time:") for line in rest.splitlines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_ended_clears_up_and_says_nothing(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    cleared_up = []

    def interrupted() -> None:
        try:
            signal.raise_signal(number)
        finally:
            cleared_up.append(True)

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(run_folders, "all_runs", interrupted)
    try:
        code = program.run(["runs"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert (code, cleared_up, capsys.readouterr()) == (128 + number, [True], ("", ""))


@a_second_user
def test_a_home_below_a_folder_that_may_not_be_searched_is_one_sentence_or_none(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "home").mkdir(parents=True)
    closed.chmod(0o700)
    commands = {
        "runs": 0,
        "runs --deleted": 0,
        "recipes": 0,
        "data": 0,
        "evaluate best": 0,
        "sweep --list": 0,
        "collection": 1,
        "delete nothing": 2,
        "restore nothing": 2,
        "rename best ours": 2,
        f"report best --output {closed}/a.html": 2,
        f"export best {closed}/a.keras": 1,
        f"notebook best {closed}/a.ipynb": 1,
        f"tensorboard best {closed}/a": 2,
    }
    called = "import sys; from mnist_core.cli import main\nfor command in sys.argv[1:]:\n    "
    called += "print(main(command.split()), file=sys.stderr)"
    ended = as_nobody("-c", called, *commands, MNIST_HOME=str(closed / "home"))
    codes = [int(line) for line in ended.stderr.splitlines() if len(line) == 1]
    assert dict(zip(commands, codes, strict=True)) == commands
    said = [line for line in ended.stderr.splitlines() if len(line) > 1]
    assert len(said) == sum(code > 0 for code in codes) and all(line.endswith(".") for line in said), said
    assert "MNIST_HOME" not in "".join(line for line in said if str(closed / "a") in line)


def test_paths_may_have_spaces_umlauts_and_emoji(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Größe 😀").mkdir()
    monkeypatch.chdir(tmp_path / "Größe 😀")
    monkeypatch.setenv("MNIST_HOME", "Häuser 🏠")
    made = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    assert "Übung 😀" in run(capsys, "rename", made.id, "Übung 😀")
    assert json.loads(run(capsys, "runs", "--json"))[0]["name"] == "Übung 😀"
    Path("sieben 7.jsonl").write_text(strokes_line(7))
    assert json.loads(run(capsys, "classify", "--strokes", "sieben 7.jsonl"))["digit"] == 7
    for command in ("export", "notebook"):
        name = f"Modell é 😀{'.keras' if command == 'export' else '.ipynb'}"
        assert json.loads(run(capsys, command, "best", name, "--json"))["file"] == name
        assert Path(name).is_file()
    assert "Übung 😀" in run(capsys, "stop", "Übung 😀")
    assert run(capsys, "delete", "Übung 😀") and not (tmp_path / "Größe 😀" / "Häuser 🏠" / "runs" / made.id).exists()
