"""Commands in a home on a disk that can only be read."""

import shutil
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.evaluation import rejection
from tests.runs.test_old_releases import ending, settle_in
from tests.support import commands
from tests.support.disks import read_only


def test_commands_show_a_read_only_home(capsys: commands.Captured, temporary_home: Path) -> None:
    settle_in("2026-11-26", temporary_home)
    with read_only(temporary_home):
        assert "7b6c" in commands.run(capsys, "runs")
        assert "damaged" not in commands.run(capsys, "sweep", "--list")
        assert "sweep-winner" in commands.run(capsys, "recipes")
        assert "%" in commands.run(capsys, "evaluate", ending("7b6c").id)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("train --recipe quick --data digits-8x8 --epochs 1", "The run cannot be "),
        ("recipes --delete sweep-winner", "The recipe 'sweep-winner' cannot be deleted"),
        ("delete 20261126-205550-243203-quick-7b6c", "The run 20261126-205550-243203-quick-7b6c cannot be deleted"),
        ("rename 20261126-205550-243203-quick-7b6c ours", "The name of 20261126-205550-243203-quick-7b6c cannot be"),
        ("ablate best --data digits-8x8 --number 2", "What was measured of best cannot be kept"),
        ("continue 20261126-205550-243203-quick-7b6c --epochs 1", "The run cannot be "),
    ],
)
def test_commands_say_that_a_home_is_read_only(
    capsys: commands.Captured, temporary_home: Path, arguments: str, what: str
) -> None:
    settle_in("2026-11-26", temporary_home)
    with read_only(temporary_home):
        said = commands.refusal(capsys, 1, *arguments.split())
    assert said.startswith(what) and "can only be read; " in said and str(temporary_home) not in said


def test_a_read_only_install_answers_and_measures(
    capsys: commands.Captured, tmp_path: Path, temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "pretrained"
    shutil.copytree(environment.PRETRAINED, installed)
    monkeypatch.setattr(environment, "PRETRAINED", installed)
    monkeypatch.setattr(rejection, "EACH_KIND", 1)
    with read_only(installed):
        commands.run(capsys, "ablate", "best", "--data", "digits-8x8", "--number", "2")
        commands.run(capsys, "verdicts", "best", "--data", "digits-8x8")
    assert (temporary_home / "cache" / "preparation" / "best.json").is_file()
