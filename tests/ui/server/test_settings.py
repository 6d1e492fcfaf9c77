"""A run of a page is begun with what Streamlit itself would say of its settings, and it looks only once."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.proto.NewSession_pb2 import Config, CustomThemeConfig
from streamlit.runtime import app_session

from mnist_core.ui.server import settings


@pytest.mark.parametrize(
    ("name", "kind", "section"),
    [
        ("_populate_config_msg", Config, []),
        ("_populate_theme_msg", CustomThemeConfig, []),
        ("_populate_theme_msg", CustomThemeConfig, ["theme.dark"]),
    ],
)
def test_each_message_is_the_same(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: type[Any], section: list[str]
) -> None:
    read: Callable[..., None] = getattr(app_session, name)
    looked = list[Any]()

    def look(message: Any, *section: str) -> None:
        looked.append(section)
        read(message, *section)

    for other in ("_populate_config_msg", "_populate_theme_msg"):
        monkeypatch.setattr(app_session, other, getattr(app_session, other))  # put back after the test
    monkeypatch.setattr(app_session, name, look)
    settings.read_once()
    messages = [kind(), kind()]
    for message in messages:
        getattr(app_session, name)(message, *section)
    wanted = kind()
    read(wanted, *section)
    assert messages == [wanted, wanted] and len(looked) == 1
