"""What a page does for a run that nobody trains any more."""

import pytest

from mnist_core.config.recipes import RECIPES
from mnist_core.engine import recovery
from mnist_core.engine.connection import EngineConnection
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.conftest import PretendedEngine, wait_for
from tests.support.silent_runs import fall_silent


@pytest.fixture
def lost() -> Run:
    """A run whose trainer fell silent long ago."""
    run = run_folders.create(RECIPES["quick"].config, {"name": "simple", "identity": "0"})
    fall_silent(run, 2 * recovery.NEGLECT_SECONDS)
    return run


def test_a_lost_run_is_handed_over_once(lost: Run) -> None:
    engine = PretendedEngine()
    for _ in range(30):  # pages that look at it
        recovery.care_for(engine, lost)
    wait_for(lambda: engine.tasks, "the run to be handed over", 10)
    assert [task.argument for task in engine.tasks] == [str(lost.folder)]


def test_where_there_is_no_engine_one_is_started(lost: Run) -> None:
    started: list[None] = []
    engine = EngineConnection(lambda: None, lambda: started.append(None))
    for _ in range(30):
        recovery.care_for(engine, lost)
    assert len(started) == 1


def test_a_run_that_gives_signs_of_life_is_left_alone() -> None:
    run, engine = run_folders.create(RECIPES["quick"].config, {"name": "simple", "identity": "0"}), PretendedEngine()
    recovery.care_for(engine, run)
    assert engine.tasks == []
