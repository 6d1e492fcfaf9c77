from typing import Any

import pytest
import streamlit as st

from mnist_core.ui import visitor
from mnist_core.ui.server import hosts


class Context:
    """What Streamlit knows of a browser's connection."""

    def __init__(self, ip_address: str | None, headers: dict[str, str]) -> None:
        self.ip_address, self.headers = ip_address, headers


def sits_at(monkeypatch: pytest.MonkeyPatch, ip_address: str | None, **headers: Any) -> None:
    monkeypatch.setattr(st, "context", Context(ip_address, {key.replace("_", "-"): headers[key] for key in headers}))


@pytest.mark.parametrize(
    ("found", "address"), [(None, "127.0.0.1"), ("::ffff:10.1.2.3", "10.1.2.3"), ("FE80::1%eth0", "fe80::1")]
)
def test_an_address_has_one_form(found: str | None, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sits_at(monkeypatch, found)
    assert visitor.address() == address


def test_a_browser_on_this_machine_is_told_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    sits_at(monkeypatch, None, Host="localhost:8501")
    assert visitor.on_this_machine()
    sits_at(monkeypatch, None, Host="[::1]:8501")
    assert visitor.on_this_machine()
    sits_at(monkeypatch, "203.0.113.7", Host="localhost:8501")
    assert not visitor.on_this_machine()


def test_a_phone_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sits_at(monkeypatch, None, Host="localhost:8501")
    assert not visitor.has_phone()
    sits_at(monkeypatch, None, User_Agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36")
    assert not visitor.has_phone()
    sits_at(monkeypatch, None, User_Agent="Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36")
    assert visitor.has_phone()


def test_who_comes_through_a_proxy_on_this_machine_is_not_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sits_at(monkeypatch, None, Host="localhost:8501", X_Forwarded_For="203.0.113.7")
    assert not visitor.on_this_machine()
    monkeypatch.setenv(hosts.HOSTS, "lab.school.example")
    sits_at(monkeypatch, None, Host="lab.school.example")
    assert not visitor.on_this_machine()
