import re
import subprocess
import sys
from html.parser import HTMLParser

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.language import speaking
from mnist_core.presentation.report import Report, gather, page
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from tests.presentation.report.conftest import NOW

SOURCE = "data:image/png;base64,"
EMPTY = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Notes elements, attributes and text; fails where elements are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if "style" not in self.open:
            self.said.append(text)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


def test_a_report_speaks_the_language_of_who_asks_for_it(run: Run, evaluation: Evaluation) -> None:
    with speaking("de"):
        german = page.render(gather(run, evaluation, None, now=NOW))
    english = page.render(gather(run, evaluation, None, now=NOW))
    for text, code, matrix, axis in (
        (german, "de", "Verwechslungsmatrix", "Ziffer"),
        (english, "en-GB", "Confusion matrix", "Digit"),
    ):
        assert f'<html lang="{code}">' in text
        assert matrix in text and f">{axis}</text>" in text, "its charts speak it, too"
    assert "Confusion" not in german and "Verwechslung" not in english


def test_the_page_runs_nothing_and_asks_for_nothing(page_text: str) -> None:
    read = Reader(page_text)
    assert not {tag for tag, _ in read.elements} & {"script", "link", "iframe", "object", "embed", "form", "a", "base"}
    for _, attributes in read.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert str(attributes.get("src", SOURCE)).startswith(SOURCE)
        for name in ("href", "xlink:href"):
            assert str(attributes.get(name, "#")).startswith("#")
    assert "@import" not in page_text and not re.search(r"url\((?!#)", page_text)
    (policy,) = (meta for meta in read.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_the_page_can_be_read_aloud(report: Report, page_text: str) -> None:
    read = Reader(page_text)
    assert page_text.startswith("<!DOCTYPE html>") and read.all("html") == [{"lang": "en-GB"}]
    assert len(read.all("h1")) == len(read.all("title")) == len(read.all("main")) == 1
    assert len(read.all("h2")) == len(report.sections)
    assert all(image.get("alt") for image in read.all("img"))
    assert all(drawing.get("role") == "img" and drawing.get("aria-label") for drawing in read.all("svg"))
    assert all(head.get("scope") in ("col", "row") for head in read.all("th"))
    names = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(names) == len(set(names))


def test_what_people_typed_stays_text(run: Run, evaluation: Evaluation) -> None:
    run.write_label(
        RunLabel("<script>alert(1)</script> **x**", "</p><img src=x onerror=alert(1)> {{ 7 * 7 }} =1+1"),
        by=COMMAND_LINE,
    )
    (run.folder / "README.md").write_text("<script>alert(2)</script>\n\n![x](https://example.com/x.png)\n")
    read = Reader(page.render(gather(run, evaluation, None, "<b>data</b>", NOW)))
    assert not read.all("script") and not read.all("img") and not read.all("b")
    for words in (
        "<script>alert(1)</script> **x**",
        "</p><img src=x onerror=alert(1)> {{ 7 * 7 }} =1+1",
        "<b>data</b>",
    ):
        assert words in read.text
    assert "<script>alert(2)</script>" in read.text and "![x](https://example.com/x.png)" in read.text


def test_the_page_says_what_the_report_says(report: Report, page_text: str) -> None:
    said = Reader(page_text).text.replace("\N{NO-BREAK SPACE}", " ")
    for one in report.headlines:
        assert f"{one.label} {one.value}" in said
    assert report.title in said and report.subtitle in said and report.made in said
    assert all(section.title in said for section in report.sections)


def test_only_words_that_no_telephone_has_room_for_are_broken(page_text: str) -> None:
    cells = re.findall(r'<td class="(.*?)".*?>(.*?)</td>', page_text)
    assert any("long" in kind.split() for kind, _ in cells)
    for kind, words in cells:
        assert ("long" in kind.split()) == any(len(word) > 32 for word in words.split()), words
    assert "overflow-wrap: anywhere" not in re.search(r"\nth, td {.*?}", page_text, re.DOTALL)[0]  # type: ignore[index]


def test_the_same_report_makes_the_same_page(report: Report, page_text: str) -> None:
    assert page.render(report) == page_text


def test_nothing_heavy_is_loaded_before_a_report_is_asked_for() -> None:
    program = (
        "import sys\nimport mnist_core.presentation.report\n"
        "print({'matplotlib', 'typst', 'vl_convert', 'sklearn', 'markdown_it'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_a_picture_of_each_mistake_is_in_the_page(page_text: str, evaluation: Evaluation) -> None:
    assert len(Reader(page_text).all("img")) == len(evaluation.mistakes())
