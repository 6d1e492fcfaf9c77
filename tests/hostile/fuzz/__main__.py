"""`python -m tests.hostile.fuzz [TARGET …]`: damages what each reader reads; 1 if that found something.

With `--atheris` (`pip install atheris`) one target is led by what code its values reach.
"""

import argparse
import faulthandler
import json
import logging
import os
import random
import sys
import tempfile
import time
import warnings
from pathlib import Path

import psutil

if "--atheris" in sys.argv:
    # What is loaded in here says which of its code is reached.
    import atheris

    with atheris.instrument_imports(include=["mnist_core"]):
        from tests.hostile.fuzz.targets import TARGETS
else:
    from tests.hostile.fuzz.targets import TARGETS

from mnist_core import environment
from mnist_core.files import sandbox
from tests.hostile.fuzz import running, watching


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each target (default: 20)")
    parser.add_argument("--in-all", type=float, help="seconds for all targets together, from the start of the process")
    parser.add_argument("--examples", type=int, default=10**9, help="at most so many values for each target")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31), help="to get the same values again")
    parser.add_argument("--json", type=Path, help="a file for what came of it")
    parser.add_argument("--atheris", action="store_true", help="be led by the code that is reached; one target")
    options = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        set_up(Path(folder))
        chosen = [TARGETS[name] for name in options.targets or TARGETS]
        watch, scratch = watching.Watch(Path(folder)), Path(folder) / "scratch"
        for target in chosen:
            running.warm_up(target, watch, scratch)
        watching.limit_memory()
        if options.atheris:
            return led_by_coverage(chosen[0].name, watch, scratch, options.seconds)
        seconds = options.seconds
        if options.in_all:
            seconds = max(options.in_all - (time.time() - psutil.Process().create_time()), 1.0) / len(chosen)
        print(f"seed {options.seed}", flush=True)
        outcomes = []
        for target in chosen:
            begun = time.monotonic()
            outcome = running.run(target, watch, scratch, options.examples, seconds, options.seed)
            outcomes.append(outcome)
            print(
                f"{outcome.name:28} {outcome.tried:8,} values in {time.monotonic() - begun:5.1f} s, "
                f"{outcome.refused:8,} refused, slowest {outcome.slowest:.2f} s{', FOUND' if outcome.finding else ''}",
                flush=True,
            )
            if outcome.finding:
                print(outcome.finding, file=sys.stderr, flush=True)
        if options.json:
            options.json.write_text(json.dumps([outcome.to_json() for outcome in outcomes]), encoding="utf-8")
    return int(any(outcome.finding for outcome in outcomes))


def set_up(folder: Path) -> None:
    """Sends all state to a temporary folder."""
    environment.set_up_process()
    os.environ |= {"MNIST_HOME": str(folder / "home"), "TMPDIR": str(folder), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    for name in ("MNIST_DATA", "MNIST_ENGINE", "MNIST_DATABASE"):
        os.environ.pop(name, None)
    tempfile.tempdir = str(folder)
    (folder / "home").mkdir()
    # Limits for a process of their own; here `watching.limit_memory` sets them.
    sandbox.limit = lambda memory: None


def led_by_coverage(name: str, watch: watching.Watch, scratch: Path, seconds: float) -> int:
    outcome = running.Outcome(name)
    examine = running.examined(TARGETS[name], watch, scratch, outcome, running.AT_ONCE)
    arguments = [sys.argv[0], f"-max_total_time={seconds:.0f}"]
    atheris.Setup(arguments, examine.hypothesis.fuzz_one_input)  # type: ignore[attr-defined]
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
