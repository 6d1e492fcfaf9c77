"""Whatever is wrong with one folder of a home, every list shows it as one row, and the others are still there."""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import runs as runs_command
from mnist_core.config import recipes
from mnist_core.config.recipes import RECIPES
from mnist_core.engine import connection, fair_queue, recovery
from mnist_core.engine.sweeps import results, sweep_folders
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.engine.sweeps.sweep import Plan
from mnist_core.errors import LabError
from mnist_core.evaluation import label_notes
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.robustness import Robustness
from mnist_core.files import atomic, days_of_use
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, summary, trash
from mnist_core.runs.control import Control
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.training.pins import Pins
from mnist_core.training.replay import Replay
from tests.support.paths import ROOT

SOUND, DAMAGED = "sound", "damaged"
VALUES: dict[str, Any] = {
    "a list": [1, "x"],
    "an object": {"a": {"b": []}},
    "a word": "word",
    "nothing": None,
    "true": True,
    "a negative number": -7,
    "a fraction": 0.5,
    "NaN": math.nan,
    "infinity": math.inf,
    "a number without end": 10**400,
    "a large number": 10**30,
}
FOR_INNER = ("a list", "nothing", "NaN", "a number without end")
CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"state": "do',
    "a list alone": b"[1, 2]",
    "a number alone": b"5",
    "a word alone": b'"done"',
    "null alone": b"null",
    "nested": b"[" * 100_000,
    "no text": b"\xff\xfe\x00\x80" * 9,
    "other fields": b'{"a": 1}',
    "a word as format": b'{"format": "x"}',
}
SOME_CONTENTS = ("empty", "cut off", "null alone", "no text", "other fields")
OTHER_CONTENTS = tuple(name for name in CONTENTS if name not in SOME_CONTENTS)
WHICH = [SOME_CONTENTS, pytest.param(OTHER_CONTENTS, marks=pytest.mark.long)]


def make_run(name: str) -> Run:
    """A run with a file of each kind."""
    folder = environment.home() / "runs" / name
    shutil.copytree(environment.PRETRAINED / "best", folder)
    run = Run(folder)
    run.write_label(RunLabel(f"the {name} one"), by=COMMAND_LINE)
    Control().save(folder / "control.json")
    run.write_rate_changes([(1, 0.1)])
    Pins.none().save(run.pins_path)
    Replay.none().save(run.replay_path)
    return run


@pytest.fixture
def home(temporary_home: Path) -> Path:
    make_run(SOUND)
    make_run(DAMAGED)
    return temporary_home


def not_a_file(path: Path, how: str) -> None:
    """Puts something else into a file's place."""
    path.unlink()
    match how:
        case "a folder":
            path.mkdir()
        case "a link to nothing":
            path.symlink_to(path.with_name("nowhere"))
        case "a link to itself":
            path.symlink_to(path)
        case "an endless file":
            path.symlink_to("/dev/zero")
        case "a pipe":
            os.mkfifo(path)
        case "nothing":
            pass


NO_FILES = [
    "a folder",
    "a pipe",
    *(
        pytest.param(how, marks=pytest.mark.long)
        for how in ("a link to nothing", "a link to itself", "an endless file", "nothing")
    ),
]


def look_everywhere(arrays: bool = True) -> list[str]:
    """Opens every list of the core, then each run of them by itself; returns the names of the runs.

    Without `arrays` it spares itself the models and evaluations, which take longest.
    """
    everything = run_folders.all_runs()
    rows = summary.rows(everything)
    assert set(summary.titles(everything)) == {run.id for run in everything}
    json.dumps([runs_command._row(run) for run in everything])
    [runs_command._line(runs_command._row(run)) for run in everything]
    queue = fair_queue.look()
    fair_queue.in_turn(everything)
    recovery.tasks(run_folders.unfinished_runs())
    results.overview(sweep_folders.all_sweeps())
    list(sweep_folders.unfinished())
    recipes.all_recipes()
    connection.find_address()
    trash.purge()
    for run in trash.all_deleted():
        trash.days_left(run)
        summary.title(run)
    for run in everything:
        queue.place(run)
        queue.expected_wait(run)
        look_at(run, arrays)
    return [row["Run"] for row in rows]


