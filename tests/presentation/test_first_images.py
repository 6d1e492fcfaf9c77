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


def test_where_the_first_are_of_few_digits_there_are_some_of_each() -> None:
    images, labels = np.arange(90, dtype=np.uint8)[:, np.newaxis, np.newaxis] + np.zeros((28, 28), np.uint8), None
    by_folder = np.repeat([8, 5, 4], 30)
    found = first_images.telling((images[:20], by_folder[:20]), (images, by_folder))
    assert found[0][:, 0, 0].tolist() == [60, 61, 30, 31, 0, 1] and found[1] is not None
    assert found[1].tolist() == [4, 4, 5, 5, 8, 8] and "first 2 images of each digit" in found[2]
    mixed = np.arange(90) % 3
    assert "the first 20 images" in first_images.telling((images[:20], mixed[:20]), (images, mixed))[2]
    assert first_images.telling((images[:20], labels), (images, labels))[2] == "These are the first 20 images."
