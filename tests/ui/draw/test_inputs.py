import pytest

from mnist_core.ui.draw.inputs import may_use_camera


@pytest.mark.parametrize(
    ("url", "works"),
    [
        ("https://lab.school.example/draw", True),
        ("http://localhost:8501/draw", True),
        ("http://lab.localhost:8501/", True),
        ("http://127.0.0.1:8501/", True),
        ("http://[::1]:8501/", True),
        ("http://192.168.1.20:8501/draw", False),
        ("http://lab.school.example/draw", False),
        ("http://localhost.example/", False),
        ("http://[/", False),
        ("", False),
        (None, False),
    ],
)
def test_a_camera_is_offered_where_a_browser_allows_it(url: str | None, works: bool) -> None:
    assert may_use_camera(url) is works
