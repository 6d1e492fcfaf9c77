"""What a model costs: parameters, size, training time, time for one image."""

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.config.network import count_parameters
from mnist_core.errors import InputError
from mnist_core.mnist import SIDE
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    from mnist_core.inference.classifier import Classifier

# The first answers of a model are slower: memory is touched for the first time.
WARM_UP, REPEATS = 3, 21


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a run's model without asking it; None where the folder does not say."""

    parameters: int | None
    file_size: int | None  # of `model.tflite`, in bytes
    training_seconds: float | None  # without waiting, set-up and export


def model_facts(run: Run) -> ModelFacts:
    """A damaged folder only leaves gaps."""
    try:
        parameters = count_parameters(run.config().layers)
    except InputError:
        parameters = None
    try:
        file_size = run.model_path.stat().st_size
    except OSError:
        file_size = None
    return ModelFacts(parameters, file_size, run.status().seconds or None)


def prediction_seconds(classifier: "Classifier") -> float:
    """How long one image takes on this machine, on one core: the median of `REPEATS`."""
    image = np.zeros((1, SIDE, SIDE), np.uint8)  # the same arithmetic whatever the pixels are
    times = []
    for _ in range(WARM_UP + REPEATS):
        start = time.perf_counter()
        classifier.probabilities(image)
        times.append(time.perf_counter() - start)
    return statistics.median(times[WARM_UP:])
