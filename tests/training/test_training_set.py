import dataclasses
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import mnist_writers, sources
from mnist_core.data.dataset import Dataset
from mnist_core.errors import InputError
from mnist_core.mnist import NO_DIGIT
from mnist_core.training.run_data import settle
from mnist_core.training.training_set import assemble, draw_order
from tests.conftest import SIMPLE_DIGITS

TINY = TrainConfig("quick", parse_network("flatten,dense:10:softmax"), epochs=1, batch_size=32)


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Four writers' simple digits as a file of strokes."""
    path = tmp_path / "drawn.jsonl.gz"
    lines = [
        json.dumps(
            {"label": digit, "writer": writer, "strokes": [[[x + writer, y] for x, y in stroke] for stroke in strokes]}
        )
        for writer in range(4)
        for digit, strokes in SIMPLE_DIGITS.items()
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_the_parts_are_disjoint_complete_and_the_same_for_a_seed(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, validation_share=0.25, data_share=0.5)
    numbered = simple_dataset.train_images.copy()
    numbered[:, 0, 0], numbered[:, 0, 1] = np.arange(600) % 256, np.arange(600) // 256
    simple_dataset = dataclasses.replace(simple_dataset, train_images=numbered)
    parts = assemble(simple_dataset, config)
    assert len(parts.train_labels) == 225 and len(parts.validation_labels) == 75
    seen = {image.tobytes() for image in parts.train_images}
    assert not any(image.tobytes() in seen for image in parts.validation_images)
    np.testing.assert_array_equal(parts.train_labels, assemble(simple_dataset, config).train_labels)


def test_without_a_validation_share_the_test_set_validates(simple_dataset: Dataset) -> None:
    parts = assemble(simple_dataset, dataclasses.replace(TINY, validation_share=0.0))
    np.testing.assert_array_equal(parts.validation_labels, simple_dataset.test_labels)


def test_too_small_a_share_is_refused(simple_dataset: Dataset) -> None:
    with pytest.raises(InputError, match="use a larger share"):
        assemble(simple_dataset, dataclasses.replace(TINY, data_share=0.001))


def test_styles_and_non_digits_are_added_to_what_trains_only(simple_dataset: Dataset) -> None:
    plain = assemble(simple_dataset, TINY)
    parts = assemble(simple_dataset, dataclasses.replace(TINY, styles=0.5, non_digits=0.25))
    assert len(parts.train_labels) == 540 + 270 + 135
    assert (parts.train_labels == NO_DIGIT).sum() == 135
    np.testing.assert_array_equal(parts.train_images[:540], plain.train_images)
    np.testing.assert_array_equal(parts.validation_images, plain.validation_images)
    assert parts.train_images.dtype == np.uint8 and parts.train_images.max() == 255


def test_a_second_source_of_strokes_is_painted_several_times_without_the_writers_held_back(
    simple_dataset: Dataset, drawn: Path
) -> None:
    config = dataclasses.replace(TINY, also=str(drawn), also_copies=3, validation_share=0.1)
    parts = assemble(simple_dataset, config)
    # One writer of four is held back; of the 30 drawings left, a tenth validates, and the rest is painted three times.
    assert len(parts.train_labels) == 540 + 3 * 27
    assert len(parts.validation_labels) == 60 + 3
    painted = parts.train_images[540:]
    assert len(np.unique(painted.reshape(81, -1), axis=0)) == 81
    np.testing.assert_array_equal(parts.train_images, assemble(simple_dataset, config).train_images)


def test_an_epoch_takes_all_images_once_and_of_what_is_painted_other_variants_each_time(
    simple_dataset: Dataset, drawn: Path
) -> None:
    config = dataclasses.replace(TINY, also=str(drawn), also_copies=2, variants=3, styles=0.1, non_digits=0.1)
    parts = assemble(simple_dataset, config)
    assert len(parts.train_labels) == 540 + 27 * 6 + 54 * 3 + 54 * 3
    assert len(parts) == 540 + 27 * 2 + 54 + 54
    epochs = [draw_order(parts.groups, len(parts), 7, epoch) for epoch in (0, 1)]
    for order in epochs:
        assert len(order) == len(np.unique(order)) == len(parts) and order.dtype == np.int32
        assert np.isin(np.arange(540), order).all()
        # Two of the six pictures of each drawing, and of each style one of three.
        strokes, styles = order[(order >= 540) & (order < 702)] - 540, order[(order >= 702) & (order < 864)] - 702
        assert (np.bincount(strokes % 27) == 2).all() and (np.bincount(styles % 54) == 1).all()
        assert (np.diff(order) < 0).any()
    assert set(epochs[0]) != set(epochs[1])
    np.testing.assert_array_equal(draw_order(parts.groups, len(parts), 7, 1), epochs[1])


def test_without_variants_an_epoch_takes_all(simple_dataset: Dataset) -> None:
    parts = assemble(simple_dataset, dataclasses.replace(TINY, styles=0.1))
    assert parts.groups == () and len(parts) == 594
    assert sorted(draw_order((), 594, 7, 0)) == list(range(594))


def test_a_second_source_of_pictures_adds_its_training_part(simple_dataset: Dataset, simple_npz: Path) -> None:
    parts = assemble(simple_dataset, dataclasses.replace(TINY, also=str(simple_npz)))
    assert len(parts.train_labels) == 540 + 540
    assert len(parts.validation_labels) == 60 + 60


def test_several_second_sources_are_added_and_their_signs_train_as_no_digits(
    simple_dataset: Dataset, drawn: Path, tmp_path: Path
) -> None:
    signs = tmp_path / "signs.jsonl"
    signs.write_text(
        "\n".join(json.dumps({"label": "A", "strokes": [[[0, 0], [20 + number, 9], [5, 9]]]}) for number in range(40))
    )
    config = dataclasses.replace(TINY, also=f"{drawn}; {signs}", also_copies=2, validation_share=0.1)
    settled, reference = settle(config, simple_dataset)
    assert settled.second_sources == (str(drawn), str(signs))
    parts = assemble(simple_dataset, settled, reference["also_identity"])
    # Of the signs every fourth judges, and a tenth of the others is held back; it does not validate.
    assert len(parts.train_labels) == 540 + 2 * 27 + 2 * 27
    assert (parts.train_labels == NO_DIGIT).sum() == 2 * 27
    assert len(parts.validation_labels) == 60 + 3 and NO_DIGIT not in parts.validation_labels
    signs.write_text(signs.read_text().replace("A", "K").replace("[0, 0]", "[0, 1]"))
    with pytest.raises(InputError, match=r"signs\.jsonl has changed since this run was set up"):
        assemble(simple_dataset, settled, reference["also_identity"])


def test_signs_that_are_a_mere_line_teach_nothing(simple_dataset: Dataset, drawn: Path, tmp_path: Path) -> None:
    signs = tmp_path / "signs.jsonl"
    shapes = {"x": [[9, 0], [0, 9]], "K": [[1, 0], [1, 9]], "-": [[0, 1], [9, 1]], "L": [[0, 0], [0, 9], [6, 9]]}
    lines = [json.dumps({"label": name, "writer": -1, "strokes": [shape]}) for name, shape in shapes.items()]
    signs.write_text("\n".join(lines * 10))
    parts = assemble(simple_dataset, dataclasses.replace(TINY, also=str(signs), validation_share=0.0))
    # Every fourth is held back, here each L; of the others the level dash is left.
    assert (parts.train_labels == NO_DIGIT).sum() == 10


def test_pairs_of_digits_train_as_no_digits_and_an_epoch_takes_one_of_their_variants(
    simple_dataset: Dataset, drawn: Path
) -> None:
    config = dataclasses.replace(TINY, also=str(drawn), variants=3, pairs=0.5)
    parts = assemble(simple_dataset, config)
    pairs = round(0.5 * 27)
    assert len(parts.train_labels) == 540 + 3 * 27 + 3 * pairs and len(parts) == 540 + 27 + pairs
    assert (parts.train_labels[-3 * pairs :] == NO_DIGIT).all() and (parts.train_labels == NO_DIGIT).sum() == 3 * pairs
    order = draw_order(parts.groups, len(parts), 7, 0)
    assert (np.bincount((order[order >= 540 + 81] - 540 - 81) % pairs) == 1).all()


def test_what_can_make_no_pairs_adds_none(simple_dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "ones.jsonl"
    path.write_text("\n".join(['{"label": 1, "strokes": [[[0, 0], [0, 9]]]}'] * 40))
    config = dataclasses.replace(TINY, also=str(path), validation_share=0.0, pairs=0.5)
    for variants in (1, 2):
        parts = assemble(simple_dataset, dataclasses.replace(config, variants=variants))
        assert NO_DIGIT not in parts.train_labels and len(parts) == 600 + 30


def test_whole_writers_of_strokes_validate(simple_dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    lines = [
        json.dumps({"label": digit, "writer": 30 * writer, "strokes": [[[x, y + writer] for x, y in stroke]]})
        for writer in range(20)
        for digit, (stroke, *_) in SIMPLE_DIGITS.items()
    ] + [json.dumps({"label": 1, "writer": 3, "strokes": [[[0, 0], [1, 9]]]})]
    path.write_text("\n".join(lines))
    parts = assemble(simple_dataset, dataclasses.replace(TINY, also=str(path), validation_share=0.1))
    assert len(parts.validation_labels) == 60 + 2 * 10
    np.testing.assert_array_equal(np.bincount(parts.validation_labels[60:]), [2] * 10)


def test_whole_writers_of_mnist_validate_beside_strokes(real_mnist: Path, drawn: Path) -> None:
    mnist, writers = sources.load("mnist"), mnist_writers.of_training_images()
    place = {image.tobytes(): index for index, image in enumerate(mnist.train_images)}
    for also, is_parted in ((str(drawn), True), ("", False)):
        parts = assemble(mnist, dataclasses.replace(TINY, also=also, validation_share=0.05))
        held_back = [place[image.tobytes()] for image in parts.validation_images if image.tobytes() in place]
        others = np.setdiff1d(np.arange(60000), held_back)
        assert 3000 <= len(held_back) < 3150
        assert np.isin(writers[held_back], writers[others]).any() != is_parted


def test_a_second_source_that_is_not_there_is_refused(simple_dataset: Dataset) -> None:
    with pytest.raises(InputError, match=r"There is no data at nowhere\.jsonl"):
        assemble(simple_dataset, dataclasses.replace(TINY, also="nowhere.jsonl"))


def test_a_second_source_that_changed_is_refused(simple_dataset: Dataset, drawn: Path) -> None:
    config = dataclasses.replace(TINY, also=str(drawn))
    _, reference = settle(config, simple_dataset)
    assemble(simple_dataset, config, reference["also_identity"])
    with pytest.raises(InputError, match="has changed since this run was set up"):
        assemble(simple_dataset, config, "0" * 64)