def look_at(run: Run, arrays: bool) -> None:
    """Opens all that there is to see of a run; only a sentence may come of it."""
    status = run.status()
    assert isinstance(status_words.sentence(status), str)
    assert 0 <= status.progress <= 1
    looks: list[Callable[[], object]] = [
        lambda: status_words.summary(run),
        lambda: summary.heading(run),
        lambda: Calibration.load(run.calibration_path),
        lambda: run.read_checkpoint(),
        lambda: run.rate_changes(),
        lambda: run.control(),
        lambda: Pins.load(run.pins_path),
        lambda: Replay.load(run.replay_path),
    ]
    large: list[Callable[[], object]] = [
        lambda: Evaluation.load(run.evaluation_path).accuracy,
        lambda: Classifier(run.model_path),
    ]
    for look in looks + large * arrays:
        try:
            look()
        except LabError as error:
            assert str(environment.home()) not in str(error)
    run.metrics(), run.batches(), run.label(), run.card()
    _ = run.can_resume, run.has_checkpoint, run.has_model, run.shipped


FILES = sorted(path.name for path in (environment.PRETRAINED / "best").iterdir() if path.suffix == ".json")
FILES += ["label.json", "control.json", "learning_rates.json"]


LONG = [pytest.param("config.json", marks=pytest.mark.long)]  # it has many fields


@pytest.mark.parametrize("file", [*(file for file in FILES if file != "config.json"), *LONG])
def test_a_field_of_a_wrong_kind_damages_one_run_alone(home: Path, file: str) -> None:
    path = home / "runs" / DAMAGED / file
    sound = json.loads(path.read_text())
    for name in sound:
        for what, value in VALUES.items():
            path.write_text(json.dumps(sound | {name: value}))
            assert sorted(look_everywhere(arrays=False)) == [DAMAGED, SOUND], (name, what)
            if isinstance(sound[name], dict):
                for inner in sound[name] if what in FOR_INNER else ():
                    path.write_text(json.dumps(sound | {name: sound[name] | {inner: value}}))
                    assert sorted(look_everywhere(arrays=False)) == [DAMAGED, SOUND], (name, inner, what)


EVERY = sorted(path.name for path in (environment.PRETRAINED / "best").iterdir())
EVERY += ["label.json", "control.json", "learning_rates.json", "pins.npz", "replay.npz"]


@pytest.mark.parametrize("which", WHICH, ids=["some", "others"])
@pytest.mark.parametrize("file", EVERY)
def test_a_file_of_any_content_damages_one_run_alone(home: Path, file: str, which: tuple[str, ...]) -> None:
    path = home / "runs" / DAMAGED / file
    for what in which:
        path.write_bytes(CONTENTS[what])
        assert sorted(look_everywhere()) == [DAMAGED, SOUND], what


@pytest.mark.parametrize("how", NO_FILES)
@pytest.mark.parametrize("file", EVERY)
def test_what_is_no_file_damages_one_run_alone(home: Path, file: str, how: str) -> None:
    not_a_file(home / "runs" / DAMAGED / file, how)
    assert sorted(look_everywhere()) == [DAMAGED, SOUND]


# --- Other folders of a home -----------------------------------------------------------------------------------------

IDENTITY = "a" * 64
HOME_FILES = (
    "engine.json", "queue.json", "days.json", "recipes/ours.json", "pins/somebody.npz", f"notes/{IDENTITY}.json",
    "cache/robustness/one.json", "bin/gone/config.json", "bin/gone/status.json",
    "sweeps/one/sweep.json", "sweeps/one/journal.log", "sweeps/one/control.json", "sweeps/one/trials/000/status.json",
)  # fmt: skip


def look_at_the_rest(home: Path) -> None:
    look_everywhere(arrays=False)
    for look in (
        lambda: label_notes.load(IDENTITY),
        lambda: Robustness.load(home / "cache" / "robustness" / "one.json"),
        lambda: Pins.load(home / "pins" / "somebody.npz"),
        days_of_use.note,
        join,
    ):
        try:
            look()
        except LabError as error:
            assert str(home) not in str(error)


def join() -> None:
    with fair_queue.joining("somebody"):
        pass


