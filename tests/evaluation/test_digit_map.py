from pathlib import Path

import numpy as np
import pytest

from mnist_core.environment import PRETRAINED
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import digit_map
from mnist_core.evaluation.digit_map import PCA, TSNE, DigitMap, make, map_details, map_sentence, shown_on_map
from mnist_core.evaluation.evaluation import Evaluation
from tests.conftest import simple_images

SHIPPED = PRETRAINED / "best" / "model.tflite"


def judged(images: np.ndarray, labels: np.ndarray, wrong: int = 0) -> Evaluation:
    """An evaluation in which the first `wrong` images are read as the next digit, each less sure than the last."""
    answers = labels.copy()
    answers[:wrong] = (answers[:wrong] + 1) % 10
    probabilities = np.full((len(labels), 10), 0.001, np.float32)
    probabilities[np.arange(len(labels)), answers] = 0.99 - 0.5 * np.arange(len(labels)) / len(labels)
    return Evaluation(probabilities, labels, np.zeros((12, 4)))


# --- Which images are shown ----------------------------------------------------------------------------------------


def test_all_mistakes_and_a_sample_are_shown() -> None:
    labels = np.arange(1000) % 10
    shown = shown_on_map(judged(labels, labels, wrong=40), 200)
    assert len(shown) == 200
    assert set(range(40)) <= set(shown.tolist())
    assert (np.diff(shown) > 0).all()
    assert np.bincount(labels[shown[shown >= 40]], minlength=10).tolist() == [16] * 10


def test_the_mistakes_of_a_weak_model_take_half_of_the_map_the_most_confident_ones() -> None:
    labels = np.arange(1000) % 10
    shown = shown_on_map(judged(labels, labels, wrong=600), 200)
    assert len(shown) == 200
    assert (shown < 600).sum() == 100
    assert shown[:100].tolist() == list(range(100))


@pytest.mark.parametrize("wrong", [0, 30, 50])
def test_few_images_are_all_shown(wrong: int) -> None:
    labels = np.arange(50) % 10
    assert shown_on_map(judged(labels, labels, wrong), 60).tolist() == list(range(50))


def test_a_model_that_reads_next_to_nothing_right_fills_the_map_with_mistakes() -> None:
    labels = np.arange(500) % 10
    assert len(shown_on_map(judged(labels, labels, wrong=495), 60)) == 60


# --- The map -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [PCA, TSNE])
def test_alike_digits_lie_close_together(kind: str) -> None:
    images, labels = simple_images(120, 4)
    found = make(kind, SHIPPED, images, judged(images, labels, wrong=3))
    assert found.indices.tolist() == list(range(120))
    assert found.positions.shape == (120, 2)
    distances = np.linalg.norm(found.positions[:, np.newaxis] - found.positions, axis=2) + np.diag([np.inf] * 120)
    nearest = labels[distances.argmin(axis=1)]
    assert (nearest == labels).mean() > (0.6 if kind == PCA else 0.9)
    assert 0.8 < found.trustworthiness <= 1
    again = make(kind, SHIPPED, images, judged(images, labels, wrong=3))
    assert (again.positions == found.positions).all()


def test_pca_is_that_of_the_covariance() -> None:
    values = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32) * [5, 3, 1, 1, 1, 0]
    positions, variance = digit_map._arranged_by_pca(values)
    shares = np.linalg.eigvalsh(np.cov(values.T))[::-1]
    assert variance == pytest.approx(tuple(shares[:2] / shares.sum()), rel=1e-5)
    assert positions.var(axis=0, ddof=1) == pytest.approx(shares[:2], rel=1e-4)


@pytest.mark.parametrize("kind", [PCA, TSNE])
@pytest.mark.parametrize("features", [1, 2])
def test_few_neurons_and_few_images_make_a_map_too(kind: str, features: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(10, features)).astype(np.float32)
    monkeypatch.setattr(digit_map, "penultimate", lambda path, images: values)
    images, labels = simple_images(10, 0)
    found = make(kind, SHIPPED, images, judged(images, labels))
    assert found.positions.shape == (10, 2)
    assert np.isfinite(found.positions).all()


@pytest.mark.parametrize("value", [0.0, float("nan")])
def test_a_network_that_tells_nothing_apart_has_no_map(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digit_map, "penultimate", lambda path, images: np.full((len(images), 5), value, np.float32))
    images, labels = simple_images(20, 0)
    with pytest.raises(InputError, match="Train it longer"):
        make(PCA, SHIPPED, images, judged(images, labels))


