"""What each step of the preparation is worth: accuracy with all steps, and with one left out.

Two kinds of input are prepared: test digits of the dataset as pictures of any size and place, dark on light and light
on dark, and strokes that people drew, at any size and place on the canvas.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image

from mnist_core.errors import InputError, not_written
from mnist_core.files import cache, folders
from mnist_core.files.records import NewerError, Record
from mnist_core.language import gettext
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.ink_extraction import find_ink
from mnist_core.preprocessing.pipeline import ALL_STEPS, Steps, from_ink, from_strokes
from mnist_core.preprocessing.strokes import CANVAS_PEN, CANVAS_SIDE, Strokes
from mnist_core.runs.run import Run
from mnist_core.watch import Advance, Watch, unwatched

FILE_NAME = "preparation.json"
STEP_NAMES = tuple(field.name for field in dataclasses.fields(Steps))
ALL = "all"
WAYS = {ALL: ALL_STEPS} | {name: ALL_STEPS.without(name) for name in STEP_NAMES}

# A digit in a picture is up to eight times as large as MNIST's, and drawn ones take these shares of the canvas.
LARGEST_ZOOM = 8.0
SMALLEST_DRAWING, LARGEST_DRAWING = 0.15, 0.85
# Most people write dark on light.
DARK_SHARE = 0.7


@dataclass(frozen=True)
class Ablation(Record):
    """Accuracies by what was left out."""

    pictures: dict[str, float]  # share of the pictures read right, by step left out; under `all` with all steps
    strokes: dict[str, float]  # the same of drawings; empty where none were given
    picture_count: int
    stroke_count: int

    def __post_init__(self) -> None:
        for accuracies in (self.pictures, self.strokes) if self.strokes else (self.pictures,):
            if not all(0 <= accuracies.get(name, -1) <= 1 for name in WAYS):
                raise InputError(
                    gettext("What skipping each step costs must be a share between 0 and 1 for each of them.")
                )

    def cost(self, step: str) -> tuple[float, float | None]:
        """What leaving out a step costs, as shares of the pictures and of the drawings (None without any)."""
        drawn = self.strokes[ALL] - self.strokes[step] if self.strokes else None
        return self.pictures[ALL] - self.pictures[step], drawn

    def keep(self, run: Run) -> None:
        """Keeps it with a run, or in the home where the run is a shipped model, whose folder belongs to the program.

        Raises LabError where it cannot be written.
        """
        path = _own_place(run)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.save(path)
        except OSError as error:
            raise not_written(gettext("What was measured of {id} cannot be kept", id=run.id), error) from error

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """What was measured of a run here, else what came with it; None where there is no result or it is damaged."""
        own = _own_place(run)
        try:
            return cls.load(own if folders.is_file(own) else run.folder / FILE_NAME)
        except NewerError:
            raise
        except InputError:
            return None


def _own_place(run: Run) -> Path:
    return cache.place("preparation", f"{run.id}.json") if run.shipped else run.folder / FILE_NAME


def measure(
    classify: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    drawings: Sequence[Strokes] = (),
    drawing_labels: np.ndarray | None = None,
    seed: int = 0,
    watch: Watch = unwatched,
) -> Ablation:
    """Measures what skipping each step costs, on test digits uint8 `[N, 28, 28]` and on drawings of unseen writers.

    `classify` is as `Classifier.probabilities`; the seed decides sizes, places and polarities, the same ones for every
    step; `watch` is told how many are prepared.
    """
    pages = (as_picture(image, [seed, number]) for number, image in enumerate(images))
    watching = watch(gettext("Preparing pictures"), len(images))
    pictures = _accuracies(classify, map(_prepared_picture, pages), labels, watching)
    strokes = {}
    if drawing_labels is not None and len(drawings):
        on_canvas = (moved(drawing, [seed, number]) for number, drawing in enumerate(drawings))
        watching = watch(gettext("Preparing drawings"), len(drawings))
        strokes = _accuracies(classify, map(_prepared_strokes, on_canvas), drawing_labels, watching)
    return Ablation(pictures, strokes, len(images), len(drawings))


def _prepared_picture(grey: np.ndarray) -> np.ndarray:
    """In all ways: uint8 `[ways, 28, 28]`, black where no ink is found."""
    ink, dark = find_ink(grey)
    if not ink.any():
        return np.zeros((len(WAYS), SIDE, SIDE), np.uint8)
    return np.stack([from_ink(ink, dark=dark, steps=steps).image for steps in WAYS.values()])


def _prepared_strokes(strokes: Strokes) -> np.ndarray:
    ways = [from_strokes(strokes, steps=steps) for steps in WAYS.values()]
    return np.stack([np.zeros((SIDE, SIDE), np.uint8) if stages is None else stages.image for stages in ways])


def _accuracies(
    classify: Callable[[np.ndarray], np.ndarray],
    prepared: Iterable[np.ndarray],
    labels: np.ndarray,
    watching: AbstractContextManager[Advance],
) -> dict[str, float]:
    in_all_ways = []
    with watching as advance:
        for ways in prepared:
            in_all_ways.append(ways)
            advance(1)
    images = np.stack(in_all_ways, axis=1)
    return {
        name: float((classify(ways).argmax(axis=1) == labels).mean()) for name, ways in zip(WAYS, images, strict=True)
    }


def as_picture(image: np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """Enlarges a digit up to eightfold and puts it somewhere on a page, mostly dark on light: uint8."""
    random = np.random.default_rng(seed)
    # All orders of size alike: as many between one and two times as between four and eight.
    size = round(SIDE * LARGEST_ZOOM ** random.random())
    side = round(size * random.uniform(1.2, 3))
    top, left = random.integers(0, side - size + 1, 2)
    page = np.zeros((side, side), np.uint8)
    large = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)
    page[top : top + size, left : left + size] = np.asarray(large)
    return 255 - page if random.random() < DARK_SHARE else page


def moved(strokes: Strokes, seed: Sequence[int]) -> Strokes:
    """The same digit at another size somewhere on the canvas."""
    random = np.random.default_rng(seed)
    return placed(strokes, CANVAS_SIDE * random.uniform(SMALLEST_DRAWING, LARGEST_DRAWING), random)


def placed(strokes: Strokes, size: float, random: np.random.Generator) -> Strokes:
    """The same digit somewhere on the canvas, its longest side `size` pixels."""
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = size / max(extent.max(), 1e-9)
    room = CANVAS_SIDE - CANVAS_PEN - extent * scale
    corner = CANVAS_PEN / 2 + random.random(2) * room
    return [(stroke - low) * scale + corner for stroke in strokes]
