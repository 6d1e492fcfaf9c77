import time

import pytest
from streamlit.runtime import media_file_manager
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from mnist_core.ui.server import downloads


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> MediaFileManager:
    monkeypatch.setattr(media_file_manager, "MediaFileMetadata", media_file_manager.MediaFileMetadata)
    monkeypatch.setattr(media_file_manager, "_get_session_id", lambda: "a pupil's")
    downloads.keep_a_while()
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def test_what_was_asked_for_outlasts_other_visitors_pages(
    manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = manager.add_deferred(lambda: b"a model", "application/octet-stream", "0.1", "model.keras")
    address = manager.execute_deferred(button)
    name = address.rsplit("/", 1)[1].split(".")[0]
    for _ in range(3):  # pages of others have run
        manager.remove_orphaned_files()
    kept = manager.read_file(name)
    assert kept and kept.content == b"a model"
    later = time.monotonic() + downloads.KEPT_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    for _ in range(2):
        manager.remove_orphaned_files()
    assert manager.read_file(name) is None
