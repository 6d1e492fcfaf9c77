import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_core.errors import InputError
from mnist_core.training import pins
from mnist_core.training.pins import MOST_PINS, UNKNOWN, Pins
from tests.conftest import simple_images

IMAGES, LABELS = simple_images(MOST_PINS + 1, 0)


def some(number: int) -> Pins:
    kept = Pins.none()
    for image, label in zip(IMAGES[:number], LABELS[:number], strict=True):
        kept = kept.with_pin(image, int(label), pins.pin_name("drawn", image))
    return kept


def test_pinned_digits_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "pins.npz"
    for number in (0, 1, MOST_PINS):
        some(number).save(path)
        back = Pins.load(path)
        np.testing.assert_array_equal(back.images, IMAGES[:number])
        np.testing.assert_array_equal(back.labels, LABELS[:number])
        assert back.names == some(number).names
        assert back.images.dtype == np.uint8 and back.labels.dtype == np.int64


def test_one_image_is_one_pin_and_takes_the_label_that_is_known_later() -> None:
    kept = Pins.none().with_pin(IMAGES[4], UNKNOWN, "drawn-1")
    kept = kept.with_pin(IMAGES[4], 4, "drawn-2").with_pin(IMAGES[4], UNKNOWN, "drawn-3")
    assert kept.names == ("drawn-1",) and kept.labels.tolist() == [4]
    assert kept.with_pin(IMAGES[4], 9, "drawn-1").labels.tolist() == [9]


def test_more_than_the_most_is_refused_and_says_what_to_do() -> None:
    full = some(MOST_PINS)
    assert len(full.with_pin(IMAGES[0], 0, "again")) == MOST_PINS
    with pytest.raises(InputError, match="12 digits are pinned, which is the most; unpin one"):
        full.with_pin(IMAGES[MOST_PINS], 0, "one-more")


def test_a_name_belongs_to_one_digit() -> None:
    with pytest.raises(InputError, match="named 'test-115'"):
        Pins.none().with_pin(IMAGES[0], 0, "test-115").with_pin(IMAGES[1], 1, "test-115")
    assert pins.pin_name("test-115", IMAGES[0]) != pins.pin_name("test-115", IMAGES[1])


def test_unpinning_takes_one_away() -> None:
    kept = some(3)
    left = kept.without(kept.names[1])
    np.testing.assert_array_equal(left.images, IMAGES[[0, 2]])
    assert left.labels.tolist() == [0, 2] and left.names == (kept.names[0], kept.names[2])
    assert left.without("nobody").names == left.names
    assert left.place(IMAGES[1]) is None and left.place(IMAGES[2]) == 1
    assert not len(left.without(left.names[0]).without(left.names[1]))


@pytest.mark.parametrize(
    "changed",
    [
        {"images": IMAGES[:2, :27]},
        {"images": IMAGES[:2].astype(np.float64)},
        {"images": np.uint8(3)},
        {"labels": np.array([3, 10])},
        {"labels": np.array([3.0, 4.0])},
        {"labels": np.array([3])},
        {"names": np.array(["a", "a"])},
        {"names": np.array([1, 2])},
        {"names": np.array([["a"], ["b"]])},
        {"images": np.repeat(IMAGES[:1], 20, 0), "labels": np.arange(20) % 10, "names": np.arange(20).astype(str)},
    ],
)
def test_a_file_that_holds_something_else_holds_no_pins(tmp_path: Path, changed: dict[str, np.ndarray]) -> None:
    good = {"images": IMAGES[:2], "labels": LABELS[:2], "names": np.array(["a", "b"])}
    np.savez(tmp_path / "good.npz", **good)  # type: ignore[arg-type]
    assert len(Pins.load(tmp_path / "good.npz")) == 2
    np.savez(tmp_path / "bad.npz", **(good | changed))  # type: ignore[arg-type]
    assert not len(Pins.load(tmp_path / "bad.npz"))


def test_missing_damaged_and_boasting_files_hold_no_pins(tmp_path: Path) -> None:
    path = tmp_path / "pins.npz"
    assert not len(Pins.load(path))
    some(2).save(path)
    path.write_bytes(path.read_bytes()[:-30])
    assert not len(Pins.load(path))
    np.savez(path, images=np.array([object()]), labels=LABELS[:1], names=np.array(["a"]))
    assert not len(Pins.load(path))
    header = b"\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (9000000000, 28, 28), }"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("images", "labels", "names"):
            archive.writestr(f"{name}.npy", header.ljust(127) + b"\n")
    assert not len(Pins.load(path))


def test_the_file_of_a_browser_lies_in_the_home_folder(temporary_home: Path) -> None:
    assert pins.path_of("3f2a") == temporary_home / "pins" / "3f2a.npz"
