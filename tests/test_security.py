"""SECURITY.md names for each threat the tests that hold it, and they exist."""

import ast
import re

import pytest

from tests.support.paths import ROOT

ROWS = [line for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
NAMED = sorted({named for row in ROWS for named in TEST.findall(row)})


@pytest.mark.parametrize(("file", "test"), NAMED, ids="::".join)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_threat_names_a_test() -> None:
    assert len(ROWS) > 15
    assert [row for row in ROWS if row.count("|") != 4 or not TEST.search(row.split("|")[3])] == []
