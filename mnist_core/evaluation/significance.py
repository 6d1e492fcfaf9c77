"""How sure a measured share is, and whether a difference between two models on the same images means anything.

In closed formulas of the standard library: scipy.stats takes seconds to load, too long for a page. The tests hold them
to SciPy and statsmodels.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

from mnist_core.language import as_written

# Of fewer images than this the exact distribution is used, as McNemar's test is usually taught.
FEW = 25
# A smaller p is called hardly chance.
LEVEL = 0.05


def wilson(right: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for the share that `right` of `total` estimate, from 0 to 1; (0, 1) for none of none.

    It holds what it promises near 0 and 1 too, where accuracies are, and never leaves them; Wilson, "Probable
    inference, the law of succession, and statistical inference", JASA 22 (1927), without a correction for continuity.
    """
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    # With none or all of them right an end is exactly 0 or 1; the rounding of the formula misses it by a hair.
    return (0.0 if right == 0 else max(middle - half, 0.0)), (1.0 if right == total else min(middle + half, 1.0))


def mcnemar(only_first: int, only_second: int) -> float:
    """McNemar's p-value: how probable a difference at least this large is if two models were equally good.

    Only images count that one model reads right and the other wrong. Of fewer than `FEW` the exact, two-sided binomial
    test decides, of more the chi-square statistic with Edwards's correction for continuity, which never goes beyond
    equal counts: they give 1. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947); for classifiers: Dietterich, "Approximate statistical tests for comparing
    supervised classification learning algorithms", Neural Computation 10 (1998).
    """
    number, fewer = only_first + only_second, min(only_first, only_second)
    if number < FEW:
        # Whole numbers until the division: exact, and 1 where there is nothing to tell them apart.
        return min(2 * sum(math.comb(number, k) for k in range(fewer + 1)) / 2**number, 1.0)
    statistic = max(abs(only_first - only_second) - 1, 0) ** 2 / number
    return math.erfc(math.sqrt(statistic / 2))  # of a chi-square distribution with one degree of freedom


def holm(values: Sequence[float]) -> list[float]:
    """Corrects p-values for being several, by Holm's step-down method; returns them in the same order.

    Compared with `LEVEL`, they then call a difference real by mistake in at most that share of all cases, however many
    are tested. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
    (1979).
    """
    corrected, largest = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min((len(values) - rank) * values[index], 1.0))
        corrected[index] = largest
    return corrected


def is_real(p: float) -> bool:
    """Whether a p-value says that a difference is hardly chance."""
    return p < LEVEL


def written(p: float) -> str:
    """Writes a p-value: `p = 0.31`, `p = 0.002`, `p < 0.001`; never rounded onto the level that decides."""
    if p < 0.001:
        return as_written("p < 0.001")
    decimals = 2 if p >= 0.1 else 3
    while round(p, decimals) == LEVEL != p and decimals < 6:
        decimals += 1
    return as_written(f"p = {p:.{decimals}f}")
