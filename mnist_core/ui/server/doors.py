"""The doors of the app: each request and each connection passes them before Streamlit sees it.

They ask only what is known on this machine: whether the request calls the app by a name of its own, whether the page
that sent it came from here, how many connections there are.
"""

import importlib
import logging
import os
import pkgutil
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from mnist_core import ui
from mnist_core.access import quotas
from mnist_core.access.actor import network_of
from mnist_core.errors import InputError
from mnist_core.language import N_, SOURCE, gettext, languages, speaking
from mnist_core.ui import late
from mnist_core.ui.server import downloads, forgetting, hosts, memory, prompt, settings, teacher_link
from mnist_core.ui.server.message_door import MessageDoor
from mnist_core.ui.server.network_door import NetworkDoor
from mnist_core.ui.server.news_door import NewsDoor
from mnist_core.ui.server.pass_door import PassDoor
from mnist_core.ui.server.refusal import refuse
from mnist_core.ui.server.security_headers import SecurityHeaders
from mnist_core.ui.server.upload_door import UploadDoor

logger = logging.getLogger(__name__)

# Every open tab has one, and in a lesson one more, by which it hears of the lesson. A class may come from one address
# (NAT), as may its teacher, and some have a second tab; so there is room for it whatever `$MNIST_CLASS_SIZE` says.
MOST_OF_A_DEVICE = 2.5
MOST_OF_ONE_ADDRESS = 300  # at least
MOST_OF_OTHERS = 200  # beside the fullest address
# What all visitors' pages say at once, each connection's longest message: a drawing has 15 kB, one full of strokes has
# 1 MB. Its session keeps it, many times as large when it was read.
MOST_SAID = 30_000_000
# Browsers open more than one connection each, and somebody may open many and say nothing; each is an open file.
MOST_OPEN_FILES = 8192
# uvicorn's setting: the proxies whose word on their clients counts.
PROXIES = "FORWARDED_ALLOW_IPS"
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

UNKNOWN_HOST = N_(
    "This lab is not called by this name. Open it by the name or address of its machine; who runs it can add names "
    "($MNIST_HOSTS)."
)
FOREIGN_ORIGIN = N_("Another website asked for this. Open the lab itself in a tab of its own.")
TOO_MANY = N_("So many pages of this lab are open that it takes no more. Close some tabs, or wait a minute.")


def most_of_one_address() -> int:
    """How many connections an address may have; raises InputError if `$MNIST_CLASS_SIZE` is no such number."""
    return max(MOST_OF_ONE_ADDRESS, round(MOST_OF_A_DEVICE * quotas.class_size()))


