"""A map of the images that a model is judged by, as the network sees them: each a point, alike ones close."""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.errors import InputError, model_not_read
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.sampling import stratified
from mnist_core.files import cache, npz
from mnist_core.formatting import count, percent
from mnist_core.inference.embedding import penultimate
from mnist_core.language import gettext

PCA, TSNE = "PCA", "t-SNE"
# Shown at most: beyond, glyphs hide each other; and t-SNE takes more than linearly longer.
MOST_POINTS = {PCA: 4000, TSNE: 3000}
LEAST_IMAGES = 10
# t-SNE gets so many principal components, which drops noise and is quicker to compare; its authors took 30.
COMPONENTS = 50
PERPLEXITY = 30
# Neighbours are compared for so many images: each with each takes quadratic memory.
COMPARED, NEIGHBOURS = 1000, 10
# Whoever changes how a map is made raises this, so that stored ones are made again.
VERSION = 1
MOST_STORED_BYTES = 1_000_000

# Many people may ask for a map at once; they wait in line rather than take every core from those who draw.
_in_line = {PCA: threading.Lock(), TSNE: threading.Lock()}


@dataclass(frozen=True)
class DigitMap:
    """Images as points on a plane."""

    kind: str  # `PCA` or `t-SNE`
    indices: np.ndarray  # int64 `[M]`, which images are shown
    positions: np.ndarray  # float32 `[M, 2]`, where
    # Shares of the values' variance that the two directions show; NaN for t-SNE, whose axes mean nothing.
    variance: tuple[float, float]
    # From 0 to 1: how far an image's neighbours on the map are its neighbours among the values, too (Venna and Kaski,
    # "Neighborhood preservation in nonlinear projection methods", 2001); chance is about 0.5.
    trustworthiness: float

    def save(self, path: Path) -> None:
        """Writes the map; `cache.keep` puts the file in its place."""
        figures = np.array([*self.variance, self.trustworthiness])
        npz.save(path, indices=self.indices, positions=self.positions, figures=figures)

    @classmethod
    def load(cls, path: Path, kind: str, images: int) -> "DigitMap | None":
        """Reads a map of one kind for so many images; None where there is none, or a damaged one."""
        try:
            arrays = npz.read(path, ("indices", "positions", "figures"), MOST_STORED_BYTES)
        except InputError:
            return None
        indices, positions, figures = arrays
        shapes = indices.ndim == 1 and positions.shape == (len(indices), 2) and figures.shape == (3,)
        types = [array.dtype.str for array in arrays] == ["<i8", "<f4", "<f8"]
        if not shapes or not types or not len(indices) or not np.isfinite(positions).all():
            return None
        if indices.min() < 0 or indices.max() >= images:
            return None
        return cls(kind, indices, positions, (float(figures[0]), float(figures[1])), float(figures[2]))


def load_or_make(kind: str, model: Path, images: np.ndarray, evaluation: Evaluation) -> DigitMap:
    """The map of images uint8 `[N, 28, 28]` by a model's `.tflite` file, from the disk where it was made before.

    PCA takes a second or two, t-SNE some twenty. Raises InputError if there are too few images, or the model makes no
    difference between them, and LabError if the model cannot be read.
    """
    path = stored_at(kind, model, images, evaluation)
    with _in_line[kind]:
        found = DigitMap.load(path, kind, len(images))
        if found is None:
            found = make(kind, model, images, evaluation)
            cache.keep(path, found.save)
    return found


def stored_at(kind: str, model: Path, images: np.ndarray, evaluation: Evaluation) -> Path:
    """Returns where the map is kept; any other model, image, label or answer gives another place."""
    try:
        name = cache.digest(model, images, evaluation.labels, evaluation.predictions)
    except OSError as error:
        raise model_not_read(model.parent.name, error) from error
    return cache.place("maps", f"{name}-{kind.lower()}-{VERSION}.npz")


