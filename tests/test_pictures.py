import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mnist_core.pictures import figure, gallery, png


class Elements(HTMLParser):
    """Collects what a browser would see: elements with their attributes, and text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


IMAGE = np.random.default_rng(0).integers(0, 256, (28, 20)).astype(np.uint8)


def test_png_keeps_every_grey() -> None:
    with Image.open(io.BytesIO(png(IMAGE))) as picture:
        assert picture.format == "PNG"
        assert picture.mode == "L"
        assert np.array_equal(np.asarray(picture), IMAGE)


def test_a_figure_holds_the_picture_its_size_and_its_caption() -> None:
    seen = Elements(figure(IMAGE, "A seven", 140))
    (image,) = seen.named("img")
    source = image["src"] or ""
    assert source.startswith("data:image/png;base64,")
    assert base64.b64decode(source.removeprefix("data:image/png;base64,")) == png(IMAGE)
    assert image["width"] == image["height"] == "140"
    assert "pixelated" in (image["style"] or "")
    assert image["alt"] == "A seven"
    assert seen.text == "A seven"


def test_the_alternative_text_may_say_more_than_the_caption() -> None:
    seen = Elements(figure(IMAGE, "7", 72, alt="A seven, read as a one"))
    assert seen.named("img")[0]["alt"] == "A seven, read as a one"
    assert seen.text == "7"


def test_without_a_caption_there_is_none_but_the_alternative_text_stays() -> None:
    seen = Elements(figure(IMAGE, "", 72, alt="A seven"))
    assert not seen.named("figcaption")
    assert seen.named("img")[0]["alt"] == "A seven"


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        '" onerror="alert(1)',
        "' onload='x",
        "</figcaption><b>",
        "a & b < c > d",
        "&lt;b&gt;",
    ],
)
def test_words_cannot_become_markup(words: str) -> None:
    for markup in (figure(IMAGE, words, 72), figure(IMAGE, "plain", 72, alt=words), gallery([IMAGE], [words])):
        seen = Elements(markup)
        assert {tag for tag, _ in seen.elements} <= {"div", "figure", "img", "figcaption"}
        (image,) = seen.named("img")
        assert set(image) == {"src", "alt", "width", "height", "style"}
        assert image["alt"] == words
        assert seen.text in (words, "plain")


def test_a_gallery_shows_all_pictures_in_order() -> None:
    images = [np.full((28, 28), shade, np.uint8) for shade in (0, 100, 255)]
    markup = gallery(images, ["black", "grey", "white"], size=50)
    seen = Elements(markup)
    sources = [image["src"] or "" for image in seen.named("img")]
    assert [base64.b64decode(source.split(",")[1]) for source in sources] == [png(image) for image in images]
    assert [image["alt"] for image in seen.named("img")] == ["black", "grey", "white"]
    assert {image["width"] for image in seen.named("img")} == {"50"}
    assert len(re.findall("</figure>", markup)) == 3


def test_a_gallery_takes_an_array_and_may_be_empty() -> None:
    assert gallery(np.stack([IMAGE, IMAGE]), ["one", "two"]).count("<img") == 2
    assert "<img" not in gallery([], [])


def test_a_gallery_needs_a_caption_for_each_picture() -> None:
    with pytest.raises(ValueError, match="shorter"):
        gallery([IMAGE, IMAGE], ["only one"])
