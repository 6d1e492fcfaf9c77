"""A run that begins with another's model and learns a class's drawings, half of which judge it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import Handwriting, read_handwriting
from mnist_core.errors import InputError
from mnist_core.inference.calibration import Calibration
from mnist_core.runs import repeats, run_folders
from mnist_core.runs.run import Run
from mnist_core.training import loop, training_set, tuning
from mnist_core.training.pins import Pins
from tests.conftest import simple_strokes

NETWORK = "conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax"
TINY = TrainConfig("quick", parse_network(NETWORK), epochs=4, batch_size=32, learning_rate=0.01)
WRITERS = (70, 71, 72, 73)


def leaning(digit: int, writer: int) -> list[np.ndarray]:
    """A digit that leans as no digit of the training images does, in whole numbers."""
    random = np.random.default_rng([digit, writer])
    lean = np.array([[1, -0.6], [0, 1]])
    return [np.round((stroke + random.normal(0, 2, stroke.shape)) @ lean.T, 1) + 60 for stroke in simple_strokes(digit)]


@pytest.fixture(scope="module")
def drawn() -> Handwriting:
    """Ten digits of each of four people, the last two of whom judge."""
    number_of = tuning.numbered(WRITERS, WRITERS[2:])
    pairs = [(digit, writer) for writer in WRITERS for digit in range(10)]
    return Handwriting(
        np.array([digit for digit, _ in pairs]),
        np.array([number_of[writer] for _, writer in pairs]),
        tuple(leaning(digit, writer) for digit, writer in pairs),
    )


def test_whose_drawings_are_learned_is_said_by_their_numbers(drawn: Handwriting) -> None:
    assert len(np.unique(drawn.writers)) == len(WRITERS)
    assert drawn.held_back.tolist() == [False] * 20 + [True] * 20
    many = tuning.numbered(range(150), range(0, 150, 2))
    assert len(set(many.values())) == 150
    held_back = Handwriting(np.zeros(150, np.int64), np.array([many[n] for n in range(150)]), ()).held_back
    assert held_back.tolist() == [n % 2 == 0 for n in range(150)]


def test_a_file_of_drawings_holds_them_to_the_bit(drawn: Handwriting, tmp_path: Path) -> None:
    path = tmp_path / tuning.DRAWINGS
    path.write_bytes(tuning.as_lines(drawn))
    assert read_handwriting(path).identity == drawn.identity


def test_few_drawings_are_painted_more_often() -> None:
    copies = [tuning.settings(TINY, 60_000, number, 3).also_copies for number in (10, 150, 1000, 9000)]
    assert copies == [20, 20, 3, 1]
    config = tuning.settings(TINY, 60_000, 150, 3)
    assert (config.layers, config.seed, config.recipe) == (TINY.layers, 3, "quick")
    assert round(config.data_share * 60_000) == tuning.OLD_IMAGES
    assert tuning.settings(TINY, 600, 150, 3).data_share == 1


def test_a_run_without_a_model_is_none_to_begin_with(simple_dataset: Dataset, drawn: Handwriting) -> None:
    waiting = run_folders.create(TINY, simple_dataset.reference())
    with pytest.raises(InputError, match="has no model to begin with; choose another one"):
        tuning.create(waiting, TINY, simple_dataset, drawn)


@pytest.fixture
def base(simple_dataset: Dataset) -> Run:
    run = run_folders.create(TINY, simple_dataset.reference())
    assert loop.train(TINY, simple_dataset, run).state == "done"
    return run


def test_a_tuned_run_reads_the_other_half_better_and_can_go_on_after_a_kill(
    base: Run, simple_dataset: Dataset, drawn: Handwriting, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibration = base.calibration_path.read_bytes()
    config = dataclasses.replace(tuning.settings(TINY, 600, 20, 3), learning_rate=0.005)
    run = tuning.create(base, config, simple_dataset, drawn)
    assert run.description().tunes and run.label().name == "quick, trained on us"
    data = training_set.assemble(simple_dataset, run.config(), run.description().dataset["also_identity"])
    assert len(data.train_images) == 600 + 20 * 20, "nothing of who judges, all of who is learned from"
    np.testing.assert_array_equal(data.validation_images, simple_dataset.test_images)

    assert loop.train(run.config(), simple_dataset, run).state == "done"
    found = tuning.answers(run)
    assert found is not None and found.shape == (1 + config.epochs, 40, 10)
    right = (found.argmax(axis=2) == drawn.labels)[:, drawn.held_back].sum(axis=1)
    assert right[0] < 20 and right[-1] >= right[0] + 2, right
    from mnist_core.inference.classifier import Classifier

    before = Classifier(base.model_path).probabilities(tuning.pictures(run))
    np.testing.assert_allclose(found[0], before, atol=0.05)
    assert run.calibration_path.read_bytes() == calibration and Calibration.load(run.calibration_path).fitted
    assert run.status().test_accuracy > 0.9
    assert not repeats.same_run(dataclasses.replace(run.config(), also=""), simple_dataset.reference(), [run])

    again = tuning.create(base, config, simple_dataset, drawn)
    with monkeypatch.context() as context:
        context.setattr(Pins, "load", _broken_at(3))
        assert loop.train(again.config(), simple_dataset, again).state == "failed"
    assert loop.train(again.config(), simple_dataset, again).state == "done"
    np.testing.assert_array_equal(tuning.answers(again), found)


def _broken_at(which: int) -> object:
    """Loads pins, and fails at one of the times."""
    load, times = Pins.load, iter(range(1, 100))

    def broken(path: Path) -> Pins:
        if next(times) == which:
            raise RuntimeError("power cut")
        return load(path)

    return broken


@pytest.mark.parametrize("content", [b"", b"PK", b"nothing"])
def test_damaged_answers_are_none(simple_dataset: Dataset, content: bytes) -> None:
    run = run_folders.create(TINY, simple_dataset.reference())
    assert tuning.answers(run) is None
    (run.folder / tuning.ANSWERS).write_bytes(content)
    assert tuning.answers(run) is None
