"""Work on files from outside, in a process of its own that may use only so much memory and time.

Whatever a hostile or damaged file does to the code that reads it (an endless loop, a full memory, a crash inside
a native library), the lab goes on, and the person gets one sentence. Arrays go to and fro as files in a folder.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import psutil

from mnist_core import environment, keras_loading
from mnist_core.errors import InputError, LabError

# What may be run, by name: functions of plain JSON values that return a plain JSON value, paths as strings.
TASKS: dict[str, str] = {
    "build model": "mnist_core.export:build_files",
    "capsule": "mnist_core.capsule:unpack",
    "digits": "mnist_core.digit_files:task",
    "keras file": "mnist_core.keras_file:unpack",
    "onnx": "mnist_core.export:write_onnx",
}

LOOK_SECONDS = 0.02
LARGEST_FILE = 2_000_000_000


def run(task: str, arguments: dict[str, Any], what: str, seconds: float = 30.0, memory: int = 700_000_000) -> Any:
    """Runs a task in a process of its own and returns its result.

    Args:
        task: One of `TASKS`.
        arguments: Its arguments, JSON values.
        what: What the sentences call the file, such as `model.keras`.
        seconds: How long it may take.
        memory: How many bytes of memory its process may hold.

    Raises:
        InputError: The task refused the file, took too long, needed too much memory, or broke down over it.
        LabError: The task failed for a reason that is not the file's.
    """
    with tempfile.TemporaryFile() as answer, _started(task, arguments, answer) as process:
        problem = _watched(process, time.monotonic() + seconds, memory)
        if problem:
            raise InputError(f"{what} {problem}; use a smaller or sound file.")
        answer.seek(0)
        return _result(answer.read(), what)


@contextlib.contextmanager
def _started(task: str, arguments: dict[str, Any], answer: Any) -> Any:
    """Starts the process; it is over when the block ends, however that ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mnist_core.confined", TASKS[task]],
        env=environment.for_python() | {"HDF5_PLUGIN_PATH": "", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(arguments).encode())
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
                return "takes too long to read"
            if seen.memory_info().rss > memory:
                return "needs too much memory to read"
            time.sleep(LOOK_SECONDS)
    process.wait()
    return ""


def _result(answer: bytes, what: str) -> Any:
    """Reads what the process said last; one that broke down said nothing."""
    try:
        said = json.loads(answer.splitlines()[-1])
        kind, value = said["kind"], said["value"]
    except (IndexError, ValueError, KeyError, TypeError):
        raise InputError(f"{what} breaks the program that reads it; it is damaged, get or save it again.") from None
    if kind == "input":
        raise InputError(value)
    if kind == "memory":
        raise InputError(f"{what} needs too much memory to read; use a smaller or sound file.")
    if kind == "failure":
        raise LabError(value)
    return value


# --- In the process --------------------------------------------------------------------------------------------------


def main(place: str) -> None:
    """Runs a function, `module:function`, with the arguments on standard input; its result is the last line printed."""
    arguments = json.load(sys.stdin)
    # What libraries print must not stand where the result is expected.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, function = place.split(":")
    try:
        if module == "mnist_core.export":
            keras_loading.load()
        said = {"kind": "result", "value": getattr(importlib.import_module(module), function)(**arguments)}
    except InputError as error:
        said = {"kind": "input", "value": str(error)}
    except LabError as error:
        said = {"kind": "failure", "value": str(error)}
    except MemoryError:
        said = {"kind": "memory", "value": ""}
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
    main(sys.argv[1])
