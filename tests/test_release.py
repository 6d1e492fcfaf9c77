"""Only the release script writes a shipped model."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.data.stroke_files import HELD_BACK_SITES
from mnist_core.errors import InputError
from mnist_core.evaluation.ablation import Ablation
from mnist_core.evaluation.strangers import Strangers
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from scripts import release
from tests.conftest import simple_strokes
from tests.support.commands import strokes_line


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """A done run that learned from a file of strokes, in a lab that ships nothing but a card."""
    run = Run(environment.home() / "runs" / "20261127-120000-000000-best-abcd")
    shutil.copytree(environment.PRETRAINED / run_folders.SHIPPED_MODEL, run.folder)
    description = run.description()
    config = dataclasses.replace(description.config, also="/somewhere/pen.jsonl.gz;/else/where/signs.jsonl")
    dataclasses.replace(description, config=config).save(run.folder / "config.json")
    (run.folder / "checkpoint.npz").write_bytes(b"large")
    shipped = tmp_path / "pretrained"
    (shipped / "best").mkdir(parents=True)
    (shipped / "best" / release.CARD).write_text("# Its card")
    monkeypatch.setattr(environment, "PRETRAINED", shipped)
    return run


def drawn(tmp_path: Path) -> list[str]:
    path = tmp_path / "drawn.jsonl"
    lines = [json.loads(strokes_line(digit)) | {"label": digit, "writer": 3} for digit in range(10)]
    lines.append({"label": 1, "writer": 1, "strokes": [stroke.tolist() for stroke in simple_strokes(1)]})
    path.write_text("\n".join(map(json.dumps, lines)))
    signs = tmp_path / "signs.jsonl"
    star = [[[100, 0], [160, 190], [0, 70], [200, 70], [40, 190], [100, 0]]]
    signs.write_text(
        "\n".join(
            json.dumps({"label": label, "writer": 1, "site": HELD_BACK_SITES[0], "strokes": strokes})
            for label, strokes in [(3, [stroke.tolist() for stroke in simple_strokes(3)]), *[("*", star)] * 3]
        )
    )
    return [str(path), str(signs)]


def test_a_run_is_shipped_without_its_checkpoints_and_without_names_of_folders(trained: Run, tmp_path: Path) -> None:
    shipped = release.release(trained, "best", drawn(tmp_path), digits=10, data="digits-8x8")
    assert shipped.folder == environment.PRETRAINED / "best"
    assert {path.name for path in shipped.folder.iterdir()} == {
        *release.SHIPPED_FILES,
        "config.json",
        "preparation.json",
        "strangers.json",
        release.CARD,
    }
    assert shipped.config().also == "pen.jsonl.gz;signs.jsonl"
    assert shipped.model_path.read_bytes() == trained.model_path.read_bytes()
    assert (shipped.folder / release.CARD).read_text() == "# Its card"
    measured = Ablation.of(shipped)
    assert measured is not None
    assert (measured.picture_count, measured.stroke_count) == (10, 10)
    assert Strangers.of(shipped) == Strangers(1, 1, 0.0, 3, 1.0)
    assert [path.name for path in environment.PRETRAINED.iterdir()] == ["best"]


def test_a_run_that_is_not_done_is_not_shipped(trained: Run, tmp_path: Path) -> None:
    trained.model_path.unlink()
    with pytest.raises(InputError, match="only a model that was trained to its end is shipped"):
        release.release(trained, "best", drawn(tmp_path))
    assert (environment.PRETRAINED / "best" / release.CARD).exists()
