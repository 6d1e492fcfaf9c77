"""A run is judged by what it has not learned from, and answers that its folder holds are not measured again."""

import dataclasses
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from mnist_core.config.recipes import RECIPES
from mnist_core.data import sources
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError
from mnist_core.evaluation import held_out
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.judging import Sources, data_for, judge, labelled, measure, own_dataset, part_for
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.evaluation.test_held_out import draw, learned


@pytest.fixture
def run(simple_dataset: Dataset) -> Run:
    """A run of some data, all of whose stored answers are 1."""
    run = run_folders.create(RECIPES["quick"].config, simple_dataset.reference())
    labels = simple_dataset.test_labels
    Evaluation.measure(np.eye(10)[np.ones(len(labels), int)], labels, simple_dataset.identity).save(run.evaluation_path)
    return run


def never(*given: object) -> None:
    pytest.fail(f"asked for {given}")


def test_answers_to_the_same_images_are_those_of_the_folder(run: Run, simple_dataset: Dataset) -> None:
    found = judge(run, held_out.test_part(simple_dataset), never)  # type: ignore[arg-type]
    assert set(found.predictions) == {1}


def test_answers_to_other_images_are_measured(run: Run, simple_dataset: Dataset) -> None:
    digits = Digits("others", simple_dataset.test_images[:50], simple_dataset.test_labels[:50])
    shipped = run_folders.find(run_folders.SHIPPED_MODEL)

    def measured(which: Run, given: Digits) -> Evaluation:
        from mnist_core.inference.classifier import Classifier

        assert (which, given) == (run, digits)
        return measure(Classifier(shipped.model_path), given)

    found = judge(run, digits, measured)
    assert found.identity == digits.identity and found.accuracy > 0.8
    assert judge(run, digits, never, stored=lambda run: found) is found  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"hello", None])
def test_answers_that_cannot_be_read_are_measured(content: bytes | None, run: Run, simple_dataset: Dataset) -> None:
    run.evaluation_path.unlink()
    if content:
        run.evaluation_path.write_bytes(content)
    found = Evaluation(np.eye(10), np.arange(10), np.zeros((12, 4)))
    assert judge(run, held_out.test_part(simple_dataset), lambda run, digits: found) is found


@pytest.mark.parametrize("whole", [False, True], ids=["by name", "as a dataset"])
def test_several_runs_are_judged_by_drawings_that_none_of_them_learned_from(whole: bool) -> None:
    draw(1, 2, 3)
    first = learned()
    draw(4)
    judged = [first, run_folders.find(run_folders.SHIPPED_MODEL)]
    digits = (
        part_for(sources.load("collection"), judged, Sources()) if whole else data_for("collection", judged, Sources())
    )
    assert (len(digits), digits.note) == (8, "The 8 images that none of the models learned from.")
    assert len(data_for("collection", judged[1:], Sources())) == 16


def test_the_collection_is_read_once_for_all_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    draw(1, 2)
    collected = Mock(return_value=sources.collected())
    monkeypatch.setattr(sources, "collected", collected)
    data_for("collection", [run_folders.find(run_folders.SHIPPED_MODEL)] * 3, Sources())
    collected.assert_called_once()


def test_a_dataset_judges_by_its_test_part_and_a_file_by_all(simple_npz: Path, simple_dataset: Dataset) -> None:
    shipped = [run_folders.find(run_folders.SHIPPED_MODEL)]
    part = data_for(str(simple_npz), shipped, Sources())
    assert (part.title, len(part), part.identity) == ("simple.npz", 200, simple_dataset.identity)
    file = Digits("a zip", simple_dataset.test_images)
    assert data_for("digits.zip", shipped, Sources(never, lambda path: file)) is file  # type: ignore[arg-type]


@pytest.mark.parametrize("taught", ["", LABELS_IN_NAMES, f"{LABELS_IN_NAMES}?inverted"])
@pytest.mark.parametrize("asked", ["", LABELS_IN_NAMES, "?transposed"])
def test_a_zip_that_taught_a_run_judges_it_by_what_was_set_aside(
    taught: str, asked: str, simple_dataset: Dataset, tmp_path: Path
) -> None:
    name = str(tmp_path / "digits.zip")
    data = dataclasses.replace(simple_dataset, name=name + taught, places=np.arange(800))
    learned = run_folders.create(RECIPES["quick"].config, data.reference())

    def load(wanted: str) -> Dataset:
        if LABELS_IN_NAMES in taught and LABELS_IN_NAMES not in wanted:
            raise sources.LabelsInNamesError("Its names could hold labels.")
        return dataclasses.replace(data, name=wanted, train_images=255 - data.train_images)  # another identity

    part = data_for(name + asked, [learned], Sources(load, never))  # type: ignore[arg-type]
    assert len(part) == 200 and "Only the 200 images that were set aside" in part.note


def test_digits_without_labels_judge_nobody(simple_dataset: Dataset) -> None:
    digits = Digits("a table", simple_dataset.test_images)
    with pytest.raises(InputError, match="There are no labels with a table to judge by; somebody reads it"):
        labelled(digits, "somebody")


def test_own_data_that_is_gone_or_changed_is_none(run: Run, simple_dataset: Dataset) -> None:
    assert own_dataset(run) is None
    assert own_dataset(run, lambda name: simple_dataset) is simple_dataset
    assert own_dataset(run, lambda name: sources.load("digits-8x8")) is None
    (run.folder / "config.json").write_text("{}")
    assert own_dataset(run, lambda name: simple_dataset) is None
