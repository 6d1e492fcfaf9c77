"""The door by which a browser fetches a model that answers while somebody draws; it keeps it, since it never changes.

A component's data would be sent again each time that its page runs: by an address of its own a model comes once.
"""

import functools
import gzip
import hashlib
import re
import threading

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.errors import LabError
from mnist_core.files import atomic
from mnist_core.language import gettext
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.sharing.browser import packed_model
from mnist_core.ui.server.refusal import refuse

PATH = re.compile(r"/network/(?P<run>[^/]{1,120})/(?P<identity>[0-9a-f]{16})", re.ASCII)
MOST_KEPT = 8  # of up to some megabytes each
KEPT = "public, max-age=31536000, immutable"
PACKING = threading.Lock()  # a class asks for the same model at once


def address(run: Run) -> str:
    """Where a page finds a run's model, from itself; another one once the model is another."""
    return f"network/{run.id}/{_identity(run)}"


def _identity(run: Run) -> str:
    version = packed_model.FORMAT, *atomic.stamp(run.keras_path), *atomic.stamp(run.calibration_path)
    return hashlib.sha256(repr(version).encode()).hexdigest()[:16]


class NetworkDoor:
    """Answers who asks for a model; all else passes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = PATH.search(scope["path"]) if scope["type"] == "http" else None
        if not found or found.end() != len(scope["path"]) or scope["method"] != "GET":
            return await self.app(scope, receive, send)
        try:
            content = await run_in_threadpool(_content, *found.group("run", "identity"))
        except LabError:
            return await refuse(scope, receive, send, 404, gettext("This model is not there; open the page again."))
        headers = {"Cache-Control": KEPT, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        if "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            content = gzip.decompress(content)
            del headers["Content-Encoding"]
        answer = Response(content, media_type="application/octet-stream", headers=headers)
        return await answer(scope, receive, send)


def make_ready(run: Run) -> None:
    """Packs a model before a browser asks for it; raises LabError where that cannot be done."""
    _content(run.id, _identity(run))


def _content(name: str, identity: str) -> bytes:
    with PACKING:
        return _packed(name, identity)


@functools.lru_cache(MOST_KEPT)
def _packed(name: str, identity: str) -> bytes:
    """Raises LabError where there is no such model, or it is another one by now."""
    run = run_folders.find(name)
    if _identity(run) != identity:
        raise LabError(gettext("This model is not there; open the page again."))
    return gzip.compress(packed_model.packed(run, packed_model.may_be_half(run)), 6)
