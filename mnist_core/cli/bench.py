"""Measure the lab's speed beside others' here, about 20 minutes."""

import argparse
import dataclasses
import sys
from pathlib import Path

from mnist_core import environment
from mnist_core.checks import Whole
from mnist_core.cli import frame
from mnist_core.errors import InputError
from mnist_core.files import atomic

# As `bench.suite` has them, which takes a moment to load.
NAMES = ("training", "race", "inference", "overhead", "pages", "scaling")
ROUNDS = Whole("number of rounds", 1, 100)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that it works; the figures mean nothing"
    )
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}"
    )
    parser.add_argument("--rounds", type=int, help=f"how often each contender is measured, {ROUNDS.words}")
    parser.add_argument("--out", type=Path, help="folder for bench.json and scaling.png (default bench in the home)")


def command(options: argparse.Namespace) -> None:
    environment.check_training("The race against others")
    from mnist_core.bench import rows, suite
    from mnist_core.bench.data import FULL, QUICK

    sizes = QUICK if options.quick else FULL
    if options.rounds is not None:
        ROUNDS.check(options.rounds)
        sizes = dataclasses.replace(sizes, rounds=options.rounds, race_rounds=options.rounds)
    frame.load_data(sizes.data)
    folder = options.out or environment.home() / "bench"
    found = []
    try:
        for more in suite.run(options.only, sizes, folder):
            found += more
            print(f"{len(found)} figures so far …", file=sys.stderr)
    except OSError as error:
        raise InputError(
            f"The figures cannot be written to {folder} ({error.strerror or error}); name another folder with --out."
        ) from None
    frame.show(options, atomic.read_json(folder / suite.REPORT_NAME), [rows.table(found)])
