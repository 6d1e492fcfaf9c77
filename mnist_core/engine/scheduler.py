"""Tasks for a Dask scheduler, on this machine or elsewhere, and the certificates that open it."""

import contextlib
import logging
import os
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnist_core.engine import identity
from mnist_core.errors import LabError
from mnist_core.language import gettext

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

CONNECT_SECONDS = 10
TLS = "DASK_DISTRIBUTED__COMM__TLS__"
SET_CERTIFICATES = f"set {TLS}CA_FILE, {TLS}CLIENT__CERT and {TLS}CLIENT__KEY as docs/cluster.md shows"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What a worker of the engine has to do."""

    function: Callable[[str], object]  # A function of a module that workers can import
    argument: str  # its argument
    key: str  # the task's name; handing it over twice makes one task, as long as the first is not done
    priority: float  # higher ones start first; a run's is its tag in the fair order of the queue, negated


def is_elsewhere() -> bool:
    """Whether the engine is a Dask scheduler that somebody else started."""
    return bool(os.environ.get("MNIST_ENGINE"))


def hand_over(address: str, tasks: Iterable[Task]) -> None:
    """Gives tasks to a scheduler; raises LabError if it cannot be reached, or the certificates do not open it."""
    with connected(address) as client:
        for task in tasks:
            queue(client, task)
            logger.debug("Handed %s over to %s", task.key, address)


def queue(client: "Client", task: Task) -> None:
    """Gives a task to a scheduler, which keeps it when this client is gone."""
    from dask._task_spec import Task as DaskTask  # private: Dask offers no other way to mark a data producer
    from distributed import fire_and_forget

    # A data producer waits in the scheduler until a worker is free, in the order of priority. All other tasks are given
    # to workers at once, and may then wait behind a long run although another worker has nothing to do.
    graph = {task.key: DaskTask(task.key, task.function, task.argument, _data_producer=True)}
    fire_and_forget(client.get(graph, [task.key], sync=False, priority=task.priority))


@contextlib.contextmanager
def connected(address: str) -> "Iterator[Client]":
    """Connects to a scheduler; raises LabError if it cannot be reached, or the certificates do not open it.

    Elsewhere these are the certificates that Dask's own settings name, here that of the home.
    """
    from distributed import Client  # takes a moment to load; only a start needs it
    from distributed.comm.core import FatalCommClosedError

    try:
        security = _security(address)
        with Client(address, timeout=CONNECT_SECONDS, security=security, set_as_default=False) as client:
            yield client
    except (OSError, RuntimeError) as error:
        # A refusal arrives in several ways, depending on who notices first.
        refused = isinstance(error, FatalCommClosedError | ssl.SSLError | FileNotFoundError)
        if is_elsewhere() and (refused or isinstance(error.__cause__, ssl.SSLError)):
            raise LabError(
                gettext(
                    "The certificates do not open the engine at {address} ({error}); {set_certificates}.",
                    address=address,
                    error=error,
                    set_certificates=SET_CERTIFICATES,
                )
            ) from error
        raise LabError(
            gettext(
                "The engine at {address} cannot be reached ({error}); check that it runs.", address=address, error=error
            )
        ) from error


def _security(address: str) -> "Security":
    from distributed.security import Security

    # An engine of an earlier release, which has not ended since, has no certificate.
    if not is_elsewhere() and address.startswith("tls:"):
        return identity.security()
    security = Security()
    if address.startswith("tls:") and not security.get_connection_args("client").get("ssl_context"):
        raise LabError(
            gettext(
                "The engine at {address} wants a certificate, and none is set here; {set_certificates}.",
                address=address,
                set_certificates=SET_CERTIFICATES,
            )
        )
    return security
