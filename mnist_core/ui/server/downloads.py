"""How long a file stays that was made at the press of a download button."""

import time

from streamlit.runtime import media_file_manager
from streamlit.runtime.media_file_manager import MediaFileMetadata
from streamlit.runtime.media_file_storage import MediaFileKind

# A browser fetches it at once; on a busy machine within seconds. Each may have some megabytes.
KEPT_SECONDS = 10.0


class KeptAWhile(MediaFileMetadata):
    """What Streamlit knows of a file; it is not let go before a browser had time to fetch it."""

    def __init__(self, kind: MediaFileKind = MediaFileKind.MEDIA) -> None:
        super().__init__(kind)
        self.made = time.monotonic()

    def mark_for_delete(self) -> None:
        if time.monotonic() - self.made > KEPT_SECONDS:
            super().mark_for_delete()


def keep_a_while() -> None:
    """Has Streamlit keep files that are about to be fetched.

    By itself it drops a file that no page shows as soon as two pages have run, whoever's: in a class, before the
    browser that asked for it has fetched it.
    """
    # private: what the manager of the files notes of each.
    media_file_manager.MediaFileMetadata = KeptAWhile  # type: ignore[misc]
