"""The door for what pages say: Streamlit obeys some messages that concern all visitors, from whoever sends them.

One empties what is kept for everybody, one looks at the server's folder. One asks for places to send files to, as many
as it likes, which stops the app until each has an answer; and one asks for a file to be made, over and over again.
"""

import logging
import time
from collections import Counter

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from mnist_core.access.actor import network_of

logger = logging.getLogger(__name__)

# private: the kinds of Streamlit's messages. A page that runs, is stopped or goes on; an upload; a download.
WANTED = {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
# How much of a kind within a minute, from one address and from all. A place for a file takes the app 10 µs; a class of
# 120 may choose 80 pictures each at once. A download may take a second to make; each of them may want two.
PLACES, DOWNLOADS = "file_urls_request", "backend_operation_request"
LIMITS = {PLACES: (10_000, 20_000), DOWNLOADS: (240, 480)}
MINUTE = 60.0


class Asked:
    """How much was asked for within this minute."""

    def __init__(self) -> None:
        self._minute, self._counted = -1, Counter[tuple[str, str]]()

    def take(self, kind: str, network: str, number: int, now: float) -> bool:
        """Counts what is asked for; returns whether there may be so much."""
        if self._minute != (minute := int(now // MINUTE)):
            self._minute, self._counted = minute, Counter()
        of_one, in_all = LIMITS[kind]
        near = self._counted[kind, network] + number
        everything = sum(count for (other, _), count in self._counted.items() if other == kind) + number
        if near > of_one or everything > in_all:
            return False
        self._counted[kind, network] = near
        return True


class MessageDoor:
    """Lets through what the lab's pages send."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.asked = Asked()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        network = network_of(scope["client"][0] if scope.get("client") else "")

        async def hear() -> Message:
            while True:
                message = await receive()
                said = _read(message.get("bytes") or b"")
                kind, number = said.WhichOneof("type"), max(1, len(said.file_urls_request.file_names))
                if kind in LIMITS and not self.asked.take(kind, network, number, time.monotonic()):
                    logger.warning("A connection of %s was ended: it asks too much (%s, %s)", network, kind, number)
                    await send({"type": "websocket.close", "code": 1013, "reason": ""})
                    return {"type": "websocket.disconnect", "code": 1013}
                if is_wanted(said):
                    return message
                logger.info("A message of %s was not heard: %s", network, kind)

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
