"""What the server says is not kept back until the browser has acknowledged what came before."""

import socket

from mnist_core.ui.server import prompt


def test_connections_of_every_listening_socket_send_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        prompt.send_at_once()
        with socket.create_connection(listening.getsockname()) as browser, listening.accept()[0] as server:
            assert server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert not browser.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
