"""Pictures that mean harm: refused with one sentence, before they cost anything."""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from mnist_core.data.synthetic.photographs import encode
from mnist_core.errors import InputError
from mnist_core.preprocessing.picture_files import read_picture
from mnist_core.preprocessing.pipeline import from_picture
from tests.conftest import simple_images
from tests.hostile.pictures import HOSTILE_FILES, ODD_FILES, png_that_declares


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (7_000, 7_000), (2**31 - 1, 1), (1, 40_000_001)])
def test_a_picture_that_declares_a_huge_size_is_refused_before_it_is_decoded(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(self: Image.Image) -> None:
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="more than 40 million pixels"):
            read_picture(png_that_declares(width, height))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore")
def test_damaged_pictures_give_stages_none_or_an_input_error() -> None:
    random_numbers = np.random.default_rng(0)
    digit = Image.fromarray(simple_images(10, 1)[0][5]).resize((56, 56))
    whole = [
        encode(digit),
        encode(digit, "JPEG"),
        encode(digit, "JPEG", progressive=True),
        encode(digit.convert("P"), transparency=0),
        encode(digit.convert("CMYK"), "JPEG"),
        encode(np.asarray(digit).astype(np.uint16) * 257),
    ]
    outcomes = {"read": 0, "refused": 0}
    for number in range(600):
        content = bytearray(whole[number % len(whole)])
        for place in random_numbers.integers(0, len(content), random_numbers.integers(1, 5)):
            content[place] = random_numbers.integers(0, 256)
        if number % 3 == 0:
            del content[random_numbers.integers(0, len(content)) :]
        try:
            from_picture(read_picture(bytes(content)))
            outcomes["read"] += 1
        except InputError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 40


@pytest.mark.parametrize("make", HOSTILE_FILES.values(), ids=HOSTILE_FILES.keys())
def test_a_hostile_file_is_refused_with_one_sentence_in_no_time(make: Callable[[], bytes]) -> None:
    content = make()
    tracemalloc.start()
    try:
        begin = time.process_time()
        with pytest.raises(InputError) as caught:
            read_picture(content)
        assert time.process_time() - begin < 2
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("make", ODD_FILES.values(), ids=ODD_FILES.keys())
def test_what_stands_beside_a_picture_does_no_harm(make: Callable[[], bytes]) -> None:
    content = make()
    begin = time.process_time()
    assert read_picture(content).shape == (50, 50)
    assert time.process_time() - begin < 2
