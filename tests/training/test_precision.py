import platform
from pathlib import Path

import pytest

from mnist_core.training import precision

X86 = "processor\t: 0\nflags\t\t: fpu sse avx512f avx512_bf16\nprocessor\t: 1\nflags\t\t: fpu\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd bf16\n"
OLD = "processor\t: 0\nflags\t\t: fpu sse avx512f\n"


@pytest.mark.parametrize(("text", "native"), [(X86, True), (ARM, True), (OLD, False), ("", False)])
def test_the_processor_says_what_it_can(monkeypatch: pytest.MonkeyPatch, text: str, native: bool) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: text)
    assert precision.is_native.__wrapped__() is native


def test_a_processor_that_says_nothing_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, encoding: str) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.setattr(Path, "read_text", refuse)
    assert precision.is_native.__wrapped__() is False


@pytest.mark.parametrize("faster", [True, False])
def test_auto_takes_bfloat16_where_the_trial_is_faster(monkeypatch: pytest.MonkeyPatch, faster: bool) -> None:
    seconds = {"float32": 1.0, "bfloat16": 0.5 if faster else 0.95}
    monkeypatch.setattr(precision, "is_native", lambda: True)
    monkeypatch.setattr(precision, "_step", lambda dtype: dtype.name)
    monkeypatch.setattr(precision, "_seconds", lambda step: seconds[step])
    monkeypatch.setattr(precision, "is_faster", precision.is_faster.__wrapped__)
    assert precision.settle("auto") == ("bfloat16" if faster else "float32")


def test_what_is_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "is_native", lambda: False)
    assert [precision.settle(asked) for asked in ("bfloat16", "float32", "auto")] == ["bfloat16", "float32", "float32"]


def test_the_trial_runs_here() -> None:
    assert precision.is_faster() in (True, False)


def test_a_trial_counts_for_all_runs_of_a_home(monkeypatch: pytest.MonkeyPatch, temporary_home: Path) -> None:
    temporary_home.mkdir(parents=True, exist_ok=True)
    said = iter([True, False])
    monkeypatch.setattr(precision, "is_native", lambda: True)
    monkeypatch.setattr(precision, "is_faster", lambda: next(said))
    assert [precision.settle("auto") for _ in range(3)] == ["bfloat16"] * 3
    monkeypatch.setattr(precision, "_machine", lambda: "another")
    assert precision.settle("auto") == "float32"


@pytest.mark.parametrize("content", ["{", '{"faster": {"a": 3}}', '{"format": 9}', '{"faster": []}'])
def test_a_damaged_note_of_trials_is_as_none(
    monkeypatch: pytest.MonkeyPatch, temporary_home: Path, content: str
) -> None:
    temporary_home.mkdir(parents=True, exist_ok=True)
    (temporary_home / "precision.json").write_text(content)
    monkeypatch.setattr(precision, "is_native", lambda: True)
    monkeypatch.setattr(precision, "is_faster", lambda: True)
    assert precision.settle("auto") == "bfloat16"
