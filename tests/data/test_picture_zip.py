"""Pictures are prepared as on the Draw page, labelled by their folders, and left out by name where that fails."""

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import picture_labels, picture_zip, sources, uploads
from mnist_core.data.bundles import Limits
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError
from mnist_core.preprocessing import picture_files
from mnist_core.preprocessing.pipeline import from_picture
from mnist_core.presentation.pictures import png
from tests.conftest import simple_images

IMAGES, LABELS = simple_images(20, 0)


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read_zip(path: Path) -> Digits:
    return uploads.read([path])


def in_folders(top: str = "") -> dict[str, bytes]:
    """Digits as pictures, each in the folder of its label."""
    return {f"{top}{label}/{number}.png": png(IMAGES[number]) for number, label in enumerate(LABELS)}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_zip(path)
    return str(caught.value)


@pytest.mark.parametrize("top", ["", "my digits/"], ids=["at the top", "below one folder"])
def test_folders_give_the_labels_and_the_lab_prepares(tmp_path: Path, top: str) -> None:
    found = read_zip(write_zip(tmp_path / "a.zip", in_folders(top)))
    assert found.labels is not None
    assert found.title == "a.zip"
    assert found.left_out == ()
    assert dict(zip(found.names, found.labels.tolist(), strict=True)) == {
        f"{top}{label}/{number}.png": label for number, label in enumerate(LABELS)
    }
    for name, image in zip(found.names, found.images, strict=True):
        stages = from_picture(IMAGES[int(Path(name).stem)])
        assert stages is not None
        np.testing.assert_array_equal(image, stages.image)


def test_mnist_comes_back_pixel_for_pixel(real_mnist: Path, tmp_path: Path) -> None:
    with np.load(real_mnist) as arrays:
        images, labels = arrays["x_test"][:300], arrays["y_test"][:300]
    members = {f"{label}/{number:03}.png": png(images[number]) for number, label in enumerate(labels)}
    found = read_zip(write_zip(tmp_path / "a.zip", members))
    order = [int(Path(name).stem) for name in found.names]
    np.testing.assert_array_equal(found.images, images[order])
    np.testing.assert_array_equal(found.labels, labels[order])


def test_one_digit_alone_is_no_common_folder(tmp_path: Path) -> None:
    found = read_zip(write_zip(tmp_path / "a.zip", {"7/a.png": png(IMAGES[7]), "7/more/b.JPG": png(IMAGES[17])}))
    assert found.labels is not None
    assert found.labels.tolist() == [7, 7]


@pytest.mark.parametrize(
    "folder", ["{}", "class_{}", "digit {}", "n{}", "train/{}", "my data/part 1/Class{}", "{word}", "a/{word}s"]
)
def test_folders_may_be_named_after_digits_in_any_way(tmp_path: Path, folder: str) -> None:
    names = {digit: folder.format(digit, word=picture_labels.WORDS[digit]) for digit in range(10)}
    members = {f"{names[digit]}/a.png": png(IMAGES[digit]) for digit in range(10)}
    found = read_zip(write_zip(tmp_path / "a.zip", members))
    assert found.labels is not None
    assert dict(zip(found.names, found.labels.tolist(), strict=True)) == {
        f"{name}/a.png": digit for digit, name in names.items()
    }


@pytest.mark.parametrize("folders", [("part1", "part2"), ("img014", "img015", "img016"), ("day", "someone")])
def test_other_folders_give_no_labels(tmp_path: Path, folders: tuple[str, ...]) -> None:
    found = read_zip(write_zip(tmp_path / "a.zip", {f"{folder}/a.png": png(IMAGES[3]) for folder in folders}))
    assert found.labels is None and len(found) == len(folders)


