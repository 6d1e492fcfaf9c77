"""What pressable HTML holds, for tests."""

from html.parser import HTMLParser


class Buttons(HTMLParser):
    """Collects the buttons of some HTML, each as its attributes and its `text`; fails where elements do not nest."""

    VOID = ("img",)

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.found.append({name: value or "" for name, value in attrs} | {"text": ""})
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "button" in self._open:
            self.found[-1]["text"] += data


def buttons(html: str) -> list[dict[str, str]]:
    """Returns the buttons of some HTML in their order."""
    return Buttons(html).found
