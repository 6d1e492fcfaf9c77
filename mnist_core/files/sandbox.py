"""Work on files from outside, in a process of its own that may use only so much memory and time.

Whatever a hostile or damaged file does to the code that reads it (an endless loop, a full memory, a crash inside
a native library), the lab goes on, and the person gets one sentence. Arrays go to and fro as files in a folder.
"""

import contextlib
import errno
import json
import logging
import math
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import IO, Any

import psutil

from mnist_core import environment, language
from mnist_core.errors import InputError, LabError, is_of_disk
from mnist_core.files import disk
from mnist_core.language import gettext

logger = logging.getLogger(__name__)

# Each takes 160 MB before it reads anything, and anybody may ask for many files at once: the others wait.
MOST_AT_ONCE = 3
_TURNS = threading.BoundedSemaphore(MOST_AT_ONCE)
LOOK_SECONDS = 0.02
# So much later than by whoever watches it, who may have been killed, a task is ended by the system.
GRACE_SECONDS = 3
LARGEST_FILE = 2_000_000_000
MOST_LOGGED = 10_000
# A file that is refused is a person's mistake, but what a library said of it may have been another one of ours.
LEVELS = {
    "input": logging.INFO,
    "memory": logging.INFO,
    "stopped": logging.WARNING,
    "nothing": logging.ERROR,
    "failure": logging.ERROR,
    "disk": logging.ERROR,
}


def run(
    task: Callable[..., Any], arguments: dict[str, Any], what: str, seconds: float = 30.0, memory: int = 700_000_000
) -> Any:
    """Runs a task in a process of its own and returns its result.

    The task is a function of a module that takes plain JSON values, paths as strings, and returns one; `what` is what
    sentences call the file, `memory` counts bytes. Raises InputError if the task refused the file, took too long,
    needed too much memory, or broke down over it; LabError if it failed for a reason that is not the file's; and
    OSError if that reason is the disk, which the task could not read from or write to.
    """
    place = f"{task.__module__}:{task.__qualname__}"
    asked = {"task": place, "arguments": arguments, "seconds": seconds, "language": language.language()}
    with (
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as errors,
        _TURNS,
        _started(asked, answer, errors) as process,
    ):
        problem = _watched(process, time.monotonic() + seconds, memory)
        kind, value = ("stopped", problem) if problem else _read_answer(answer)
        if kind != "result":
            said = "%s over %s: %s %s, exit code %s\n%s"
            logger.log(LEVELS[kind], said, place, what, kind, value, process.returncode, _end(errors))
    if kind == "stopped":
        raise InputError(gettext("{what} {problem}; use a smaller or undamaged file.", what=what, problem=value))
    if kind == "nothing":
        raise InputError(
            gettext("{what} breaks the program that reads it; it is damaged, get or save it again.", what=what)
        )
    if kind == "input":
        raise InputError(value)
    if kind == "memory":
        raise InputError(gettext("{what} needs too much memory to read; use a smaller or undamaged file.", what=what))
    if kind == "failure":
        raise LabError(value)
    if kind == "disk":
        raise OSError(int(value), os.strerror(int(value)))
    return value


@contextlib.contextmanager
def _started(asked: dict[str, Any], answer: IO[bytes], errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Starts the process; it is over when the block ends, however that ends."""
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-m", "mnist_core.files.sandbox"],
        env=environment.for_python() | {"HDF5_PLUGIN_PATH": "", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=errors,
    )
    try:
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(asked).encode())
            process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait()


def _watched(process: subprocess.Popen[bytes], deadline: float, memory: int) -> str:
    """Waits for the process; returns what is wrong in words, or nothing."""
    with contextlib.suppress(psutil.NoSuchProcess):
        seen = psutil.Process(process.pid)
        while process.poll() is None:
            if time.monotonic() > deadline:
                return gettext("takes too long to read")
            if seen.memory_info().rss > memory:
                return gettext("needs too much memory to read")
            time.sleep(LOOK_SECONDS)
    process.wait()
    return ""


def _read_answer(answer: IO[bytes]) -> tuple[str, Any]:
    """Reads what the process said last, its kind and its value; one that broke down said nothing."""
    answer.seek(0)
    try:
        said = json.loads(answer.read().splitlines()[-1])
        kind, value = said["kind"], said["value"]
        return kind, language.again(value) if kind in ("input", "failure") else value
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        return "nothing", ""


def _end(errors: IO[bytes]) -> str:
    """Returns the last that the process wrote beside its answer, without what a terminal would obey."""
    errors.seek(max(errors.seek(0, os.SEEK_END) - MOST_LOGGED, 0))
    text = errors.read().decode(errors="replace")
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


# --- In the process --------------------------------------------------------------------------------------------------


def main() -> None:
    """Runs the task that standard input names, with its arguments; its result is the last line printed."""
    asked = json.load(sys.stdin)
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(math.ceil(asked["seconds"]) + GRACE_SECONDS)
    # What libraries print must not stand where the result is expected.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        with language.speaking(asked["language"]):
            said = {"kind": "result", "value": pkgutil.resolve_name(asked["task"])(**asked["arguments"])}
    except LabError as error:
        traceback.print_exc()
        said = {"kind": "input" if isinstance(error, InputError) else "failure", "value": language.apart(error)}
    except MemoryError:
        said = {"kind": "memory", "value": ""}
    except Exception as error:
        if not is_of_disk(error) and not disk.is_full(error):
            raise
        traceback.print_exc()
        number = error.errno if isinstance(error, OSError) else errno.ENOSPC  # TensorFlow has errors of its own
        said = {"kind": "disk", "value": number}
    print(json.dumps(said), file=answer, flush=True)


def limit(memory: int) -> None:
    """Lets the system refuse memory beyond so many bytes, and large files; where it can (not on Windows).

    A task without TensorFlow, which reserves far more than it uses, calls this before it opens its file.
    """
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
