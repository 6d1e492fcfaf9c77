"""The engine with a real Dask scheduler, a real worker, and real kills."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.cli import main
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset
from mnist_core.engine import connection, fair_queue, local_cluster, scheduler, submission
from mnist_core.engine.connection import EngineConnection, find_address
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from tests.conftest import PretendedEngine, wait_for
from tests.support.engines import RealEngine

SHORT = TrainConfig("quick", parse_network("flatten,dense:10:softmax"), epochs=3, batch_size=32, learning_rate=0.01)
# With all that has a state of its own: the moving averages of a normalization, the random numbers of a dropout.
NETWORK = parse_network("conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax")
LONG = dataclasses.replace(SHORT, layers=NETWORK, epochs=30)


@pytest.fixture
def new_engine() -> Iterator[RealEngine]:
    """An engine of a test's own."""
    engine = RealEngine()
    yield engine
    engine.end()


@pytest.fixture(scope="module")
def engine_and_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RealEngine, Path]]:
    engine = RealEngine()
    yield engine, tmp_path_factory.mktemp("home")
    engine.end()


@pytest.fixture
def engine(engine_and_home: tuple[RealEngine, Path], monkeypatch: pytest.MonkeyPatch) -> RealEngine:
    """Lets tests that harm no engine submit to the same one: each start takes longer than they do."""
    shared, home = engine_and_home
    monkeypatch.setenv("MNIST_HOME", str(home))
    return shared


def data(path: Path) -> Dataset:
    return sources.load(str(path))


def finished(run: Run) -> Callable[[], bool]:
    return lambda: run.stored_status().finished


def in_epoch(run: Run, epoch: int) -> Callable[[], bool]:
    return lambda: run.stored_status().epoch >= epoch


def weights(run: Run) -> dict[str, np.ndarray]:
    return run.read_checkpoint() or {}


@pytest.mark.long
def test_two_runs_queue_and_end_and_a_stopped_one_never_starts(engine: RealEngine, simple_npz: Path) -> None:
    assert find_address() is None
    first, second, third = (submission.submit(engine, SHORT, data(simple_npz)) for _ in range(3))
    assert [run.id for run in fair_queue.look().waiting][-2:] == [second.id, third.id]
    third.request("stop", by=COMMAND_LINE)
    for run in (first, second, third):
        wait_for(finished(run), run.id)
    assert [run.status().state for run in (first, second, third)] == ["done", "done", "stopped"]
    assert not third.has_model
    assert first.status().heartbeat < second.status().heartbeat
    np.testing.assert_array_equal(weights(first)["variable_0"], weights(second)["variable_0"])
    with scheduler.connected(engine.ensure()) as client:
        for name, value in local_cluster.MEMORY_SETTINGS.items():
            assert list(client.run(os.getenv, name).values()) == [value]
        assert list(client.run(os.getenv, "OMP_NUM_THREADS").values()) == ["1"]  # what Dask sets itself is still there


