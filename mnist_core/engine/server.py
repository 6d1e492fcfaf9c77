"""The engine itself: a Dask scheduler and its workers, in the foreground."""

import contextlib
import json
import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from mnist_core import environment
from mnist_core.checks import Whole
from mnist_core.database import place
from mnist_core.engine import connection, home_claim, identity, recovery, scheduler, unused_uploads, worker
from mnist_core.engine.home_claim import HomeClaim
from mnist_core.errors import LabError
from mnist_core.files import days_of_use, home_record, leftovers
from mnist_core.language import N_
from mnist_core.runs import run_folders, trash

if TYPE_CHECKING:
    from distributed import Client

IDLE_SECONDS = 900.0
WORKERS, THREADS = Whole(N_("number of workers"), 1, 64), Whole(N_("number of threads"), 1, 1024)
logger = logging.getLogger(__name__)


def serve(idle_seconds: float = IDLE_SECONDS, workers: int = 1, threads: int | None = None) -> None:
    """Runs the engine in the foreground until it has had nothing to do for a while, or is asked to end.

    Runs that an earlier engine left unfinished go on from their last checkpoint. Each worker is a process that trains
    one run at a time; by default their threads share the cores evenly. Raises InputError if a number cannot be used,
    and LabError if another engine serves this home folder.
    """
    from dask.system import CPU_COUNT

    environment.set_up_process()
    WORKERS.check(workers)
    threads = max(1, CPU_COUNT // workers) if threads is None else threads
    THREADS.check(threads)
    worker.most_memory()
    with home_claim.held() as claim:
        home_record.use()
        identity.make()
        try:
            with identity.temporary_files():
                _empty_bins()
                threading.Thread(target=leftovers.clear_home, name="leftovers", daemon=True).start()
                _serve(claim, idle_seconds, workers, threads)
        finally:
            if claim.stands():
                identity.remove()


def _empty_bins() -> None:
    """Removes for good what was deleted long ago: runs, the drawings of a collection that is there, and old uploads."""
    trash.purge()
    unused_uploads.clear()
    if not place.is_there():
        return
    from mnist_core.data.collection.store import Collection  # SQLAlchemy: 12 MB that few need

    with contextlib.suppress(LabError):  # who opens it gets the sentence, and runs are trained all the same
        Collection().purge(days_of_use.expired)


def _serve(claim: HomeClaim, idle_seconds: float, workers: int, threads: int) -> None:
    from distributed import Client

    from mnist_core.engine import local_cluster

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with local_cluster.start(workers, threads) as local, Client(local, set_as_default=False) as client:
        _hand_over_what_is_left(client)
        address = local.scheduler_address
        claim.announce(address)
        print(json.dumps({"address": address}), flush=True)
        logger.info("The engine serves %s at %s", environment.home(), address)
        try:
            _wait_until_idle(claim, lambda: bool(local.scheduler and local.scheduler.tasks), idle_seconds, ended)
        finally:
            claim.withdraw()  # before its workers end, which takes a while


def _hand_over_what_is_left(client: "Client") -> None:
    """Warms the workers up, then gives them what an earlier engine left."""
    for address in client.scheduler_info(n_workers=-1)["workers"]:
        warm = client.submit(worker.warm_up, key=f"warm-up-{address}", workers=[address], pure=False)
        warm.add_done_callback(lambda future: future.release())
    for task in recovery.tasks(run_folders.unfinished_runs()):
        scheduler.queue(client, task)


def _wait_until_idle(claim: HomeClaim, busy: Callable[[], bool], idle_seconds: float, ended: threading.Event) -> None:
    last_busy = time.monotonic()
    while not ended.wait(0.5):
        if not claim.stands():
            logger.warning("The folder %s was deleted, or made again; its engine ends", environment.home())
            return
        claim.renew()
        connection.cut_log()
        if busy():
            last_busy = time.monotonic()
        elif time.monotonic() - last_busy > idle_seconds:
            return
