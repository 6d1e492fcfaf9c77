"""What has to hold, printed with its outcome."""

import json
import math
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mnist_core.bench.app_process import temporary_home
from mnist_core.errors import LabError


def verdict(bars: dict[str, bool]) -> bool:
    for words, held in bars.items():
        print(f"{'held' if held else 'NOT HELD':10}  {words}")
    return all(bars.values())


def outcome(name: str, bars: dict[str, bool], **figures: Any) -> bool:
    """As `verdict`, and the same once more as the one line that a program reads."""
    held = verdict(bars)
    print(json.dumps(_plain({"measured": name, "held": held, "bars": bars, **figures}), ensure_ascii=False))
    return held


def _plain(value: Any) -> Any:
    """As JSON has it, which knows no number that is none."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool | None) else str(value)


def exit_code(measure: Callable[[Path], bool]) -> int:
    """Lets a measurement have a home folder of its own; 0 if it says that all bars are held.

    Where it is asked to end, it ends what it started as after an error.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with temporary_home() as home:
        try:
            return 0 if measure(home) else 1
        except LabError as error:
            print(error, file=sys.stderr)
            return 1
