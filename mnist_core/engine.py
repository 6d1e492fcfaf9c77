"""The engine: a Dask cluster in its own process, which trains whatever the run folders ask for.

A page reload, a closed tab or a restart of the app never touches it. By default it is a scheduler and one trainer on
this machine; `$MNIST_ENGINE` names a Dask scheduler elsewhere, and everything else stays the same.
"""

import contextlib
import dataclasses
import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil
from filelock import FileLock, Timeout

from mnist_core import cluster, continuation, datasets, deleted, environment, files, history, queueing, runs, trainer
from mnist_core.checks import check_whole
from mnist_core.cluster import Task
from mnist_core.config import TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError, LabError
from mnist_core.pins import Pins
from mnist_core.runs import Run

if TYPE_CHECKING:
    from distributed import Client

IDLE_SECONDS = 900.0
START_SECONDS = 60.0
RESTART_SECONDS = 10.0
# After so long without a sign of life, a run is handed over again, at most so often.
NEGLECT_SECONDS = 20.0
CARE_SECONDS = 2.0
RECOVERY_SECONDS = 30.0
MOST_WORKERS = 64
# The variables that TensorFlow reads when it makes its pools of threads.
THREAD_SETTINGS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
# Dask has its workers' memory given back to the system at every chance; each training step would fetch it anew, and a
# run take more than half as long again. These are the GNU C library's settings, read when a process starts.
MEMORY_SETTINGS = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_MMAP_THRESHOLD_": str(1 << 25)}

_started: list[subprocess.Popen[bytes]] = []
_start_lock = threading.Lock()
_last_start = -math.inf
_last_recovery = -math.inf
_last_care = -math.inf


def find() -> str | None:
    """Returns the address of the engine that is running, or None.

    Raises:
        InputError: `$MNIST_ENGINE` is no address.
    """
    if named := os.environ.get("MNIST_ENGINE"):
        parts = urlsplit(named)
        if parts.scheme not in ("tcp", "tls") or not parts.port:
            raise InputError(
                f"$MNIST_ENGINE is '{named}'; expected the address of a Dask scheduler, tcp://host:8786 or tls://host:8786."
            )
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


def is_elsewhere() -> bool:
    """Whether the engine is a Dask scheduler that somebody else started."""
    return bool(os.environ.get("MNIST_ENGINE"))


def _engine_file() -> Path:
    return environment.home() / "engine.json"


