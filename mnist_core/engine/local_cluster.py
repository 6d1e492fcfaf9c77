"""The engine's Dask cluster on this machine: a scheduler and workers that let in who has the home's certificate."""

import logging
from typing import Any

import dask
from distributed import Nanny, Scheduler, SpecCluster, Worker

from mnist_core.engine import identity

HOST = "127.0.0.1"
# How often a worker says how it is; that it ended is seen at once, by its process and its connection.
HEARTBEAT_SECONDS = 10.0
# Dask has its workers' memory given back to the system at every chance; each training step would fetch it again, and a
# run take more than half as long again. These are the GNU C library's settings, read when a process starts.
MEMORY_SETTINGS = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_MMAP_THRESHOLD_": str(1 << 25)}
# The variables that TensorFlow reads when it makes its pools of threads.
THREAD_SETTINGS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


# private: Dask has no setting that keeps a scheduler and a worker from opening a port for pages that anybody may read.
class _WithoutPages:
    """Leaves out the pages that Dask serves without asking who reads them."""

    def start_http_server(self, *arguments: Any, **options: Any) -> None:
        pass


class PagelessScheduler(_WithoutPages, Scheduler):
    """A scheduler that listens for clients and workers alone."""

    # private: Dask has no setting for how often a worker says how it is; at twice a second an idle engine is not idle.
    def heartbeat_worker(self, **said: Any) -> dict[str, Any]:
        """Answers a worker that says how it is, and tells it when to do so again."""
        return dict(super().heartbeat_worker(**said)) | {"heartbeat-interval": HEARTBEAT_SECONDS}


class PagelessWorker(_WithoutPages, Worker):
    """A worker that listens for the scheduler and other workers alone."""


def start(workers: int, threads: int) -> SpecCluster:
    """Starts a scheduler in this process and workers, each a process that trains with so many threads."""
    _settle()
    security = identity.security()
    both = {"host": HOST, "protocol": "tls://", "security": security}
    options = both | {
        "worker_class": PagelessWorker,
        "nthreads": 1,
        "env": dict.fromkeys(THREAD_SETTINGS, threads),
        "silence_logs": logging.WARNING,
        "memory_limit": 0,  # Dask's own bounds would pause a worker for ever, or end it in the middle of a run
    }
    return SpecCluster(
        workers={number: {"cls": Nanny, "options": options} for number in range(workers)},
        scheduler={"cls": PagelessScheduler, "options": both | {"port": 0, "dashboard": False}},
        security=security,
        silence_logs=logging.WARNING,
    )


def _settle() -> None:
    dask.config.set(
        {
            # How often a run may be taken up again is decided by its own status, which outlives this scheduler.
            "distributed.scheduler.allowed-failures": 1000,
            # One task a worker: what waits stays in the scheduler, which gives it to whoever is free first.
            "distributed.scheduler.worker-saturation": 1.0,
            # Dask's profiler keeps an hour of call stacks, which are deep in TensorFlow: 6 MB a run, and time.
            "distributed.worker.profile.enabled": False,
            # What Dask looks at all the time, fifty times a second by itself, is for the pages that are not served. A
            # worker that ends is noticed by its process and its connection, at once.
            "distributed.admin.tick.interval": "1s",
            "distributed.admin.system-monitor.interval": "30s",
            "distributed.admin.system-monitor.disk": False,
            "distributed.admin.system-monitor.gil.enabled": False,
            "distributed.client.scheduler-info-interval": "60s",
            # No results are moved between workers: what a run leaves is in its folder.
            "distributed.scheduler.active-memory-manager.start": False,
            # Of the pages that are not served not even the code is loaded.
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
        }
        # Each by itself: Dask's other settings for a new process, such as one thread for NumPy, stay.
        | {f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in MEMORY_SETTINGS.items()}
    )
