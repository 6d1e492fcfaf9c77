"""What trials of a machine's arithmetic have found, kept in the home: the same run is to compute the same again."""

import contextlib
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

from mnist_core import environment
from mnist_core.errors import InputError
from mnist_core.files.records import Record


@dataclass(frozen=True)
class PrecisionTrials(Record):
    """`precision.json`."""

    faster: dict[str, bool] = field(default_factory=dict)  # by processor and TensorFlow, whether bfloat16 is


def remembered(machine: str, is_faster: Callable[[], bool]) -> bool:
    """Returns what the first trial on such a machine said, which is made now where there was none."""
    path = environment.home() / "precision.json"
    try:
        trials = PrecisionTrials.load_or_default(path)
    except InputError:  # a newer lab's
        return is_faster()
    if machine not in trials.faster:
        trials = dataclasses.replace(trials, faster=trials.faster | {machine: is_faster()})
        # Where nothing can be kept, the next run tries again; a home that was deleted is not made again.
        with contextlib.suppress(OSError):
            trials.save(path)
    return trials.faster[machine]