def make(kind: str, model: Path, images: np.ndarray, evaluation: Evaluation) -> DigitMap:
    """Makes a map; arguments and errors are those of `load_or_make`."""
    if len(images) < LEAST_IMAGES:
        raise InputError(
            gettext(
                "A map needs at least {least_images} images; judge the model on more than {images}.",
                least_images=LEAST_IMAGES,
                images=len(images),
            )
        )
    indices = shown_on_map(evaluation, MOST_POINTS[kind])
    values = penultimate(model, images[indices])
    if not np.isfinite(values).all() or not values.std(axis=0).any():
        raise InputError(
            gettext(
                "To this model all images look alike, so no map can be made. Train it longer, or with "
                "a smaller learning rate."
            )
        )
    if values.shape[1] == 1:
        values = np.pad(values, ((0, 0), (0, 1)))  # one neuron makes a line, which is drawn in a plane too
    positions, variance = _arranged_by_pca(values) if kind == PCA else (_arranged_by_tsne(values), (np.nan, np.nan))
    return DigitMap(kind, indices, positions, variance, _trustworthiness(values, positions))


def shown_on_map(evaluation: Evaluation, most: int) -> np.ndarray:
    """Which images are shown, int64 `[M]`, rising: all mistakes, of the others a random sample with each digit's share.

    A weak model's mistakes would crowd out all else, so they take at most half of the places: the most confident ones.
    """
    mistakes = evaluation.mistakes()
    right = np.flatnonzero(evaluation.predictions == evaluation.labels)
    mistakes = mistakes[: max(most // 2, most - len(right))]
    sample = right[stratified(evaluation.labels[right], most - len(mistakes))]
    return np.sort(np.concatenate([mistakes, sample]))


def _arranged_by_pca(values: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Returns float32 `[N, 2]`, the two directions of most variance, and the shares of it that they show."""
    from sklearn import decomposition  # takes a second to load

    pca = decomposition.PCA(2, random_state=0)
    positions = pca.fit_transform(values)
    first, second = pca.explained_variance_ratio_
    return positions.astype(np.float32), (float(first), float(second))


def _arranged_by_tsne(values: np.ndarray) -> np.ndarray:
    """Returns float32 `[N, 2]` (van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008)."""
    from sklearn import decomposition, manifold
    from threadpoolctl import threadpool_limits

    components = min(COMPONENTS, *values.shape)
    reduced = decomposition.PCA(components, random_state=0).fit_transform(values)
    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    # One thread: the other cores are for those who draw meanwhile.
    with threadpool_limits(1, user_api="openmp"):
        tsne = manifold.TSNE(init="pca", perplexity=perplexity, random_state=0)
        positions: np.ndarray = tsne.fit_transform(reduced)
    return positions.astype(np.float32)


def _trustworthiness(values: np.ndarray, positions: np.ndarray) -> float:
    from sklearn import manifold

    sample = np.random.default_rng(0).permutation(len(values))[:COMPARED]
    neighbours = min(NEIGHBOURS, (len(sample) - 1) // 2)
    return float(manifold.trustworthiness(values[sample], positions[sample], n_neighbors=neighbours))


def map_sentence(found: DigitMap, evaluation: Evaluation) -> str:
    """Says what the map shows, and which images were left out."""
    mistakes, shown = len(evaluation.mistakes()), len(found.indices)
    wrong = int((evaluation.predictions[found.indices] != evaluation.labels[found.indices]).sum())
    total = len(evaluation.labels)
    alike = gettext("What the network finds alike lies close together.")
    if shown == total:
        return gettext("{alike} The map shows all {total} images.", alike=alike, total=count(total))
    if wrong == mistakes:
        return gettext(
            "{alike} The map shows {shown} of {total} images, with all {wrong} read wrong.",
            alike=alike,
            shown=count(shown),
            total=count(total),
            wrong=count(wrong),
        )
    return gettext(
        "{alike} The map shows {shown} of {total} images, with {wrong} of the {mistakes} read "
        "wrong, the most confident mistakes first.",
        alike=alike,
        shown=count(shown),
        total=count(total),
        wrong=count(wrong),
        mistakes=count(mistakes),
    )


def map_details(found: DigitMap) -> str:
    """Says what is arranged, and how far the map can be trusted."""
    trusted = gettext(
        "Points are arranged by the numbers that the network has before its last layer. How "
        "far neighbours on the map are neighbours in the network, too: {trustworthiness} "
        "(trustworthiness; a map made by chance has about 50 %).",
        trustworthiness=percent(found.trustworthiness, 0),
    )
    if found.kind == PCA:
        return gettext(
            "{trusted} The two directions show {variance} of what differs (variance).",
            trusted=trusted,
            variance=percent(sum(found.variance), 0),
        )
    return trusted
