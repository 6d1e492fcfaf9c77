"""The pages without a browser: fast, for what they say in each state."""

import html
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.engine import connection
from tests.conftest import PretendedEngine
from tests.support.paths import ROOT

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True, scope="session")
def _components_found_once() -> Iterator[None]:
    """Keeps what the search through all installed packages for components found: every `AppTest` repeats it."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as monkeypatch:
        found = cache(manifest_scanner.scan_component_manifests)
        monkeypatch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    """The engine of all pages, which keeps its tasks."""
    engine = PretendedEngine()
    monkeypatch.setattr(connection, "EngineConnection", lambda: engine)
    return engine


@pytest.fixture
def open_page(engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenPage:
    """Opens a page by its address, with what stands behind the `?`; no engine is started."""
    import streamlit as st

    st.cache_resource.clear()
    # The data that tests make, of which pages may read what lies in such a folder.
    monkeypatch.setenv("MNIST_DATA_FOLDERS", str(tmp_path))

    def open_(name: str, **query: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for key, value in query.items():
            test.query_params[key] = value
        if name == "start":
            return checked(test.run())
        # Running the start page first would run it with the query of the other one.
        return checked(test.switch_page(f"pages/{name}.py").run())

    return open_


def checked(test: AppTest) -> AppTest:
    """Fails on a traceback on the page."""
    assert not test.exception, test.exception[0].message
    return test


def run_list(test: AppTest) -> str:
    """The list of runs, as HTML."""
    sent = [json.loads(one.proto.json or one.proto.mixed.json or "{}") for one in test.get("bidi_component")]
    return next(str(one["html"]) for one in sent if 'aria-label="Runs' in one.get("html", ""))


def listed_runs(test: AppTest) -> dict[str, bool]:
    """The ids of the listed runs, in their order, and whether they are marked."""
    rows = re.findall(r'data-choice="([^"]+)" tabindex="-1" aria-selected="(true|false)"', run_list(test))
    return {name: marked == "true" for name, marked in rows}


def said(test: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    words = [str(getattr(element, "value", "")) for kind in kinds for element in test.get(kind)]
    return "\n".join(words + told(test, "said") + told(test, "limit"))


def told(test: AppTest, part: str) -> list[str]:
    """A part of the answers on Draw, that of the page's own model first: `title`, `digit`, `said` or `limit`."""
    shown = (str(one.proto.body) for one in test.get("html"))
    return [html.unescape(one) for body in shown for one in re.findall(f'class="answer-{part}">([^<]*)<', body)]
