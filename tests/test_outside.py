"""Nothing in the tests, and nothing that they start, asks a machine that is not this one."""

import ast
import contextlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.outside.sitecustomize import is_here
from tests.support.paths import ROOT

NAME = "digit-lab.invalid"  # a name that nobody can ever have (RFC 2606)


def asks_for_a_name() -> None:
    socket.getaddrinfo(NAME, 80)


def connects() -> None:
    # An address for documents alone (RFC 5737).
    with socket.socket() as plain:
        plain.settimeout(0.01)
        plain.connect(("192.0.2.1", 80))


def sends() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.connect(("192.0.2.1", 9))


def asks_from_a_thread() -> None:
    def ask() -> None:
        with contextlib.suppress(OSError):
            asks_for_a_name()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()


def asks_from_another_process() -> None:
    program = f"import socket\ntry: socket.getaddrinfo({NAME!r}, 80)\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("ask", [asks_for_a_name, connects, sends, asks_from_a_thread, asks_from_another_process])
def test_whoever_asks_another_machine_is_noted(ask: Callable[[], None], outside: Path) -> None:
    with contextlib.suppress(OSError):
        ask()
    said = outside.read_text()
    outside.unlink()
    assert NAME in said or "192.0.2.1" in said


@pytest.mark.parametrize(
    "host", ["", None, "localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", socket.gethostname()]
)
def test_this_machine_may_be_asked(host: str | None) -> None:
    assert is_here(host)


@pytest.mark.parametrize(
    "host", ["example.org", b"example.org", "8.8.8.8", "10.0.0.1", "2001:db8::1", "localhost.example.org"]
)
def test_others_may_not(host: str | bytes) -> None:
    assert not is_here(host)


# --- What the code could ask ------------------------------------------------------------------------------------------

# The data that a person asks for, and this machine.
ASKED_FOR = {"mnist_core/data/download.py"}
FOLDERS = ("mnist_core", "pages", ".streamlit")
NAMESPACE = "http://www.w3.org/"  # names of kinds of elements, which nobody opens
# This machine, a place for a name, and what nobody can ever have (RFC 2606).
ADDRESS = re.compile(
    r"(?:https?|wss?|ftp)://(?!127\.0\.0\.1|localhost|\{|host\b|[a-z.]+\.example\b)[^\s\"'<>)]+|url\(\s*[\"']?//"
)


def texts_of(path: Path) -> list[str]:
    """What a file says to a machine: its text, of Python the texts that are no docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [text]
    tree = ast.parse(text)
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docstrings = {id(node.body[0].value) for node in documented if node.body and isinstance(node.body[0], ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [str(node.value) for node in texts if id(node) not in docstrings]


def addresses() -> dict[str, set[str]]:
    """The addresses of other machines that stand in what the lab runs, by file."""
    kinds = {".py", ".js", ".css", ".html", ".toml", ".typ", ".svg"}
    paths = [ROOT / "app.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    found = {
        path.relative_to(ROOT).as_posix(): {
            address for text in texts_of(path) for address in ADDRESS.findall(text) if not address.startswith(NAMESPACE)
        }
        for path in paths
        if path.suffix in kinds
    }
    return {name: named for name, named in found.items() if named}


def test_the_code_names_no_other_machine_but_those_that_a_person_asks_for_data() -> None:
    assert addresses().keys() == ASKED_FOR
