"""Hostile model files: each is refused with one sentence, and reading it costs little, writes nothing, runs nothing.

All are read, one after the other, in one process with the limits of the real one; those that try to get out of it, or
to fill it, take the whole way of an import as well, each in a process of its own.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.errors import InputError
from mnist_core.files import sandbox
from mnist_core.sharing import capsule, importing, incoming, model_file, weights
from tests.conftest import peak_memory
from tests.hostile import models as hostile_models
from tests.hostile import other_models
from tests.hostile.models import NETWORK
from tests.support import keras_1_models
from tests.support.watching import Watch, listing

CANARY, OUTSIDE = "canary", "outside.txt"
MEGABYTE = 1_000_000
MOST_GROWTH, MOST_SECONDS = 200 * MEGABYTE, 5.0
SOUND = ("sound.keras", "wide.keras", "sound.h5", "keras 1.h5", "sound.capsule", *other_models.sound())
# What tries to get out, to fill memory or disk, or to break the reader.
WHOLE_WAY = (
    "lambda.keras",
    "pickled weights.keras",
    "hidden json bomb.keras",
    "weights bomb.keras",
    "absolute path.keras",
    "external storage.keras",
    "link to itself.keras",
    "lambda.h5",
    "external storage.h5",
    "names from the root.h5",
    "lambda of Keras 1.h5",
    "object weights.capsule",
    "deep header.capsule",
    "climbing member.capsule",
    "evaluation bomb.capsule",
    "link inside.capsule",
    "operation of its own.onnx",
    "doubling constants.onnx",
    "weights two folders up.zip",
    "a bomb.zip",
    "endless lists.tflite",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all files; what they make if they run or are unpacked would lie beside it."""
    folder = tmp_path_factory.mktemp("hostile") / "files"
    folder.mkdir()
    canary, outside = folder.parent / CANARY, folder.parent / OUTSIDE
    made = {"sound.keras": hostile_models.sound_keras(), "sound.capsule": hostile_models.sound_capsule()}
    made["wide.keras"] = hostile_models.sound_wide_keras()
    made["sound.h5"] = hostile_models.whole_hdf5()
    made |= {f"{name}.h5": content for name, content in hostile_models.whole_models(canary, outside).items()}
    made["keras 1.h5"] = keras_1_models.example("th", "theano").content()
    made |= {f"{name}.h5": content for name, content in hostile_models.keras_1_files(canary).items()}
    made |= {f"{name}.keras": content for name, content in hostile_models.keras_files(canary, outside).items()}
    made |= {f"{name}.capsule": content for name, content in hostile_models.capsules(canary, outside).items()}
    made |= other_models.sound() | other_models.files(canary, outside)
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return folder


# --- One after the other, in one process -----------------------------------------------------------------------------


def read_all(folder: str) -> list[dict[str, Any]]:
    """Reads all files of a folder, the sound ones first; says what came of each, and what it cost."""
    paths = sorted(Path(folder).glob("*.*"), key=lambda path: (path.name not in SOUND, path.name))
    scratch = Path(folder) / "scratch"
    scratch.mkdir()
    return [{"name": path.name, **_outcome(path, scratch)} for path in paths]


def _outcome(path: Path, scratch: Path) -> dict[str, Any]:
    started = time.process_time()
    read: Any = capsule.unpack if path.suffix == ".capsule" else model_file.unpack
    said = ""
    try:
        more = () if path.suffix == ".capsule" else ("", {"mine": [str(layer) for layer in NETWORK]})
        read(str(path), str(scratch), path.name, *more)
    except InputError as error:
        said = str(error)
    return {"said": said, "seconds": time.process_time() - started, "peak": peak_memory()}


@pytest.fixture(scope="module")
def outcomes(files: Path) -> dict[str, dict[str, Any]]:
    said = sandbox.run(read_all, {"folder": str(files)}, "the corpus", 120.0, incoming.READ_MEMORY)
    return {one["name"]: one for one in said}


@pytest.mark.parametrize("name", SOUND)
def test_the_same_files_without_the_harm_are_taken(outcomes: dict[str, dict[str, Any]], name: str) -> None:
    assert outcomes[name]["said"] == ""


def is_one_sentence(said: str) -> bool:
    return said.endswith(".") and "\n" not in said and len(said) < 400 and "Traceback" not in said


def test_each_is_refused_with_one_sentence(files: Path, outcomes: dict[str, dict[str, Any]]) -> None:
    refused = {name: one["said"] for name, one in outcomes.items() if name not in SOUND}
    assert len(refused) >= 60
    assert {name: said for name, said in refused.items() if not is_one_sentence(said)} == {}
    nameless = {name: said for name, said in refused.items() if name not in said and ".npz" not in said}
    assert nameless == {}
    assert [path.name for path in files.parent.iterdir()] == ["files"]


def test_each_costs_little(outcomes: dict[str, dict[str, Any]]) -> None:
    assert max(one["seconds"] for one in outcomes.values()) < MOST_SECONDS
    peaks = [one["peak"] for one in outcomes.values()]
    assert peaks[-1] - peaks[0] < MOST_GROWTH


# --- The whole way ---------------------------------------------------------------------------------------------------


def test_nothing_gets_out_of_an_import(
    files: Path, tmp_path: Path, temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    (temporary_home / "runs").mkdir(parents=True)
    before, environment = listing(tmp_path), dict(os.environ)

    def refusal(name: str) -> str:
        with (files / name).open("rb") as source, pytest.raises(InputError) as refused:
            importing.bring_in(source, name)
        return str(refused.value)

    with Watch() as watch, ThreadPoolExecutor(2) as pool:
        said = list(pool.map(refusal, WHOLE_WAY))
    assert all(map(is_one_sentence, said))
    assert [path.name for path in files.parent.iterdir()] == ["files"]
    assert listing(tmp_path) == before and dict(os.environ) == environment
    # A process of Python with NumPy and h5py holds some 50 MB before it opens anything.
    assert watch.child < MOST_GROWTH + 50 * MEGABYTE and watch.grown < MOST_GROWTH
    assert watch.child > 20 * MEGABYTE  # somebody looked


def test_a_large_sound_model_is_read_within_the_same_limits(tmp_path: Path) -> None:
    network = parse_network("flatten,dense:4096:relu,dense:4000:relu,dense:10:softmax")
    config = hostile_models.CONFIG.to_json() | {"layers": [str(layer) for layer in network]}
    path = tmp_path / "large.capsule"
    own = hostile_models.weights_npz(
        [np.ones(shape, np.float32) for layer in weights.shapes(network) for shape in layer]
    )
    path.write_bytes(hostile_models.capsule(hostile_models.about(config=config), own=own))
    task = {"path": str(path), "folder": str(tmp_path), "what": path.name}
    said = sandbox.run(capsule.unpack, task, path.name, incoming.READ_SECONDS, incoming.READ_MEMORY)
    assert said["config"] == json.loads(json.dumps(config))
