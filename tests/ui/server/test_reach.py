"""Which addresses of this machine are shown to those who want to open the lab elsewhere."""

import socket
from types import SimpleNamespace

import psutil
import pytest
from streamlit import config

from mnist_core.ui.server import reach


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A laptop in two networks that serves on port 8600; what it is set to."""
    found = {
        "lo": ["127.0.0.1"],
        "wifi": ["192.168.1.7"],
        "cable": ["10.0.0.3"],
        "off": ["10.9.9.9"],
        "lost": ["169.254.7.7"],
    }
    entries = {
        name: [SimpleNamespace(family=socket.AF_INET, address=one) for one in ones] for name, ones in found.items()
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: entries)
    monkeypatch.setattr(psutil, "net_if_stats", lambda: {name: SimpleNamespace(isup=name != "off") for name in found})
    settings: dict[str, object] = {"server.address": "0.0.0.0", "server.port": 8600}
    monkeypatch.setattr(config, "get_option", settings.get)
    return settings


BOTH = ["http://10.0.0.3:8600", "http://192.168.1.7:8600"]


def test_each_network_in_which_the_lab_listens_has_its_address() -> None:
    assert reach.addresses("localhost:8600") == BOTH
    assert reach.addresses("127.0.0.1:8600") == BOTH
    assert reach.addresses("") == BOTH


def test_the_name_by_which_a_visitor_came_stands_first() -> None:
    assert reach.addresses("lab-7.local:8600") == ["http://lab-7.local:8600", *BOTH]
    assert reach.addresses("192.168.1.7:8600") == list(reversed(BOTH))
    assert reach.addresses("[fd00::7]:8600")[0] == "http://[fd00::7]:8600"


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_a_lab_that_listens_to_its_own_machine_alone_is_reached_from_nowhere(
    machine: dict[str, object], address: str
) -> None:
    machine["server.address"] = address
    assert reach.addresses("localhost:8600") == []


def test_what_the_server_is_set_to_is_in_the_address(machine: dict[str, object]) -> None:
    machine |= {"server.address": "10.0.0.3", "server.sslCertFile": "cert.pem", "server.baseUrlPath": "/lab/"}
    assert reach.addresses("localhost") == ["https://10.0.0.3:8600/lab"]
    machine["server.port"] = 443
    assert reach.addresses("localhost") == ["https://10.0.0.3/lab"]
