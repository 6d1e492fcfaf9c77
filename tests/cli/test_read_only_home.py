"""Commands in a home on a disk that can only be read."""

from pathlib import Path

import pytest

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
