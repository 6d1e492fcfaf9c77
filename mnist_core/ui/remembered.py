"""What a widget holds and where it came from, for this session."""

from typing import Generic, TypeVar, cast

import streamlit as st

T = TypeVar("T")


class Remembered(Generic[T]):
    """What the widget of a key holds; it follows a source such as the address, and the source follows it.

    The address trails a choice by one rerun. A widget whose default came from there would be a new one each time and
    drop every second choice; so its state is set only where the source is not what the widget last made it, which
    whoever writes the source tells by `note`.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self._noted, self._stays = f"{key}-named", f"{key}-stays"

    def get(self, default: T) -> T:
        """Returns what the widget holds, or the default where it is new."""
        return cast(T, st.session_state.get(self.key, default))

    def set(self, value: T) -> None:
        """Sets the widget, as long as it is not drawn yet or from a callback."""
        st.session_state[self.key] = value

    def stay(self) -> None:
        """Says that what the widget holds is right for once, whatever the source says when it is asked next."""
        st.session_state[self._stays] = True

    def is_old(self, source: object) -> bool:
        """Says whether the source changed by other means than the widget, or the widget is new."""
        stays = st.session_state.pop(self._stays, False)
        # A widget that is not there, since the page ended above it, holds nothing that could be right.
        return self.key not in st.session_state or (not stays and self.has_moved(source))

    def has_moved(self, source: object) -> bool:
        """Says whether the source is another than was noted last."""
        return bool(st.session_state.get(self._noted) != source)

    def follow_address(self, named: T) -> None:
        """Sets the widget to what the address says, where that changed by other means than the widget itself."""
        if self.is_old(named):
            self.set(named)

    def note(self, source: object) -> None:
        """Notes what the source says by now, in accord with the widget."""
        st.session_state[self._noted] = source

    def forget(self) -> None:
        """Lets the widget begin as on a first visit."""
        for key in (self.key, self._noted, self._stays):
            st.session_state.pop(key, None)
