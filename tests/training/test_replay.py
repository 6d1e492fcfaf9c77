import math
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.runs import run_folders
from mnist_core.training.pins import UNKNOWN, Pins
from mnist_core.training.replay import Replay, Score, scores_sentence
from tests.conftest import simple_images

IMAGES, LABELS = simple_images(4, 0)


def matrix(right: int, mistakes: int = 0) -> np.ndarray:
    """Each digit read right so often, and 4 read as 9 so often."""
    result = right * np.eye(10, dtype=np.int64)
    result[4, 9] = mistakes
    return result


def sure(digit: int, probability: float = 0.91) -> np.ndarray:
    return np.where(np.arange(10) == digit, probability, (1 - probability) / 9)


def three_epochs() -> Replay:
    """'a' from the start on, 'b' in the second epoch only, 'c' from the third on."""
    return (
        Replay.none()
        .with_start(matrix(1, 90), ("a",), sure(0, 0.2)[np.newaxis])
        .with_epoch(matrix(8, 20), ("a",), sure(9)[np.newaxis])
        .with_epoch(matrix(9, 10), ("b", "a"), np.stack([sure(1), sure(4, 0.7)]))
        .with_epoch(matrix(10), ("a", "c"), np.stack([sure(4), sure(2)]))
    )


def test_digits_are_matched_by_name_while_pins_come_and_go() -> None:
    replay = three_epochs()
    assert replay.epochs == 3 and replay.names == ("a", "b", "c")
    assert replay.probabilities.dtype == np.float32 and replay.confusion.dtype == np.int64
    there = ~np.isnan(replay.probabilities).any(axis=2)
    np.testing.assert_array_equal(there[0], [True, False, False])
    np.testing.assert_array_equal(there[1:], [[True, False, False], [True, True, False], [True, False, True]])
    np.testing.assert_array_equal(replay.probabilities[:, 0].argmax(axis=1), [0, 9, 4, 4])
    np.testing.assert_allclose(replay.probabilities[2, 1], sure(1), rtol=1e-6)


def test_an_epoch_without_pins_is_an_epoch() -> None:
    replay = Replay.none().with_epoch(matrix(1), (), np.zeros((0, 10))).with_epoch(matrix(2), (), np.zeros((0, 10)))
    assert replay.epochs == 2 and replay.probabilities.shape == (3, 0, 10)


def test_names_and_probabilities_must_be_as_many() -> None:
    with pytest.raises(ValueError):
        Replay.none().with_epoch(matrix(1), ("a", "b"), sure(1)[np.newaxis])


def test_a_replay_comes_back_as_it_was(tmp_path: Path) -> None:
    for replay in (Replay.none(), three_epochs()):
        replay.save(tmp_path / "replay.npz")
        back = Replay.load(tmp_path / "replay.npz")
        np.testing.assert_array_equal(back.confusion, replay.confusion)
        np.testing.assert_array_equal(back.probabilities, replay.probabilities)
        assert back.names == replay.names


@pytest.mark.parametrize(
    "changed",
    [
        {"confusion": np.zeros((3, 9, 10), np.int64)},
        {"confusion": np.zeros((2, 10, 10), np.int64)},
        {"confusion": np.zeros((3, 10, 10))},
        {"confusion": np.int64(3)},
        {"names": np.array(["a", "b"])},
        {"names": np.array(["a", "b", "a"])},
        {"names": np.array([1, 2, 3])},
        {"probabilities": np.zeros((3, 3, 10))},
    ],
)
def test_a_file_that_holds_something_else_holds_no_epochs(tmp_path: Path, changed: dict[str, np.ndarray]) -> None:
    replay = three_epochs()
    stored = {"confusion": replay.confusion[1:], "probabilities": replay.probabilities[1:]}
    good = stored | {"names": np.array(replay.names)}
    np.savez(tmp_path / "good.npz", **good)  # type: ignore[arg-type]
    found = Replay.load(tmp_path / "good.npz")
    # As releases wrote it that knew no epoch 0.
    assert (found.epochs, found.first) == (3, 1) and found.confusion_sentence(0) == "Epoch 0 was not recorded."
    np.testing.assert_array_equal(found.confusion[1:], replay.confusion[1:])
    np.savez(tmp_path / "bad.npz", **(good | changed))  # type: ignore[arg-type]
    assert Replay.load(tmp_path / "bad.npz").epochs == 0


