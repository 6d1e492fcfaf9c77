"""Hostile uploads: each is refused with one sentence, and reading it costs little, writes nothing, runs nothing.

All are read, one after the other, in one process with the limits of the real one; those that try to get out of it, or
to fill it, take the whole way of an upload as well, each in a process of its own.
"""

import os
import pickle
import re
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mnist_core.data import uploads as digit_uploads
from mnist_core.errors import InputError
from mnist_core.files import sandbox
from tests.conftest import peak_memory
from tests.hostile import uploads as hostile_uploads
from tests.support.watching import Watch, listing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits, and what is held, are measured on Linux")

MEGABYTE = 1_000_000
MOST_GROWTH, MOST_SECONDS = 200 * MEGABYTE, 5.0
# What tries to get out, to fill memory, or to break the reader.
WHOLE_WAY = ("a line of 60 MB", "bomb (npz)", "climbing name", "pickled images (npz)")


# Forms whose readers load libraries of their own, which uploads of other forms do not.
OF_FURTHER_FORMS = re.compile(r"^sound (Parquet|MATLAB|ARFF)$| [a-z]\.\w+$")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All uploads, each in a folder of its own; what they make if they run or are unpacked lies beside them."""
    folder = tmp_path_factory.mktemp("hostile") / "uploads"
    for name, upload in [*hostile_uploads.sound().items(), *hostile_uploads.hostile(*harm(folder))]:
        (folder / name).mkdir(parents=True)
        digit_uploads.written(list(upload.items()), folder / name)
    yield folder
    shutil.rmtree(folder)


def harm(folder: Path) -> tuple[Path, Path]:
    """What comes to be if something runs, and if something is unpacked."""
    return folder.parent / "canary", folder.parent / "outside"


# --- One after the other, in one process ------------------------------------------------------------------------------


def read_all(folder: str, names: list[str]) -> list[dict[str, Any]]:
    """Reads these uploads in a folder, the sound ones first; says what came of each, and what it cost."""
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    sandbox.limit(digit_uploads.MEMORY)
    chosen = [Path(folder) / name for name in names]
    uploads = sorted(chosen, key=lambda upload: (not upload.name.startswith("sound"), upload.name))
    return [{"name": upload.name, **_outcome(upload)} for upload in uploads]


def _outcome(upload: Path) -> dict[str, Any]:
    started, said = time.process_time(), ""
    try:
        digit_uploads.read(sorted(path for path in upload.rglob("*") if path.is_file()))
    except InputError as error:
        said = str(error)
    except MemoryError:
        said = "needs too much memory"
    return {"said": said, "seconds": time.process_time() - started, "peak": peak_memory()}


@pytest.fixture(scope="module")
def outcomes(files: Path) -> dict[str, dict[str, Any]]:
    everything = {path.name for path in files.iterdir()}
    further = {name for name in everything if OF_FURTHER_FORMS.search(name)}
    said = []
    for names in (everything - further, further):  # their libraries alone take a third of the memory
        said += sandbox.run(read_all, {"folder": str(files), "names": sorted(names)}, "the corpus", 120.0)
    return {one["name"]: one for one in said}


def is_one_sentence(said: str) -> bool:
    return bool(re.fullmatch(r"[A-Z].*[.]", said)) and len(said) < 500 and "Traceback" not in said


def test_the_same_kinds_without_the_harm_are_taken(outcomes: dict[str, dict[str, Any]]) -> None:
    sound = {name: one["said"] for name, one in outcomes.items() if name.startswith("sound")}
    assert sound == dict.fromkeys(hostile_uploads.sound(), "")


def test_each_is_refused_with_one_sentence(files: Path, outcomes: dict[str, dict[str, Any]]) -> None:
    refused = {name: one["said"] for name, one in outcomes.items() if not name.startswith("sound")}
    assert len(refused) >= 50
    assert {name: said for name, said in refused.items() if not is_one_sentence(said)} == {}
    assert len(set(refused.values())) > 40  # each for a reason of its own
    assert [path.name for path in files.parent.iterdir()] == [files.name]


def test_each_costs_little(outcomes: dict[str, dict[str, Any]]) -> None:
    assert {name: one["seconds"] for name, one in outcomes.items() if one["seconds"] > MOST_SECONDS} == {}
    before = max(one["peak"] for name, one in outcomes.items() if name.startswith("sound"))
    assert 0 < before < max(one["peak"] for one in outcomes.values()) < before + MOST_GROWTH


# --- The whole way ---------------------------------------------------------------------------------------------------


def children_seconds() -> float:
    """Processor time that the ended children of this process took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_nothing_gets_out_of_an_upload(
    files: Path, tmp_path: Path, temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    uploads = {name: upload for name, upload in hostile_uploads.hostile(*harm(files)) if name in WHOLE_WAY}
    before = listing(tmp_path)
    said, seconds = {}, {}
    with Watch() as watch:
        for name, upload in uploads.items():  # one after the other, or what each costs could not be told
            begun = children_seconds()
            with pytest.raises(InputError) as refused:
                digit_uploads.read_uploads(list(upload.items()))
            said[name], seconds[name] = str(refused.value), children_seconds() - begun
    assert {name: one for name, one in said.items() if not is_one_sentence(one)} == {}
    assert listing(tmp_path) == before
    assert [path.name for path in files.parent.iterdir()] == [files.name]
    assert {name: used for name, used in seconds.items() if not 0 < used < MOST_SECONDS} == {}
    # A process of Python with NumPy, pandas and SciPy holds some 130 MB before it opens anything.
    assert watch.child < MOST_GROWTH + 130 * MEGABYTE and watch.grown < MOST_GROWTH
    assert watch.child > 20 * MEGABYTE  # somebody looked


def test_a_canary_sings_when_it_is_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(hostile_uploads.Canary(tmp_path / "canary")))
    assert (tmp_path / "canary").exists()
