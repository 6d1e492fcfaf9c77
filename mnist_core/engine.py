"""The engine: a Dask cluster in its own process, which trains whatever the run folders ask for.

A page reload, a closed tab or a restart of the app never touches it. By default it is a scheduler and one trainer on
this machine; `$MNIST_ENGINE` names a Dask scheduler elsewhere, and everything else stays the same.
"""

import contextlib
import dataclasses
import functools
import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
from filelock import FileLock, Timeout

from mnist_core import datasets, files, runs
from mnist_core.config import TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError, LabError
from mnist_core.runs import Run

if TYPE_CHECKING:
    from distributed import Client

IDLE_SECONDS = 900.0
START_SECONDS = 60.0
CONNECT_SECONDS = 10
RESTART_SECONDS = 10.0
MOST_ATTEMPTS = 3
# The trainer gives way to the pages, which share its cores.
NICENESS = 10

_started: list[subprocess.Popen[bytes]] = []
_start_lock = threading.Lock()
_last_start = -math.inf


def find() -> str | None:
    """Returns the address of the engine that is running, or None.

    Raises:
        InputError: `$MNIST_ENGINE` is no address.
    """
    if named := os.environ.get("MNIST_ENGINE"):
        parts = urlsplit(named)
        if parts.scheme not in ("tcp", "tls") or not parts.port:
            raise InputError(f"$MNIST_ENGINE is '{named}'; expected the address of a Dask scheduler, tcp://host:8786.")
        return named
    try:
        noted = files.read_json(_engine_file())
        address, parts = str(noted["address"]), urlsplit(str(noted["address"]))
        # After a crash another program may have got the number or the port; both at once it has not.
        if "mnist_core" not in psutil.Process(int(noted["pid"])).cmdline():
            return None
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=1):
            return address
    except (InputError, KeyError, TypeError, ValueError, OSError, psutil.Error):
        return None


def _engine_file() -> Path:
    return runs.home() / "engine.json"


