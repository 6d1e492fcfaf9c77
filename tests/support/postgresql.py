"""A PostgreSQL server of a test's own, where the machine has PostgreSQL."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mnist_core.bench.app_process import free_port

# Where Debian has what only the server's own user needs.
PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
USER = "postgres"


@dataclass
class Server:
    """A server with an empty database."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        _run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options, "-w", "start")

    def kill(self) -> None:
        """Ends it as a crash would."""
        _run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", "")]))


def _run(name: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's programs, which refuse to be run by root."""
    command = [str(_program(name)), *arguments]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, cwd="/")


def _is_here() -> bool:
    pytest.importorskip("psycopg")
    if not (_program("initdb") and _program("pg_ctl")):
        return False
    if os.geteuid() != 0:
        return True
    import pwd

    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(USER) and shutil.which("setpriv"))
    return False


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Starts a server in a folder of its own; skips the test where there is no PostgreSQL."""
    if not _is_here():
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    # Not below pytest's own folder, into which the server's user may not look.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        _run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", USER)
        running = Server(folder, free_port())
        running.start()
        try:
            yield running
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                running.kill()
