"""What an engine and its clients make of lost files, a lost home, false notes, kills, and a home that is not theirs."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mnist_core import environment
from mnist_core.cli import main
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.engine import connection, submission
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.errors import LabError
from tests.conftest import wait_for
from tests.support.engines import RealEngine
from tests.support.second_user import NOBODY, a_second_user, as_nobody

LONG = TrainConfig("quick", parse_network("flatten,dense:10:softmax"), epochs=1000, batch_size=32)
# A start takes 2 s on an idle machine; what hung, hung for a minute.
A_FEW_SECONDS = 25.0


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[RealEngine]:
    """A running engine of a test's own."""
    monkeypatch.setattr(connection, "START_SECONDS", A_FEW_SECONDS)
    engine = RealEngine()
    engine.ensure()
    yield engine
    engine.end()


@pytest.fixture
def newcomer(monkeypatch: pytest.MonkeyPatch) -> Iterator[RealEngine]:
    """Another process that wants to train."""
    newcomer = RealEngine()
    yield newcomer
    newcomer.end()


def note() -> Path:
    return environment.home() / "engine.json"


def alive(*engines: RealEngine) -> list[int]:
    return [process.pid for engine in engines for process in engine.processes if process.poll() is None]


def lose() -> None:
    note().unlink()


def damage() -> None:
    note().write_text("{")


def falsify() -> None:
    note().write_text(json.dumps({"address": "tls://127.0.0.1:9", "pid": 1, "started": 0}))


def test_who_finds_no_note_of_a_running_engine_soon_does(engine: RealEngine, newcomer: RealEngine) -> None:
    before = json.loads(note().read_text())
    for spoil in (lose, damage, falsify):
        spoil()
        assert newcomer.ensure() == before["address"]
        assert json.loads(note().read_text()) == before
    newcomer.hand_over([Task(str, "", "let in", 0.0)])
    wait_for(lambda: len(alive(engine, newcomer)) == 1, "whoever was started in vain to step back", A_FEW_SECONDS)
    assert alive(engine) == [before["pid"]]


def test_a_home_that_was_deleted_and_made_again_gets_an_engine_of_its_own(
    engine: RealEngine, newcomer: RealEngine
) -> None:
    shutil.rmtree(note().parent)
    note().parent.mkdir()
    newcomer.ensure()
    wait_for(lambda: not alive(engine), "the engine without a home to end", A_FEW_SECONDS)
    assert json.loads(note().read_text())["pid"] == newcomer.processes[-1].pid
    newcomer.hand_over([Task(str, "", "let in", 0.0)])
    assert len(alive(newcomer)) == 1


@pytest.mark.long
def test_an_engine_whose_home_is_gone_ends(engine: RealEngine) -> None:
    family = engine.family()
    shutil.rmtree(note().parent)
    wait_for(lambda: not any(process.is_running() for process in family), "it to end", A_FEW_SECONDS)
    assert not note().parent.exists()


@pytest.mark.parametrize("number", [pytest.param(signal.SIGTERM, marks=pytest.mark.long), signal.SIGKILL])
def test_nothing_of_an_engine_that_has_ended_stays_behind(number: signal.Signals) -> None:
    starter = EngineConnection()
    starter.ensure()
    process = psutil.Process(json.loads(note().read_text())["pid"])
    family = [process, *process.children(recursive=True)]
    os.kill(process.pid, number)
    # `is_running` counts what has ended and was not reaped.
    wait_for(lambda: not any(process.is_running() for process in family), "all to be gone", 20)


# --- Notes of an engine that is gone ------------------------------------------------------------------------------


@pytest.fixture
def impostor() -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like an engine, with the number of one that crashed."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "mnist_core", "engine"])
    # A process has no arguments yet for a moment after it was started.
    wait_for(lambda: "engine" in psutil.Process(process.pid).cmdline(), "the impostor")
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def dropping(silent: int) -> Iterator[int]:
    """A port that drops packets: so many wait for it that the system takes no more."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        first = socket.create_connection(server.getsockname())
        yield server.getsockname()[1]
        first.close()


@pytest.mark.long
@pytest.mark.parametrize("port", ["silent", "dropping"])
def test_a_note_that_leads_nowhere_is_no_engine(
    port: str, request: pytest.FixtureRequest, impostor: subprocess.Popen[bytes], engine: RealEngine
) -> None:
    engine.processes[-1].kill()
    engine.processes[-1].wait()
    note().write_text(
        json.dumps({"address": f"tls://127.0.0.1:{request.getfixturevalue(port)}", "pid": impostor.pid, "started": 0})
    )
    newcomer = RealEngine()
    try:
        newcomer.ensure()
        newcomer.hand_over([Task(str, "", "let in", 0.0)])
    finally:
        newcomer.end()


def test_an_engine_of_an_earlier_release_is_found(impostor: subprocess.Popen[bytes], silent: int) -> None:
    note().parent.mkdir()
    note().write_text(json.dumps({"address": f"tcp://127.0.0.1:{silent}", "pid": impostor.pid}))
    assert connection.find_address() == f"tcp://127.0.0.1:{silent}"


# --- A home in which no engine can start --------------------------------------------------------------------------


ASK = """
import time
from mnist_core.engine.connection import EngineConnection
from mnist_core.errors import LabError
begun = time.monotonic()
try:
    print(EngineConnection().ensure())
except LabError as error:
    print(error)
print(round(time.monotonic() - begun, 1))
"""


def check_refusal(said: str) -> str:
    """Returns the one sentence with which a start was refused at once."""
    sentence, seconds = said.splitlines()
    assert sentence.endswith(".") and "Traceback" not in sentence
    assert float(seconds) < A_FEW_SECONDS
    return sentence


@a_second_user
def test_in_another_users_home_a_start_is_refused_at_once(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        variables = {"MNIST_HOME": folder}
        assert "the lab does not have the right to" in check_refusal(as_nobody("-c", ASK, **variables).stdout)
        done = as_nobody("-m", "mnist_core", "engine", **variables)
        assert done.returncode == 1
        assert done.stderr.startswith("The engine cannot be started: the lab does not have the right to")
        assert done.stderr.count("\n") == 1
        assert list(Path(folder).iterdir()) == []


@a_second_user
@pytest.mark.parametrize("left", ["engine", "engine.lock"])
def test_what_another_user_left_in_the_home_is_said_at_once(left: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        path = Path(folder) / left
        if left == "engine":
            path.mkdir(0o700)
            (path / "kept").touch()
        else:
            path.touch(0o600)
        said = as_nobody("-c", ASK, MNIST_HOME=folder).stdout
        assert check_refusal(said).startswith("The engine ended as it started; ")
        assert f"{folder}" in (Path(folder) / "engine.log").read_text().splitlines()[-1]


@pytest.fixture
def read_only_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "read-only"
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", home], capture_output=True).returncode:
        pytest.skip("needs the right to mount a folder")
    monkeypatch.setenv("MNIST_HOME", str(home))
    yield home
    subprocess.run(["umount", home], check=True)


def test_a_read_only_home_is_said_at_once(
    read_only_home: Path, simple_npz: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    with pytest.raises(LabError, match="its disk can only be read"):
        EngineConnection().ensure()
    with pytest.raises(LabError, match="its disk can only be read"):
        submission.submit(EngineConnection(), LONG, sources.load(str(simple_npz)))
    assert main(["engine"]) == 1
    assert capsys.readouterr().err.startswith("The engine cannot be started: its disk can only be read")
    assert time.monotonic() - begun < A_FEW_SECONDS
