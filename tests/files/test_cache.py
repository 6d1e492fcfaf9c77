from pathlib import Path

import numpy as np

from mnist_core.files import cache


def test_the_digest_changes_with_model_values_shape_and_type(tmp_path: Path) -> None:
    model, other = tmp_path / "a", tmp_path / "b"
    model.write_bytes(b"one")
    other.write_bytes(b"two")
    values = np.arange(6, dtype=np.uint8)
    asked: list[tuple[Path, *tuple[np.ndarray, ...]]] = [
        (model, values),
        (other, values),
        (model, values + np.uint8(1)),
        (model, values.reshape(2, 3)),
        (model, values.view(np.int8)),
        (model, values, values),
    ]
    assert len({cache.digest(*one) for one in asked}) == len(asked)
    # Only the values count, not how they lie in memory.
    assert cache.digest(model, np.repeat(values, 2)[::2]) == cache.digest(model, values)


def test_a_result_is_kept_in_the_home_folder(temporary_home: Path) -> None:
    path = cache.place("maps", "one.npz")
    assert path == temporary_home / "cache" / "maps" / "one.npz"
    cache.keep(path, lambda temporary: temporary.write_bytes(b"kept"))
    assert path.read_bytes() == b"kept"
    assert [one.name for one in path.parent.iterdir()] == ["one.npz"]


def test_a_disk_that_cannot_be_written_breaks_nothing(temporary_home: Path) -> None:
    temporary_home.write_bytes(b"a file where the folder should be")
    cache.keep(cache.place("maps", "one.npz"), lambda temporary: temporary.write_bytes(b"lost"))
    assert temporary_home.is_file()
