"""The race to 99 % on the test set: the recipe `quick` beside Keras's own example."""

import math
import statistics

from mnist_core.bench.data import Sizes
from mnist_core.bench.processes import side_by_side
from mnist_core.bench.rows import Row
from mnist_core.config.recipes import RECIPES
from mnist_core.formatting import percent

LEAST_RATIO = 30.0
LEAST_SHARE = 0.9


def measure(sizes: Sizes) -> list[Row]:
    arguments = sizes.data, sizes.images, sizes.target
    lab_race = "contenders.lab_race", (RECIPES["quick"].config, *arguments)
    with side_by_side(lab_race, ("contenders.keras_race", (*arguments, sizes.epochs))) as (lab, keras):
        ours, others = [], []
        for number in range(max(sizes.seeds, sizes.race_rounds)):
            ours.append(lab.measure())
            if number < sizes.race_rounds:
                others.append(keras.measure())
    reached = sum(map(math.isfinite, ours)) / len(ours)
    goal = f"{percent(sizes.target, 0)} of the test set"
    typical, other = statistics.median(ours), statistics.median(others)
    return [
        Row("race", f"training time to {goal}, recipe quick", typical, "s", other, "Keras's example", LEAST_RATIO),
        Row("race", f"of {len(ours)} seeds of quick reach {goal}", reached, "share", limit=LEAST_SHARE),
    ]