def test_too_few_images_have_no_map() -> None:
    images, labels = simple_images(9, 0)
    with pytest.raises(InputError, match="at least 10 images"):
        make(PCA, SHIPPED, images, judged(images, labels))


# --- Keeping it ----------------------------------------------------------------------------------------------------


def test_a_map_is_made_once_and_read_afterwards(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = simple_images(30, 0)
    evaluation = judged(images, labels)
    first = digit_map.load_or_make(PCA, SHIPPED, images, evaluation)
    monkeypatch.setattr(digit_map, "make", lambda *arguments: pytest.fail("made again"))
    second = digit_map.load_or_make(PCA, SHIPPED, images, evaluation)
    assert (second.positions == first.positions).all()
    assert (second.indices == first.indices).all()
    assert (second.kind, second.variance, second.trustworthiness) == (PCA, first.variance, first.trustworthiness)
    assert len(list((temporary_home / "cache" / "maps").iterdir())) == 1


def test_other_images_labels_or_answers_make_another_map() -> None:
    images, labels = simple_images(30, 0)
    places = {
        digit_map.stored_at(PCA, SHIPPED, images, judged(images, labels)),
        digit_map.stored_at(TSNE, SHIPPED, images, judged(images, labels)),
        digit_map.stored_at(PCA, SHIPPED, images[::-1], judged(images, labels)),
        digit_map.stored_at(PCA, SHIPPED, images, judged(images, labels[::-1])),
        digit_map.stored_at(PCA, SHIPPED, images, judged(images, labels, wrong=1)),
    }
    assert len(places) == 5


def test_a_missing_model_is_said_in_a_sentence(tmp_path: Path) -> None:
    images, labels = simple_images(30, 0)
    with pytest.raises(LabError, match="there is no such file"):
        digit_map.load_or_make(PCA, tmp_path / "none.tflite", images, judged(images, labels))


GOOD = {
    "indices": np.arange(5),
    "positions": np.zeros((5, 2), np.float32),
    "figures": np.array([0.2, 0.1, 0.9]),
}


@pytest.mark.parametrize(
    "change",
    [
        {"indices": np.arange(1, 6)},
        {"indices": np.arange(-1, 4)},
        {"indices": np.arange(4)},
        {"indices": np.arange(5, dtype=np.int32)},
        {"positions": np.zeros((5, 3), np.float32)},
        {"positions": np.full((5, 2), np.nan, np.float32)},
        {"positions": np.array([["a", "b"]] * 5)},
        {"figures": np.zeros(2)},
        {"indices": np.empty(0, np.int64), "positions": np.empty((0, 2), np.float32)},
        {"indices": np.zeros(1_000_000, np.int64)},
    ],
)
def test_a_damaged_stored_map_is_none(change: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    np.savez(path, **GOOD)  # type: ignore[arg-type]
    assert DigitMap.load(path, PCA, 5) is not None
    np.savez(path, **(GOOD | change))  # type: ignore[arg-type]
    assert DigitMap.load(path, PCA, 5) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive"])
def test_a_broken_file_is_made_again(content: bytes) -> None:
    images, labels = simple_images(30, 0)
    evaluation = judged(images, labels)
    path = digit_map.stored_at(PCA, SHIPPED, images, evaluation)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found = digit_map.load_or_make(PCA, SHIPPED, images, evaluation)
    stored = DigitMap.load(path, PCA, 30)
    assert stored is not None
    assert (stored.positions == found.positions).all()


# --- In words ------------------------------------------------------------------------------------------------------


def test_the_sentence_says_what_is_shown_and_how_much_of_the_truth() -> None:
    labels = np.arange(100) % 10
    evaluation = judged(labels, labels, wrong=4)
    some = DigitMap(PCA, np.arange(50), np.zeros((50, 2), np.float32), (0.2, 0.11), 0.934)
    assert "The map shows 50 of 100 images, with all 4 read wrong." in map_sentence(some, evaluation)
    assert "The two directions show 31 % of what differs (variance)." in map_details(some)
    assert "are neighbours in the network, too: 93 % (trustworthiness" in map_details(some)
    part = DigitMap(TSNE, np.arange(2, 50), some.positions, (np.nan, np.nan), 0.934)
    said = "The map shows 48 of 100 images, with 2 of the 4 read wrong, the most confident mistakes first."
    assert said in map_sentence(part, evaluation)
    assert "variance" not in map_details(part)
    every = DigitMap(TSNE, np.arange(100), some.positions, (np.nan, np.nan), 0.934)
    assert map_sentence(every, evaluation).endswith("The map shows all 100 images.")
