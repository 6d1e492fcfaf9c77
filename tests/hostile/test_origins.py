"""Who may ask: pages of the lab itself, by a name of the machine. Others are refused, and nobody outside is asked."""

import asyncio
import socket
import time

import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mnist_core.bench.app_client import open_session
from mnist_core.bench.app_process import AppProcess
from mnist_core.config import recipes
from tests.hostile.conftest import Outside, ask


def status_of_socket(lab: AppProcess, origin: str | None = None, host: str = "") -> tuple[int, float]:
    """Asks for a websocket; returns the status of the answer and the seconds that it took."""
    start = time.perf_counter()
    name, _, port = (host or f"127.0.0.1:{lab.port}").rpartition(":")
    way = socket.create_connection(("127.0.0.1", lab.port), timeout=20)
    address = f"ws://{name}:{port}/_stcore/stream"
    try:
        with connect(address, sock=way, origin=origin, subprotocols=["streamlit"], proxy=None):  # type: ignore[arg-type, list-item]
            return 101, time.perf_counter() - start
    except InvalidStatus as refusal:
        return refusal.response.status_code, time.perf_counter() - start


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://evil.example:8501",
        "http://203.0.113.9",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://127.0.0.1:1",  # another program of this machine, perhaps another user's
        "http://192.168.7.7:1",
        "null",
        "file://",
        "javascript:alert(1)",
        "http://[::1",
        "",
    ],
)
def test_a_foreign_page_is_refused_at_once(lab: AppProcess, outside: Outside, origin: str) -> None:
    status, seconds = status_of_socket(lab, origin)
    assert status == 403
    assert seconds < 1
    answered, said = ask(lab, Origin=origin)
    assert answered == 403 and "Another website" in said
    assert not outside.asked, "the app asked the outside for its own address"


def test_a_page_of_the_lab_is_let_in_by_each_name_of_the_machine(lab: AppProcess, outside: Outside) -> None:
    addresses = [entry.address for entries in psutil.net_if_addrs().values() for entry in entries]
    ips = [address.partition("%")[0] for address in addresses if "." in address or address.count(":") in range(2, 8)]
    names = ["localhost", "127.0.0.1", "[::1]", socket.gethostname(), f"{socket.gethostname().partition('.')[0]}.local"]
    for ip in filter(is_address, ips):
        names.append(f"[{ip}]" if ":" in ip else ip)
    for name in names:
        host = f"{name}:{lab.port}"
        assert ask(lab, Host=host, Origin=f"http://{host}") == (200, "ok"), name
        assert ask(lab, Host=f"localhost:{lab.port}", Origin=f"http://{host}") == (200, "ok"), name
        assert status_of_socket(lab, f"http://{host}")[0] == 101, name
    assert not outside.asked


def is_address(text: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except OSError:
            continue
        return True
    return False


def test_a_setting_adds_names_for_a_proxy(lab: AppProcess, outside: Outside) -> None:
    for origin in ("https://lab.school.example", "https://a.proxy.example:8443"):
        assert ask(lab, Origin=origin)[0] == 200
        assert status_of_socket(lab, origin)[0] == 101
    for host in ("lab.school.example", "LAB.school.example:443", "192.168.3.4:8501"):
        assert ask(lab, Host=host)[0] == 200
    assert ask(lab, Host="192.168.3.4:8501", Origin="http://192.168.3.4:8501")[0] == 200
    assert ask(lab, Host="192.168.3.4:8501", Origin="http://192.168.3.5:8501")[0] == 403
    assert not outside.asked


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "203.0.113.9:8501", "", "a b", "localhost/x"])
def test_an_unknown_name_is_refused(lab: AppProcess, host: str) -> None:
    """By such a name, another website can reach the app through its visitors' browsers (DNS rebinding)."""
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/draw"):
        assert ask(lab, path, Host=host)[0] == 400
    assert ask(lab, Host=host, Origin=f"http://{host}")[0] == 400


def test_the_start_and_the_pages_ask_nobody_outside(lab: AppProcess, outside: Outside) -> None:
    assert ask(lab, "/", Accept="text/html")[0] == 200
    assert not outside.asked


@pytest.mark.parametrize("origin", ["", "http://127.0.0.1:{port}", "https://lab.school.example"])
def test_behind_a_proxy_that_says_nothing_nobody_counts_as_sitting_at_the_machine(
    lab: AppProcess, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    """Such a proxy calls the app by the machine's own name; only the page's own address tells of it."""
    monkeypatch.setenv("MNIST_HOME", str(lab.home))
    if "nobodys" not in recipes.all_recipes():
        recipes.save("nobodys", "Nobody's", "", recipes.RECIPES["quick"].config)

    async def may_delete() -> bool:
        said = {"Origin": origin.format(port=lab.port)} if origin else {}
        async with open_session(lab.address, said) as session:
            await session.visit("train", data="digits-8x8", recipe="nobodys")
            return session.has_button("Delete this recipe")

    assert asyncio.run(may_delete()) == ("school" not in origin)
