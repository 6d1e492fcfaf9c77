"""The door for uploads: each is measured against the room there is, before and while it arrives."""

import asyncio
import logging
import re
from typing import cast

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from mnist_core.language import gettext
from mnist_core.ui.server.refusal import refuse
from mnist_core.ui.server.room import MEGABYTE, NoRoomError, Room

logger = logging.getLogger(__name__)

# private: the address that Streamlit's upload fields send their files to: session, file.
UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
# A file comes with its name and type around it.
AROUND = 64 * 1024
# Nothing else that the app is asked for has more than a few words in its body.
LARGEST_BODY = MEGABYTE
# So much that was sent before the refusal is read and thrown away, as a browser shows no answer before it was heard.
LARGEST_HEARD = 16 * MEGABYTE
SILENT_SECONDS = 30.0
# Whoever sends one file after the other, although each is refused, is not to keep the app busy.
PAUSE_SECONDS = 0.5


def manager() -> MemoryUploadedFileManager:
    return cast(MemoryUploadedFileManager, runtime.get_instance().uploaded_file_mgr)


def is_active(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


ROOM = Room(manager, is_active)


class UploadDoor:
    """Lets in files for which a page asks and there is room, and of other requests only short ones."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        address = UPLOAD.search(scope["path"])
        announced = _announced(scope)
        if address is not None and scope["method"] == "PUT":
            return await self._upload(Upload(address[1], address[2], announced), scope, receive, send)
        if announced is None or announced > LARGEST_BODY:
            return await refuse(
                scope, receive, send, 413, gettext("This request is longer than anything that the lab takes.")
            )
        return await self.app(scope, receive, send)

    async def _upload(self, upload: "Upload", scope: Scope, receive: Receive, send: Send) -> None:
        try:
            upload.begin()
        except NoRoomError as error:
            logger.info("An upload was refused", exc_info=True)
            await _hear(receive, upload.announced)
            await asyncio.sleep(PAUSE_SECONDS)
            return await refuse(scope, receive, send, error.status, str(error))

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                upload.is_kept = message["status"] < 300
            await send(message)

        try:
            return await self.app(scope, lambda: upload.receive(receive), watch)
        finally:
            upload.end()


class Upload:
    """A file on its way."""

    def __init__(self, session: str, file: str, announced: int | None) -> None:
        self.session, self.file, self.announced = session, file, announced
        self.around, self.is_kept = AROUND, False

    def begin(self) -> None:
        """Raises NoRoomError where it may not come."""
        if not is_active(self.session):
            raise NoRoomError(400, gettext("The page that sends this file is closed; load it again."))
        ROOM.expect(self.session, self.file, max(0, (self.announced or 0) - AROUND))

    async def receive(self, receive: Receive) -> Message:
        """The next piece; raises HTTPException where there is no room for it, or none comes."""
        try:
            message = await asyncio.wait_for(receive(), SILENT_SECONDS)
            self._count(len(message.get("body", b"")))
        except NoRoomError as error:
            logger.info("An upload was broken off", exc_info=True)
            raise HTTPException(error.status, f"{error}\n", {"Connection": "close"}) from error
        except TimeoutError as error:
            raise HTTPException(
                408, gettext("The file stopped coming; choose it again.") + "\n", {"Connection": "close"}
            ) from error
        return message

    def _count(self, more: int) -> None:
        for_free = min(more, self.around)
        self.around -= for_free
        ROOM.take(self.session, self.file, more - for_free)

    def end(self) -> None:
        ROOM.end(self.session, self.file, self.is_kept)


def _announced(scope: Scope) -> int | None:
    """How long a request says that its body is; None where it does not say."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    if length.isdecimal():
        return int(length)
    return None if "transfer-encoding" in headers else 0


async def _hear(receive: Receive, announced: int | None) -> None:
    """Reads a short body to its end, so that the answer is read; of a long one, the connection is closed."""
    if announced is None or announced > LARGEST_HEARD:
        return
    more = True
    while more:
        message = await asyncio.wait_for(receive(), SILENT_SECONDS)
        more = message["type"] == "http.request" and message.get("more_body", False)
