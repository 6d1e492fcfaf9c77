"""Links that mean harm: whatever an address says, each page opens, and shows it as text or not at all."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.train_config import SETTINGS
from tests.pages.conftest import OpenPage, said

PAGES = ("start", "explore", "train", "sweep", "evaluate", "draw", "models", "class", "join")
# All that any page reads of its address.
NAMES = ("run", "runs", "data", "file", "tab", "settings", "sweep", "recipe", "network", "model", *SETTINGS)
MARKUP = (
    "![x](http://example.org/x.png) [y](javascript:alert(1)) <img src=x onerror=alert(1)> $\\href{javascript:0}{z}$"
)
HOSTILE = {
    "markup": MARKUP,
    "a path": "../../../../etc/passwd",
    "a path of Windows": "..\\..\\secret",
    "a device": "/dev/zero",
    "nothing": "",
    "NUL": "a\0b",
    "a text without end": "x" * 5000,
    "a list without end": "," * 5000,
    "control characters": "\x1b[31m\u202e\r\n",
    "a number without end": "9" * 5000,
    "no number": "nan",
    "below zero": "-1",
    "another script's digits": "१२",
    "a format": "{0.__class__} %s ${jndi:ldap://example.org}",
}
QUICK = ("markup", "a path", "NUL")
CASES = [
    pytest.param(page, name, marks=() if name in QUICK else pytest.mark.long) for name in HOSTILE for page in PAGES
]


def markup_of(page: AppTest) -> list[str]:
    """All that the page shows as HTML."""
    elements: list[Any] = list(page.get("html"))
    return [element.proto.body for element in elements]


@pytest.mark.parametrize(("page", "name"), CASES)
def test_a_page_opens_whatever_its_address_says(open_page: OpenPage, page: str, name: str) -> None:
    shown = open_page(page, **dict.fromkeys(NAMES, HOSTILE[name]))
    words = said(shown)
    assert len(shown.title) == 1 and len(words) < 50_000
    assert not any(mark in words for mark in ("![x](", "[y](", "$\\href")), words
    assert not any("onerror" in html or "javascript:" in html for html in markup_of(shown))
    assert "root:" not in words
