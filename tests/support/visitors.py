"""Pages as somebody opens them who sits elsewhere, without a browser."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.access.actor import Actor
from mnist_core.engine import connection
from mnist_core.ui import visitor
from tests.conftest import PretendedEngine
from tests.support.paths import ROOT

ADDRESS = "203.0.113.5"  # of a block that documents use, and nobody has
STRANGER = Actor("0123456789abcdef", ADDRESS)


def come_from(monkeypatch: pytest.MonkeyPatch, address: str = ADDRESS) -> None:
    """Lets the browsers of this test be at an address; at none they are on the lab's own machine."""
    monkeypatch.setattr(visitor, "address", lambda: address)
    monkeypatch.setattr(visitor, "on_this_machine", lambda: not address)


def pretended_engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    """Gives all pages an engine that keeps its tasks."""
    st.cache_resource.clear()
    engine = PretendedEngine()
    monkeypatch.setattr(connection, "EngineConnection", lambda: engine)
    return engine


def visit(name: str, **query: str) -> AppTest:
    """Opens a page in a session of its own."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in query.items():
        test.query_params[key] = value
    return looked_at(test.switch_page(f"pages/{name}.py").run())


def press(test: AppTest, label: str) -> AppTest:
    return looked_at(next(one for one in test.button if one.label == label).click().run())


def looked_at(test: AppTest) -> AppTest:
    """Fails on a traceback on the page."""
    assert not test.exception, test.exception[0].message
    return test


def labels(test: AppTest) -> list[str]:
    """What stands on the buttons of a page, and on what opens."""
    popovers = [str(one.proto.popover.label) for one in test.get("popover")]
    return [*popovers, *(str(button.label) for button in test.button)]


def said(test: AppTest) -> str:
    """Everything that a page says in words."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success", "text")
    return "\n".join(str(getattr(element, "value", "")) for kind in kinds for element in test.get(kind))
