"""The learning rate of every step of a run."""

from collections.abc import Sequence

import numpy as np

from mnist_core.config.train_config import TrainConfig

# From which step of the whole run on people wanted another (highest) learning rate: pairs of step and rate.
RateChanges = Sequence[tuple[int, float]]


def learning_rates(config: TrainConfig, steps: int, begun: int = 0, changes: RateChanges = ()) -> np.ndarray:
    """The learning rate of every step of the whole run, float32 `[epochs × steps]`.

    `begun` epochs were made by another run, which this one continues; the schedule covers those after them. After each
    of `changes`, which people made on the way, it goes on from there, scaled to the new rate.
    """
    rates = np.concatenate([np.zeros(begun * steps), _schedule(config, (config.epochs - begun) * steps)])
    factors = np.ones(len(rates))
    for step, rate in changes:
        factors[step:] = rate / config.learning_rate
    return (rates * factors).astype(np.float32)


def _schedule(config: TrainConfig, number: int) -> np.ndarray:
    """One-cycle (Smith and Topin, 2018): from 1/25 of the peak up for 30 % of the steps, then to nothing; cosines."""
    if config.schedule == "constant":
        return np.full(number, config.learning_rate)
    position = (np.arange(number) + 0.5) / number
    rise = 0.3
    climbing = 0.04 + 0.96 * (1 - np.cos(np.pi * position / rise)) / 2
    falling = (1 + np.cos(np.pi * (position - rise) / (1 - rise))) / 2
    return config.learning_rate * np.where(position < rise, climbing, falling)
