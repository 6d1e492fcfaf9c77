"""What has to hold, printed with its outcome."""

import sys
from collections.abc import Callable
from pathlib import Path

from mnist_core.bench.app_process import temporary_home
from mnist_core.errors import LabError


def verdict(bars: dict[str, bool]) -> bool:
    for words, held in bars.items():
        print(f"{'held' if held else 'NOT HELD':10}  {words}")
    return all(bars.values())


def exit_code(measure: Callable[[Path], bool]) -> int:
    """Lets a measurement have a home folder of its own; 0 if it says that all bars are held."""
    with temporary_home() as home:
        try:
            return 0 if measure(home) else 1
        except LabError as error:
            print(error, file=sys.stderr)
            return 1
