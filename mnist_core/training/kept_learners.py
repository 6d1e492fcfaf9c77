"""Learners that are kept for the next run: what was built, traced and compiled for a network serves it again.

That takes a second, most of what lies between a press on Start and the first step. Needs TensorFlow.
"""

import contextlib
import itertools
from collections.abc import Iterator

import numpy as np

from mnist_core.config.train_config import TrainConfig
from mnist_core.mnist import SIDE
from mnist_core.training import augmentation, precision
from mnist_core.training.learner import Learner, forget_kernels, graph_of
from mnist_core.training.training_set import TrainingSet

MOST_KEPT = 2
# With the optimizer's state, 24 MB.
MOST_PARAMETERS = 2_000_000

# A run leaves 3 MB of kernels behind; without them, the first step of the next one takes a third of a second longer.
RUNS_A_CLEARING = 10

_runs = itertools.count(1)
_kept: dict[TrainConfig, Learner] = {}  # the one that was used last comes last


@contextlib.contextmanager
def borrowed(config: TrainConfig, data: TrainingSet, settled: str) -> Iterator[Learner]:
    """Yields a learner as a new one would be; it is kept afterwards, unless something went wrong."""
    graph = graph_of(config, settled)
    learner = _kept.pop(graph, None)  # nobody else gets it meanwhile
    if learner is None:
        learner = Learner(config, data, settled)
    else:
        learner.begin_again(config, data)
    del data  # the learner has its own
    yield learner
    learner.let_go()
    if next(_runs) % RUNS_A_CLEARING == 0:
        forget_kernels()
    if learner.model.count_params() <= MOST_PARAMETERS:
        _kept[graph] = learner
        for oldest in list(_kept)[:-MOST_KEPT]:
            del _kept[oldest]


def forget() -> None:
    """Keeps none any more: the next run builds and traces its own."""
    _kept.clear()


def make_ready(config: TrainConfig) -> None:
    """Has a learner for these settings ready: it makes a step and validates, on pictures of nothing."""
    nothing = np.zeros((config.batch_size, SIDE, SIDE), np.uint8), np.zeros(config.batch_size, np.int64)
    with borrowed(config, TrainingSet(*nothing, *nothing), precision.settle(config.precision)) as learner:
        order, rates = np.arange(config.batch_size, dtype=np.int32), np.zeros(1, np.float32)
        changes = augmentation.draw_changes(config, config.batch_size if config.augments else 1, 0)
        learner.train(order, changes, rates, 0, 1)
        learner.validate()
