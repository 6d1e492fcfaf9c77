"""Data is the same whatever file it came in, MNIST is recognised by its pixels, and a wrong place is said in words."""

import dataclasses
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.config.recipes import RECIPES
from mnist_core.data import corrections, readers, sources
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import LABELS_IN_NAMES, MNIST_IDENTITY, Dataset, describe, mean_images
from mnist_core.data.sources import DamagedDataError, MissingDataError
from mnist_core.errors import InputError
from mnist_core.mnist import NO_DIGIT
from mnist_core.preprocessing.pipeline import prepare
from mnist_core.training import run_data, training_set
from tests.conftest import simple_strokes
from tests.support.writers import CSV_HEADER, csv_text, idx_bytes, idx_files, npy_bytes, write_npz

# SHA-256 of the bytes of MNIST's arrays.
X_TRAIN = "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757"
Y_TRAIN = "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"
X_TEST = "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"
Y_TEST = "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"


def refusal(name: str | Path) -> str:
    with pytest.raises(InputError) as caught:
        sources.load(str(name))
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def write_idx_folder(folder: Path, dataset: Dataset, packed: bool, dotted: bool = False) -> Path:
    """Writes the four files, and returns their folder."""
    folder.mkdir()
    for name, content in idx_files(dataset).items():
        name = name.replace("-idx", ".idx") if dotted else name
        (folder / (name if packed else name.removesuffix(".gz"))).write_bytes(
            content if packed else gzip.decompress(content)
        )
    return folder


def write_csv_folder(folder: Path, dataset: Dataset, test_labels: bool) -> Path:
    """Writes `train.csv` and `test.csv`, and returns their folder."""
    folder.mkdir()
    (folder / "train.csv").write_text(csv_text(dataset.train_images, dataset.train_labels))
    (folder / "test.csv").write_text(csv_text(dataset.test_images, dataset.test_labels if test_labels else None))
    return folder


@pytest.fixture(scope="module")
def small(simple_dataset: Dataset) -> Dataset:
    """A few images, because CSV takes its time."""
    data = simple_dataset
    return Dataset(
        "small", data.train_images[:70], data.train_labels[:70], data.test_images[:20], data.test_labels[:20], ""
    )


# --- One dataset, many files -------------------------------------------------------------------------------------


def test_the_same_pixels_have_one_identity_in_every_kind_of_file(tmp_path: Path, small: Dataset) -> None:
    npz = write_npz(
        tmp_path / "a.npz",
        {
            "x_train": npy_bytes(small.train_images),
            "y_train": npy_bytes(small.train_labels),
            "x_test": npy_bytes(small.test_images.astype(np.float32)),
            "y_test": npy_bytes(small.test_labels.astype(np.uint8)),
        },
    )
    csv = write_csv_folder(tmp_path / "csv", small, test_labels=True)
    places = [
        npz,
        write_idx_folder(tmp_path / "plain", small, packed=False),
        write_idx_folder(tmp_path / "packed", small, packed=True),
        write_idx_folder(tmp_path / "dotted", small, packed=True, dotted=True),
        csv,
        csv / "train.csv",
    ]
    loaded = [sources.load(str(place)) for place in places]
    assert {dataset.identity for dataset in loaded} == {small.identity}
    assert [dataset.name for dataset in loaded] == [str(place) for place in places]
    for dataset in loaded:
        np.testing.assert_array_equal(dataset.train_images, small.train_images)
        np.testing.assert_array_equal(dataset.test_labels, small.test_labels)
        assert not len(dataset.unlabelled_images)


def test_the_identity_is_the_hash_of_the_four_arrays(small: Dataset) -> None:
    arrays = (small.train_images, small.train_labels, small.test_images, small.test_labels)
    content = b"".join(array.astype(np.uint8).tobytes() for array in arrays)
    assert small.identity == hashlib.sha256(content).hexdigest()


def test_one_other_pixel_or_label_makes_another_identity(small: Dataset) -> None:
    images, labels = small.test_images.copy(), small.test_labels.copy()
    images[-1, -1, -1] ^= 1
    labels[0] = (labels[0] + 1) % 10
    others = [dataclasses.replace(small, test_images=images), dataclasses.replace(small, test_labels=labels)]
    assert len({small.identity, *(other.identity for other in others)}) == 3


