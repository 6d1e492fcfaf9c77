"""The door for what pages say: Streamlit obeys some messages that concern all visitors, from whoever sends them.

One empties what is kept for everybody, one looks at the server's folder. And one asks for places to send files to, as
many as it likes, which stops the app until each has an answer.
"""

import logging
import time
from collections import Counter

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

from mnist_core.ui.server.asgi import App, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

# private: the kinds of Streamlit's messages. A page that runs, is stopped or goes on; an upload; a download.
WANTED = {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
# Places for files within a minute; each takes the app 10 µs. A class of 120 may choose 80 pictures each at once.
MOST_NAMES_OF_ONE_ADDRESS = 10_000
MOST_NAMES_IN_ALL = 20_000
MINUTE = 60.0


class Names:
    """How many places for files were asked for within this minute."""

    def __init__(self) -> None:
        self._minute, self._taken = -1, Counter[str]()

    def take(self, address: str, number: int, now: float) -> bool:
        """Counts places that are asked for; returns whether there may be so many."""
        if self._minute != (minute := int(now // MINUTE)):
            self._minute, self._taken = minute, Counter()
        near, all_ = self._taken[address] + number, self._taken.total() + number
        if near > MOST_NAMES_OF_ONE_ADDRESS or all_ > MOST_NAMES_IN_ALL:
            return False
        self._taken[address] += number
        return True


class MessageDoor:
    """Lets through what the lab's pages send."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.names = Names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        address = scope["client"][0] if scope.get("client") else ""

        async def hear() -> Message:
            while True:
                message = await receive()
                said = _read(message.get("bytes") or b"")
                names = len(said.file_urls_request.file_names)
                if names and not self.names.take(address, names, time.monotonic()):
                    logger.warning("A connection of %s was ended: it asks for %s places for files", address, names)
                    await send({"type": "websocket.close", "code": 1013, "reason": ""})
                    return {"type": "websocket.disconnect", "code": 1013}
                if is_wanted(said):
                    return message
                logger.info("A message of %s was not heard: %s", address, said.WhichOneof("type"))

        return await self.app(scope, hear, send)


def _read(data: bytes) -> BackMsg:
    """Reads a message; what is none is Streamlit's to refuse."""
    try:
        return BackMsg.FromString(data)
    except DecodeError:
        return BackMsg()


def is_wanted(said: BackMsg) -> bool:
    kind = said.WhichOneof("type")
    return kind is None or kind in WANTED
