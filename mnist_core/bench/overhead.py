"""What a run folder costs: epochs with metrics, curves, checkpoints and status beside those of the bare loop."""

from mnist_core.bench.data import Sizes
from mnist_core.bench.processes import medians, side_by_side
from mnist_core.bench.rows import Row
from mnist_core.config.recipes import RECIPES

LEAST_RATIO = 0.95


def measure(sizes: Sizes) -> list[Row]:
    """Measures whole epochs of the recipe `digit-detection`, validation included."""
    arguments = RECIPES["digit-detection"].config, sizes.data, sizes.images
    with side_by_side(("contenders.kept_epoch", arguments), ("contenders.bare_epoch", arguments)) as contenders:
        kept, bare = medians(contenders, sizes.rounds)
    return [Row("overhead", "an epoch with all that is written", kept, "s", bare, "the bare loop", LEAST_RATIO)]