class Caller:
    """Who sends a request, by which name, from which page."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.headers = Headers(scope=scope)

    @cached_property
    def host(self) -> SplitResult | None:
        """The name and port by which it calls the app, or None where it cannot be read."""
        return _place(f"{self.scope['scheme']}://{self.headers.get('host', '')}")

    @property
    def is_host_known(self) -> bool:
        # Two of them could be read differently by whoever stands before or behind.
        once = len(self.headers.getlist("host")) == 1
        name = (self.host and self.host.hostname) or ""
        return once and (hosts.is_known(name) or name == config.get_option("browser.serverAddress"))

    @property
    def is_origin_known(self) -> bool:
        """Whether it comes from a page of this app, or from none."""
        origins = self.headers.getlist("origin")
        return not origins or (len(origins) == 1 and self._is_origin_known(origins[0]))

    def _is_origin_known(self, origin: str) -> bool:
        page = _place(origin)
        if page is None or self.host is None or page.scheme not in ("http", "https"):
            return False
        if origin in config.get_option("server.corsAllowedOrigins"):
            return True
        # Another server on this machine may be another user's, so the port counts.
        own_ports = (_port(self.host), *map(config.get_option, ("server.port", "browser.serverPort")))
        name = page.hostname or ""
        is_own = name in (self.host.hostname, config.get_option("browser.serverAddress")) or hosts.is_own(name)
        return hosts.is_named(name) or (is_own and _port(page) in own_ports)

    @property
    def language(self) -> str:
        """What its browser is set to, where the lab speaks that."""
        wanted = self.headers.get("accept-language", "").partition(",")[0].partition("-")[0].strip().lower()
        return wanted if wanted in languages() else SOURCE

    def address(self) -> str:
        return self.scope["client"][0] if self.scope.get("client") else ""

    def forget_proxy(self) -> None:
        """Takes back what uvicorn believed of a proxy on this machine that no setting names.

        Whoever sends from this machine could say to be anybody.
        """
        forwarded = self.headers.getlist("x-forwarded-for")
        if forwarded and not os.environ.get(PROXIES) and self.address() in _claimed(forwarded):
            self.scope["client"] = ("127.0.0.1", 0)

    def mark_proxy(self) -> None:
        """Notes that a page has another address than this machine: something stands between, and may not say so."""
        page = _place(self.headers.get("origin", ""))
        if page is not None and not hosts.is_own(page.hostname or ""):
            self.scope["headers"] = [*self.scope["headers"], (b"x-forwarded-host", page.netloc.encode())]

    def hide_origin(self) -> None:
        """Shows Streamlit the app's own page: of another it would ask outside for this machine's address."""
        if (origin := self.headers.get("origin")) and origin not in config.get_option("server.corsAllowedOrigins"):
            own = [] if self.scope["type"] == "http" else [(b"origin", b"http://" + self.headers["host"].encode())]
            self.scope["headers"] = [pair for pair in self.scope["headers"] if pair[0] != b"origin"] + own


class Doors:
    """Lets in who calls this machine by its name, from a page of its own, while there is room."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.open: Counter[str] = Counter()  # connections by the network that counts as one client
        self.said = 0  # the bytes of each connection's longest message

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        caller = Caller(scope)
        caller.forget_proxy()
        if refusal := self.refusal(caller):
            status, sentence = refusal
            logger.info("Refused %s from %s: %s", scope["path"], caller.address(), sentence)
            with speaking(caller.language):
                return await refuse(scope, receive, send, status, gettext(sentence))
        caller.mark_proxy()
        caller.hide_origin()
        if scope["type"] == "http":
            with speaking(caller.language):
                return await self.app(scope, receive, send)
        return await self.connect(network_of(caller.address()), scope, receive, send)

    def refusal(self, caller: Caller) -> tuple[int, str] | None:
        """The status and the sentence for who may not come in."""
        try:
            if not caller.is_host_known:
                return 400, UNKNOWN_HOST
            if not caller.is_origin_known:
                return 403, FOREIGN_ORIGIN
            most = most_of_one_address()
        except InputError as error:
            logger.warning("A setting of the lab cannot be read", exc_info=True)
            return 500, f"{error}"
        full = self.open.total() >= most + MOST_OF_OTHERS or self.open[network_of(caller.address())] >= most
        return (503, TOO_MANY) if full and caller.scope["type"] == "websocket" else None

    async def connect(self, network: str, scope: Scope, receive: Receive, send: Send) -> None:
        longest = 0

        async def hear() -> Message:
            nonlocal longest
            message = await receive()
            more = max(0, len(message.get("bytes") or b"") - longest)
            if self.said + more > MOST_SAID:
                logger.warning("A connection of %s was ended: all pages together say too much", network)
                await send({"type": "websocket.close", "code": 1013, "reason": ""})
                return {"type": "websocket.disconnect", "code": 1013}
            longest, self.said = longest + more, self.said + more
            return message

        self.open[network] += 1
        try:
            await self.app(scope, hear, send)
        finally:
            self.said -= longest
            self.open[network] -= 1
            self.open += Counter()  # forgets those with none


def _place(url: str) -> SplitResult | None:
    """Reads an address that must be no more than scheme, name and port."""
    try:
        found = urlsplit(url)
        _ = found.port
    except ValueError:
        return None
    is_bare = not (found.path or found.query or found.fragment or found.username is not None)
    return found if is_bare and found.hostname else None


def _port(place: SplitResult) -> int | None:
    return place.port or DEFAULT_PORTS.get(place.scheme)


def _claimed(forwarded: Iterable[str]) -> set[str]:
    """The addresses that headers of proxies name, without their ports."""
    found = {entry.strip() for header in forwarded for entry in header.split(",")}
    return found | {entry.rpartition(":")[0].strip("[]") for entry in found} | {entry.strip("[]") for entry in found}


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """What is done around the server's life."""
    _allow_open_files()
    prompt.send_at_once()
    memory.share_pools()
    downloads.keep_a_while()
    settings.read_once()
    _load_pages()
    teacher_link.say()
    async with memory.given_back(), forgetting.again_and_again():
        yield {}


def _load_pages() -> None:
    """Loads what pages import, before the first is opened; they register with the server, which is there by now.

    Of two pages that import at once, one may find a module that the other has loaded by half. What `late` names is left
    to whoever is the first to need it.
    """
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        if not module.name.startswith(late.AT_FIRST_USE):
            importlib.import_module(module.name)
    importlib.import_module("pandas")  # charts look whether it is there


def _allow_open_files() -> None:
    """Lets the process have many connections; what a system allows by itself, often 1024, a class can use up."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


# In the order in which a request passes them.
MIDDLEWARE = (
    Middleware(SecurityHeaders),
    Middleware(Doors),
    Middleware(PassDoor),
    Middleware(NewsDoor),
    Middleware(NetworkDoor),
    Middleware(UploadDoor),
    Middleware(MessageDoor),
)