def test_a_test_file_without_labels_sets_a_seventh_of_the_training_images_aside(tmp_path: Path, small: Dataset) -> None:
    folder = write_csv_folder(tmp_path / "csv", small, test_labels=False)
    dataset = sources.load(str(folder))
    assert (len(dataset.train_images), len(dataset.test_images)) == (60, 10)
    np.testing.assert_array_equal(dataset.unlabelled_images, small.test_images)
    assert "a seventh of it is set aside" in dataset.source
    # Every image is in exactly one part, with its own label.
    found = sorted(
        (image.tobytes(), int(label))
        for images, labels in dataset.parts().values()
        for image, label in zip(images, labels, strict=True)
    )
    wanted = zip(small.train_images, small.train_labels, strict=True)
    assert found == sorted((image.tobytes(), int(label)) for image, label in wanted)
    assert sources.load(str(folder)).identity == dataset.identity  # the same ones each time


def test_a_training_file_alone_sets_a_seventh_aside_too(tmp_path: Path, small: Dataset) -> None:
    path = tmp_path / "my digits.csv"
    path.write_text(csv_text(small.train_images, small.train_labels))
    dataset = sources.load(str(path))
    assert (len(dataset.train_images), len(dataset.test_images), len(dataset.unlabelled_images)) == (60, 10, 0)


