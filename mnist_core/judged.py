"""What a model was judged on, and what came out."""

from dataclasses import dataclass

import numpy as np

from mnist_core.evaluation import Evaluation


@dataclass(frozen=True)
class Judged:
    """A model's answers to labelled images, with the images.

    Attributes:
        evaluation: The answers, and what follows from them.
        images: uint8 `[N, 28, 28]` in the order of `evaluation.labels`; None where they are not on this machine.
        title: What the data is called, for people.
    """

    evaluation: Evaluation
    images: np.ndarray | None
    title: str
