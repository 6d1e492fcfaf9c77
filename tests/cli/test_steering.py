"""`pause`, `resume` and `stop` ask whoever trains a run, wait until it heeds, and say what came of it."""

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Iterator

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.engine import connection
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Problem, Status
from tests.conftest import PretendedEngine
from tests.support.commands import Captured, refusal, run

HEEDS = {"pause": "paused", "resume": "running", "stop": "stopped"}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    """The engine that the commands find."""
    pretended = PretendedEngine()
    monkeypatch.setattr(connection, "EngineConnection", lambda: pretended)
    return pretended


def a_run(state: str, problem: Problem = "", parked: bool = False) -> Run:
    made = run_folders.create(RECIPES["quick"].config, {"name": "digits-8x8", "identity": "0", "title": "Digits"})
    made.write_status(Status(state, problem, epoch=2, epochs=9, steps=4, parked=parked))
    return made


@contextlib.contextmanager
def trained(run: Run, parks: bool = False) -> Iterator[None]:
    """Lets a thread heed what is asked of a run, as a trainer does; or give the run away at that very moment."""
    over = threading.Event()

    def train() -> None:
        with run.lock():
            while not over.wait(0.02):
                wanted = HEEDS.get(run.control().request, "")
                if wanted and wanted != run.stored_status().state:
                    state = "paused" if parks else wanted
                    run.write_status(dataclasses.replace(run.stored_status(), state=state, parked=parks))
                    if parks:
                        return

    trainer = threading.Thread(target=train)
    trainer.start()
    try:
        yield
    finally:
        over.set()
        trainer.join()


def test_a_run_in_training_is_paused_resumed_and_stopped_by_its_name(capsys: Captured) -> None:
    made = a_run("running")
    made.write_label(RunLabel("ours"), by=COMMAND_LINE)
    with trained(made):
        paused = run(capsys, "pause", "ours")
        assert paused == f"The run {made.id} (ours) is paused after 2 of 9 epochs; 'resume' lets it go on.\n"
        assert run(capsys, "pause", "ours") == paused
        assert run(capsys, "resume", made.id) == f"The run {made.id} (ours) is in training after 2 of 9 epochs.\n"
        stopped = json.loads(run(capsys, "stop", made.id, "--json"))
    assert (stopped["run"], stopped["state"], stopped["epoch"], stopped["epochs"]) == (made.id, "stopped", 2, 9)
    assert "there is nothing to stop" in run(capsys, "stop", made.id)


def test_a_pause_that_was_not_heeded_yet_is_taken_back(capsys: Captured) -> None:
    made = a_run("running")
    made.request("pause", by=COMMAND_LINE)
    run(capsys, "resume", made.id)
    assert made.control().request == "resume"


@pytest.mark.parametrize(
    ("command", "state", "problem", "part"),
    [
        ("pause", "queued", "", "waits in the queue, so it cannot be paused."),
        ("pause", "running", "writing", "is over, and its model is being written, so it cannot be paused."),
        ("pause", "done", "", "is done after 2 of 9 epochs, so it cannot be paused."),
        ("pause", "failed", "error", "has failed after 2 of 9 epochs, so it cannot be paused."),
        ("resume", "done", "", "is done after 2 of 9 epochs, so it cannot go on; start another with 'train'."),
        ("resume", "failed", "error", "has failed after 2 of 9 epochs, so it cannot go on; start another"),
    ],
)
def test_a_run_that_nobody_trains_is_told_as_it_is(
    capsys: Captured, command: str, state: str, problem: Problem, part: str
) -> None:
    made = a_run(state, problem)
    assert part in refusal(capsys, 1, command, made.id)
    assert made.control().request == ""


def test_a_trainer_that_does_not_heed_is_not_waited_for_longer_than_wanted(capsys: Captured) -> None:
    made, begun = a_run("running"), time.monotonic()
    assert "was asked, but is not stopped after 0 s" in refusal(capsys, 1, "stop", made.id, "--wait", "0.3")
    assert 0.3 <= time.monotonic() - begun < 5
    assert made.control().request == "stop"
    assert "a number from 0 to 86400" in refusal(capsys, 2, "stop", made.id, "--wait", "-1")


@pytest.mark.parametrize(("state", "parked"), [("paused", True), ("failed", False)])
def test_a_run_without_a_trainer_is_put_back_in_the_queue(
    capsys: Captured, engine: PretendedEngine, state: str, parked: bool
) -> None:
    made = a_run(state, parked=parked)
    if state == "failed":
        made.write_status(dataclasses.replace(made.stored_status(), steps=0))  # it never began
    assert "waits in the queue, and begins when its turn comes" in run(capsys, "resume", made.id)
    assert [task.argument for task in engine.tasks] == [str(made.folder)]


@pytest.mark.parametrize("command", ["stop", "resume"])
def test_a_run_that_is_parked_while_it_is_asked_is_put_back_in_the_queue(
    capsys: Captured, engine: PretendedEngine, command: str
) -> None:
    made = a_run("paused")
    with trained(made, parks=True):
        if command == "stop":
            assert "is not stopped after" in refusal(capsys, 1, command, made.id, "--wait", "1")
        else:
            assert "waits in the queue" in run(capsys, command, made.id)
    assert [task.argument for task in engine.tasks] == [str(made.folder)]
    assert made.control().request == command


def test_a_run_that_waits_is_stopped_at_once_and_one_that_began_when_its_turn_comes(capsys: Captured) -> None:
    new, begun = a_run("queued"), a_run("queued")
    new.write_status(Status("queued", epochs=9))
    assert "was stopped after 0 of 9 epochs" in run(capsys, "stop", new.id)
    assert "waits in the queue" in run(capsys, "stop", begun.id)
    assert begun.status().problem == "stop-waits"
