import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mnist_core.presentation.pictures import (
    ABOVE,
    BELOW,
    GAP_SHADE,
    figure,
    framed,
    gallery,
    in_colour,
    layer_picture,
    layers_gallery,
    mosaic,
    overlay,
    png,
)


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


# --- Signed values and many small pictures -----------------------------------------------------------------------


def test_numbers_are_orange_above_and_blue_below_nought() -> None:
    painted = in_colour(np.array([[2.0, -2.0, 0.0, np.nan], [1.0, -1.0, 4.0, -0.0]]), 2.0)
    assert painted.shape == (2, 4, 3)
    assert painted.dtype == np.uint8
    assert painted[0].tolist() == [list(ABOVE), list(BELOW), [0, 0, 0], [0, 0, 0]]
    assert painted[1, 0].tolist() == [115, 80, 0]
    assert painted[1, 2].tolist() == list(ABOVE)
    assert np.array_equal(in_colour(np.array([[3.0, -1.5]])), in_colour(np.array([[1.0, -0.5]]), 1.0))
    assert not in_colour(np.zeros((2, 2))).any()


def test_the_overlay_keeps_the_digit_in_sight() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[:, 14] = 255
    values = np.zeros((28, 28))
    values[:9], values[9:18] = 5, -5
    picture = overlay(image, values).astype(int)
    assert picture.shape == (28, 28, 3)
    # Whatever lies over it, ink is brighter than the paper beside it.
    assert (picture[:, 14].sum(axis=1) > picture[:, 3].sum(axis=1) + 90).all()
    red, _, blue = picture.transpose(2, 0, 1)
    assert (red[:9] > blue[:9] + 50).all()
    assert (blue[9:18] > red[9:18] + 50).all()
    assert (red[18:] == blue[18:]).all()
    plain = overlay(image, np.zeros((28, 28)))
    assert (plain.max(axis=2) == plain.min(axis=2)).all()


def test_a_mosaic_holds_all_pictures_with_lines_between_them() -> None:
    pictures = np.arange(5, dtype=np.uint8)[:, np.newaxis, np.newaxis] * np.ones((5, 2, 3), np.uint8)
    result = mosaic(pictures, columns=3)
    assert result.shape == (5, 11)
    assert result[0].tolist() == [0, 0, 0, GAP_SHADE, 1, 1, 1, GAP_SHADE, 2, 2, 2]
    assert (result[2] == GAP_SHADE).all()
    assert result[4].tolist() == [3, 3, 3, GAP_SHADE, 4, 4, 4, *[GAP_SHADE] * 4]
    assert mosaic(pictures[:1]).shape == (2, 3)
    assert mosaic(in_colour(np.ones((4, 2, 2))), 2).shape == (5, 5, 3)


def test_a_layer_shows_its_strongest_channels_first() -> None:
    values = np.stack([np.full((2, 2), size) for size in (1.0, 4.0, 0.0, 2.0)])
    assert layer_picture(values, shown=3)[0].tolist() == [255, 255, GAP_SHADE, 128, 128, GAP_SHADE, 64, 64]
    assert layer_picture(values, shown=3, same_scale=False)[0, [0, 3, 6]].tolist() == [255, 255, 255]
    signed = layer_picture(np.stack([np.full((2, 2), -1.0), np.full((2, 2), 0.5)]))
    assert signed[0, 0].tolist() == list(BELOW)
    assert signed[0, 3].tolist() == [115, 80, 0]
    assert layer_picture(np.ones((100, 3, 3))).shape == (15, 31)


@pytest.mark.parametrize("same_scale", [True, False])
def test_a_silent_layer_and_one_filled_up_are_drawn(same_scale: bool) -> None:
    assert not layer_picture(np.zeros((1, 3, 3)), same_scale=same_scale).any()
    rows = np.array([[[1.0, np.nan], [np.nan, np.nan]]])
    assert layer_picture(rows, same_scale=same_scale).tolist() == [[255, 0], [0, 0]]
    one_in_a_thousand = np.zeros((10, 10, 10))
    one_in_a_thousand[3, 3, 3] = 7
    assert layer_picture(one_in_a_thousand, same_scale=same_scale).max() == 255


def test_layers_stand_below_each_other_with_words() -> None:
    pictures = [np.zeros((51, 103), np.uint8), in_colour(np.ones((5, 47)))]
    seen = Elements(layers_gallery(pictures, ["Convolution 1 <b>", "Convolution 2"], ['the "first"', "the second"]))
    first, second = seen.named("img")
    assert [first["alt"], second["alt"]] == ['the "first"', "the second"]
    assert seen.text == "Convolution 1 <b>Convolution 2"
    assert not seen.named("b")
    assert "max-width:515px" in str(first["style"])
    assert "max-width:517px" in str(second["style"])
    source = base64.b64decode(str(second["src"]).split(",")[1])
    with Image.open(io.BytesIO(source)) as picture:
        assert (picture.mode, picture.size) == ("RGB", (47, 5))
    assert "<img" not in layers_gallery([], [], [])


# --- Several digits in one picture -------------------------------------------------------------------------------


def test_frames_stand_where_the_digits_are_in_the_part_that_is_shown() -> None:
    image = np.zeros((400, 200), np.uint8)
    image[200:300, 50:100] = 255
    shown = framed(image, [((50, 200, 100, 300), "4"), ((120, 220, 180, 280), "<")], "A 4 and another")
    # 15 pixels of margin above and below: 130 rows are left.
    assert f"left:25.00%;top:{100 * 15 / 130:.2f}%;width:25.00%;height:{100 * 100 / 130:.2f}%" in shown
    assert 'role="img" aria-label="A 4 and another"' in shown
    assert ">4</span>" in shown and ">&lt;</span>" in shown


def test_frames_of_a_sheet_have_no_words_that_would_cover_the_row_above() -> None:
    frames = [((10, 10, 30, 30), "4"), ((10, 40, 30, 60), "7")]
    shown = framed(np.zeros((80, 80), np.uint8), frames, "Two rows", is_crowded=True)
    assert "</span>" not in shown and shown.count("outline:1px") == 2


def test_a_large_picture_is_embedded_small() -> None:
    large = np.random.default_rng(0).integers(0, 256, (3000, 3000)).astype(np.uint8)
    assert len(figure(large, "", 112)) < 300_000
    small = large[:28, :28]
    assert base64.b64encode(png(small)).decode() in figure(small, "", 112)
