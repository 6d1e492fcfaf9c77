import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core.bench import hands
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import HELD_BACK, HELD_BACK_SITES, Handwriting
from mnist_core.errors import InputError
from mnist_core.files import npz
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import NO_DIGIT
from mnist_core.runs import run_folders
from tests.conftest import SIMPLE_DIGITS, simple_images, simple_strokes


def test_digits_and_signs_are_judged_apart() -> None:
    classifier = Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)
    dash = [np.array([[0.0, 50.0], [100.0, 50.0]])]
    strokes = (simple_strokes(3), simple_strokes(0), simple_strokes(8), dash)
    found = hands.measure(classifier, Handwriting(np.array([3, 0, 1, NO_DIGIT]), np.full(4, -1), strokes))
    assert (found.digits, found.signs) == (3, 1)
    assert found.right == found.shown == pytest.approx(2 / 3)  # the 8 is said to be a 1
    assert (found.doubted, found.split, found.sure_errors, found.called_a_digit) == (0, 0, 1, 0)
    assert 0.2 < found.calibration_error < 0.4


def test_a_file_is_parted_into_held_back_sites_and_writers(tmp_path: Path) -> None:
    path = tmp_path / "drawn.jsonl"
    places = [("syn", 1), ("syn", HELD_BACK[0]), (HELD_BACK_SITES[0], 1), (HELD_BACK_SITES[0], 2)]
    rows = [{"label": 4, "writer": writer, "site": site, "strokes": SIMPLE_DIGITS[4]} for site, writer in places]
    path.write_text("\n".join(map(json.dumps, rows)))
    found = {name: len(drawn) for name, drawn in hands.groups(path)}
    assert found == {f"drawn.jsonl, site {HELD_BACK_SITES[0]}": 2, "drawn.jsonl, writers": 1}


def test_of_many_signs_some_are_enough_and_the_digits_stay() -> None:
    labels = np.array([3, *[NO_DIGIT] * 40, 8])
    drawn = Handwriting(labels, np.arange(42), tuple(simple_strokes(3) for _ in labels))
    fewer = hands.with_fewer_signs(drawn, 10)
    assert len(fewer) == 12 and fewer.labels[[0, -1]].tolist() == [3, 8]
    assert fewer.writers.tolist() == hands.with_fewer_signs(drawn, 10).writers.tolist() != list(range(12))


def who_wrote(path: Path, groups: list[int]) -> Path:
    """A file that says who wrote test images: everybody two of them."""
    npz.write(path, test_writer=np.arange(len(groups)) // 2, test_group=np.array(groups, np.uint8))
    return path


def test_mnist_is_judged_by_who_wrote_it(tmp_path: Path) -> None:
    classifier = Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)
    images, labels = simple_images(10, 2)
    labels = np.where(np.arange(10) < 3, (labels + 1) % 10, labels)  # a shipped model is wrong about the first three
    dataset = Dataset("made", images, labels, images, labels, "made up")
    path = who_wrote(tmp_path / "writers.npz", [0] * 4 + [4] * 4 + [7] * 2)
    found = hands.by_group(classifier, dataset, path)
    assert {name: (group.images, group.writers, group.right) for name, group in found.items()} == {
        "census staff": (4, 2, 0.25),
        "high-school pupils": (4, 2, 1.0),
        "group 7": (2, 1, 1.0),
    }
    assert all(group.least < group.right + 1e-9 and group.right - 1e-9 < group.most for group in found.values())
    with pytest.raises(InputError, match="of 9 images and the groups of 9; expected 10 of each"):
        hands.by_group(classifier, dataset, who_wrote(tmp_path / "short.npz", [0] * 9))


def test_of_several_runs_the_means_follow_with_their_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = hands.spread([0.9, 0.92, 0.94])
    assert one.mean == pytest.approx(0.92)
    assert one.half == pytest.approx(4.3027 * 0.02 / 3**0.5, rel=1e-4)  # Student's t with two degrees of freedom
    path = tmp_path / "drawn.jsonl"
    rows = [{"label": 4, "writer": writer, "site": "syn", "strokes": SIMPLE_DIGITS[4]} for writer in (1, HELD_BACK[0])]
    path.write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setattr("sys.argv", ["hands", "best", "best", "--strokes", str(path), "--json"])
    hands.main()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("run") for line in lines] == ["best", "best", None]
    assert lines[-1]["shown"] == {"mean": lines[0]["shown"], "half": 0}


def test_something_to_measure_has_to_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["hands", "best"])
    with pytest.raises(SystemExit):
        hands.main()
    assert "--mnist-writers" in capsys.readouterr().err
