import math

from mnist_core.presentation import bet_words
from mnist_core.runs.bets import Bet, Bets

ALONE = Bets((Bet("", 0.97),))
CLASS = Bets((Bet("Ada", 0.985), Bet("Ben", 0.97), Bet("", 0.9)))


def test_bets_before_the_end() -> None:
    assert bet_words.placed(Bets()) == ""
    assert bet_words.placed(ALONE) == "Your bet: 97 %. The test accuracy at the end decides."
    assert bet_words.placed(CLASS) == ("The bets: Ada 98.5 %, Ben 97 %, 90 %. The test accuracy at the end decides.")


def test_bets_are_decided_by_who_was_nearest() -> None:
    assert bet_words.decided(ALONE, 0.991) == "Bet 97 %, it became 99.10 %: 2.1 points apart."
    assert bet_words.decided(CLASS, 0.991) == (
        "The bets were Ada 98.5 %, Ben 97 %, 90 %. It became 99.10 %: nearest was Ada, 0.6 points apart."
    )
    assert "nearest was the bet without a name" in bet_words.decided(CLASS, 0.5)
    both = Bets((Bet("Ada", 0.985), Bet("Ben", 0.975)))
    assert bet_words.decided(both, 0.98).endswith("It became 98.00 %: nearest were Ada and Ben, 0.5 points apart.")


def test_without_a_model_or_a_bet_nothing_is_decided() -> None:
    assert bet_words.decided(ALONE, math.nan) == bet_words.decided(Bets(), 0.9) == bet_words.undecided(Bets()) == ""
    assert bet_words.undecided(ALONE) == "The bets were 97 %. There is no model, so nobody wins."
