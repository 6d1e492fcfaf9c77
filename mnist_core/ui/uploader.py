"""What an upload field on a page means to the server's doors: that the page's session may send files, and how large."""

from collections.abc import Iterable

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_core.ui import script_run
from mnist_core.ui.server.room import MEGABYTE
from mnist_core.ui.server.upload_door import ROOM

# Larger files are let go as soon as they are read; beside smaller ones, such as pictures, more may be put later.
KEPT_BYTES = 8 * MEGABYTE


def enter_page() -> None:
    """Lets go what the visitor uploaded on the page before; each page calls it."""
    if context := script_run.context():
        ROOM.enter(context.session_id, context.page_script_hash)


def accepted(megabytes: int) -> int:
    """Lets this page's visitor send files of so many megabytes; returns the number, for the upload field."""
    if context := script_run.context():
        ROOM.allow(context.session_id, context.page_script_hash, megabytes * MEGABYTE)
    return megabytes


def hold(made: object, amount: int) -> None:
    """Counts what was made of a visitor's files for as long as it lives; raises InputError where there is no room."""
    if context := script_run.context():
        ROOM.hold(context.session_id, context.page_script_hash, made, amount)


def let_go(files: Iterable[UploadedFile]) -> bool:
    """Lets go of files that were read, where they are large; returns whether they were."""
    read = list(files)
    context = script_run.context()
    manager = context.uploaded_file_mgr if context else None
    if not context or sum(file.size for file in read) <= KEPT_BYTES:
        return False
    for file in read:
        if isinstance(manager, MemoryUploadedFileManager):
            manager.remove_file(context.session_id, file.file_id)
        file.truncate(0)  # the session keeps the object until its page runs again
    return True
