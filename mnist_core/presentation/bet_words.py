"""What bets on a run say before it ends, and how they are decided."""

from mnist_core.formatting import listed, percent, points
from mnist_core.language import as_written, gettext
from mnist_core.runs.bets import Bets


def placed(bets: Bets) -> str:
    """`The bets: Ada 97 %, Ben 99 %. The test accuracy at the end decides.` Empty without any."""
    if not len(bets):
        return ""
    if len(bets) == 1 and not bets.bets[0].name:
        return gettext("Your bet: {share}. The test accuracy at the end decides.", share=_share(bets.bets[0].accuracy))
    return gettext("The bets: {all}. The test accuracy at the end decides.", all=_all(bets))


def decided(bets: Bets, accuracy: float) -> str:
    """`Bet 97 %, it became 99.10 %: 2.1 points apart.` or who was nearest; empty without any."""
    nearest = bets.nearest(accuracy)
    if not nearest:
        return ""
    became, apart = percent(accuracy), points(accuracy - nearest[0].accuracy)
    if len(bets) == 1 and not nearest[0].name:
        return gettext(
            "Bet {share}, it became {became}: {apart} apart.",
            share=_share(nearest[0].accuracy),
            became=became,
            apart=apart,
        )
    who = listed([bet.name or gettext("the bet without a name") for bet in nearest])
    if len(nearest) == 1:
        return gettext(
            "The bets were {all}. It became {became}: nearest was {who}, {apart} apart.",
            all=_all(bets),
            became=became,
            who=who,
            apart=apart,
        )
    return gettext(
        "The bets were {all}. It became {became}: nearest were {who}, {apart} apart.",
        all=_all(bets),
        became=became,
        who=who,
        apart=apart,
    )


def undecided(bets: Bets) -> str:
    """For a run that ended without a model; empty without any."""
    return gettext("The bets were {all}. There is no model, so nobody wins.", all=_all(bets)) if len(bets) else ""


def _all(bets: Bets) -> str:
    return ", ".join(f"{bet.name} {_share(bet.accuracy)}".strip() for bet in bets.bets)


def _share(accuracy: float) -> str:
    return as_written(f"{100 * accuracy:g} %")
