"""The certificate of a home's engine: who has it, who is refused, and the folder it lies in."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core.engine import identity
from mnist_core.errors import LabError


@pytest.fixture
def home(temporary_home: Path) -> Path:
    temporary_home.mkdir()
    return temporary_home


def answered(server: socket.socket, certificate: Path) -> None:
    """Answers one connection as an engine with this certificate does."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate)
    context.load_cert_chain(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    connection, _ = server.accept()
    try:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(1)
    except OSError:
        connection.close()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def greet(server: socket.socket, certificate: Path) -> None:
    """Greets an engine that has this certificate."""
    answering = threading.Thread(target=answered, args=(server, certificate))
    answering.start()
    try:
        with socket.create_connection(server.getsockname(), timeout=5) as connection:
            identity.greet(connection)
    finally:
        answering.join(10)


def test_who_has_the_certificate_is_greeted_and_another_engine_is_not(home: Path, server: socket.socket) -> None:
    identity.make()
    greet(server, identity.certificate())
    earlier = home / "earlier.pem"
    earlier.write_bytes(identity.certificate().read_bytes())
    identity.make()
    assert earlier.read_bytes() != identity.certificate().read_bytes()
    with pytest.raises(ssl.SSLCertVerificationError):
        greet(server, earlier)


def test_a_certificate_is_valid_whatever_the_clock_says(home: Path) -> None:
    from cryptography import x509

    identity.make()
    made = x509.load_pem_x509_certificate(identity.certificate().read_bytes())
    assert (made.not_valid_before_utc.year, made.not_valid_after_utc.year) == (2000, 9999)


def test_what_killed_processes_left_is_cleared_and_rights_are_as_new(home: Path) -> None:
    identity.folder().mkdir(0o777)
    (identity.folder() / "temporary").mkdir()
    (identity.folder() / "temporary" / "__autograph_generated_file.py").touch()
    identity.make()
    assert list(identity.temporary_folder().iterdir()) == []
    assert identity.folder().stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name == "nt", reason="needs the right to make a link")
def test_no_key_is_written_where_a_link_leads(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o755)
    identity.folder().symlink_to(elsewhere)
    with pytest.raises(LabError, match="belongs to another user, or is a link"):
        identity.make()
    assert list(elsewhere.iterdir()) == []


def test_temporary_files_lie_in_the_engines_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    identity.make()
    monkeypatch.delenv("TMPDIR", raising=False)
    before = tempfile.gettempdir()
    with identity.temporary_files():
        assert Path(tempfile.gettempdir()) == identity.temporary_folder()
        assert os.environ["TMPDIR"] == str(identity.temporary_folder())
    assert tempfile.gettempdir() == before
    assert "TMPDIR" not in os.environ