@pytest.mark.parametrize("named", ["train", "test"])
def test_pictures_in_folders_of_no_part_are_learned_from(named: str, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", in_folders(f"{named}/") | in_folders("more/"))
    data = sources.load(str(path))
    assert len(data.train_images) + len(data.test_images) == 2 * len(IMAGES)


def test_a_name_that_no_file_system_takes_is_unpacked_all_the_same(tmp_path: Path) -> None:
    rows = np.column_stack([LABELS, IMAGES.reshape(len(IMAGES), -1)])
    table = "\n".join(",".join(map(str, row)) for row in rows)
    found = read_zip(write_zip(tmp_path / "a.zip", {f"{'a' * 300}.csv": table.encode()}))
    assert found.labels is not None and found.labels.tolist() == LABELS.tolist()


def test_without_folders_there_are_no_labels_and_numbers_order_the_names(tmp_path: Path) -> None:
    names = ["10.png", "9.png", "2.png", "pictures/1.png"]
    found = read_zip(write_zip(tmp_path / "a.zip", {name: png(IMAGES[0]) for name in names}))
    assert found.labels is None
    assert found.names == ("2.png", "9.png", "10.png", "pictures/1.png")


def test_what_cannot_be_used_is_left_out_by_name(tmp_path: Path) -> None:
    bad = {
        "3/blank.png": png(np.zeros((40, 40), np.uint8)),
        "3/dot.png": png(np.pad(np.full((3, 3), 255, np.uint8), 30)),
        "3/text.png": b"hello",
        "notes.txt": b"hello",
        "outside.png": png(IMAGES[0]),
        "3/large.png": png(np.zeros((4100, 4100), np.uint8)),
    }
    ignored = {"__MACOSX/3/._a.png": b"x", ".DS_Store": b"x", "3/.hidden.png": b"x", "3/Thumbs.db": b"x"}
    found = read_zip(write_zip(tmp_path / "a.zip", in_folders() | bad | ignored))
    assert len(found) == 20
    assert dict(found.left_out) == {
        "3/blank.png": "no ink is found in it",
        "3/dot.png": "it has too little ink",
        "3/text.png": "this file is not a PNG or JPEG picture",
        "notes.txt": "it is not a PNG or JPEG",
        "outside.png": "it lies in no folder of a digit",
        "3/large.png": "it has more than 16 million pixels",
    }


def test_more_than_so_many_left_out_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_zip, "MOST_LEFT_OUT", 2)
    blank = {f"3/blank {number}.png": png(np.zeros((40, 40), np.uint8)) for number in range(3)}
    assert len(read_zip(write_zip(tmp_path / "a.zip", in_folders() | dict(list(blank.items())[:2])))) == 20
    assert refusal(write_zip(tmp_path / "a.zip", in_folders() | blank)) == (
        "More than 2 files of a.zip cannot be used, such as 3/blank 2.png: no ink is found in it; take them out."
    )


def test_a_zip_in_which_nothing_can_be_used_is_refused(tmp_path: Path) -> None:
    blank = png(np.zeros((40, 40), np.uint8))
    assert refusal(write_zip(tmp_path / "a.zip", {"1/a.png": blank})) == (
        "The picture 1/a.png cannot be used: no ink is found in it."
    )
    assert refusal(write_zip(tmp_path / "a.zip", {"1/a.png": blank, "1/b.png": blank})) == (
        "No picture of a.zip can be used, such as 1/b.png: no ink is found in it."
    )
    assert refusal(write_zip(tmp_path / "a.zip", {".DS_Store": b""})).startswith(
        "The file a.zip holds no digits that the lab reads (it holds nothing); expected a table"
    )


@pytest.mark.parametrize(
    ("name", "limit", "sentence"),
    [
        ("files", 19, "The file a.zip holds 20 files; at most 19 are read at once."),
        ("bytes", 1000, "The file a.zip unpacks to "),
        ("bundles.LARGEST_PICTURE", 10, "The file '0/0.png' in a.zip unpacks to 10 kB, and a picture may have 0 kB;"),
        (
            "picture_zip.MOST_PIXELS_IN_ALL",
            8_000_000,
            "The pictures of a.zip have more than 8 million pixels in all; make",
        ),
    ],
)
def test_sizes_are_added_up_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: int, sentence: str
) -> None:
    members = in_folders() | {"0/0.png": png(np.zeros((3000, 3000), np.uint8))}
    if "." in name:
        monkeypatch.setattr(f"mnist_core.data.{name}", limit)
    else:
        wanted = dataclasses.replace(uploads.WANTED, bundle=Limits(**{name: limit}))
        monkeypatch.setattr(uploads, "WANTED", wanted)
    monkeypatch.setattr(picture_files, "read_picture", None)
    assert refusal(write_zip(tmp_path / "a.zip", members)).startswith(sentence)


def test_pictures_chosen_together_have_no_labels(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(png(IMAGES[number]))
    found = uploads.read(sorted(tmp_path.iterdir()))
    assert (found.title, found.labels) == ("12 pictures", None)
    assert found.names == tuple(f"{number}.png" for number in range(12))


def test_a_bug_of_the_lab_is_not_told_as_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(picture: np.ndarray) -> None:
        raise ValueError("a bug of ours")

    monkeypatch.setattr("mnist_core.preprocessing.pipeline.from_picture", stumble)
    with pytest.raises(ValueError, match="a bug of ours"):
        read_zip(write_zip(tmp_path / "a.zip", in_folders()))
