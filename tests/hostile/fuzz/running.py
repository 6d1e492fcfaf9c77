"""Runs a target on many damaged values, within limits on time, memory and files; Hypothesis makes a finding small."""

import contextlib
import math
import shutil
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.conftest import peak_memory
from tests.hostile.fuzz.targets import Target
from tests.hostile.fuzz.watching import MOST_MEMORY, Watch

AT_ONCE = 200
LONGEST_SENTENCE = 600
PHASES = (Phase.generate, Phase.shrink)


@dataclass
class Outcome:
    """What came of a target."""

    name: str
    taken: int = 0  # values that were read
    refused: int = 0  # values that were refused with a sentence
    slowest: float = 0.0  # seconds of the processor's time for one value
    grown: int = 0  # by how many bytes the most memory ever held grew
    finding: str = ""  # what went wrong, and with which value; empty where nothing did

    @property
    def tried(self) -> int:
        return self.taken + self.refused

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check(target: Target, value: Any, watch: Watch, folder: Path, outcome: Outcome) -> None:
    """Reads one value; raises whatever is neither a value nor a refusal in one sentence."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    begun, said = time.process_time(), None
    try:
        with watch:
            target.read(value, folder)
    except target.refusals as error:
        said = str(error)
    outcome.slowest = max(outcome.slowest, time.process_time() - begun)
    assert not watch.seen, f"it did what no reader may: {watch.seen[:3]}"
    if said is not None:
        outcome.refused += 1
        assert is_sentence(said), f"no sentence to be shown: {said[:300]!r}"
    else:
        outcome.taken += 1


def is_sentence(said: str) -> bool:
    return said.isprintable() and said.endswith(".") and len(said) <= LONGEST_SENTENCE


def examined(
    target: Target, watch: Watch, folder: Path, outcome: Outcome, number: int, end: float = math.inf
) -> Callable[[], None]:
    """The target as a test of Hypothesis, which makes a value that fails as small as it can be."""
    checks = list(HealthCheck)

    @settings(max_examples=number, phases=PHASES, deadline=None, database=None, suppress_health_check=checks)
    @given(target.inputs())
    def examine(value: Any) -> None:
        if time.monotonic() < end:
            check(target, value, watch, folder, outcome)

    return examine


def warm_up(target: Target, watch: Watch, folder: Path) -> None:
    """Reads a few values, so that all is loaded that is loaded when it is needed; what they find is found again."""
    with contextlib.suppress(BaseException):
        seed(0)(examined(target, watch, folder, Outcome(target.name), 5))()


def run(target: Target, watch: Watch, folder: Path, examples: int, seconds: float, start: int) -> Outcome:
    """Tries so many values or for so long, whichever ends first; it begins with the seed `start`."""
    outcome, end, held = Outcome(target.name), time.monotonic() + seconds, peak_memory()
    number = min(examples, AT_ONCE)
    examine = examined(target, watch, folder, outcome, number, end)
    while outcome.tried < examples and time.monotonic() < end:
        before = outcome.tried
        try:
            seed(start)(examine)()
        except BaseException:
            outcome.finding = traceback.format_exc()
            return outcome
        if outcome.tried == before:
            return outcome
        start += 1
    outcome.grown = peak_memory() - held
    if outcome.grown > MOST_MEMORY:
        outcome.finding = f"its values of a few kilobytes took {outcome.grown:,} bytes of memory"
    return outcome
