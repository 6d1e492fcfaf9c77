"""A model is judged by what it has not learned from, and told how much of some data it knows."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.data.stroke_files import Handwriting, as_bytes
from mnist_core.errors import InputError
from mnist_core.evaluation import held_out, judging
from mnist_core.files import atomic
from mnist_core.mnist import NO_DIGIT
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.training import run_data
from tests.conftest import simple_strokes
from tests.support.writers import csv_text

CONFIG = RECIPES["quick"].config
# A writer whose hand is held back, and two who are not (`stroke_files.HELD_BACK`).
HELD_BACK, WRITERS = 3, (1, 2)


def draw(*writers: int, each: int = 4) -> Collection:
    """Lets people draw: as many sessions as there are writers, who are numbered in the order of their first drawing."""
    kept = Collection()
    for writer in writers:
        for number in range(each):
            strokes = [stroke + writer + number / 4 for stroke in simple_strokes(number)]
            said = {"digit": number, "verdict": "digit", "probability": 0.9, "model": "best"}
            kept.add(strokes, number, session=f"session {writer}", **said)  # type: ignore[arg-type]
    return kept


def learned(also: str = "", name: str = "collection") -> Run:
    """A run that learns from the collection as it is now."""
    dataset = dataclasses.replace(sources.load("collection"), name=name)
    config, reference = run_data.settle(dataclasses.replace(CONFIG, also=also, validation_share=0.2), dataset)
    return run_folders.create(config, reference)


def judged_by(run: Run) -> tuple[Handwriting, str]:
    return held_out.drawings(run, Collection().handwriting(signs=True))


# --- Drawings --------------------------------------------------------------------------------------------------------


def test_a_model_that_learned_from_none_is_judged_by_all_drawings() -> None:
    draw(1, 2, 3)
    chosen, words = judged_by(run_folders.find(run_folders.SHIPPED_MODEL))
    assert (len(chosen), words) == (12, "All 12 drawings: the model learned from none of them.")


@pytest.mark.parametrize("also", [False, True], ids=["as its data", "as a second source"])
def test_a_model_that_learned_from_some_is_judged_by_other_hands(also: bool) -> None:
    draw(1, 2, 3)
    run = learned("collection", "digits-8x8") if also else learned()
    assert set(judged_by(run)[0].writers) == {HELD_BACK}
    # What somebody draws later whose hand it knows is no test; what a new one draws is.
    draw(1, 4)
    chosen, words = judged_by(run)
    assert set(chosen.writers) == {HELD_BACK, 4}
    assert words == "Only 8 of 20 drawings: the others are by writers from whom the model learned."


def test_where_all_hands_are_known_it_is_judged_by_the_drawings_that_were_set_aside() -> None:
    draw(*WRITERS)
    run = learned()
    copy = sources.load_handwriting(run.description().dataset["name"])
    assert copy is not None
    known = {as_bytes(strokes) for strokes in copy.split()[0].strokes}
    chosen, words = judged_by(run)
    assert len(chosen) == 2
    assert not known & {as_bytes(strokes) for strokes in chosen.strokes}
    assert words == ("Only 2 of 8 drawings: the model learned from the others, and from the hands that wrote these.")


def test_what_is_no_digit_judges_nothing_and_what_it_taught_stays_apart() -> None:
    kept = draw(1, each=8)
    for number in (1, 2, 3):
        kept.relabel(number, NO_DIGIT, by=COMMAND_LINE)
    run = learned("collection", "digits-8x8")
    chosen, words = judged_by(run)
    assert len(chosen) == 1 and NO_DIGIT not in chosen.labels
    assert words.startswith("Only 1 of 5 drawings: ") and words.endswith(" Left out: 3 drawings of no digit.")
    for drawing in kept.drawings():
        kept.relabel(drawing.id, NO_DIGIT, by=COMMAND_LINE)
    with pytest.raises(InputError, match="labelled as no digit"):
        held_out.collected(run, kept.handwriting(signs=True))


def test_where_the_copy_is_gone_its_rule_still_holds() -> None:
    draw(1, 2, 3)
    run = learned()
    Path(run.description().dataset["name"]).unlink()
    assert set(judged_by(run)[0].writers) == {HELD_BACK}


def test_a_model_that_learned_from_every_drawing_is_not_judged_by_them() -> None:
    draw(1, 2, 3)
    run = learned()
    kept = Collection()
    kept.delete([drawing.id for drawing in kept.drawings() if drawing.writer == HELD_BACK], by=COMMAND_LINE)
    drawn = kept.handwriting()
    copy = sources.load_handwriting(run.description().dataset["name"])
    assert copy is not None
    known = {as_bytes(strokes) for strokes in copy.split()[0].strokes}
    assert {as_bytes(strokes) for strokes in drawn.strokes} <= known
    with pytest.raises(InputError, match="learned from every drawing"):
        held_out.collected(run, drawn)


def test_collected_drawings_are_painted_with_their_labels() -> None:
    drawn = draw(1).handwriting()
    found = held_out.collected(run_folders.find(run_folders.SHIPPED_MODEL), drawn)
    assert found.images.shape == (4, 28, 28)
    np.testing.assert_array_equal(found.labels, drawn.labels)


# --- Datasets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path: Path, simple_dataset: Dataset) -> Path:
    """A table without a test part of its own."""
    path = tmp_path / "digits.csv"
    path.write_text(csv_text(simple_dataset.test_images[:70], simple_dataset.test_labels[:70]))
    return path


def test_a_table_judges_a_model_that_did_not_learn_from_it_as_a_whole(table: Path, simple_dataset: Dataset) -> None:
    found = held_out.part(run_folders.find(run_folders.SHIPPED_MODEL), sources.load(str(table)))
    np.testing.assert_array_equal(found.images, simple_dataset.test_images[:70])
    np.testing.assert_array_equal(found.labels, simple_dataset.test_labels[:70])
    assert found.note == ""


@pytest.mark.parametrize("also", [False, True], ids=["as its data", "as a second source"])
def test_a_table_that_a_model_learned_from_judges_by_what_was_set_aside(table: Path, also: bool) -> None:
    dataset = sources.load(str(table))
    config: TrainConfig = dataclasses.replace(CONFIG, also=str(table) if also else "")
    reference = sources.load("digits-8x8").reference() if also else dataset.reference()
    found = held_out.part(run_folders.create(config, reference), dataset)
    np.testing.assert_array_equal(found.images, dataset.test_images)
    assert found.identity == dataset.identity
    assert found.note == "Only the 10 images that were set aside: the model learned from the others."


@pytest.mark.parametrize("also", [False, True], ids=["as its data", "as a second source"])
def test_a_table_that_a_model_learned_from_is_known_at_another_place(table: Path, also: bool) -> None:
    first = sources.load("digits-8x8") if also else sources.load(str(table))
    config = dataclasses.replace(CONFIG, also=str(table) if also else "", validation_share=0.2)
    run = run_folders.create(*run_data.settle(config, first))
    moved = table.rename(table.with_name("moved.csv"))
    found = held_out.part(run, sources.load(str(moved)))
    assert (len(found), found.title) == (10, "moved.csv")
    assert found.note == "Only the 10 images that were set aside: the model learned from the others."


@pytest.mark.parametrize("also", [False, True], ids=["as its data", "as a second source"])
def test_corrected_data_is_loaded_again_and_known_without_its_correction(table: Path, also: bool) -> None:
    corrected = f"{table}?inverted,mirrored"
    first = sources.load("digits-8x8" if also else corrected)
    config = dataclasses.replace(CONFIG, also=corrected if also else "", validation_share=0.2)
    run = run_folders.create(*run_data.settle(config, first))
    assert run_data.data_of(run).identity == first.identity
    own = judging.own_dataset(run)
    assert own and (own.name, own.identity) == (first.name, first.identity)
    assert run.config().second_sources == ((corrected,) if also else ())
    assert len(held_out.part(run, sources.load(str(table)))) == 10
    assert len(held_out.part(run, sources.load(f"{table}?mirrored"))) == 10


@pytest.mark.parametrize("reference", [None, "mnist", {}, {"name": 3}])
def test_a_folder_that_does_not_say_what_a_run_learned_from_breaks_nothing(table: Path, reference: object) -> None:
    dataset = sources.load(str(table))
    run = run_folders.create(CONFIG, dataset.reference())
    described = atomic.read_json(run.folder / "config.json")
    atomic.write_json(run.folder / "config.json", described | {"dataset": reference})
    assert len(held_out.part(run, dataset)) == 70
    with pytest.raises(InputError, match="does not say what it learned from"):
        held_out.learned(run, dataset.test_images, "other")


def digits(images: np.ndarray, note: str = "") -> Digits:
    return Digits("mine", images, np.arange(len(images)) % 10, note=note)


def test_several_models_are_judged_by_what_none_of_them_learned_from(simple_dataset: Dataset) -> None:
    images = simple_dataset.test_images[:12]
    whole, late = digits(images), digits(images[4:], "Only the 8 images …")
    assert held_out.shared([whole, whole]) is whole
    assert held_out.shared([late]) is late
    found = held_out.shared([whole, late, whole, late])
    np.testing.assert_array_equal(found.images, late.images)
    assert (found.identity, found.note) == (late.identity, "The 8 images that none of the models learned from.")
    early = Digits("mine", images[:6], np.arange(6), note="Only the 6 images …")
    found = held_out.shared([early, late])
    np.testing.assert_array_equal(found.images, images[4:6])
    assert found.labels is not None and found.labels.tolist() == [4, 5]
    assert found.note == "The 2 images that none of the models learned from."
    with pytest.raises(InputError, match="No image is left to judge all these models by"):
        held_out.shared([digits(images[:4]), late])


def test_a_dataset_with_a_test_part_judges_by_it(simple_npz: Path) -> None:
    dataset = sources.load(str(simple_npz))
    found = held_out.part(run_folders.find(run_folders.SHIPPED_MODEL), dataset)
    assert (len(found), found.identity, found.note) == (200, dataset.identity, "")


def test_images_that_were_learned_from_are_counted_wherever_they_stand(simple_dataset: Dataset) -> None:
    learned_from = simple_dataset.train_images
    others = simple_dataset.test_images[:5].copy()
    others[:, 0, 0] = 200
    given = np.concatenate([others, learned_from[[40, 7, 7]], others])
    assert held_out.repeated(given, learned_from) == 3
    assert held_out.repeated(others, learned_from) == 0


def test_what_a_run_learned_from_is_counted_and_said(simple_npz: Path) -> None:
    dataset = sources.load(str(simple_npz))
    run = run_folders.create(CONFIG, dataset.reference())
    assert held_out.learned(run, dataset.train_images[:3], "other") == 3
    assert held_out.learned(run, dataset.train_images[:3], dataset.identity) == 0  # its own test set
    assert held_out.repetition(run, 0, 3) == ""
    assert held_out.repetition(run, 3, 3, "B") == (
        "3 of these 3 images are ones that B learned from, pixel for pixel in simple.npz. A model looks better on what "
        "it knows than on new images."
    )
    assert held_out.repetition(run, 1, 1).startswith("1 of these 1 image is one that the model learned from")
    simple_npz.unlink()
    with pytest.raises(InputError):
        held_out.learned(run, dataset.train_images[:3], "other")
