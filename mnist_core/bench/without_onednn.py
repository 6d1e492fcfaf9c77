"""The lab's loop as TensorFlow computes it without oneDNN, which it leaves off on processors of many laptops."""

import os

from mnist_core.bench.processes import Measure
from mnist_core.config.train_config import TrainConfig


def lab_loop(config: TrainConfig, data: str, images: int) -> Measure:
    """As `contenders.lab_loop`; in a process that has not loaded TensorFlow yet."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    from mnist_core.bench import contenders

    return contenders.lab_loop(config, data, images)
