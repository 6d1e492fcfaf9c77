from pathlib import Path

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.data import kept_uploads, sources
from mnist_core.engine import unused_uploads
from mnist_core.runs import run_folders, trash
from mnist_core.training import run_data
from tests.data.test_kept_uploads import GIVEN, pass_days
from tests.support.homes import made_newer


def test_what_a_run_needs_stays_until_it_is_removed_for_good(temporary_home: Path) -> None:
    name = kept_uploads.keep(GIVEN, COMMAND_LINE)
    data = sources.load(f"{name}?mirrored")
    config, reference = run_data.settle(RECIPES["quick"].config, data)
    run = run_folders.create(config, reference)
    pass_days(temporary_home, 3)
    assert not unused_uploads.clear()
    trash.delete(run, by=COMMAND_LINE)
    pass_days(temporary_home, 3)
    assert not unused_uploads.clear()
    trash.remove(run.id, by=COMMAND_LINE)
    assert unused_uploads.clear() == [name]


def test_beside_runs_of_a_newer_lab_all_stays(temporary_home: Path) -> None:
    name = kept_uploads.keep(GIVEN, COMMAND_LINE)
    config, reference = run_data.settle(RECIPES["quick"].config, sources.load(name))
    run_folders.create(config, reference | {"name": "digits-8x8"})
    made_newer(temporary_home, "runs/*/config.json")
    pass_days(temporary_home, 40)
    assert not unused_uploads.clear()
