"""The addresses by which others in the network open the lab."""

import ipaddress
import socket
from urllib.parse import urlsplit

import psutil
from streamlit import config

from mnist_core.ui.server import hosts

EVERYWHERE = ("", "0.0.0.0", "::", "[::]")


def addresses(called: str) -> list[str]:
    """Returns under which addresses other machines open the lab, the likeliest first; none where it listens to itself.

    Args:
        called: How the visitor's browser calls the lab, the `Host` of its request: known to work, unless it is this
            machine's name for itself.
    """
    own = _place(called)
    return list(dict.fromkeys([*([own] if own else []), *(_url(host) for host in _listened_to())]))


def local() -> str:
    """Returns the address by which this machine itself opens the lab."""
    return _url("localhost")


def _place(called: str) -> str:
    """The address that a `Host` stands for; empty where only this machine calls itself so."""
    try:
        host = urlsplit(f"//{called}")
        port = host.port
    except ValueError:
        return ""
    name = host.hostname or ""
    found = hosts.address(name)
    if not name or name == "localhost" or (found and found.is_loopback):
        return ""
    return _written(f"[{found}]" if found and found.version == 6 else name, port)


def _url(host: str) -> str:
    return _written(host, config.get_option("server.port"))


def _written(host: str, port: int | None) -> str:
    scheme = "https" if config.get_option("server.sslCertFile") else "http"
    path = (config.get_option("server.baseUrlPath") or "").strip("/")
    usual = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}{'' if port in (None, usual) else f':{port}'}{f'/{path}' if path else ''}"


def _listened_to() -> list[str]:
    """The machine's addresses in its networks at which the app listens; those of home and school networks first."""
    bound = config.get_option("server.address") or ""
    if bound not in EVERYWHERE:
        found = hosts.address(bound)
        return [] if bound == "localhost" or (found and found.is_loopback) else [bound]
    up = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
    found_here = [
        ipaddress.IPv4Address(entry.address)
        for name, entries in psutil.net_if_addrs().items()
        for entry in entries
        if name in up and entry.family == socket.AF_INET
    ]
    outer = {address for address in found_here if not (address.is_loopback or address.is_link_local)}
    return [str(address) for address in sorted(outer, key=lambda one: (not one.is_private, one))]