def start() -> None:
    """Starts the engine in the background if none is running; returns at once."""
    global _last_start
    with _start_lock:
        _started[:] = [process for process in _started if process.poll() is None]
        # An engine that ends at once, for want of memory say, is not started again at every tick of a page.
        if _started or find() or time.monotonic() - _last_start < RESTART_SECONDS:
            return
        _last_start = time.monotonic()
        home = environment.home()
        try:
            home.mkdir(parents=True, exist_ok=True)
            with (home / "engine.log").open("ab") as log:
                # A session of its own: Ctrl-C in the app's terminal must not reach it.
                process = subprocess.Popen(
                    [sys.executable, "-m", "mnist_core", "engine"],
                    cwd=environment.PRETRAINED.parent.parent,
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
    """Sees to a run that nobody trains any more: starts an engine where it is gone, or hands the run over again.

    Returns at once, for the pages' sake.
    """
    global _last_care
    status = run.stored_status()
    silent = time.time() - status.heartbeat
    if not queueing.wants_trainer(run) or silent < 3 * runs.HEARTBEAT_SECONDS:
        return
    # Thirty pages that wait look twice a second, and each look calls at the scheduler's door.
    if time.monotonic() - _last_care < CARE_SECONDS:
        return
    _last_care = time.monotonic()
    if find() is None:
        start()
    # Behind others a run may wait for hours; but a scheduler that was restarted has forgotten it.
    elif silent > NEGLECT_SECONDS and (status.state != "queued" or not queueing.look().active):
        recover()


def recover() -> None:
    """Hands everything that nobody trains over again, beside the page that noticed, and not at its every tick."""
    global _last_recovery
    with _start_lock:
        if time.monotonic() - _last_recovery < RECOVERY_SECONDS:
            return
        _last_recovery = time.monotonic()

    def hand_over() -> None:
        lost = [run for run in runs.unfinished_runs() if run.status().state not in ("running", "paused")]
        with contextlib.suppress(LabError):  # the next time, perhaps
            hand_over_tasks(_tasks(queueing.in_turn(lost)))

    threading.Thread(target=hand_over, name="recovery", daemon=True).start()


def _tasks(selection: Iterable[Run]) -> list[Task]:
    """Returns the tasks of these runs, and those of all sweeps that go on."""
    from mnist_core import sweep_trials

    return [*map(_task, selection), *sweep_trials.unfinished_tasks()]


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
    raise LabError(
        f"The engine did not start within {START_SECONDS:.0f} s; {environment.home() / 'engine.log'} says why."
    )


def submit(
    config: TrainConfig,
    dataset: Dataset,
    owner: str = "",
    about: dict[str, Any] | None = None,
    pins: Pins | None = None,
) -> Run:
    """Creates a run and puts it in the queue.

    Args:
        config: Its settings.
        dataset: Its data.
        owner: Who asks; each has one run in training and one that waits. An empty one is not limited.
        about: Further fields of the run's `RunDescription`.
        pins: Digits to score after each epoch.

    Raises:
        InputError: The settings do not fit the data or exceed this lab's limits, or the owner's earlier runs wait.
        LabError: The folder cannot be written or the engine cannot be reached.
    """
    config, reference = datasets.settle(config, dataset)  # what is missing is said now, not by a failed run
    pins = pins or Pins.none()

    def create(joined: dict[str, Any]) -> Run:
        return runs.create(config, reference, about=(about or {}) | joined, fill=pins.copy_into)

    return _enqueue(config, dataset, owner, create)


def train_on(run: Run, dataset: Dataset, more: int, owner: str = "", pins: Pins | None = None) -> Run:
    """Puts a new run in the queue that goes on where a finished one ended.

    Args:
        run: The finished run, which stays as it is.
        dataset: Its data.
        more: How many further epochs.
        owner: As `submit` has it.
        pins: As `submit` has it; by default those of the finished run.

    Raises:
        InputError: As `submit` and `continuation.longer` have it.
        LabError: As `submit` has it.
    """
    further = dataclasses.replace(continuation.longer(run, more), epochs=more)
    return _enqueue(further, dataset, owner, lambda joined: continuation.create(run, more, joined, pins))


def _enqueue(config: TrainConfig, dataset: Dataset, owner: str, create: Callable[[dict[str, Any]], Run]) -> Run:
    """Creates a run as soon as its owner may join the queue, and hands it over."""
    images = len(dataset.train_images)
    joined = {"limits": queueing.check_size(config, images), "work": queueing.work(config, images), "owner": owner}
    with queueing.joining(owner) as tag:
        _check_others_of(owner)
        run = create(joined | {"tag": tag})
    _hand_over_or_fail(run)
    return run


def _check_others_of(owner: str) -> None:
    for run in queueing.in_the_way(owner)[:1]:
        raise InputError(
            f"Your run {history.title(run)} still waits in the queue; start another one when it has begun, or stop it."
        )


def resume(run: Run, request: str = "resume") -> None:
    """Puts a run that failed, or gave up its trainer, back in the queue; it goes on from its checkpoint.

    Args:
        run: The run.
        request: What its trainer shall do then; `stop` makes a model of what it has learned, whoever waits.

    Raises:
        InputError: Another run of its owner waits.
        LabError: The engine cannot be reached.
    """
    if request != "stop":
        _check_others_of(queueing.entry(run).owner)
    run.request(request)
    status = dataclasses.replace(run.stored_status(), state="queued", attempts=0, parked=False)
    run.write_status(dataclasses.replace(status, problem="", details={}))
    _hand_over_or_fail(run)


def _hand_over_or_fail(run: Run) -> None:
    try:
        hand_over_tasks([_task(run)])
    except LabError as error:
        status = dataclasses.replace(run.stored_status(), state="failed", problem="not-handed-over")
        run.write_status(dataclasses.replace(status, details={"text": str(error)}))
        raise


def _task(run: Run) -> Task:
    # While it waits a run keeps its last sign of life, so that handing it over twice makes one task; taken up again
    # later it is another task, since the first may have been spent on a run whose turn came before.
    key = f"train-{run.id}-{run.stored_status().heartbeat:.3f}"
    return Task(trainer.execute, str(run.folder), key, -queueing.entry(run).tag)


def hand_over_tasks(tasks: Iterable[Task]) -> None:
    """Gives tasks to the engine, which carries them out whether or not this process goes on.

    Raises:
        LabError: The engine cannot be reached.
    """
    cluster.hand_over(ensure(), tasks)


def serve(idle_seconds: float = IDLE_SECONDS, workers: int = 1, threads: int | None = None) -> None:
    """Runs the engine in the foreground until it has had nothing to do for a while, or is asked to end.

    Runs that an earlier engine left unfinished go on from their last checkpoint.

    Args:
        idle_seconds: How long it waits for something to do.
        workers: How many trainers it has, each a process that trains one run at a time.
        threads: Threads of each; by default they share the cores evenly.

    Raises:
        InputError: A number cannot be used.
        LabError: Another engine serves this home folder.
    """
    from dask.system import CPU_COUNT

    check_whole("number of workers", workers, 1, MOST_WORKERS)
    threads = max(1, CPU_COUNT // workers) if threads is None else threads
    check_whole("number of threads", threads, 1, 1024)
    trainer.most_memory()
    home = environment.home()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "engine.lock", timeout=0):
            deleted.purge()
            _serve(idle_seconds, workers, threads)
    except Timeout:
        raise LabError(f"An engine already serves {home}; there is nothing to do.") from None


def _serve(idle_seconds: float, workers: int, threads: int) -> None:
    import dask
    from distributed import Client, LocalCluster

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    dask.config.set(
        {
            # How often a run may be taken up again is decided by its own status, which outlives this scheduler.
            "distributed.scheduler.allowed-failures": 1000,
            # One task a worker: what waits stays in the scheduler, which gives it to whoever is free first.
            "distributed.scheduler.worker-saturation": 1.0,
            # Dask's profiler keeps an hour of call stacks, which are deep in TensorFlow: 6 MB a run, and time.
            "distributed.worker.profile.enabled": False,
        }
        # Each by itself: Dask's other settings for a new process, such as one thread for NumPy, stay.
        | {f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in MEMORY_SETTINGS.items()}
    )
    local = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", scheduler_port=0,
        dashboard_address=None, env=dict.fromkeys(THREAD_SETTINGS, threads),
        # Dask's own bounds would pause a worker for ever, or end it in the middle of a run.
        memory_limit=0,
    )  # fmt: skip
    with local, Client(local, set_as_default=False) as client:
        _hand_over_what_is_left(client)
        files.write_json(
            _engine_file(), {"address": local.scheduler_address, "pid": os.getpid(), "started": time.time()}
        )
        print(json.dumps({"address": local.scheduler_address}), flush=True)
        try:
            _wait_until_idle(lambda: bool(local.scheduler.tasks), idle_seconds, ended)
        finally:
            with contextlib.suppress(OSError):
                _engine_file().unlink()


def _hand_over_what_is_left(client: "Client") -> None:
    """Warms the workers up, then gives them what an earlier engine left."""
    for address in client.scheduler_info(n_workers=-1)["workers"]:
        warm = client.submit(trainer.warm_up, key=f"warm-up-{address}", workers=[address], pure=False)
        warm.add_done_callback(lambda future: future.release())
    for task in _tasks(runs.unfinished_runs()):
        cluster.queue(client, task)


def _wait_until_idle(busy: Callable[[], bool], idle_seconds: float, ended: threading.Event) -> None:
    last_busy = time.monotonic()
    while not ended.wait(0.5):
        if busy():
            last_busy = time.monotonic()
        elif time.monotonic() - last_busy > idle_seconds:
            return
