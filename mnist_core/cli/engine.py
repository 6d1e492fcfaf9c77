"""Run the engine in the foreground."""

import argparse

from mnist_core import environment
from mnist_core.engine import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--idle", type=float, default=server.IDLE_SECONDS, help="end after so many idle seconds")
    parser.add_argument("--workers", type=int, default=1, help="runs that are trained at the same time (default 1)")
    parser.add_argument("--threads", type=int, help="threads of each worker (default: an even share of the cores)")


def command(options: argparse.Namespace) -> None:
    environment.check_training("The engine")
    server.serve(options.idle, options.workers, options.threads)
