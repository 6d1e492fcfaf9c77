"""Sweeps and own recipes on the command line, once with the real engine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest

from mnist_core.config import recipes
from mnist_core.config.recipes import RECIPES
from mnist_core.engine import connection
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.engine.sweeps import sweep_folders
from mnist_core.files import atomic
from mnist_core.runs import run_folders
from tests.conftest import wait_for
from tests.engine.sweeps.test_sweep import pretended
from tests.support.commands import Captured, refusal, run

NETWORK = "network=conv:8:5:relu,maxpool:4,flatten,dense:10:softmax"


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Carries the trials out at once, in this process."""

    def carry_out(address: str, tasks: Iterable[Task]) -> None:
        for task in tasks:
            task.function(task.argument)

    engine = EngineConnection(lambda: "tcp://127.0.0.1:9", hand_over=carry_out)
    monkeypatch.setattr(connection, "EngineConnection", lambda: engine)


@pytest.mark.usefixtures("inline")
def test_a_sweep_prints_its_trials_and_saves_the_best(capsys: Captured, simple_npz: Path) -> None:
    command = ["sweep", "--recipe", "simple-cnn", "--data", str(simple_npz), "--set", NETWORK, "--set", "epochs=2"]
    command += ["--space", "learning_rate=0.01,0.001", "--method", "everything", "--no-pruning"]
    text = run(capsys, *command, "--save-recipe", "ours")
    assert "2 of 2 trials. Best validation accuracy" in text and "learning rate 0.01" in text
    (kept,) = run_folders.all_runs()
    assert kept.has_model and recipes.all_recipes()["ours"].config == kept.config()

    (sweep,) = sweep_folders.all_sweeps()
    shown = json.loads(run(capsys, "sweep", "--show", sweep.id, "--json"))
    assert (shown["sweep"], shown["state"], shown["best"]) == (sweep.id, "done", 0)
    assert [trial["settings"] for trial in shown["trials"]] == [{"learning_rate": 0.01}, {"learning_rate": 0.001}]
    (row,) = json.loads(run(capsys, "sweep", "--list", "--json"))
    assert (row["State"], row["Trials"]) == ("done", "2 of 2")
    assert sweep.id in run(capsys, "sweep", "--list")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--space", "speed=1,2"], "The setting of a sweep is 'speed'"),
        (["--space", "learning_rate"], "has no values"),
        (["--recipe", "mnist-ann"], "validates on the test set"),
        (["--trials", "0"], "The number of trials is 0"),
        (["--set", "speed=3"], "The setting is 'speed'; choose one of network, epochs"),
        (["--save-recipe", "quick"], "comes with the lab"),
        (["--show", "nowhere"], "There is no sweep 'nowhere'"),
        (["--recipe", "nowhere"], "There is no recipe 'nowhere'"),
    ],
)
def test_what_cannot_be_swept_is_wrong_input(capsys: Captured, arguments: list[str], sentence: str) -> None:
    assert sentence in refusal(capsys, 2, "sweep", "--data", "digits-8x8", *arguments)
    assert sweep_folders.all_sweeps() == []


def test_what_mattered_is_told(capsys: Captured) -> None:
    assert "PED-ANOVA" in run(capsys, "sweep", "--show", pretended(12).id)


def test_own_recipes_are_listed_used_and_deleted(capsys: Captured, temporary_home: Path) -> None:
    recipes.save("ours", "Ours", "Ours alone.", RECIPES["simple-cnn"].config)
    (temporary_home / "recipes" / "bad.json").write_text("{}")
    assert main_lines(capsys)["ours"] == "your own"
    assert list(json.loads(run(capsys, "recipes", "--json"))) == [*RECIPES, "ours"]
    assert "ours " not in run(capsys, "recipes", "--delete", "ours")
    assert "There is no recipe 'ours'" in refusal(capsys, 2, "recipes", "--delete", "ours")
    assert "cannot be deleted" in refusal(capsys, 2, "recipes", "--delete", "quick")


def main_lines(capsys: Captured) -> dict[str, str]:
    """Returns what the list of recipes says of each one's origin."""
    lines = [line for line in run(capsys, "recipes").splitlines() if " parameters, " in line]
    return {line.split()[0]: line.rsplit(", ", 1)[1] for line in lines}


@pytest.mark.long
def test_ctrl_c_stops_a_real_sweep_and_keeps_what_there_is(temporary_home: Path, simple_npz: Path) -> None:
    command = [sys.executable, "-m", "mnist_core", "sweep", "--recipe", "simple-cnn", "--data", str(simple_npz)]
    command += [
        "--set",
        NETWORK,
        "--set",
        "epochs=400",
        "--space",
        "learning_rate=0.01,0.011",
        "--no-pruning",
        "--json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)

    def far_enough() -> bool:
        assert process.poll() is None
        return any(trial.epoch for sweep, _ in sweep_folders.unfinished() for trial in sweep.trials())

    try:
        wait_for(far_enough, "an epoch")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        shown = json.loads(output)
        states = [trial["state"] for trial in shown["trials"]]
        assert shown["state"] == "stopped" and states[0] == "stopped" and set(states[1:]) == {"waiting"}
        assert sweep_folders.find(shown["sweep"]).run(0).has_model
    finally:
        process.kill()
        psutil.Process(atomic.read_json(temporary_home / "engine.json")["pid"]).terminate()