@pytest.mark.long
def test_everybody_first_run_comes_before_anybody_second(
    engine: RealEngine, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_MAX_WAITING", "2")
    quick = dataclasses.replace(SHORT, epochs=1)
    started = [
        submission.submit(engine, quick, data(simple_npz), Actor(owner))
        for owner in ("ada", "ada", "bob", "cleo", "bob")
    ]
    for run in started:
        wait_for(finished(run), run.id)
    ended = sorted(started, key=lambda run: run.stored_status().heartbeat)
    assert [fair_queue.entry(run).owner for run in ended] == ["ada", "bob", "cleo", "ada", "bob"]


@pytest.mark.long
def test_failures_are_told_and_the_next_run_goes_on(engine: RealEngine, simple_npz: Path) -> None:
    changed = submission.submit(
        engine, dataclasses.replace(SHORT, seed=2), dataclasses.replace(data(simple_npz), name="/nowhere.npz")
    )
    diverging = submission.submit(
        engine,
        dataclasses.replace(
            SHORT,
            layers=parse_network("flatten,dense:64,dense:10:softmax"),
            optimizer="sgd",
            learning_rate=10.0,
            epochs=20,
        ),
        data(simple_npz),
    )
    good = submission.submit(engine, SHORT, data(simple_npz))
    for run in (changed, diverging, good):
        wait_for(finished(run), run.id)
    assert changed.status().state == "failed" and "There is no data at /nowhere.npz" in status_words.sentence(
        changed.status()
    )
    assert diverging.status().state == "failed" and "no number any more" in status_words.sentence(diverging.status())
    assert good.status().state == "done"
    said = connection.log().read_text()
    assert f"ERROR mnist_core.engine.worker: The run {changed.id} cannot be trained" in said
    assert "Traceback" in said and status_words.sentence(changed.status()) in said


@pytest.mark.long
def test_the_log_of_an_engine_stays_small(engine: RealEngine) -> None:
    engine.ensure()
    with connection.log().open("ab") as log:
        log.write(b"x" * (connection.MOST_LOG_BYTES + 1))
    wait_for(lambda: connection.log().stat().st_size < connection.MOST_LOG_BYTES, "the log to be cut", 30)


def test_who_looks_for_the_engine_leaves_no_line_in_its_log(engine: RealEngine) -> None:
    engine.ensure()
    before = connection.log().read_text()
    for _ in range(20):
        assert find_address()
    time.sleep(0.5)
    said = connection.log().read_text().removeprefix(before)
    assert "distributed" not in said and "andshake" not in said


def test_a_killed_trainer_and_a_killed_engine_lose_nothing_and_leave_no_process_behind(
    engine: RealEngine, simple_npz: Path
) -> None:
    unbroken = submission.submit(engine, LONG, data(simple_npz))
    wait_for(finished(unbroken), "the unbroken run")
    assert unbroken.status().state == "done", status_words.sentence(unbroken.status())

    run = submission.submit(engine, LONG, data(simple_npz))
    wait_for(in_epoch(run, 3), "three epochs")
    # What TensorFlow makes of each function it traces; elsewhere, hundreds of them pile up.
    traced = list(connection.log().parent.glob("engine/**/__autograph*"))
    assert traced
    engine.trainer().kill()
    epoch = run.stored_status().epoch
    wait_for(in_epoch(run, epoch + 3), "the run to go on with another trainer")

    process = engine.processes[-1]
    server = psutil.Process(process.pid)
    family = [server, *server.children(recursive=True)]
    process.kill()
    process.wait()
    assert find_address() is None
    assert run.stored_status().state == "running"
    wait_for(lambda: not any(process.is_running() for process in family), "the workers to end", 15)
    engine.ensure()
    assert not any(path.exists() for path in traced)
    wait_for(finished(run), "the run to go on with another engine")
    assert run.status().state == "done", status_words.sentence(run.status())
    ours, theirs = weights(run), weights(unbroken)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


@pytest.mark.long
def test_a_worker_that_has_grown_is_replaced_between_two_runs(
    new_engine: RealEngine, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_WORKER_MEMORY", "1e6")
    started = [submission.submit(new_engine, SHORT, data(simple_npz)) for _ in range(2)]
    wait_for(in_epoch(started[0], 1), "an epoch")
    worker = new_engine.trainer()
    for run in started:
        wait_for(finished(run), run.id)
    assert [(run.status().state, run.status().attempts) for run in started] == [("done", 1)] * 2, "none was cut off"
    wait_for(lambda: not worker.is_running(), "the first worker to end", 20)


def test_the_second_run_of_a_person_that_waits_is_named(simple_dataset: Dataset) -> None:
    waiting = run_folders.create(SHORT, simple_dataset.reference(), about={"owner": "ada"})
    with pytest.raises(InputError) as caught:
        submission.submit(PretendedEngine(), SHORT, simple_dataset, Actor("ada"))
    assert str(caught.value) == (
        f"Your run {summary.title(waiting)} still waits in the queue; start another one when it has begun, or stop it."
    )
    parked = run_folders.create(SHORT, simple_dataset.reference(), about={"owner": "ada"})
    parked.write_status(dataclasses.replace(parked.status(), state="paused", parked=True))
    with pytest.raises(InputError, match="still waits"):
        submission.resume(PretendedEngine(), parked, by=COMMAND_LINE)
    assert [run.id for run in run_folders.all_runs()] == [parked.id, waiting.id]


def test_a_run_beyond_the_limits_of_the_lab_is_never_made(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_MAX_IMAGES", "1000")
    with pytest.raises(InputError, match=r"train on 1,620 images \(3 epochs of 540\), but this lab allows 1,000"):
        submission.submit(PretendedEngine(), SHORT, simple_dataset)
    assert run_folders.all_runs() == []


@pytest.mark.long
def test_two_workers_share_the_cores_and_the_runs(temporary_home: Path, simple_npz: Path) -> None:
    endless = dataclasses.replace(SHORT, epochs=1000)
    first, second = (run_folders.create(endless, data(simple_npz).reference()) for _ in range(2))
    command = [sys.executable, "-m", "mnist_core", "engine", "--workers", "2", "--threads", "1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for run in (first, second):
            wait_for(in_epoch(run, 1), "an epoch of each")
        assert [run.stored_status().finished for run in (first, second)] == [False, False]
        with scheduler.connected(find_address() or "") as client:
            assert list(client.run(os.getenv, "TF_NUM_INTRAOP_THREADS").values()) == ["1", "1"]
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.parametrize(("option", "value"), [("--workers", "0"), ("--threads", "0"), ("--workers", "65")])
def test_numbers_that_make_no_engine_are_wrong_input(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["engine", option, value]) == 2
    assert f"The number of {option[2:]} is {value}, but must be" in capsys.readouterr().err


@pytest.mark.long
def test_a_second_engine_steps_back_and_an_idle_one_ends(temporary_home: Path) -> None:
    command = [sys.executable, "-m", "mnist_core", "engine", "--idle", "3"]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert first.stdout and "tls://127.0.0.1" in first.stdout.readline()
    second = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert second.returncode == 1
    assert second.stderr.strip() == f"An engine already serves {temporary_home}; there is nothing to do."
    assert first.wait(240) == 0
    first.stdout.close()
    assert not (temporary_home / "engine.json").exists()


@pytest.mark.long
def test_ctrl_c_ends_the_engine_well(temporary_home: Path) -> None:
    command = [sys.executable, "-m", "mnist_core", "engine"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout and process.stdout.readline()
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    process.stdout.close()
    wait_for(lambda: not any(child.is_running() for child in children), "its processes to end", 10)


@pytest.mark.parametrize("address", ["host:8786", "http://host:8786", "tcp://host", "nonsense"])
def test_a_wrong_engine_address_is_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_ENGINE", address)
    with pytest.raises(InputError, match="expected the address of a Dask scheduler"):
        find_address()


def test_an_engine_elsewhere_that_does_not_answer_fails_the_run(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_ENGINE", "tcp://127.0.0.1:9")
    monkeypatch.setattr(scheduler, "CONNECT_SECONDS", 1)
    with pytest.raises(LabError, match="cannot be reached"):
        submission.submit(EngineConnection(), SHORT, simple_dataset)
    (run,) = run_folders.all_runs()
    assert run.status().state == "failed" and "press 'Try again'" in status_words.sentence(run.status())


def test_a_stale_engine_file_is_no_engine(temporary_home: Path) -> None:
    temporary_home.mkdir()
    atomic.write_json(temporary_home / "engine.json", {"address": "tcp://127.0.0.1:9", "pid": 1})
    assert find_address() is None
    (temporary_home / "engine.json").write_text("{")
    assert find_address() is None


def test_settings_that_do_not_fit_the_data_are_said_at_once(simple_dataset: Dataset) -> None:
    with pytest.raises(InputError, match="use a larger share"):
        submission.submit(PretendedEngine(), dataclasses.replace(SHORT, data_share=0.001), simple_dataset)
    assert run_folders.all_runs() == []
