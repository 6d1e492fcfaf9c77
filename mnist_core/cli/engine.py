"""Run the engine in the foreground."""

import argparse

from mnist_core import environment
from mnist_core.engine import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    idle, workers, threads = server.IDLE_SECONDS, server.WORKERS.words, server.THREADS.words
    parser.add_argument(
        "--idle", type=float, default=idle, metavar="SECONDS", help=f"end when idle for so long (default {idle:g} s)"
    )
    parser.add_argument("--workers", type=int, default=1, help=f"runs trained at once, {workers} (default 1)")
    parser.add_argument("--threads", type=int, help=f"of each worker, {threads} (default: an even share of the cores)")


def command(options: argparse.Namespace) -> None:
    environment.check_training("The engine")
    server.serve(options.idle, options.workers, options.threads)
