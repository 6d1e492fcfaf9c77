"""Where the lab keeps its files, in a checkout and installed; what it says where it was installed without training."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.cli import main
from mnist_core.errors import LabError


def test_a_checkout_keeps_its_files_beside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_HOME")
    assert environment.IN_CHECKOUT
    assert environment.PACKAGE.parent / "app.py" == environment.APP
    assert environment.home() == environment.PACKAGE.parent / "models"
    assert (environment.PRETRAINED / "best" / "model.tflite").is_file()


def test_an_installed_program_keeps_its_files_where_the_system_wants_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environment, "IN_CHECKOUT", False)
    assert environment.home() == tmp_path / "home"  # $MNIST_HOME wins
    monkeypatch.delenv("MNIST_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert environment.home().name == "digit-lab"
    assert environment.PACKAGE.parent not in environment.home().parents


def test_a_python_of_the_lab_finds_it_from_any_folder_and_nothing_of_that_folder(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    ended = subprocess.run(
        [sys.executable, "-m", "mnist_core", "runs"],
        cwd=tmp_path,
        env=environment.for_python(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("best ")


def test_what_the_path_of_modules_holds_stays_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert environment.for_python()["PYTHONPATH"] == f"{environment.ROOT}{os.pathsep}/somewhere"
    monkeypatch.setattr(environment, "IN_CHECKOUT", False)
    assert environment.for_python()["PYTHONPATH"] == "/somewhere"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("train", "Training"),
        ("continue best --epochs 1", "Training"),
        ("tensorboard best nowhere", "TensorBoard"),
        ("sweep --list", "A sweep"),
        ("engine", "The engine"),
        ("bench --quick", "The race against others"),
        ("export best nowhere.onnx", "Making an ONNX file"),
        ("import pyproject.toml.keras", "Importing a model"),
    ],
)
def test_a_light_install_says_what_to_install(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: str,
    what: str,
) -> None:
    monkeypatch.setattr(environment, "can_train", lambda: False)
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml.keras").write_bytes(b"anything")
    assert main(arguments.split()) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"{what} needs TensorFlow, which is not installed here; install digit-lab[train]."


def test_what_is_installed_is_asked_for_without_loading_it(monkeypatch: pytest.MonkeyPatch) -> None:
    environment.check_training()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LabError, match="needs TensorFlow"):
        environment.check_training()


def test_the_program_alone_serves_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", ["/bin/digit-lab"])
    monkeypatch.setattr(runpy, "run_module", lambda name, **options: served.append([name, *sys.argv[1:]]))
    assert main() == 0
    assert served == [["streamlit", "run", str(environment.APP)]]
