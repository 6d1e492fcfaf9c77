import math
from pathlib import Path

import pytest

from mnist_core.errors import InputError
from mnist_core.runs import bets
from mnist_core.runs.bets import MOST_BETS, Bet, Bets

CLASS = Bets((Bet("Ada", 0.97), Bet("Ben", 0.99), Bet("Cem", 0.95)))


def test_bets_come_back_as_they_were_and_a_damaged_file_holds_none(tmp_path: Path) -> None:
    path = tmp_path / "bets.json"
    assert bets.load(path) == Bets()
    CLASS.save(path)
    assert bets.load(path) == CLASS
    for content in ("{", '{"bets": [{"name": "Ada", "accuracy": 2}]}', '{"format": 2, "bets": []}', '{"bets": 7}'):
        path.write_text(content)
        assert bets.load(path) == Bets(), content


def test_who_bets_again_under_a_name_changes_the_bet() -> None:
    changed = CLASS.with_bet(Bet("Ada", 0.5))
    assert [(bet.name, bet.accuracy) for bet in changed.bets] == [("Ben", 0.99), ("Cem", 0.95), ("Ada", 0.5)]


@pytest.mark.parametrize(
    ("accuracy", "nearest"),
    [(0.9713, ["Ada"]), (0.98, ["Ada", "Ben"]), (0.96, ["Ada", "Cem"]), (1.0, ["Ben"]), (math.nan, [])],
)
def test_the_nearest_wins_and_several_can_be_as_near(accuracy: float, nearest: list[str]) -> None:
    assert [bet.name for bet in CLASS.nearest(accuracy)] == nearest
    assert Bets().nearest(accuracy) == ()


def test_what_is_no_bet_is_refused_in_words() -> None:
    for share in (-0.1, 1.01, math.nan):
        with pytest.raises(InputError, match="expected a number from 0 to 100"):
            Bet("Ada", share)
    for name in ("x" * 31, "two\nlines", " Ada"):
        with pytest.raises(InputError, match="one line of at most 30 letters"):
            Bet(name, 0.5)
    with pytest.raises(InputError, match="at most 40 can be kept"):
        Bets(tuple(Bet(str(number), 0.5) for number in range(MOST_BETS + 1)))
