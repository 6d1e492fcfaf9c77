"""The command `collection`: counts, exports and deletes the drawings that people labelled."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.data.collection.store import NO_DRAWINGS, Collection
from mnist_core.data.stroke_files import read_handwriting
from mnist_core.mnist import NO_DIGIT
from tests.conftest import simple_strokes
from tests.support.commands import Captured, refusal, run


@pytest.fixture
def numbers() -> list[int]:
    """The numbers of five drawings, of the digits 1, 1, 2, 8 and 9."""
    drawings, said = Collection(), {"verdict": "digit", "probability": 0.9, "model": "best"}
    return [
        drawings.add(simple_strokes(label), label, session="a browser", digit=label, **said)  # type: ignore[arg-type]
        for label in (1, 1, 2, 8, 9)
    ]


def test_counts_in_words_and_as_json(capsys: Captured, numbers: list[int]) -> None:
    Collection().relabel(numbers[0], NO_DIGIT, by=COMMAND_LINE)
    assert run(capsys, "collection") == "5 drawings, of each digit 0, 1, 1, 0, 0, 0, 0, 0, 1, 1; no digit: 1\n"
    counts = {"drawings": 5, "digits": [0, 1, 1, 0, 0, 0, 0, 0, 1, 1], "no_digit": 1}
    assert json.loads(run(capsys, "collection", "--json")) == counts


def test_an_empty_collection_says_how_to_fill_it(capsys: Captured, tmp_path: Path) -> None:
    assert run(capsys, "collection") == f"{NO_DRAWINGS}\n"
    assert json.loads(run(capsys, "collection", "--json")) == {"drawings": 0, "digits": [0] * 10, "no_digit": 0}
    assert refusal(capsys, 2, "collection", "export", tmp_path / "drawings.jsonl.gz") == NO_DRAWINGS
    assert not (tmp_path / "drawings.jsonl.gz").exists()
    assert run(capsys, "collection", "delete", "--all", "--yes") == "0 drawings deleted\n"


@pytest.mark.parametrize("name", ["drawings.jsonl.gz", "drawings.jsonl"])
def test_an_export_is_read_as_data(capsys: Captured, tmp_path: Path, numbers: list[int], name: str) -> None:
    path = tmp_path / name
    assert json.loads(run(capsys, "collection", "export", path, "--json")) == {"file": str(path), "drawings": 5}
    assert run(capsys, "collection", "export", path) == f"5 drawings written to {path}\n"
    np.testing.assert_array_equal(read_handwriting(path).labels, [1, 1, 2, 8, 9])
    assert path.read_bytes().startswith(b"\x1f\x8b" if name.endswith(".gz") else b"{")
    answers = run(capsys, "classify", "--strokes", path).splitlines()
    assert sum(json.loads(line)["digit"] == label for line, label in zip(answers, (1, 1, 2, 8, 9), strict=True)) >= 3


def test_an_export_is_the_collections_own(capsys: Captured, tmp_path: Path, numbers: list[int]) -> None:
    run(capsys, "collection", "export", tmp_path / "drawings.jsonl.gz")
    written = gzip.decompress((tmp_path / "drawings.jsonl.gz").read_bytes())
    assert written == gzip.decompress(Collection().export())


def test_an_export_that_the_lab_could_not_read_or_write_is_refused(
    capsys: Captured, tmp_path: Path, numbers: list[int]
) -> None:
    assert "give it the ending .jsonl.gz" in refusal(capsys, 2, "collection", "export", tmp_path / "drawings.zip")
    assert "cannot be written" in refusal(capsys, 1, "collection", "export", tmp_path / "no" / "drawings.jsonl")


def test_chosen_drawings_are_deleted(capsys: Captured, numbers: list[int]) -> None:
    arguments = ("collection", "delete", "--id", str(numbers[0]), "--id", str(numbers[3]))
    assert refusal(capsys, 2, *arguments) == "This deletes 2 drawings for good; add --yes to do it."
    assert Collection().count() == 5
    assert run(capsys, *arguments, "--yes") == "2 drawings deleted\n"
    assert [drawing.id for drawing in Collection().drawings()] == [numbers[4], numbers[2], numbers[1]]
    assert json.loads(run(capsys, "collection", "delete", "--id", str(numbers[1]), "--yes", "--json")) == {"deleted": 1}
    assert "There is no drawing 999" in refusal(capsys, 2, "collection", "delete", "--id", "999", "--yes")


def test_all_drawings_are_deleted(capsys: Captured, numbers: list[int]) -> None:
    assert (
        refusal(capsys, 2, "collection", "delete", "--all") == "This deletes 5 drawings for good; add --yes to do it."
    )
    assert run(capsys, "collection", "delete", "--all", "--yes") == "5 drawings deleted\n"
    assert Collection().count() == 0


@pytest.mark.parametrize(
    "arguments",
    [["delete"], ["delete", "--all", "--id", "1"], ["delete", "--id", "one"], ["export"], ["import", "drawings.jsonl"]],
)
def test_wrong_arguments_are_one_sentence(capsys: Captured, arguments: list[str]) -> None:
    refusal(capsys, 2, "collection", *arguments)


def test_a_wrong_database_is_one_sentence_without_its_password(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DATABASE", "postgresql+chalk://lab:s3cret@host/digits")
    assert "s3cret" not in refusal(capsys, 2, "collection")
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{tmp_path}")
    assert refusal(capsys, 1, "collection", "--json").endswith(f"The file is {tmp_path}.")


def test_the_sheet_to_print_is_written(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    assert run(capsys, "collection", "sheet", path) == f"The sheet to print was written to {path}\n"
    assert path.read_bytes().startswith(b"%PDF-")
    assert "give it the ending .pdf" in refusal(capsys, 2, "collection", "sheet", tmp_path / "sheet.png")
    assert "cannot be written" in refusal(capsys, 1, "collection", "sheet", tmp_path / "no" / "sheet.pdf")
