"""How much is measured, and on which data."""

import dataclasses
from dataclasses import dataclass

from mnist_core.data import sources
from mnist_core.data.dataset import Dataset


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rounds: int = 5  # how often each contender is measured, in turn with the others
    data: str = "mnist"
    images: int = 60_000  # of each part of the data, at most
    speed_images: int = 20_000  # for each measurement of training speed
    batches: tuple[int, ...] = (32, 128, 512)  # the batch sizes to train with
    target: float = 0.99  # the test accuracy of the race
    race_rounds: int = 3  # how often both run the race
    seeds: int = 10  # how many the lab runs it with
    epochs: int = 15  # of the race, at most
    drawings: int = 50  # how many are sent
    shares: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 1.0)  # of the data, to scale over
    scaled_batches: tuple[int, ...] = (32, 64, 128, 256, 512, 1024)  # the batch sizes to scale over
    product_side: int = 4096  # of the matrices that are multiplied


FULL = Sizes()
# To see that it works; its figures mean nothing.
QUICK = Sizes(
    rounds=1,
    data="digits-8x8",
    images=200,
    speed_images=100,
    batches=(32,),
    target=0.0,
    race_rounds=1,
    seeds=1,
    epochs=1,
    drawings=3,
    shares=(0.5, 1.0),
    scaled_batches=(32, 64),
    product_side=64,
)


def shortened(name: str, images: int) -> Dataset:
    """Keeps the first images of each part."""
    data = sources.load(name)
    return dataclasses.replace(
        data,
        train_images=data.train_images[:images],
        train_labels=data.train_labels[:images],
        test_images=data.test_images[:images],
        test_labels=data.test_labels[:images],
    )
