"""The first images as text and as one picture."""

import numpy as np

from mnist_core.presentation import first_images


def test_a_stroke_is_dots_where_it_is() -> None:
    images = np.zeros((7, 28, 28), np.uint8)
    images[:, :, 0] = 255
    lines = list(first_images.as_text(images, np.arange(7)))
    assert lines[0].split() == ["0", "1", "2", "3", "4"]
    assert lines[1] == "⡇               ⡇               ⡇               ⡇               ⡇"
    assert lines[8].split() == ["5", "6"]
    assert len(lines) == 16


def test_one_picture_holds_twenty_with_room_for_their_labels() -> None:
    images = np.full((30, 28, 28), 255, np.uint8)
    assert first_images.captions(30, None)[-1] == "#19"
    whole, alone = (first_images.as_picture(images[:number], None) for number in (30, 1))
    assert whole.shape[0] > 4 * 84 and whole.shape[1] > 5 * 84
    assert alone.shape[1] < 110
    assert (alone[8:92, 8:92] == 255).all()


def test_the_sentence_counts() -> None:
    assert first_images.sentence(1, None) == "This is the first image."
    assert first_images.sentence(7, np.arange(7)) == "These are the first 7 images, with their labels: right?"
