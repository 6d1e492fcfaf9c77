"""The doors of the engine: what another user of this machine reaches, and what stands in its files."""

import os
import socket
import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mnist_core.engine.scheduler import Task
from tests.support.engines import RealEngine
from tests.support.second_user import a_second_user, as_nobody

# It knows the port, and has certificates of its own: as much as any user of the machine can find out or make.
INTRUDER = """
import os, sys, tempfile
import trustme
from distributed import Client
from distributed.security import Security

authority = trustme.CA()
pair = authority.issue_cert("127.0.0.1")
own = Security(
    require_encryption=True,
    tls_ca_file=authority.cert_pem.bytes().decode(),
    tls_client_cert=pair.cert_chain_pems[0].bytes().decode(),
    tls_client_key=pair.private_key_pem.bytes().decode(),
)
for scheme, security in (("tcp", None), ("tls", own)):
    try:
        address = f"{scheme}://127.0.0.1:{sys.argv[1]}"
        with Client(address, security=security, timeout=3, set_as_default=False) as client:
            print(scheme, "ran as", client.submit(os.getuid, pure=False).result(timeout=20))
    except Exception as error:
        print(scheme, "was refused:", type(error).__name__)
"""


@pytest.fixture(scope="module")
def engine_and_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RealEngine, Path]]:
    engine = RealEngine()
    yield engine, tmp_path_factory.mktemp("home")
    engine.end()


@pytest.fixture
def engine(engine_and_home: tuple[RealEngine, Path], monkeypatch: pytest.MonkeyPatch) -> RealEngine:
    """An engine that all tests here knock at."""
    shared, home = engine_and_home
    monkeypatch.setenv("MNIST_HOME", str(home))
    shared.ensure()
    return shared


def ports(engine: RealEngine) -> list[int]:
    """The ports at which the engine's processes listen."""
    found = [each for process in engine.family() for each in process.net_connections("inet")]
    assert all(each.laddr.ip == "127.0.0.1" for each in found if each.status == psutil.CONN_LISTEN)
    return [each.laddr.port for each in found if each.status == psutil.CONN_LISTEN]


@a_second_user
def test_another_user_of_the_machine_runs_nothing_in_the_engine(engine: RealEngine) -> None:
    port = engine.ensure().rpartition(":")[2]
    begun = time.monotonic()
    done = as_nobody("-c", INTRUDER, port)
    assert done.stdout.count("was refused") == 2, done.stdout + done.stderr
    assert time.monotonic() - begun < 30
    engine.hand_over([Task(str, "", "the owner is let in", 0.0)])


def test_the_engine_opens_no_port_without_a_certificate(engine: RealEngine) -> None:
    opened = ports(engine)
    assert len(opened) == 3, "the scheduler's, the worker's, and that of the worker's guardian"
    for port in opened:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            plain.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
            assert not said(plain).startswith(b"HTTP"), "pages are off"
        without = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        without.check_hostname, without.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            pytest.raises(ssl.SSLError, match="certificate required"),
            without.wrap_socket(plain) as wrapped,
        ):
            wrapped.recv(100)


def said(connection: socket.socket) -> bytes:
    """What the other end says, if it does not hang up."""
    try:
        return connection.recv(100)
    except ConnectionResetError:
        return b""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_opens_the_engine_is_its_owners_alone(
    engine: RealEngine, engine_and_home: tuple[RealEngine, Path]
) -> None:
    home = engine_and_home[1]
    noted, folder = home / "engine.json", home / "engine"
    assert stat.S_IMODE(noted.stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "engine.lock").stat().st_mode) == 0o600, "who may read a file may lock it"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    held = [path for path in folder.iterdir() if path.is_file()]
    assert held
    assert {stat.S_IMODE(path.stat().st_mode) for path in held} == {0o600}
