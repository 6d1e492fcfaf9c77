"""What the server says leaves at once."""

import contextlib
import os
import socket

import psutil


def send_at_once() -> None:
    """Lets each connection that comes from now on send without waiting for the other side's word (`TCP_NODELAY`).

    A page is told in many small messages. By itself a system keeps one back until the one before was acknowledged
    (RFC 896), for which the other side may take 40 ms (RFC 1122, 4.2.3.2). asyncio sets this for sockets that it makes
    itself; Streamlit hands it one. Connections have what the socket has that listens for them.
    """
    for connection in psutil.Process().net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fd)) as listening:
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
