import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mnist_core.errors import InputError
from mnist_core.ui.server import hosts


@pytest.fixture(autouse=True)
def on_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine called lab-7 whose network is called school.example."""
    monkeypatch.delenv(hosts.HOSTS, raising=False)
    monkeypatch.setattr(socket, "gethostname", lambda: "Lab-7")
    monkeypatch.setattr(hosts, "RESOLVER", tmp_path / "resolv.conf")
    monkeypatch.setattr(hosts, "NAMES", tmp_path / "hosts")
    (tmp_path / "resolv.conf").write_text("nameserver 10.0.0.1\nsearch school.example\n")
    (tmp_path / "hosts").write_text("127.0.1.1 lab-7.room.example lab-7 # lab-7.comment\n127.0.0.1 other.example\n")
    forget()
    yield
    forget()


def forget() -> None:
    hosts._own_names.cache_clear()
    hosts._own_addresses.cache_clear()


@pytest.mark.parametrize(
    "name",
    ["localhost", "LOCALHOST", "lab-7", "lab-7.local", "lab-7.school.example", "lab-7.room.example", "lab-7.local."],
)
def test_a_machine_knows_its_own_names(name: str) -> None:
    assert hosts.is_known(name)


@pytest.mark.parametrize(
    "name", ["", "school.example", "other.example", "lab-7.comment", "lab-7.evil.example", "evil.example", "8.8.8.8"]
)
def test_and_no_others(name: str) -> None:
    assert not hosts.is_known(name)


def test_a_machine_knows_its_addresses_of_both_kinds() -> None:
    for entries in psutil.net_if_addrs().values():
        for entry in entries:
            if entry.family in (socket.AF_INET, socket.AF_INET6):
                assert hosts.is_known(entry.address)
    assert hosts.is_known("127.0.0.2") and hosts.is_known("[::1]") and hosts.is_known("::ffff:127.0.0.1")


def test_a_setting_adds_names_domains_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hosts.HOSTS, "lab.example, *.dev.example,203.0.113.5, 192.168.0.0/16")
    for host in ("lab.example", "LAB.example.", "a.dev.example", "203.0.113.5", "192.168.7.1"):
        assert hosts.is_known(host) and not hosts.is_own(host), host
    for host in ("dev.example", "notlab.example", "203.0.113.6", "193.168.0.1"):
        assert not hosts.is_known(host), host


def test_a_network_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hosts.HOSTS, "lab.example,300.0.0.0/8")
    with pytest.raises(InputError, match=r"\$MNIST_HOSTS has '300.0.0.0/8'"):
        hosts.is_known("other.example")
