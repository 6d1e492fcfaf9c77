"""Notes each connection to another machine and each question for its name; Python loads this at the start of a process.

What asks for it may be told that there is no network and go on, so that an error raised here would be seen by nobody.
"""

import ipaddress
import os
import socket
import sys
import traceback
from pathlib import Path

# The file in which all processes note what they ask for.
LOG = "DIGIT_LAB_OUTSIDE"
ASKING = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


def is_here(host: object) -> bool:
    """Whether a host is this machine; a name is, where nobody need be asked for it."""
    if not host:
        return True
    name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in ("localhost", socket.gethostname())
    return address.is_loopback or address.is_unspecified


def host_of(event: str, arguments: tuple[object, ...]) -> object:
    """The host that an audit event is about; None for a socket that leads nowhere else, such as a file."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        return address[0] if isinstance(address, tuple) and len(address) in (2, 4) else None
    return arguments[0]


def hear(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ASKING or is_here(host_of(event, arguments)):
        return
    called = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(traceback.extract_stack()[-8:-1]))
    with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
        log.write(f"{event} {host_of(event, arguments)!r} in {' '.join(sys.argv)[:100]}: {called}\n")


if os.environ.get(LOG):
    sys.addaudithook(hear)
