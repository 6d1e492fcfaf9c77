"""Samples that keep the shares of the digits."""

import numpy as np


def stratified(labels: np.ndarray, number: int, seed: int = 0) -> np.ndarray:
    """Draws images by chance so that each digit keeps its share, to within one image.

    Each digit's images are put in random order and spread evenly over the line from 0 to 1; the sample is what comes
    first on it. A larger sample with the same seed therefore contains the smaller one. Returns int64 `[min(number,
    N)]`, indices in ascending order.
    """
    random = np.random.default_rng(seed)
    places = np.empty(len(labels))
    for digit in np.unique(labels):
        of_digit = np.flatnonzero(labels == digit)
        places[of_digit] = (random.permutation(len(of_digit)) + 0.5) / len(of_digit)
    return np.sort(np.argsort(places, kind="stable")[:number])
