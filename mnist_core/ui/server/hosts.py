"""The names and addresses under which this machine can be reached, found without asking anybody."""

import contextlib
import ipaddress
import os
import socket
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psutil

from mnist_core.errors import InputError
from mnist_core.language import gettext

HOSTS = "MNIST_HOSTS"
# A laptop gets new addresses when it changes its network.
KEPT_SECONDS = 30
RESOLVER = Path("/etc/resolv.conf")
NAMES = Path("/etc/hosts")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Added:
    """What a setting adds to the machine's own names."""

    names: frozenset[str]  # and single addresses
    domains: tuple[str, ...]  # with the dot before them
    networks: tuple[Network, ...]


def is_known(host: str) -> bool:
    """Whether a host, without its port, is this machine by one of its names or addresses, or by a setting."""
    if is_own(host) or is_named(host):
        return True
    found = address(host)
    return found is not None and any(found in network for network in _added().networks)


def is_own(host: str) -> bool:
    """Whether a host is this machine, by its own names and addresses alone."""
    found = address(host)
    if found is None:
        return bare(host) in _own_names(_now())
    return found.is_loopback or found in _own_addresses(_now())


def is_named(host: str) -> bool:
    """Whether `$MNIST_HOSTS` names a host or its domain; raises InputError where the setting cannot be read."""
    found = address(host)
    name = bare(host) if found is None else str(found)
    return name in _added().names or name.endswith(_added().domains)


def address(host: str) -> Address | None:
    """Reads an address as it stands in an URL or comes from a socket; None where it is a name."""
    text = host.removeprefix("[").removesuffix("]").partition("%")[0]
    with contextlib.suppress(ValueError):
        found = ipaddress.ip_address(text)
        return getattr(found, "ipv4_mapped", None) or found
    return None


def bare(name: str) -> str:
    return name.lower().removesuffix(".")


def _added() -> Added:
    return from_setting(os.environ.get(HOSTS, ""))


@lru_cache(maxsize=8)
def from_setting(text: str) -> Added:
    """Reads names, `*.domain`s, addresses and networks, separated by commas; raises InputError."""
    names, domains, networks = set(), [], []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        if "/" in entry:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                raise InputError(
                    gettext(
                        "${hosts} has '{entry}', but takes names, '*.domain', addresses and networks such as "
                        "192.168.0.0/16, separated by commas; correct it.",
                        hosts=HOSTS,
                        entry=entry,
                    )
                ) from None
        elif entry.startswith("*."):
            domains.append(bare(entry[1:]))
        else:
            found = address(entry)
            names.add(bare(entry) if found is None else str(found))
    return Added(frozenset(names), tuple(domains), tuple(networks))


def _now() -> int:
    return int(time.monotonic() // KEPT_SECONDS)


@lru_cache(maxsize=1)
def _own_addresses(_moment: int) -> frozenset[Address]:
    entries = [entry.address for entries in psutil.net_if_addrs().values() for entry in entries]
    return frozenset(found for entry in entries if (found := address(entry)))


@lru_cache(maxsize=1)
def _own_names(_moment: int) -> frozenset[str]:
    full = bare(socket.gethostname())
    short = full.partition(".")[0]
    domains = ["local", *_search_domains()]
    names = {"localhost", full, short, *(f"{short}.{bare(domain)}" for domain in domains), *_written_names(short)}
    return frozenset(names - {""})


def _search_domains() -> list[str]:
    """The domains of this network, as the machine was told when it joined."""
    lines = [line.split() for line in _lines(RESOLVER)]
    return [domain for line in lines if line[:1] in (["search"], ["domain"]) for domain in line[1:]]


def _written_names(short: str) -> list[str]:
    """The machine's full names where they are written down; other names there may belong to anybody."""
    words = [word for line in _lines(NAMES) for word in line.partition("#")[0].split()[1:]]
    return [bare(word) for word in words if bare(word).startswith(f"{short}.")]


def _lines(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text("utf-8", errors="replace").splitlines()
    return []
