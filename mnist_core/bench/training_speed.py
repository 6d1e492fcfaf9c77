"""Training speed: the lab's loop beside stock `fit`, PyTorch and the product of matrices on the same cores."""

import dataclasses
import importlib.util
import math

from mnist_core.bench.data import Sizes
from mnist_core.bench.processes import Named, medians, side_by_side
from mnist_core.bench.rows import Row
from mnist_core.config.network import WEIGHTED, Layer, summarize
from mnist_core.config.recipes import DEFAULT_RECIPE, RECIPES
from mnist_core.config.train_config import TrainConfig

NETWORK = "32-64 CNN"
# What the lab has to gain over Keras's `fit` with its policies.
LEAST_RATIOS = {"float32": 1.9, "mixed_bfloat16": 1.15}
KINDS = ("float32", "bfloat16")


def measure(sizes: Sizes) -> list[Row]:
    return [*(row for batch in sizes.batches for row in _measure_batch(batch, sizes)), _measure_onednn(sizes)]


def training_flop(layers: tuple[Layer, ...]) -> int:
    """Counts the floating-point operations of training on one picture, in convolutions and dense layers.

    Two for each multiply-add, of which there are as many forward, for the gradient of the weights, and for that of the
    layer's input, which the first layer does not need.
    """
    summaries = [summary for summary in summarize(layers) if summary.layer.kind in WEIGHTED]
    numbers = [(one.parameters - one.output_shape[-1]) * math.prod(one.output_shape[:-1]) for one in summaries]
    return 2 * (3 * sum(numbers) - numbers[0])


def network(batch: int) -> TrainConfig:
    """The settings that all contenders train with."""
    return dataclasses.replace(RECIPES["digit-detection"].config, batch_size=batch, validation_share=0.0)


def _measure_onednn(sizes: Sizes) -> Row:
    """What oneDNN is worth, which the lab uses on every processor."""
    config = dataclasses.replace(RECIPES[DEFAULT_RECIPE].config, validation_share=0.0, precision="float32")
    arguments = config, sizes.data, sizes.speed_images
    with side_by_side(("contenders.lab_loop", arguments), ("without_onednn.lab_loop", arguments)) as contenders:
        lab, other = medians(contenders, sizes.rounds)
    return Row("training", f"training {DEFAULT_RECIPE} in float32", lab, "images/s", other, "the same without oneDNN")


def _measure_batch(batch: int, sizes: Sizes) -> list[Row]:
    config = network(batch)
    arguments = config, sizes.data, sizes.speed_images
    named: list[Named] = [("contenders.lab_loop", arguments)]
    named += [("contenders.stock_fit", (*arguments, policy)) for policy in LEAST_RATIOS]
    named += [("contenders.matrix_product", (sizes.product_side, kind)) for kind in KINDS]
    torch = ("PyTorch, eager", "PyTorch, compiled") if importlib.util.find_spec("torch") else ()
    named += [("torch_loop.train_loop", (*arguments, name == "PyTorch, compiled")) for name in torch]
    with side_by_side(*named) as contenders:
        lab, *others = medians(contenders, sizes.rounds)
    fits, products, torches = others[:2], others[2:4], others[4:]
    what = f"training the {NETWORK}, batch {batch}"
    rows = [
        Row("training", what, lab, "images/s", fit, f"Keras's fit, {policy}", least)
        for fit, (policy, least) in zip(fits, LEAST_RATIOS.items(), strict=True)
    ]
    rows += [Row("training", what, lab, "images/s", other, name) for name, other in zip(torch, torches, strict=True)]
    reached = lab * training_flop(config.layers) / 1e9
    return rows + [
        Row("training", f"{what}: arithmetic", reached, "GFLOP/s", product, f"{kind} matrix product")
        for kind, product in zip(KINDS, products, strict=True)
    ]
