"""What is known of the packages: a weakness, none, or that it could not be asked, which is no pass."""

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from scripts import audit

CLEAN = {"name": "numpy", "version": "2.4.0", "vulns": []}
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"], "aliases": [], "description": "…"}


def test_packages_without_a_known_weakness_pass() -> None:
    assert audit.verdict({"dependencies": [CLEAN]}) == (0, "No weakness is known of any of 1 packages.")


def test_a_known_weakness_fails_and_says_what_mends_it() -> None:
    weak = {"name": "x", "version": "1.0", "vulns": [HOLE]}
    skipped = {"name": "y", "skip_reason": "not found"}
    code, words = audit.verdict({"dependencies": [CLEAN, weak, skipped]})
    assert code == 1 and words.endswith("\nx 1.0: PYSEC-2026-1, fixed in 1.1")


@pytest.mark.parametrize("packages", [[], [CLEAN, {"name": "y", "skip_reason": "Dependency not found on PyPI"}]])
def test_what_could_not_be_asked_is_no_pass(packages: list[Any]) -> None:
    code, words = audit.verdict({"dependencies": packages})
    assert code == 2 and words.startswith("Not checked: ")


@pytest.mark.parametrize("said", ["", "a traceback", "{}"])
def test_a_tool_that_says_nothing_is_no_pass(
    said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said, returncode=0))
    assert audit.main() == 2
    assert capsys.readouterr().out.count("Not checked: no network") == 2


def test_without_the_tool_it_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError("uv")

    monkeypatch.setattr(subprocess, "run", missing)
    assert audit.main() == 2
