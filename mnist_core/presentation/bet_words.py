"""What bets on a run say before it ends, and how they are decided."""

from mnist_core.formatting import listed, percent, points
from mnist_core.runs.bets import Bets


def placed(bets: Bets) -> str:
    """`The bets: Ada 97 %, Ben 99 %. The test accuracy at the end decides.` Empty without any."""
    if not len(bets):
        return ""
    if len(bets) == 1 and not bets.bets[0].name:
        return f"Your bet: {_share(bets.bets[0].accuracy)}. The test accuracy at the end decides."
    return f"The bets: {_all(bets)}. The test accuracy at the end decides."


def decided(bets: Bets, accuracy: float) -> str:
    """`Bet 97 %, it became 99.10 %: 2.1 points apart.` or who was nearest; empty without any."""
    nearest = bets.nearest(accuracy)
    if not nearest:
        return ""
    became, apart = percent(accuracy), points(accuracy - nearest[0].accuracy)
    if len(bets) == 1 and not nearest[0].name:
        return f"Bet {_share(nearest[0].accuracy)}, it became {became}: {apart} apart."
    who = listed([bet.name or "the bet without a name" for bet in nearest])
    if len(nearest) == 1:
        return f"The bets were {_all(bets)}. It became {became}: nearest was {who}, {apart} apart."
    return f"The bets were {_all(bets)}. It became {became}: nearest were {who}, {apart} apart."


def undecided(bets: Bets) -> str:
    """For a run that ended without a model; empty without any."""
    return f"The bets were {_all(bets)}. There is no model, so nobody wins." if len(bets) else ""


def _all(bets: Bets) -> str:
    return ", ".join(f"{bet.name} {_share(bet.accuracy)}".strip() for bet in bets.bets)


def _share(accuracy: float) -> str:
    return f"{100 * accuracy:g} %"
