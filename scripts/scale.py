"""Several app processes behind nginx, with one database and one home, and Dask workers that train: `docs/scale.md`.

`python -m scripts.scale --home /srv/digit-lab --database postgresql+psycopg://lab@127.0.0.1/lab --port 8500`
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from mnist_core.bench.app_process import free_port, wait_until
from mnist_core.environment import ROOT, for_python

START_SECONDS = 120.0
END_SECONDS = 20.0
# A browser always comes to the same process, by the cookie that the lab gives it with its first page; before that, by
# its address. What a page asks for without either would be lost in another process.
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  {temporary}
  map $http_upgrade $connection_kind {{ default upgrade; '' ''; }}
  map $cookie_digit_lab_browser $person {{ default $cookie_digit_lab_browser; '' $remote_addr; }}
  upstream lab {{
    hash $person consistent;
    {servers}
  }}
  server {{
    listen {listen};
    client_max_body_size 200m;
    proxy_buffering off;
    proxy_read_timeout 1h;
    location / {{
      proxy_pass http://lab;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_kind;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Processes:
    """What was started, ended in the opposite order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, command: Sequence[str], variables: dict[str, str] | None = None) -> int:
        """Starts a program that writes into a log of this name; returns its process's number."""
        with (self.folder / f"{name}.log").open("ab") as log:
            environment = for_python() | (variables or {})
            process = subprocess.Popen(list(command), env=environment, stdout=log, stderr=log, cwd=ROOT)
        self._started.append(process)
        return process.pid

    def has_ended(self) -> bool:
        return any(process.poll() is not None for process in self._started)

    def end(self) -> None:
        for process in reversed(self._started):
            process.terminate()
        deadline = time.monotonic() + END_SECONDS
        for process in reversed(self._started):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            process.kill()


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _leave)
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(options.logs or Path(folder))
        processes.folder.mkdir(parents=True, exist_ok=True)
        try:
            apps = _start(processes, options)
            print(
                f"The lab is at http://127.0.0.1:{options.port}; its processes: {' '.join(map(str, apps))}", flush=True
            )
            while not processes.has_ended():
                time.sleep(0.5)
            print(f"One of the processes has ended; look into {processes.folder}", file=sys.stderr)
            return 1
        except SystemExit:
            return 0
        finally:
            processes.end()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.scale", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder that all share")
    parser.add_argument("--database", default="", help="its SQLAlchemy URL (default: SQLite in the home)")
    parser.add_argument("--apps", type=int, default=2, help="how many processes serve pages (2)")
    parser.add_argument("--workers", type=int, default=2, help="how many train; 0: the apps' own engine (2)")
    parser.add_argument("--port", type=int, default=8500, help="of nginx (8500)")
    parser.add_argument("--address", default="127.0.0.1", help="where nginx listens; 0.0.0.0 for a class (127.0.0.1)")
    parser.add_argument("--hosts", default="", help="names by which the lab is called, as $MNIST_HOSTS has them")
    parser.add_argument("--logs", type=Path, help="a folder for what all of them write")
    return parser.parse_args(arguments)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _start(processes: Processes, options: argparse.Namespace) -> list[int]:
    options.home.mkdir(parents=True, exist_ok=True)
    shared = {"MNIST_HOME": str(options.home), "FORWARDED_ALLOW_IPS": "127.0.0.1", "MNIST_HOSTS": options.hosts}
    if options.database:
        shared["MNIST_DATABASE"] = options.database
    if options.workers:
        shared["MNIST_ENGINE"] = _start_engine(processes, options.workers, shared)
    ports = [free_port() for _ in range(options.apps)]
    pids = []
    for number, port in enumerate(ports):
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        command += ["--server.address", "127.0.0.1", "--browser.serverPort", str(options.port)]
        pids.append(processes.start(f"app-{number}", command, shared))
    _start_nginx(processes, ports, options)
    for port in (*ports, options.port):
        wait_until(lambda port=port: _answers(port), START_SECONDS, f"port {port}")  # type: ignore[misc]
    return pids


def _start_engine(processes: Processes, workers: int, shared: dict[str, str]) -> str:
    """Starts Dask's own scheduler and workers, as docs/cluster.md has them; on one machine without certificates."""
    address = f"tcp://127.0.0.1:{free_port()}"
    dask = [sys.executable, "-m", "dask"]
    settings = {
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1000",
        "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
        "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    }
    place, _, port = address.rpartition(":")
    scheduler = [*dask, "scheduler", "--host", place, "--port", port, "--dashboard-address", "127.0.0.1:0"]
    processes.start("scheduler", scheduler, shared | settings)
    worker = [*dask, "worker", address, "--host", "tcp://127.0.0.1", "--nthreads", "1", "--memory-limit", "0"]
    for number in range(workers):
        local = ["--local-directory", str(processes.folder / f"worker-{number}")]
        preload = ["--preload", "mnist_core.engine.worker"]
        processes.start(f"worker-{number}", [*worker, *local, *preload], shared | settings)
    return address


def _start_nginx(processes: Processes, ports: Sequence[int], options: argparse.Namespace) -> None:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if not found:
        sys.exit("nginx is not here; install it (Debian: apt install nginx-light).")
    configuration = processes.folder / "nginx.conf"
    configuration.write_text(
        NGINX.format(
            folder=processes.folder,
            temporary=" ".join(f"{name}_temp_path {processes.folder}/{name};" for name in TEMPORARY),
            servers=" ".join(f"server 127.0.0.1:{port};" for port in ports),
            listen=f"{options.address}:{options.port}",
        ),
        encoding="utf-8",
    )
    processes.start("nginx", [found, "-c", str(configuration), "-e", "stderr"])


def _answers(port: int) -> bool:
    import urllib.request

    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer,
    ):
        return bool(answer.read() == b"ok")
    return False


if __name__ == "__main__":
    sys.exit(main())