def test_a_relative_path_and_a_tilde_are_understood(
    simple_npz: Path, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(simple_npz.parent)
    monkeypatch.setenv("HOME", str(simple_npz.parent))
    for name in ("simple.npz", "~/simple.npz"):
        dataset = sources.load(name)
        assert dataset.name == sources.resolve(name) == str(simple_npz)
        assert dataset.identity == simple_dataset.identity
    assert [sources.resolve(name) for name in sources.BUILT_IN] == ["mnist", "digits-8x8", "collection"]


@pytest.mark.parametrize("name", ["mnist", "collection", "mnist?inverted"])
def test_what_is_built_in_has_no_names_that_hold_labels(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mnist").mkdir()  # no place that a page may read, though it is called so
    monkeypatch.chdir(tmp_path)
    named = corrections.with_base(name, LABELS_IN_NAMES)
    for look in (sources.shared, sources.resolve, sources.load):
        with pytest.raises(InputError, match=r"has no pictures with names; leave --labels-in-names away"):
            look(named)


def test_a_dataset_has_a_title_and_a_reference(simple_npz: Path) -> None:
    dataset = sources.load(str(simple_npz))
    assert dataset.title == "simple.npz"
    assert dataset.reference() == {"name": str(simple_npz), "identity": dataset.identity, "title": "simple.npz"}


# --- Digits of scikit-learn --------------------------------------------------------------------------------------


def test_the_bundled_digits_are_prepared_as_mnist_was() -> None:
    dataset = sources.load("digits-8x8")
    assert (len(dataset.train_images), len(dataset.test_images)) == (1437, 360)
    assert dataset.train_images.shape[1:] == (28, 28)
    assert dataset.title == "Digits 8×8"
    assert "scikit-learn" in dataset.source
    assert set(dataset.test_labels.tolist()) == set(range(10))
    for image in dataset.test_images:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert sources.load("digits-8x8").identity == dataset.identity


# --- MNIST -------------------------------------------------------------------------------------------------------


def test_the_real_mnist_is_recognised_by_its_pixels(real_mnist: Path) -> None:
    dataset = sources.load("mnist")
    arrays = (dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels)
    hashes = [hashlib.sha256(array.astype(np.uint8).tobytes()).hexdigest() for array in arrays]
    assert hashes == [X_TRAIN, Y_TRAIN, X_TEST, Y_TEST]
    assert dataset.identity == MNIST_IDENTITY
    assert (dataset.name, dataset.title) == ("mnist", "MNIST")
    assert dataset.source == "found where $MNIST_DATA says"
    train = describe(dataset.train_images, dataset.train_labels)
    assert (train.images, train.shape, train.dtype, train.missing) == (60_000, (60_000, 28, 28), "uint8", 0)
    assert train.class_counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    # The mean and deviation that everybody normalizes with: 0.1307 and 0.3081.
    assert train.mean / 255 == pytest.approx(0.1307, abs=5e-5)
    assert train.deviation / 255 == pytest.approx(0.3081, abs=5e-5)
    assert (train.least, train.greatest) == (0, 255)
    assert train.inked == pytest.approx(0.1912, abs=5e-5)


def test_mnist_under_another_name_is_still_called_mnist(real_mnist: Path) -> None:
    dataset = sources.load(str(real_mnist))
    assert (dataset.name, dataset.title) == (str(real_mnist), "MNIST")


def test_mnist_that_is_nowhere_is_missing_and_says_what_to_do() -> None:
    assert sources.find_mnist() is None
    with pytest.raises(MissingDataError, match=r"^MNIST is not on this machine\. Download it .* digits-8x8, which"):
        sources.load("mnist")


def test_mnist_is_found_in_the_home_folder_and_before_it_in_the_variable(
    temporary_home: Path, tmp_path: Path, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_keras = tmp_path / "keras" / "datasets" / "mnist.npz"
    in_keras.parent.mkdir(parents=True)
    in_keras.touch()
    assert sources.find_mnist() == in_keras
    in_home = temporary_home / "data" / "mnist.npz"
    in_home.parent.mkdir(parents=True)
    in_home.touch()
    assert sources.find_mnist() == in_home == sources.mnist_path()
    monkeypatch.setenv("MNIST_DATA", str(simple_npz))
    assert sources.find_mnist() == simple_npz


@pytest.mark.parametrize("name", ["/nowhere/mnist.npz", "~nobody-of-this-name/mnist.npz", "x" * 5000])
def test_a_variable_that_points_nowhere_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_DATA", name)
    assert refusal("mnist") == f"$MNIST_DATA names {name}, which does not exist; correct or unset it."


def test_a_variable_that_points_to_other_digits_is_refused(
    simple_npz: Path, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DATA", str(simple_npz))
    assert refusal("mnist") == (
        f"What $MNIST_DATA names does not hold MNIST: its pixels have the SHA-256 {simple_dataset.identity[:12]}…, "
        "expected 06b0d1f124c4…; give its path as data to use it all the same."
    )


def test_a_variable_that_points_to_no_data_at_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mnist.npz").write_text("<html>404</html>")
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "mnist.npz"))
    assert refusal("mnist") == (
        "MNIST lies where $MNIST_DATA says, but is damaged (The file mnist.npz is a web page, not a NumPy archive "
        "(.npz)); put a sound file there, or unset $MNIST_DATA."
    )


def damage(path: Path, way: str, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if way == "a folder":
        path.mkdir()
        return
    np.savez(path, **arrays)  # type: ignore[arg-type]
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "cut off": content[: len(content) // 2]}.get(way, content))


@pytest.mark.parametrize("place", ["home/data", "keras/datasets"])
@pytest.mark.parametrize("way", ["empty", "cut off", "a folder", "other pixels", "other arrays"])
def test_a_damaged_mnist_is_not_called_missing(tmp_path: Path, simple_dataset: Dataset, place: str, way: str) -> None:
    path = tmp_path / place / "mnist.npz"
    parts = simple_dataset.parts()
    arrays = {f"{axis}_{part}": array for part, both in parts.items() for axis, array in zip("xy", both, strict=True)}
    damage(path, way, {"x_train": np.zeros(3)} if way == "other arrays" else arrays)
    assert sources.find_mnist() == path
    with pytest.raises(DamagedDataError) as refused:
        sources.load("mnist")
    where = "in the lab's home folder" if place == "home/data" else "in Keras's own cache"
    assert str(refused.value).startswith(f"MNIST lies {where}, but is damaged (")
    assert "download it again (11 MB) on the Explore or Train page, or delete it and use" in str(refused.value)
    assert str(tmp_path) not in str(refused.value) and refused.value.with_place.endswith(f"The file is {path}.")


def test_damaged_idx_files_are_not_called_missing(
    tmp_path: Path, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in idx_files(simple_dataset).items():
        (tmp_path / name).write_bytes(content[: len(content) // 2] if name.startswith("t10k-images") else content)
    monkeypatch.setenv("MNIST_DATA", str(tmp_path))
    said = refusal("mnist")
    assert said.startswith(
        "MNIST lies where $MNIST_DATA says, but is damaged (The file t10k-images-idx3-ubyte.gz breaks off or is "
        "damaged ("
    )
    assert said.endswith("); put a sound file there, or unset $MNIST_DATA.")


# --- What cannot be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/nowhere/a.npz", "nothing", "", "~nobody-of-this-name/a.npz", "x" * 5000])
def test_a_path_with_nothing_there_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if not name:  # the folder itself, which is empty
        assert refusal(name).startswith(
            f"The folder {tmp_path.name} holds no digits that the lab reads (it holds nothing); expected a table"
        )
    else:
        assert refusal(name) == (
            f"There is no data at {name}; expected one of mnist, digits-8x8, collection, or the path of "
            f"{readers.KINDS}."
        )


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "digits.h5"
    path.touch()
    assert refusal(path) == ("The file digits.h5 is empty; expected an HDF5 file, get it again.")


def test_a_folder_that_lacks_a_file_is_refused(tmp_path: Path, small: Dataset) -> None:
    folder = write_idx_folder(tmp_path / "idx", small, packed=True)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    assert refusal(folder) == (
        "The folder idx lacks t10k-labels-idx1-ubyte (or t10k-labels-idx1-ubyte.gz); expected the labels of "
        "t10k-images-idx3-ubyte.gz beside it."
    )


def test_images_and_labels_that_were_swapped_are_refused(tmp_path: Path, small: Dataset) -> None:
    folder = write_idx_folder(tmp_path / "idx", small, packed=False)
    (folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(small.train_labels))
    assert refusal(folder) == (
        "The images of train-images-idx3-ubyte have the shape 70; expected N×28×28 with N at least 1."
    )


def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path, small: Dataset) -> None:
    folder = write_idx_folder(tmp_path / "idx", small, packed=False)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(small.test_labels[:19]))
    assert refusal(folder) == (
        "The labels of t10k-images-idx3-ubyte have the shape 19; expected one for each of 20 images."
    )


def test_a_training_table_without_labels_is_refused(tmp_path: Path, small: Dataset) -> None:
    (tmp_path / "train.csv").write_text(csv_text(small.train_images[:3], None))
    assert refusal(tmp_path) == (
        "The file train.csv has no labels; expected a column of them, such as label,pixel0,…,pixel783, to learn from."
    )


def test_a_training_table_of_one_row_is_refused(tmp_path: Path, small: Dataset) -> None:
    (tmp_path / "train.csv").write_text(csv_text(small.train_images[:1], small.train_labels[:1]))
    assert refusal(tmp_path / "train.csv") == ("The file train.csv holds 1 image; at least two are needed.")


def test_a_broken_test_table_is_refused_by_its_own_name(tmp_path: Path, small: Dataset) -> None:
    (tmp_path / "train.csv").write_text(csv_text(small.train_images[:3], small.train_labels[:3]))
    (tmp_path / "test.csv").write_text(CSV_HEADER + "\n")
    assert refusal(tmp_path) == "The file test.csv has a header but no rows; expected one row an image."


# --- Describing --------------------------------------------------------------------------------------------------


def test_a_description_counts_and_measures_what_numpy_does() -> None:
    images = np.random.default_rng(3).integers(10, 200, (40, 28, 28), np.uint8)
    images[:, :14] = 0
    labels = np.arange(40) % 7
    description = describe(images, labels)
    assert description.class_counts.tolist() == [6, 6, 6, 6, 6, 5, 5, 0, 0, 0]
    assert description.mean == pytest.approx(images.mean())
    assert description.deviation == pytest.approx(images.std())
    assert (description.least, description.greatest) == (0, int(images.max()))
    assert description.inked == pytest.approx(0.5)


def test_no_images_can_be_described_too() -> None:
    description = describe(np.empty((0, 28, 28), np.uint8), np.empty(0, np.int64))
    assert (description.images, description.mean, description.greatest) == (0, 0.0, 0)


def test_the_mean_image_of_a_digit_is_the_mean_of_its_images() -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 0, 0], images[1, 0, 0], images[2, 5, 5] = 100, 201, 7
    means = mean_images(images, np.array([4, 4, 9]))
    assert means.shape == (10, 28, 28)
    assert (means[4, 0, 0], means[9, 5, 5]) == (150, 7)
    assert not means[[0, 1, 2, 3, 5, 6, 7, 8]].any()


def test_state_lives_in_the_temporary_home(temporary_home: Path) -> None:
    assert environment.home() == temporary_home


# --- Strokes -----------------------------------------------------------------------------------------------------


def test_a_file_of_strokes_is_painted_and_split_by_writer(tmp_path: Path) -> None:
    path = tmp_path / "drawn.jsonl"
    rows = [
        {"label": digit, "writer": writer, "strokes": [stroke.tolist() for stroke in simple_strokes(digit)]}
        for writer in range(4)
        for digit in range(10)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    dataset = sources.load(str(path))
    assert (len(dataset.train_images), len(dataset.test_images)) == (30, 10)
    np.testing.assert_array_equal(dataset.test_labels, np.arange(10))
    np.testing.assert_array_equal(dataset.test_images[4], prepare(simple_strokes(4)))
    assert "10 drawings by 1 writers are set aside to judge by" in dataset.source
    drawn = sources.load_handwriting(str(path))
    assert drawn is not None and len(drawn) == 40
    assert sources.load_handwriting("mnist") is None


def test_too_few_strokes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "drawn.jsonl"
    path.write_text(json.dumps({"label": 1, "strokes": [[[1, 2], [3, 40]]]}))
    assert refusal(path) == "There are only 1 drawings; at least four are needed to train and to judge."


def test_the_collection_is_data_once_something_is_drawn() -> None:
    assert "No drawings yet" in refusal("collection")
    for label in range(8):
        Collection().add(
            simple_strokes(label), label, session="a", digit=label, verdict="digit", probability=0.9, model="m"
        )
    dataset = sources.load("collection")
    assert (len(dataset.train_images), len(dataset.test_images)) == (6, 2)
    assert dataset.title == "Drawings of this lab"


def test_drawings_of_no_digit_are_left_out_of_the_data_and_teach_doubt_beside_other(
    temporary_home: Path, simple_dataset: Dataset
) -> None:
    def add(label: int) -> None:
        said = {"digit": None, "verdict": "not a digit", "probability": 0.0, "model": "m"}
        Collection().add(simple_strokes(label % 10), label, session="a", **said)  # type: ignore[arg-type]

    for _ in range(4):
        add(NO_DIGIT)
    assert "every drawing of this lab is labelled as no digit" in refusal("collection")
    for label in range(8):
        add(label)
    dataset = sources.load("collection")
    assert (len(dataset.train_images), len(dataset.test_images)) == (6, 2)
    assert "; 4 drawings of no digit are left out: beside other data they teach a network to doubt;" in dataset.source
    settings = dataclasses.replace(RECIPES["quick"].config, also="collection", also_copies=2, validation_share=0.2)
    config, reference = run_data.settle(settings, dataset)
    assert sources.load(reference["name"]).identity == dataset.identity == reference["identity"]
    config = dataclasses.replace(config, validation_share=0.0)
    learned = training_set.assemble(simple_dataset, config, reference["also_identity"])
    assert (learned.train_labels == NO_DIGIT).sum() == 6 and NO_DIGIT not in learned.validation_labels


def test_a_run_on_the_collection_learns_from_a_copy_that_does_not_grow(temporary_home: Path) -> None:
    def add(label: int) -> None:
        Collection().add(
            simple_strokes(label), label, session="a", digit=label, verdict="digit", probability=0.9, model="m"
        )

    for label in range(10):
        add(label)
    dataset = sources.load("collection")
    settings = dataclasses.replace(RECIPES["quick"].config, also="collection", validation_share=0.2)
    config, reference = run_data.settle(settings, dataset)
    add(3)
    assert sources.load("collection").identity != dataset.identity
    assert sources.load(reference["name"]).identity == dataset.identity == reference["identity"]
    assert reference["title"] == "Drawings of this lab"
    copy = sources.load_handwriting(config.also)
    assert copy is not None and copy.identity == reference["also_identity"] and len(copy) == 10
    assert config.also == reference["name"]
    assert run_data.settle(settings, sources.load("collection"))[0].also != config.also


def test_a_second_source_is_located_and_identified_before_a_run(
    temporary_home: Path, simple_dataset: Dataset, tmp_path: Path
) -> None:
    plain = dataclasses.replace(RECIPES["quick"].config, also="")
    assert run_data.settle(plain, simple_dataset) == (plain, simple_dataset.reference())
    best = dataclasses.replace(RECIPES["best"].config, also="pen_strokes.jsonl.gz")
    with pytest.raises(InputError, match="There is no data at pen_strokes"):
        run_data.settle(best, simple_dataset)
    kept = temporary_home / "data" / best.also
    kept.parent.mkdir(parents=True)
    rows = [{"label": digit, "strokes": [stroke.tolist() for stroke in simple_strokes(digit)]} for digit in range(8)]
    kept.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    config, reference = run_data.settle(best, simple_dataset)
    assert config.also == str(kept)
    assert reference["identity"] == simple_dataset.identity
    assert len(reference["also_identity"]) == 64
