"""How sure a measured share is."""

import math
from statistics import NormalDist


def wilson(right: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Returns Wilson's score interval for the share that `right` of `total` estimate.

    It holds what it promises near 0 and 1 too, where accuracies are, and never leaves them; Wilson, "Probable
    inference, the law of succession, and statistical inference", JASA 22 (1927), without a correction for continuity.

    Args:
        right: How many were right, 0 to `total`.
        total: How many there were; of none, nothing is known: (0, 1).
        confidence: The share of such intervals that hold the true value, between 0 and 1.

    Returns:
        The lower and the upper end, shares between 0 and 1.
    """
    if total == 0:
        return 0.0, 1.0
    # The standard library's normal distribution: scipy.stats takes a second to load, too long for a page.
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    # With none or all of them right an end is exactly 0 or 1; the rounding of the formula misses it by a hair.
    return (0.0 if right == 0 else max(middle - half, 0.0)), (1.0 if right == total else min(middle + half, 1.0))
