"""The engine in the foreground."""

import argparse
from typing import Any

from mnist_core import engine
from mnist_core.cli.frame import command


def add(commands: Any) -> None:
    """Adds the command."""
    serve = command(commands, "engine", _engine, "run the engine in the foreground")
    serve.add_argument("--idle", type=float, default=engine.IDLE_SECONDS, help="end after so many idle seconds")


def _engine(options: argparse.Namespace) -> None:
    engine.serve(options.idle)
