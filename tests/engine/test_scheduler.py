"""A scheduler and two workers as on three machines: addresses of their own, TLS, and one of them dies."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dask
import distributed  # noqa: F401 — Dask's defaults must be there before a setting is changed for a while
import pytest
import trustme

from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset
from mnist_core.engine import recovery, scheduler, submission
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.errors import LabError
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.conftest import wait_for
from tests.support.paths import ROOT
from tests.support.silent_runs import fall_silent

SETTINGS = TrainConfig("quick", parse_network("flatten,dense:10:softmax"), epochs=60, batch_size=32)
WORKERS = ("127.0.0.1", "127.0.0.2")


def certificates(folder: Path) -> dict[str, str]:
    """Makes an authority and a certificate of it; returns the settings that name them."""
    authority = trustme.CA()
    folder.mkdir()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    node = authority.issue_cert("localhost", *WORKERS)
    node.cert_chain_pems[0].write_to_path(str(folder / "node.pem"))
    node.private_key_pem.write_to_path(str(folder / "node-key.pem"))
    settings = {f"{scheduler.TLS}CA_FILE": str(folder / "ca.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        settings[f"{scheduler.TLS}{role}__CERT"] = str(folder / "node.pem")
        settings[f"{scheduler.TLS}{role}__KEY"] = str(folder / "node-key.pem")
    return settings


def as_in_dask(settings: dict[str, str]) -> dict[str, str]:
    """Names settings as Dask does once it has read them from the environment."""
    return {name.removeprefix("DASK_").lower().replace("__", "."): value for name, value in settings.items()}


Begin = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """A scheduler, and how to start more of Dask; `$MNIST_ENGINE` names it, and Dask's settings the certificates."""
    settings, noted = certificates(tmp_path / "certificates"), tmp_path / "scheduler.json"
    others = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True", "PYTHONPATH": str(ROOT)}
    dask_command = [sys.executable, "-m", "dask"]
    log = (tmp_path / "cluster.log").open("ab")
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        everything = os.environ | settings | others
        processes.append(
            subprocess.Popen([*dask_command, *arguments], env=everything, stdout=log, stderr=log, cwd=tmp_path)
        )
        return processes[-1]

    try:
        start("scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(noted))
        wait_for(noted.exists, "the scheduler")
        wait_for(lambda: noted.stat().st_size > 0, "its address")
        monkeypatch.setenv("MNIST_ENGINE", str(json.loads(noted.read_text())["address"]))
        with dask.config.set(as_in_dask(settings)):
            yield start
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(30)
        log.close()


@pytest.fixture
def workers(begin: Begin, tmp_path: Path) -> dict[str, subprocess.Popen[bytes]]:
    """A worker on each address."""
    options = ("--nthreads", "1", "--memory-limit", "0", "--no-dashboard")
    return {
        host: begin(
            *("worker", os.environ["MNIST_ENGINE"], "--host", f"tls://{host}"),
            *(*options, "--local-directory", str(tmp_path / host)),
        )
        for host in WORKERS
    }


@pytest.fixture
def data(simple_npz: Path) -> Dataset:
    return sources.load(str(simple_npz))


def all_finished(started: list[Run]) -> Callable[[], bool]:
    return lambda: all(run.stored_status().finished for run in started)


@pytest.mark.long
def test_four_runs_on_two_machines_end_although_one_machine_dies(
    workers: dict[str, subprocess.Popen[bytes]], data: Dataset
) -> None:
    engine = EngineConnection()
    started = [submission.submit(engine, dataclasses.replace(SETTINGS, seed=seed), data) for seed in range(4)]

    def both_train() -> bool:
        statuses = [run.stored_status() for run in started]
        return sum(status.state == "running" and status.epoch > 0 for status in statuses) == 2

    wait_for(both_train, "a run on each worker at the same time")
    workers["127.0.0.2"].kill()
    workers["127.0.0.2"].wait()
    over = {run.id for run in started if run.stored_status().epoch == SETTINGS.epochs}
    wait_for(all_finished(started), "all runs")
    assert [run.status().state for run in started] == ["done"] * 4, [
        status_words.sentence(run.status()) for run in started
    ]
    # Each ended an epoch with its last trainer, unless there was none left to train.
    assert all(run.status().attempts == 1 or run.id in over for run in started)

    lost = run_folders.create(
        SETTINGS, data.reference()
    )  # as after a restart of the scheduler, which forgets its tasks
    lost.write_status(lost.status())
    fall_silent(lost, recovery.NEGLECT_SECONDS + 1)
    recovery.care_for(engine, lost)
    assert not lost.stored_status().finished, "a page never waits"
    wait_for(all_finished([lost]), "the run that was lost")
    assert lost.status().state == "done", status_words.sentence(lost.status())


def refusal(address: str, settings: dict[str, str]) -> str:
    """What a program with these settings alone is told."""
    unset = dict.fromkeys(f"distributed.comm.tls.{name}" for name in ("ca-file", "client.cert", "client.key"))
    with dask.config.set(unset), dask.config.set(as_in_dask(settings)), pytest.raises(LabError) as caught:
        scheduler.hand_over(address, [Task(str, "", "never", 0.0)])
    return str(caught.value)


@pytest.mark.long
@pytest.mark.usefixtures("begin")
def test_a_client_without_the_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = os.environ["MNIST_ENGINE"]
    monkeypatch.setattr(scheduler, "CONNECT_SECONDS", 3)
    assert "wants a certificate, and none is set here; set DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in refusal(address, {})
    others = certificates(tmp_path / "others")
    ours = tmp_path / "certificates" / "ca.pem"
    assert "do not open the engine" in refusal(address, others)
    assert "do not open the engine" in refusal(address, others | {f"{scheduler.TLS}CA_FILE": str(ours)})
    missing = others | {f"{scheduler.TLS}CLIENT__CERT": "/nowhere.pem"}
    assert "do not open the engine" in refusal(address, missing)
    assert "cannot be reached" in refusal(address.replace("tls", "tcp"), {})