@pytest.fixture(scope="module")
def one_of_everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one of everything; made once."""
    home = tmp_path_factory.mktemp("everything") / "home"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MNIST_HOME", str(home))
        for name in (SOUND, DAMAGED, "gone"):
            make_run(name)
        plan = Plan(RECIPES["quick"].config, Space.parse(["epochs=1,2"]), 2)
        sweep = sweep_folders.create(plan, {"name": "mnist", "identity": "0"})
        sweep.folder.rename(home / "sweeps" / "one")
        shutil.copytree(home / "runs" / SOUND, home / "sweeps" / "one" / "trials" / "000")
        trash.delete(Run(home / "runs" / "gone"), by=COMMAND_LINE)
        recipes.save("ours", "Ours", "", RECIPES["quick"].config)
        recipes.save("theirs", "Theirs", "", RECIPES["quick"].config)
        label_notes.keep(IDENTITY, 1, "cannot tell")
        (home / "pins").mkdir()
        Pins.none().save(home / "pins" / "somebody.npz")
        (home / "cache" / "robustness").mkdir(parents=True)
        Robustness({}, 1).save(home / "cache" / "robustness" / "one.json")
        atomic.write_json(home / "engine.json", {"address": "tcp://127.0.0.1:9", "pid": os.getpid(), "started": 1.0})
        join()
        days_of_use.note()
    return home


@pytest.fixture
def full_home(one_of_everything: Path, temporary_home: Path) -> Path:
    return Path(shutil.copytree(one_of_everything, temporary_home))


@pytest.mark.parametrize("which", WHICH, ids=["some", "others"])
@pytest.mark.parametrize("file", HOME_FILES)
def test_a_damaged_file_of_the_home_breaks_no_list(full_home: Path, file: str, which: tuple[str, ...]) -> None:
    path = full_home / file
    for what in which:
        path.write_bytes(CONTENTS[what])
        look_at_the_rest(full_home)
        path.write_bytes(CONTENTS[what])  # a look may have made it whole again
    assert len(sweep_folders.all_sweeps()) == 1 and "theirs" in recipes.all_recipes()


# Runs are damaged above.
RECORDS_OF_THE_HOME = [
    one for one in HOME_FILES if one.endswith(".json") and Path(one).parent.name not in ("gone", "000")
]


@pytest.mark.parametrize("file", RECORDS_OF_THE_HOME)
def test_a_field_of_a_wrong_kind_of_the_home_breaks_no_list(full_home: Path, file: str) -> None:
    path = full_home / file
    sound = json.loads(path.read_bytes()) if path.exists() else {}
    for name in sound:
        for value in VALUES.values():
            path.write_text(json.dumps(sound | {name: value}))
            look_at_the_rest(full_home)
    assert len(sweep_folders.all_sweeps()) == 1 and "theirs" in recipes.all_recipes()


@pytest.mark.parametrize("how", NO_FILES)
@pytest.mark.parametrize("file", HOME_FILES)
def test_what_is_no_file_of_the_home_breaks_no_list(full_home: Path, file: str, how: str) -> None:
    path = full_home / file
    path.touch()
    not_a_file(path, how)
    try:
        look_at_the_rest(full_home)
    except LabError as error:  # the queue cannot be kept where its file is no file
        assert file == "queue.json" and "cannot" in str(error)


FOLDERS = ("runs", "sweeps", "recipes", "bin", "pins", "notes", "cache")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_file_where_a_folder_belongs_is_an_empty_one(full_home: Path, folder: str) -> None:
    shutil.rmtree(full_home / folder)
    (full_home / folder).write_text("a file")
    look_at_the_rest(full_home)


ODD_NAMES = (
    "a\nb",
    "<b>bold",
    "a'b\"c",
    "ünïcödé",
    "x" * 250,
    "-rf",
    "a b",
    "%41",
    "[x](y)",
    os.fsdecode(b"\xff\xfe"),
)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_run_of_any_name_is_a_row(home: Path, name: str) -> None:
    (home / "runs" / DAMAGED).rename(home / "runs" / name)
    (home / "runs" / "a-link").symlink_to(home / "runs" / "a-link")
    (home / "runs" / "a-file").write_text("not a run")
    assert sorted(look_everywhere()) == sorted([SOUND, name])


# --- What may not be read --------------------------------------------------------------------------------------------

FORBIDDEN = ("runs/damaged", "runs/damaged/status.json", "runs/damaged/config.json", "runs", "bin", "sweeps")
SOMEBODY = 65534


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to become somebody else")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_what_may_not_be_read_is_one_row(one_of_everything: Path) -> None:
    """Root may read everything, so somebody else looks, in a folder that nobody else makes private meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(shutil.copytree(one_of_everything, Path(folder) / "home"))
        for path in (Path(folder), home, *home.rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY)
        script = "from tests.hostile import test_damaged_homes as here; print(here.seen_by_another())"
        done = subprocess.run(
            ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups", sys.executable, "-c", script],
            env=environment.for_python() | {"PYTHONPATH": str(ROOT), "HOME": folder, "MNIST_HOME": str(home)},
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert not done.returncode, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen.pop("runs") == {}
    for what, states in seen.items():
        assert states[SOUND] == "done", what
    assert seen["runs/damaged"][DAMAGED] == seen["runs/damaged/status.json"][DAMAGED] == "may not be read"


def seen_by_another() -> str:
    """Forbids one after the other, looks everywhere, and returns the states of the runs in JSON."""
    seen = {}
    for what in FORBIDDEN:
        path = environment.home() / what
        mode = path.stat().st_mode
        path.chmod(0)
        look_everywhere()
        seen[what] = {row["Run"]: row["State"] for row in summary.rows(run_folders.all_runs())}
        path.chmod(mode)
    return json.dumps(seen)
