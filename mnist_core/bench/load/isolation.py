"""Runs something where nothing outside can be reached, and counts every packet that tries to leave the machine.

`python -m mnist_core.bench.load.isolation`: the tests; with `--soak 60` an hour's use of the app; behind `--` any other
command. It runs in a network namespace of its own, in which this machine's loopback is as always and everything else
leads to a wire that ends here: each packet is noted with its destination, the process that sent it and the name that it
asks for, and is answered as a closed door answers. Needs Linux, root, `unshare` and `ip`.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import psutil

from mnist_core import environment
from mnist_core.bench.load.bars import outcome
from mnist_core.errors import LabError

WIRE = "out0"
MTU = 1500
# Addresses for documentation, which no network uses.
ADDRESSES = ("192.0.2.2/24", "2001:db8::2/64")
TUN_DEVICE = Path("/dev/net/tun")
TUN_REQUEST, TUN_WITHOUT_HEADER = 0x400454CA, 0x0001 | 0x1000  # TUNSETIFF; IFF_TUN | IFF_NO_PI
ICMP, IGMP, TCP, UDP, ICMP6 = 1, 2, 6, 17, 58
PROTOCOLS = {ICMP: "icmp", IGMP: "igmp", TCP: "tcp", UDP: "udp", ICMP6: "icmpv6"}
# What the kernel says by itself when an interface comes up: routers, neighbours, groups.
KERNELS_OWN = range(130, 144)
DNS_PORT = 53
LOOPBACK_PACKETS = 0x0003  # ETH_P_ALL
SECONDS = 1800.0
END_SECONDS = 20.0


@dataclass(frozen=True)
class Packet:
    """What tried to leave."""

    destination: str
    protocol: str
    port: int = 0
    source_port: int = 0
    name: str = ""  # that a DNS query asks for

    def __str__(self) -> str:
        where = f"[{self.destination}]" if ":" in self.destination else self.destination
        port = f":{self.port}" if self.port else ""
        return f"{self.protocol} {where}{port}" + (f" asks for {self.name}" if self.name else "")


def parse(packet: bytes) -> Packet | None:
    """Reads an IP packet; None where it is the kernel's own talk with its neighbours, or no IP packet."""
    if len(packet) < 20:
        return None
    version = packet[0] >> 4
    if version == 4:
        protocol, destination, payload = packet[9], packet[16:20], packet[4 * (packet[0] & 15) :]
    elif version == 6 and len(packet) >= 40:
        protocol, destination, payload = packet[6], packet[24:40], packet[40:]
        if protocol == 0 and len(payload) > 8:  # options for every hop, as the kernel's reports of groups have them
            protocol, payload = payload[0], payload[8 * (payload[1] + 1) :]
    else:
        return None
    address = ip_address(destination)
    if protocol == IGMP or (protocol == ICMP6 and payload[:1] and payload[0] in KERNELS_OWN):
        return None
    kind = PROTOCOLS.get(protocol, f"protocol {protocol}")
    if protocol not in (TCP, UDP) or len(payload) < 8:
        return Packet(str(address), kind)
    source, port = struct.unpack("!HH", payload[:4])
    name = ""
    if port == DNS_PORT:
        name = question(payload[8:] if protocol == UDP else payload[4 * (payload[12] >> 4) + 2 :])
    return Packet(str(address), kind, port, source, name)


def question(message: bytes) -> str:
    """The first name that a DNS message asks for; empty where there is none."""
    labels, at = [], 12
    while at < len(message) and message[at]:
        size = message[at]
        if size > 63 or at + 1 + size > len(message):
            return ""
        labels.append(message[at + 1 : at + 1 + size].decode("ascii", "replace"))
        at += 1 + size
    return ".".join(labels)


def refusal(packet: bytes) -> bytes:
    """The answer of a closed door to an IPv4 packet: port unreachable, from its destination; empty for others."""
    if len(packet) < 28 or packet[0] >> 4 != 4 or packet[9] not in (TCP, UDP):
        return b""
    quoted = packet[: 4 * (packet[0] & 15) + 8]
    message = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, 64, ICMP, 0) + packet[16:20] + packet[12:16]
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + message


