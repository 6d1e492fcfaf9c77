"""A network between a browser and the app that can be cut: what the tests of cuts send everything through."""

import contextlib
import select
import socket
import threading
from dataclasses import dataclass, field

CHUNK = 65_536
LOOK_SECONDS = 0.1


@dataclass
class Wire:
    """Passes all that comes to its port on to another one of this machine, as long as nobody cuts it."""

    to: int
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _flows: threading.Event = field(default_factory=threading.Event)
    _refuses: bool = False
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._flows.set()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def hush(self) -> None:
        """Nothing arrives any more, and nobody is told, as where a phone leaves the reach of its network."""
        self._flows.clear()

    def drop(self) -> None:
        """Ends each connection; who asks for another one gets it."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def refuse(self) -> None:
        """Ends each connection, and each that comes."""
        self._refuses = True
        self.drop()

    def mend(self) -> None:
        self._refuses = False
        self._flows.set()

    def close(self) -> None:
        self.mend()
        self.listener.close()
        self.drop()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                near, _ = self.listener.accept()
                if self._refuses:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.to))
                self._open += [near, far]
                threading.Thread(target=self._pass, args=(near, far), daemon=True).start()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with near, far, contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select([near, far], [], [], LOOK_SECONDS)
                self._flows.wait()
                for one in ready:
                    data = one.recv(CHUNK)
                    if not data:
                        return
                    other[one].sendall(data)
