"""The engine in the foreground."""

import argparse
from typing import Any

from mnist_core import environment
from mnist_core.cli.frame import command
from mnist_core.engine import server


def add(commands: Any) -> None:
    """Adds the command."""
    serve = command(commands, "engine", _engine, "run the engine in the foreground")
    serve.add_argument("--idle", type=float, default=server.IDLE_SECONDS, help="end after so many idle seconds")
    serve.add_argument("--workers", type=int, default=1, help="runs that are trained at the same time (default 1)")
    serve.add_argument("--threads", type=int, help="threads of each worker (default: an even share of the cores)")


def _engine(options: argparse.Namespace) -> None:
    environment.check_training("The engine")
    server.serve(options.idle, options.workers, options.threads)