def start() -> None:
    """Starts the engine in the background if none is running; returns at once."""
    global _last_start
    with _start_lock:
        _started[:] = [process for process in _started if process.poll() is None]
        # An engine that ends at once, for want of memory say, is not started again at every tick of a page.
        if _started or find() or time.monotonic() - _last_start < RESTART_SECONDS:
            return
        _last_start = time.monotonic()
        home = runs.home()
        try:
            home.mkdir(parents=True, exist_ok=True)
            with (home / "engine.log").open("ab") as log:
                # A session of its own: Ctrl-C in the app's terminal must not reach it.
                process = subprocess.Popen(
                    [sys.executable, "-m", "mnist_core", "engine"],
                    cwd=runs.PRETRAINED.parent.parent,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            raise LabError(
                f"The engine cannot be started in {home} ({error}); check its rights or set $MNIST_HOME."
            ) from None
        _started.append(process)


def care_for(run: Run) -> None:
    """Starts an engine again where the one that trained this run is gone; the run then goes on by itself."""
    status = run.stored_status()
    if not status.finished and time.time() - status.heartbeat > 3 * runs.HEARTBEAT_SECONDS:
        start()


def ensure() -> str:
    """Returns the engine's address, starting it and waiting for it if need be.

    Raises:
        LabError: It did not come up within a minute.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if address := find():
            return address
        start()
        time.sleep(0.1)
    raise LabError(f"The engine did not start within {START_SECONDS:.0f} s; {runs.home() / 'engine.log'} says why.")


def submit(config: TrainConfig, dataset: Dataset) -> Run:
    """Creates a run and puts it in the queue.

    Raises:
        InputError: The settings do not fit the data.
        LabError: The folder cannot be written or the engine cannot be reached.
    """
    config, reference = datasets.settle(config, dataset)  # what is missing is said now, not by a failed run
    run = runs.create(config, reference)
    _hand_over_or_fail(run)
    return run


def resume(run: Run) -> None:
    """Puts a run whose trainer was ended back in the queue; it goes on from its checkpoint."""
    run.clear_request()
    run.write_status(dataclasses.replace(run.stored_status(), state="queued", reason="", attempts=0))
    _hand_over_or_fail(run)


def _hand_over_or_fail(run: Run) -> None:
    try:
        _hand_over(run, ensure())
    except (OSError, TimeoutError, LabError) as error:
        reason = f"The engine cannot be reached ({error}); check that it runs, then press 'Go on'."
        run.write_status(dataclasses.replace(run.stored_status(), state="failed", reason=reason))
        raise LabError(reason) from None


def _hand_over(run: Run, address: str) -> None:
    from distributed import Client  # takes a moment to load; only a start needs it

    with Client(address, timeout=CONNECT_SECONDS, set_as_default=False) as client:
        _queue(client, run)


def _queue(client: "Client", run: Run) -> None:
    from distributed import fire_and_forget

    # The key makes a run that is handed over twice one task.
    fire_and_forget(client.submit(execute, str(run.folder), key=f"train-{run.id}", pure=False))


def execute(folder: str) -> str:
    """Trains a run; the task that a Dask worker carries out. Returns the final state."""
    run = Run(Path(folder))
    if not (run.folder / "status.json").exists():
        return "deleted"
    try:
        with run.lock():
            return _execute(run)
    except Timeout:
        return "trained elsewhere"


def _execute(run: Run) -> str:
    if run.stored_status().finished:
        return run.stored_status().state
    try:
        _take_up(run)
        _give_way()
        from mnist_core import training  # seconds to load, and the first thing that may fail

        return training.train(run.config(), _data_of(run), run).state
    except Exception as error:  # whatever it is, the run must not wait for ever
        reason = str(error) if isinstance(error, LabError) else f"The run cannot be trained: {error!r}."
        run.write_status(dataclasses.replace(run.stored_status(), state="failed", reason=reason))
        return "failed"


def _take_up(run: Run) -> None:
    """Counts the attempts since the last finished epoch, so that a run that kills its trainer does not do so for ever.

    Raises:
        LabError: There were too many.
    """
    status = run.stored_status()
    if status.attempts >= MOST_ATTEMPTS:
        raise LabError(
            f"The trainer was ended from outside {status.attempts} times in epoch {status.epoch + 1}, probably because "
            "memory ran out; start again with a smaller network or batch."
        )
    run.write_status(dataclasses.replace(status, attempts=status.attempts + 1))


@functools.cache
def _give_way() -> None:
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def _data_of(run: Run) -> Dataset:
    """Loads a run's data and makes sure that it is still the same."""
    wanted = run.description()["dataset"]
    dataset = _cached_dataset(str(wanted["name"]), str(wanted["identity"]))
    if dataset.identity != wanted["identity"]:
        _cached_dataset.cache_clear()
        raise InputError(f"The data at {wanted['name']} has changed since this run was set up; start a new run on it.")
    return dataset


@functools.lru_cache(maxsize=1)
def _cached_dataset(name: str, identity: str) -> Dataset:
    return datasets.load(name)


def warm_up() -> None:
    """Loads TensorFlow in a worker, so that the first run starts at once."""
    import mnist_core.training  # noqa: F401

    _give_way()


def serve(idle_seconds: float = IDLE_SECONDS) -> None:
    """Runs the engine in the foreground until it has had nothing to do for a while, or is asked to end.

    Runs that an earlier engine left unfinished go on from their last checkpoint.

    Raises:
        LabError: Another engine serves this home folder.
    """
    home = runs.home()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "engine.lock", timeout=0):
            _serve(idle_seconds)
    except Timeout:
        raise LabError(f"An engine already serves {home}; there is nothing to do.") from None


def _serve(idle_seconds: float) -> None:
    import dask
    from distributed import Client, LocalCluster

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    # How often a run may be taken up again is decided by its own status, which outlives this scheduler.
    dask.config.set({"distributed.scheduler.allowed-failures": 1000})
    cluster = LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", scheduler_port=0, dashboard_address=None
    )
    with cluster, Client(cluster, set_as_default=False) as client:
        client.submit(warm_up, key="warm-up", pure=False).add_done_callback(lambda future: future.release())
        for run in runs.unfinished_runs():
            _queue(client, run)
        files.write_json(
            _engine_file(), {"address": cluster.scheduler_address, "pid": os.getpid(), "started": time.time()}
        )
        print(json.dumps({"address": cluster.scheduler_address}), flush=True)
        try:
            _wait_until_idle(lambda: bool(cluster.scheduler.tasks), idle_seconds, ended)
        finally:
            with contextlib.suppress(OSError):
                _engine_file().unlink()


def _wait_until_idle(busy: Callable[[], bool], idle_seconds: float, ended: threading.Event) -> None:
    last_busy = time.monotonic()
    while not ended.wait(0.5):
        if busy():
            last_busy = time.monotonic()
        elif time.monotonic() - last_busy > idle_seconds:
            return
