"""The settings of the pages and their look, read once."""

from collections.abc import Callable
from typing import Any

from streamlit.proto.NewSession_pb2 import Config, CustomThemeConfig
from streamlit.runtime import app_session


def read_once() -> None:
    """Has Streamlit look through its settings once; by itself it does so seven times a run of a script.

    They cannot change while an app runs, and an answer to a drawing is two runs.
    """
    # private: what puts the settings, and each section of the look, into the message that begins each run.
    app_session._populate_config_msg = _known(app_session._populate_config_msg, Config)
    app_session._populate_theme_msg = _known(app_session._populate_theme_msg, CustomThemeConfig)


def _known(populate: Callable[..., None], kind: type[Any]) -> Callable[..., None]:
    """The same, but for each section it looks only once what there is to put into a message."""
    known = dict[tuple[str, ...], Any]()

    def populate_once(message: Any, *section: str) -> None:
        if section not in known:
            found = kind()
            populate(found, *section)
            known[section] = found if found.ByteSize() else None
        if known[section] is not None:
            message.MergeFrom(known[section])

    return populate_once
