import pytest

from mnist_core.files.newest import Newest


def test_a_value_is_made_once_a_version() -> None:
    newest, made = Newest[str](most=4), list[int]()

    def make() -> str:
        made.append(1)
        return f"{len(made)}"

    assert [newest.get("run", version, make) for version in (1, 1, 2, 2)] == ["1", "1", "2", "2"]


def test_what_was_before_is_not_kept() -> None:
    newest = Newest[int](most=2)
    for version in range(9):
        newest.get("run", version, lambda: 0)
    assert len(newest) == 1


def test_who_is_asked_for_least_goes_first() -> None:
    newest = Newest[str](most=2)
    for key in ("first", "second", "first", "third"):
        newest.get(key, 0, lambda key=key: key)  # type: ignore[misc]
    assert newest.get("first", 0, lambda: "again") == "first"
    assert newest.get("second", 0, lambda: "again") == "again"


def test_what_cannot_be_made_is_asked_for_again() -> None:
    newest = Newest[int](most=2)
    with pytest.raises(ZeroDivisionError):
        newest.get("run", 0, lambda: 1 // 0)
    assert newest.get("run", 0, lambda: 3) == 3
