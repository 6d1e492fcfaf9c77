import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest

from mnist_core.ui import frame
from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("There is no run 'a_b'.", "There is no run 'a\\_b'."),
        ("![x](http://example.org/x.png)", "!\\[x\\](http:\u2060//example.org/x.png)"),
        ("<b>*$`~", "\\<b\\>\\*\\$\\`\\~"),
        ("www.a.org a@b.org", "www\u2060.a.org a\u2060@b.org"),
        (":red :smile:", ":\u2060red :\u2060smile:"),
        ("# 1. &amp; #2 & -3", "\\# 1. \\&amp; #2 & -3"),
        ("- 1", "\\- 1"),
        ("1. a", "1\\. a"),
        ("At 10:30, it was: 5.", "At 10:30, it was: 5."),
    ],
)
def test_what_comes_from_outside_is_shown_as_it_is(text: str, shown: str) -> None:
    assert frame.plain(text) == shown


MODULES = [ROOT / "app.py", *(ROOT / "mnist_core" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
SERVER_LIMIT = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]["maxUploadSize"]


def upload_limits(path: Path) -> list[int]:
    """The limit in MB of each uploader in a module."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    uploaders = [call for call in calls if getattr(call.func, "attr", "") == "file_uploader"]
    named = [{one.arg: one.value for one in call.keywords}.get("max_upload_size") for call in uploaders]
    return [limit(value, path) for value in named]


def limit(value: ast.expr | None, path: Path) -> int:
    """The constant of its module, of which the server's door is told by `accepted`."""
    assert isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "accepted", path
    (value,) = value.args
    assert isinstance(value, ast.Name)
    return int(getattr(importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)), value.id))


def test_no_uploader_promises_more_than_the_server_takes() -> None:
    limits = {path.name: own for path in MODULES if (own := upload_limits(path))}
    assert set(limits) == {"uploads.py", "details.py", "inputs.py", "paper.py"}
    assert {name: own for name, own in limits.items() if max(own) > SERVER_LIMIT} == {}


def test_every_table_is_harmless_as_csv() -> None:
    """Those that can be changed hold numbers, choices and what their own visitor typed."""
    calls = [node for path in MODULES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    tables = [call for call in calls if getattr(call.func, "attr", "") in ("dataframe", "table")]
    bare = [ast.unparse(call) for call in tables if not ast.unparse(call.args[0]).startswith("harmless(")]
    assert len(tables) > 5 and not bare


def test_every_fragment_explains_what_goes_wrong_in_it() -> None:
    bare = {path.name for path in MODULES if re.search(r"\bst\.fragment\b(?!`)", path.read_text())}
    assert bare == {"frame.py"}
