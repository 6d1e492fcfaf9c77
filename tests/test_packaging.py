"""The lab as a package: what is in the wheel, and whether the lists of what it needs agree."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mnist_core
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LIGHT = [Requirement(text) for text in PROJECT["dependencies"]]
TRAIN = [Requirement(text) for text in PROJECT["optional-dependencies"]["train"]]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-light.lock")
# What a wheel has in a folder of the package, since a checkout has it beside the package.
BESIDE = ("app.py", "pages", ".streamlit/config.toml", "models/pretrained")
CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache"}


def pins(name: str) -> dict[str, set[str]]:
    """The versions that a file of requirements names; a lock may have one for each Python."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if pinned := re.match(r"([\w.-]+)==([^\s;\\]+)", line):
            found.setdefault(canonicalize_name(pinned[1]), set()).add(pinned[2])
    return found


def files_of(folder: Path) -> list[Path]:
    found = [folder] if folder.is_file() else [path for path in folder.rglob("*") if path.is_file()]
    return [path.relative_to(ROOT) for path in found if not CACHES & set(path.parts)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("digit_lab-*.whl")
    return path


# --- What it needs ---------------------------------------------------------------------------------------------------


def test_requirements_pin_what_the_project_names_within_its_ranges() -> None:
    named = {str(canonicalize_name(one.name)): one.specifier for one in [*LIGHT, *TRAIN]}
    pinned = pins("requirements.txt")
    assert pinned.keys() == named.keys()
    for name, (version,) in pinned.items():
        assert named[name].contains(version), name


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-uv.lock"])
def test_locks_have_a_hash_for_each_package_and_name_no_server(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert packages and all("--hash=sha256:" in package for package in packages)
    assert "://" not in text


def test_locks_are_in_step_with_the_requirements() -> None:
    runtime, everything, light = (pins(lock) for lock in LOCKS)
    sources = (runtime, "requirements.txt"), (everything, "requirements.txt"), (everything, "requirements-dev.txt")
    for locked, source in sources:
        for name, version in pins(source).items():
            assert locked.get(name) == version, f"{name} of {source}: run scripts/lock.sh"
    assert light.keys() >= {canonicalize_name(one.name) for one in LIGHT}
    assert not light.keys() & {canonicalize_name(one.name) for one in TRAIN}
    for smaller, larger in ((light, runtime), (runtime, everything)):
        assert {name: larger.get(name) for name in smaller} == smaller


def test_the_light_install_suffices_for_all_but_training() -> None:
    program = f"""
import importlib, pkgutil, sys
for name in {[one.name for one in TRAIN]!r}:
    sys.modules[name] = None  # an import of it fails, as where it is not installed
import mnist_core
needs_it = {{
    "local_cluster", "keras_model", "event_files", "model_files", "learner", "kept_learners", "loop", "precision",
    "fused_adam", "fused_normalization",
}}
for module in pkgutil.walk_packages(mnist_core.__path__, "mnist_core."):
    parts = module.name.split(".")
    if parts[-1] not in needs_it and parts[1] not in ("bench", "__main__"):
        importlib.import_module(module.name)
print("light")
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.stdout.strip().endswith("light"), ended.stderr[-2000:]


def test_a_citation_names_the_version() -> None:
    assert f"\nversion: {mnist_core.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


# --- The wheel -------------------------------------------------------------------------------------------------------


def test_the_wheel_has_every_file_of_package_app_and_model_and_nothing_else(wheel: Path) -> None:
    expected = {path.as_posix() for path in files_of(ROOT / "mnist_core")}
    expected |= {f"mnist_core/_app/{path.as_posix()}" for name in BESIDE for path in files_of(ROOT / name)}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected
    assert {"mnist_core/presentation/templates/page.html", "mnist_core/_app/pages/draw.py"} <= found


def test_an_unpacked_wheel_answers_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        (entry,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "digit-lab = mnist_core.__main__:run" in archive.read(entry).decode()
    (elsewhere / "seven.jsonl").write_text(json.dumps({"strokes": [[[15, 12], [80, 12], [40, 95]]]}))
    program = "import sys; from mnist_core.__main__ import run; sys.argv[0] = 'digit-lab'; sys.exit(run())"
    variables = os.environ | {"PYTHONPATH": str(site), "XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path)}
    del variables["MNIST_HOME"]

    def digit_lab(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-P", "-c", program, *arguments]
        return subprocess.run(command, cwd=elsewhere, env=variables, capture_output=True, text=True, timeout=120)

    answered = digit_lab("classify", "--strokes", "seven.jsonl")
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)["digit"] == 7
    assert digit_lab("learn").stderr.endswith("see 'digit-lab --help'.\n")
