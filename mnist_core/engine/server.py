"""The engine itself: a Dask scheduler and its workers, in the foreground."""

import contextlib
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mnist_core import environment
from mnist_core.checks import check_whole
from mnist_core.engine import connection, recovery, scheduler, worker
from mnist_core.errors import LabError
from mnist_core.files import atomic, leftovers
from mnist_core.runs import run_folders, trash

if TYPE_CHECKING:
    from distributed import Client

IDLE_SECONDS = 900.0
MOST_WORKERS = 64
# The variables that TensorFlow reads when it makes its pools of threads.
THREAD_SETTINGS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
# Dask has its workers' memory given back to the system at every chance; each training step would fetch it again, and a
# run take more than half as long again. These are the GNU C library's settings, read when a process starts.
MEMORY_SETTINGS = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_MMAP_THRESHOLD_": str(1 << 25)}

logger = logging.getLogger(__name__)


def serve(idle_seconds: float = IDLE_SECONDS, workers: int = 1, threads: int | None = None) -> None:
    """Runs the engine in the foreground until it has had nothing to do for a while, or is asked to end.

    Runs that an earlier engine left unfinished go on from their last checkpoint. Each worker is a process that trains
    one run at a time; by default their threads share the cores evenly. Raises InputError if a number cannot be used,
    and LabError if another engine serves this home folder.
    """
    from dask.system import CPU_COUNT

    environment.set_up_process()
    check_whole("number of workers", workers, 1, MOST_WORKERS)
    threads = max(1, CPU_COUNT // workers) if threads is None else threads
    check_whole("number of threads", threads, 1, 1024)
    worker.most_memory()
    home = environment.home()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "engine.lock", timeout=0):
            trash.purge()
            threading.Thread(target=leftovers.clear_home, name="leftovers", daemon=True).start()
            _serve(idle_seconds, workers, threads)
    except Timeout as error:
        raise LabError(f"An engine already serves {home}; there is nothing to do.") from error


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
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        scheduler_port=0,
        dashboard_address=None,
        env=dict.fromkeys(THREAD_SETTINGS, threads),
        memory_limit=0,  # Dask's own bounds would pause a worker for ever, or end it in the middle of a run
    )
    with local, Client(local, set_as_default=False) as client:
        _hand_over_what_is_left(client)
        address = local.scheduler_address
        atomic.write_json(connection.note(), {"address": address, "pid": os.getpid(), "started": time.time()})
        print(json.dumps({"address": address}), flush=True)
        logger.info("The engine serves %s at %s", environment.home(), address)
        try:
            _wait_until_idle(lambda: bool(local.scheduler and local.scheduler.tasks), idle_seconds, ended)
        finally:
            with contextlib.suppress(OSError):
                connection.note().unlink()


def _hand_over_what_is_left(client: "Client") -> None:
    """Warms the workers up, then gives them what an earlier engine left."""
    for address in client.scheduler_info(n_workers=-1)["workers"]:
        warm = client.submit(worker.warm_up, key=f"warm-up-{address}", workers=[address], pure=False)
        warm.add_done_callback(lambda future: future.release())
    for task in recovery.tasks(run_folders.unfinished_runs()):
        scheduler.queue(client, task)


def _wait_until_idle(busy: Callable[[], bool], idle_seconds: float, ended: threading.Event) -> None:
    last_busy = time.monotonic()
    while not ended.wait(0.5):
        connection.cut_log()
        if busy():
            last_busy = time.monotonic()
        elif time.monotonic() - last_busy > idle_seconds:
            return