def test_missing_and_damaged_files_hold_no_epochs(tmp_path: Path) -> None:
    path = tmp_path / "replay.npz"
    assert Replay.load(path).epochs == 0
    path.write_bytes(b"nothing")
    assert Replay.load(path).epochs == 0


def test_a_cut_keeps_the_first_epochs_and_marks_those_that_are_missing() -> None:
    replay = three_epochs()
    np.testing.assert_array_equal(replay.cut(2).confusion, replay.confusion[:3])
    np.testing.assert_array_equal(replay.cut(2).probabilities, replay.probabilities[:3])
    longer = replay.cut(5).with_epoch(matrix(3), ("a",), sure(4)[np.newaxis])
    assert longer.epochs == 6 and longer.confusion_sentence(5) == "Epoch 5 was not recorded."
    assert np.isnan(longer.probabilities[4:6]).all() and longer.probabilities[6, 0].argmax() == 4
    assert Replay.none().cut(2).epochs == 2 and (replay.cut(0).epochs, replay.cut(0).first) == (0, 0)


def test_scores_say_what_each_digit_is_taken_for() -> None:
    kept = Pins(IMAGES, np.array([4, UNKNOWN, 7, 4]), ("a", "b", "c", "new"))
    replay = three_epochs()
    assert [score.sentence for score in replay.scores(kept, 1)] == [
        "✗ wrong: 9, 91 %, but it is 4",
        *3 * ["not scored yet"],
    ]
    assert replay.scores(kept, 0)[0].sentence == "✗ wrong: 0, 20 %, but it is 4"
    now = replay.scores(kept, 2)
    assert [score.sentence for score in now[:2]] == ["✓ right: 4, 70 %", "read as 1, 91 %"]
    assert now[0].followed == 4 and now[0].history == pytest.approx((0.8 / 9, 0.01, 0.7))
    assert now[1].followed == 1 and math.isnan(now[1].history[0])
    assert replay.scores(kept, 3)[2].sentence == "✗ wrong: 2, 91 %, but it is 7"
    assert [score.sentence for score in Replay.none().scores(kept, 0)] == 4 * ["not scored yet"]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([], "The network reads the pinned digits at the start, and again after each epoch."),
        ([(4, UNKNOWN)], "The network reads the pinned digits at the start, and again after each epoch."),
        ([(4, 4), (4, 9), (3, UNKNOWN)], "After epoch 2: 1 of 2 pinned digits are read right."),
        (
            [(4, 4), (UNKNOWN, 9)],
            "After epoch 2: 1 of 1 pinned digits are read right; of 1 nobody said which digit it is.",
        ),
        ([(UNKNOWN, 9), (UNKNOWN, 8)], "After epoch 2: nobody has said which digits the pinned ones are."),
    ],
)
def test_the_pinned_digits_in_a_sentence(answers: list[tuple[int, int]], sentence: str) -> None:
    assert scores_sentence([Score(label, digit, 0.9, (0.9,)) for label, digit in answers], 2) == sentence


def test_the_confusion_matrix_in_a_sentence() -> None:
    replay = three_epochs()
    chance = "Before training: the network only guesses, and 10.0 % are right by chance."
    assert replay.confusion_sentence(0) == chance
    assert replay.confusion_sentence(1) == "After epoch 1: 80.0 % right, most often 4 read as 9 (20 times)."
    assert replay.confusion_sentence(3) == "After epoch 3: all validation images are read right."


def test_training_leaves_the_confusion_and_the_pinned_digits_of_each_epoch() -> None:
    from mnist_core.training import loop

    data = sources.load("digits-8x8")
    network = parse_network("conv:4:5:relu,maxpool:4,flatten,dense:10:softmax")
    config = TrainConfig("quick", network, epochs=2, batch_size=32, learning_rate=0.01)
    run = run_folders.create(config, data.reference())
    kept = Pins(data.test_images[:3], data.test_labels[:3], ("a", "b", "c"))
    kept.save(run.pins_path)
    assert loop.train(config, data, run).state == "done"
    replay = Replay.load(run.replay_path)
    right = (np.trace(replay.confusion, axis1=1, axis2=2) / replay.confusion.sum(axis=(1, 2)))[1:]
    np.testing.assert_allclose(right, run.metrics()["val_accuracy"], rtol=1e-6)
    assert replay.names == kept.names
    np.testing.assert_allclose(replay.probabilities.sum(axis=2), np.ones((3, 3)), rtol=1e-5)
