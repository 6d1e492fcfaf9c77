"""What a person changes after reading: it is read and written as text, and does to images and labels what it says."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import corrections, sources, uploads
from mnist_core.data.corrections import NOTHING, WAYS_TO_LIE, Correction, joined, parsed, parted
from mnist_core.data.dataset import Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
LABELS = np.array([0, 1, 9])


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("transposed", IMAGES[0].T),
        ("inverted", 255 - IMAGES[0]),
        ("turned-left", np.rot90(IMAGES[0])),
        ("turned-right", np.rot90(IMAGES[0], -1)),
        ("upside-down", IMAGES[0][::-1, ::-1]),
        ("mirrored", IMAGES[0][:, ::-1]),
        ("as-is", IMAGES[0]),
    ],
)
def test_each_word_does_what_it_says(text: str, image: np.ndarray) -> None:
    assert (parsed(text).images(IMAGES)[0] == image).all()
    assert str(parsed(text)) == text


def test_two_corrections_are_one_as_if_they_followed_each_other() -> None:
    ways = [parsed(words) if words else NOTHING for words in WAYS_TO_LIE]
    more = [Correction(inverted=True), Correction(renumbered="9012345678"), Correction(renumbered="1032547698")]
    for first, second in itertools.product(ways + more, repeat=2):
        both = first.then(second)
        assert (both.images(IMAGES) == second.images(first.images(IMAGES))).all()
        assert (both.labels(LABELS) == second.labels(first.labels(LABELS))).all()
        assert not both or parsed(str(both)) == both


def test_labels_are_renumbered() -> None:
    assert parsed("renumbered:9012345678").labels(LABELS).tolist() == [9, 0, 8]


def test_a_drawing_is_brought_to_its_box_and_to_the_middle() -> None:
    small = np.zeros((2, 28, 28), np.uint8)
    small[0, 2:7, 1:3] = 255
    prepared = parsed("drawing").images(small)
    rows, columns = np.nonzero(prepared[0])
    assert rows.max() - rows.min() + 1 == 20
    assert 13 <= columns.mean() <= 14.5
    assert not prepared[1].any()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("transpose", "Data cannot be corrected by 'transpose'; expected transposed, turned-left,"),
        ("transposed,", "Data cannot be corrected by ''"),
        ("inverted:2", "Data cannot be corrected by 'inverted:2'"),
        ("renumbered", "Data cannot be corrected by 'renumbered'"),
        ("renumbered:1123456789", "The labels cannot be renumbered by '1123456789'; expected each of the ten digits"),
    ],
)
def test_what_is_no_correction_is_refused(text: str, found: str) -> None:
    with pytest.raises(InputError) as refused:
        parsed(text)
    assert str(refused.value).startswith(found)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.npz", ("a.npz", "")),
        ("a.npz?transposed", ("a.npz", "transposed")),
        ("a?b/c.npz", ("a?b/c.npz", "")),
        ("a.npz?", ("a.npz?", "")),
        ("?transposed", ("?transposed", "")),
        ("a.npz?mirrored,mirrored", ("a.npz", "")),
    ],
)
def test_the_name_of_data_says_its_correction(name: str, parts: tuple[str, str]) -> None:
    base, correction = parted(name)
    assert (base, str(correction)) == parts


def test_a_correction_is_added_to_that_of_the_name_or_undoes_it() -> None:
    once = joined("a.npz", parsed("transposed"))
    assert once == "a.npz?transposed"
    assert joined(once, parsed("inverted")) == "a.npz?inverted,transposed"
    assert joined(once, parsed("transposed")) == "a.npz"


def test_data_is_loaded_corrected_and_known_again_by_its_name(
    simple_npz: Path, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DATA_FOLDERS", str(simple_npz.parent))
    data = sources.load(f"{simple_npz}?inverted,turned-left")
    assert (data.train_images == np.rot90(255 - simple_dataset.train_images, axes=(1, 2))).all()
    assert (data.test_labels == simple_dataset.test_labels).all()
    assert data.title == f"{simple_npz.name}, light and dark swapped, turned left"
    assert data.source.endswith("; corrected: light and dark swapped, turned left")
    reference = data.reference()
    assert reference["identity"] != simple_dataset.identity
    assert sources.load_same(reference).identity == data.identity
    assert sources.shared(f"{simple_npz.name}?inverted") == f"{simple_npz}?inverted"
    assert sources.place(reference["name"]) == simple_npz
    with pytest.raises(InputError, match="without a correction"):
        sources.load("collection?mirrored")


def test_squares_of_another_size_are_prepared_or_taken_as_they_stand(tmp_path: Path) -> None:
    images = np.zeros((4, 16, 16), np.uint8)
    images[:, 6:10, 7:9] = 255
    np.savetxt(tmp_path / "small.csv", np.column_stack([np.arange(4), images.reshape(4, -1)]), "%d", ",")
    prepared, standing = (sources.load(f"{tmp_path}/small.csv{way}") for way in ("", "?as-is"))
    images, labels = prepared.first(2)
    assert labels.tolist() == [0, 1] and images.shape == (2, 28, 28)
    assert sources.load("digits-8x8").first(3)[1].tolist() == [1, 2, 3]
    heights = [int(data.train_images[0].any(axis=1).sum()) for data in (prepared, standing)]
    assert heights[0] == 20
    assert heights[1] < 12
    assert "prepared the way MNIST was made" in prepared.source
    assert "taken as they stand" in standing.source


@pytest.mark.parametrize("sandboxed", [False, True], ids=["as a dataset", "handed over"])
@pytest.mark.parametrize("way", ["?inverted", "?inverted,drawing", "?inverted,mirrored"])
def test_squares_are_inverted_before_their_ink_is_looked_for(sandboxed: bool, way: str, tmp_path: Path) -> None:
    images = np.full((4, 40, 40), 150, np.uint8)  # paper too dark to be taken for such
    images[:, 10:30, 16:24] = 0
    np.savez(tmp_path / "grey.npz", images=images, labels=np.arange(4))
    name = f"{tmp_path}/grey.npz{way}"
    found = uploads.read_named(name).images[0] if sandboxed else sources.load(name).train_images[0]
    assert found[13, 13] > 200
    assert found[[0, -1]].max() < 120 and found[:, [0, -1]].max() < 120  # no white frame


def test_digits_that_are_handed_over_are_corrected() -> None:
    digits = Digits("mine.zip", IMAGES, LABELS, dataset="known")
    assert digits.corrected(NOTHING) is digits
    turned = digits.corrected(parsed("mirrored,renumbered:9012345678"))
    assert turned.title == "mine.zip, mirrored left to right, labels renumbered"
    assert (turned.images == IMAGES[:, :, ::-1]).all()
    assert turned.labels is not None and turned.labels.tolist() == [9, 0, 8]
    assert turned.identity not in ("known", digits.identity)
    assert Digits("no.zip", IMAGES).corrected(corrections.parsed("inverted")).labels is None
