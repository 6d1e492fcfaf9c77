from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.ui.frame import plain
from mnist_core.ui.paths import without_paths


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose name has a space in it."""
    folder = tmp_path / "home of the lab"
    monkeypatch.setenv("MNIST_HOME", str(folder))
    return folder


def test_what_lies_in_the_home_is_named_from_there(home: Path) -> None:
    sentence = f"The file {home}/runs/a-1/status.json is not readable JSON; the folder is damaged."
    assert without_paths(sentence) == "The file runs/a-1/status.json is not readable JSON; the folder is damaged."
    assert without_paths(f"The queue in {home} was held.") == "The queue in the lab's home folder was held."


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("NumPy archive /srv/secret/data/mnist.npz.", "NumPy archive mnist.npz."),
        ("[Errno 13] Permission denied: '/root/x/y.json'", "[Errno 13] Permission denied: 'y.json'"),
        ("The model /opt/a/model.tflite (bad) fails", "The model model.tflite (bad) fails"),
        (r"The file C:\Users\me\a.npz is not there", "The file a.npz is not there"),
    ],
)
def test_other_paths_are_named_by_their_last_part(said: str, shown: str) -> None:
    assert without_paths(said) == shown


@pytest.mark.parametrize(
    "text", ["1/2 and/or 3/4", "https://host.example/a/b/c", "the page /draw", "32/64/128", "a \\ b", "~10 images/s"]
)
def test_what_is_no_path_stays(text: str) -> None:
    assert without_paths(text) == text


def test_the_program_and_the_person_are_not_named() -> None:
    assert str(environment.ROOT) not in without_paths(f"See {environment.APP} and {Path.home() / 'a b' / 'c.txt'}")
    assert str(Path.home()) not in without_paths(f"{Path.home() / 'a b' / 'c.txt'}")


def test_what_goes_wrong_on_a_page_names_no_path(home: Path) -> None:
    assert plain(f"$MNIST_DATA names {home}/data/my_digits.npz, which does not exist.") == (
        r"\$MNIST\_DATA names data/my\_digits.npz, which does not exist."
    )
