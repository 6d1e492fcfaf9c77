"""Each reader of what comes from outside gets damaged values: it reads them or refuses them, and does nothing else."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.fuzz.targets import RECORDS, TARGETS
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits, and what is held, are those of Linux")

SECONDS_IN_ALL = 600
# What reads or parses bytes; a module that does so is read by a target, or stands below with the reason.
READING = re.compile(
    r"json\.loads?\(|read_json\(|csv\.(reader|DictReader)\(|pd\.read_csv\(|gzip\.open\(|ZipFile\(|open_zip\(|Image\.open\("
    r"|h5py\.File\(|np\.load\(|npz\.read|\.read_bytes\(|\.read_text\(|\(Record\):|check_strokes\(|MarkdownIt\("
)
OF_THE_LABS_OWN = {
    "bench": "measures on this machine what it has written itself",
    "classroom.forgotten": "settings of activities, which the lab itself has put into its database",
    "cli.bench": "the same",
    "classroom.archive": "packs what classroom.handed_in has read",
    "classroom.experiments": "takes a model's bytes for its name, and parses nothing",
    "cli.classify": "hands what it reads to preprocessing",
    "files.cache": "takes a model's bytes for its name, and parses nothing",
    "files.sandbox": "the answer of a process of its own",
    "inference.classifier": "a model that this lab has built, which no file from outside brings",
    "inference.embedding": "the same",
    "inference.explain.graph": "the same",
    "inference.reading": "hands strokes and pictures to preprocessing",
    "presentation.class_sheet": "a template of its own",
    "presentation.paper": "the same",
    "presentation.report.pdf": "the same",
    "sharing.browser": "scripts of its own, and a model that this lab has built",
    "sharing.exporting": "hands on files that it has written",
    "sharing.model_package": "hands on files that this lab has written, and writes code that reads",
    "sharing.notebook": "writes code that reads, and reads nothing",
    "sharing.preparation_code": "the lab's own source",
    "training.model_files": "what this lab has built",
    "training.precision": "what Linux says of its processor",
    "ui": "styles and scripts of its own; what the browser sends goes to preprocessing and evaluation",
}


def modules_that_read() -> set[str]:
    package = ROOT / "mnist_core"
    return {
        path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
        for path in package.rglob("*.py")
        if READING.search(path.read_text(encoding="utf-8"))
    }


def test_each_module_that_reads_has_a_target_or_a_reason() -> None:
    covered = {name for target in TARGETS.values() for name in target.covers}
    left = {
        name
        for name in modules_that_read() - covered
        if not any(name == own or name.startswith(f"{own}.") for own in OF_THE_LABS_OWN)
    }
    assert left == set()


def test_each_kind_of_record_has_a_sound_one() -> None:
    kinds = re.compile(r"^class (\w+)\(Record\):", re.MULTILINE)
    found = {name for path in (ROOT / "mnist_core").rglob("*.py") for name in kinds.findall(path.read_text())}
    assert found == {kind.__name__ for kind in RECORDS}


def fuzz(folder: Path, *arguments: str, seconds: float) -> dict[str, dict[str, Any]]:
    """Runs targets in a process of their own; what came of each by its name."""
    said = folder / "said.json"
    command = [sys.executable, "-m", "tests.hostile.fuzz", "--json", str(said), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    assert said.exists(), f"it broke down, exit code {done.returncode}:\n{done.stdout}\n{done.stderr[-5000:]}"
    return {one["name"]: one for one in json.loads(said.read_text())}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """A few values for each target, the same ones each time."""
    return fuzz(tmp_path_factory.mktemp("fuzz"), "--examples", "12", "--seed", "0", seconds=300)


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_damaged_values_are_read_or_refused(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes[name]["finding"] == ""
    assert outcomes[name]["taken"] + outcomes[name]["refused"] >= 12


# Each in a process of its own: what one does to memory, or to a library, does not reach the others.
GROUPS = [list(TARGETS)[start::4] for start in range(4)]


@pytest.mark.long
@pytest.mark.parametrize("names", GROUPS, ids=["first", "second", "third", "fourth"])
def test_many_damaged_values_are_read_or_refused(names: list[str], tmp_path: Path) -> None:
    """Ten minutes for all, or `$FUZZ_SECONDS`, with other values each time."""
    seconds = float(os.environ.get("FUZZ_SECONDS", SECONDS_IN_ALL)) / len(GROUPS)
    outcomes = fuzz(tmp_path, *names, "--in-all", str(seconds), seconds=seconds + 300)
    for one in outcomes.values():
        print(f"{one['name']}: {one['taken']:,} read, {one['refused']:,} refused, slowest {one['slowest']:.2f} s")
    assert {name: one["finding"] for name, one in outcomes.items() if one["finding"]} == {}
    assert outcomes.keys() == set(names)