def checksum(content: bytes) -> int:
    """As the Internet's protocols have it: the complement of the sum of all words."""
    words = struct.unpack(f"!{len(content) // 2 + len(content) % 2}H", content + b"\0" * (len(content) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Wire:
    """The way out of the namespace, which ends here."""

    def __init__(self, silent: bool) -> None:
        self.silent = silent  # whether no packet is answered, as where a firewall drops them
        self.seen: Counter[tuple[Packet, str]] = Counter()
        self._device = os.open(TUN_DEVICE, os.O_RDWR)
        fcntl.ioctl(self._device, TUN_REQUEST, struct.pack("16sH", WIRE.encode(), TUN_WITHOUT_HEADER))
        _ip("link", "set", "lo", "up")
        _ip("link", "set", WIRE, "up", "mtu", str(MTU))
        for address in ADDRESSES:
            with contextlib.suppress(LabError):  # a machine may have no IPv6
                _ip("addr", "add", address, "dev", WIRE, *(["nodad"] if ":" in address else []))
                _ip(*(["-6"] if ":" in address else []), "route", "add", "default", "dev", WIRE)
        # A resolver on this machine's loopback would ask outside for the lab.
        self._loopback = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(LOOPBACK_PACKETS))
        self._loopback.bind(("lo", 0))
        for watch in (self._watch_wire, self._watch_loopback):
            threading.Thread(target=watch, daemon=True).start()

    def _watch_wire(self) -> None:
        while True:
            content = os.read(self._device, 65_536)
            if packet := parse(content):
                self._note(packet)
            if not self.silent and (answer := refusal(content)):
                os.write(self._device, answer)

    def _watch_loopback(self) -> None:
        while True:
            content, address = self._loopback.recvfrom(65_536)
            if address[2] == socket.PACKET_OUTGOING and (packet := parse(content)) and packet.name:
                self._note(packet)

    def _note(self, packet: Packet) -> None:
        sender = _sender(packet.source_port)
        plain = Packet(packet.destination, packet.protocol, packet.port, 0, packet.name)
        self.seen[plain, sender] += 1


def _sender(port: int) -> str:
    """The process that has this port now."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("inet"):
            if port and connection.laddr and connection.laddr.port == port and connection.pid:
                return " ".join(psutil.Process(connection.pid).cmdline())[:100]
    return "unknown"


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"'ip {' '.join(arguments)}' says: {done.stderr.strip()}.")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        if options.inside:
            return _measure(options)
        _check_possible()
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    given = list(arguments if arguments is not None else sys.argv[1:])
    command = ["unshare", "--net", sys.executable, "-m", "mnist_core.bench.load.isolation", "--inside", *given]
    return subprocess.call(command, env=environment.for_python())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mnist_core.bench.load.isolation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="uses the app for so long, instead of the tests")
    parser.add_argument("--seconds", type=float, default=0.0, help="when it is ended (1,800; the soak's time)")
    parser.add_argument("--silent", action="store_true", help="answers no packet, as a firewall that drops them")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*", help="what runs instead of the tests, behind --")
    return parser.parse_args(arguments)


def _check_possible() -> None:
    for tool in ("unshare", "ip"):
        if not shutil.which(tool):
            raise LabError(f"This needs '{tool}', which is not here; install it (util-linux and iproute2 on Debian).")
    if os.geteuid() != 0 or not TUN_DEVICE.exists():
        raise LabError(f"This needs root and {TUN_DEVICE}, to make a network of its own; run it as root on Linux.")


def command_of(options: argparse.Namespace) -> tuple[list[str], float]:
    """What is run, and for how many seconds at most."""
    if options.command:
        return options.command, options.seconds or SECONDS
    if options.soak:
        command = [sys.executable, "-m", "mnist_core.bench.load.soak", "--minutes", str(options.soak)]
        return command, options.seconds or 60 * options.soak + 300
    # One module of the tests asks other machines on purpose, to see that it is noted.
    tests = ["-p", "no:cacheprovider", "-m", "not long", "--ignore", "tests/test_outside.py"]
    return [sys.executable, "-m", "pytest", "-q", *tests], options.seconds or SECONDS


def _measure(options: argparse.Namespace) -> int:
    command, seconds = command_of(options)
    wire = Wire(options.silent)
    start = time.monotonic()
    code = _run(command, seconds)
    time.sleep(0.5)  # what was sent last
    print(f"\n{' '.join(command)}\nended with {code} after {time.monotonic() - start:.0f} s")
    print("packets  to, from" if wire.seen else "No packet tried to leave.")
    for (packet, sender), number in wire.seen.most_common():
        print(f"{number:7}  {packet}\n         from {sender}")
    found: Counter[str] = Counter()
    for (packet, _), number in wire.seen.items():
        found[str(packet)] += number
    bars = {"no packet to any address but this machine's": not found, "the command itself ended well": code == 0}
    return 0 if outcome("isolation", bars, packets=sum(found.values()), destinations=dict(found), code=code) else 1


def _run(command: list[str], seconds: float) -> int | str:
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        return "its time was over"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
