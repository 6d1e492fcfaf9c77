"""The look of the pages, read from the settings once."""

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


def read_once() -> None:
    """Has Streamlit look through its settings for a look once; by itself it does so six times a run of a script.

    They cannot change while an app runs. A drawing's answer would cost a tenth more.
    """
    # private: what puts a section of the look into the message that begins each run.
    read, known = app_session._populate_theme_msg, dict[str, CustomThemeConfig]()

    def populate(msg: CustomThemeConfig, section: str = "theme") -> None:
        if section not in known:
            found = CustomThemeConfig()
            read(found, section)
            known[section] = found
        if known[section].ByteSize():
            msg.MergeFrom(known[section])

    app_session._populate_theme_msg = populate
