"""The colours of charts and tables: Okabe and Ito's palette, told apart by people with any colour vision."""

import numpy as np

TRAINING_COLOUR = "#0072B2"
VALIDATION_COLOUR = "#D55E00"
QUIET_COLOUR = "#8A93A0"
# Of models beside each other: the palette's hues that can be told apart on white and on near-black.
COLOURS = (TRAINING_COLOUR, VALIDATION_COLOUR, "#009E73", "#CC79A7", "#E69F00")
# From half of the largest number on, a cell of a confusion matrix is so dark that white stands out from all of them.
STRONG_SHARE, STRONG_SHADE = 0.5, 0.93


def root_shades(values: np.ndarray) -> np.ndarray:
    """Returns how dark each cell of a confusion matrix `[10, 10]` is, between 0 and 1.

    The diagonal is a thousand times any mistake; a root keeps the mistakes visible. No cell lies between the shades
    that carry dark text and those that carry white, so that the strong cells look alike.
    """
    shares = values / max(float(values.max()), 1e-12)
    strong = STRONG_SHADE + (1 - STRONG_SHADE) * (shares - STRONG_SHARE) / (1 - STRONG_SHARE)
    shades: np.ndarray = np.where(shares < STRONG_SHARE, shares**0.4, strong)
    return shades
