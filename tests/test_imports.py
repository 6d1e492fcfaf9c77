"""What import-linter (`make lint`) cannot see: what is loaded when a module is imported, and what pages import."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
NEEDS_TENSORFLOW = {
    "mnist_core.bench.contenders",
    "mnist_core.training.event_files",
    "mnist_core.training.fused_adam",
    "mnist_core.training.fused_normalization",
    "mnist_core.training.kept_learners",
    "mnist_core.training.keras_model",
    "mnist_core.training.learner",
    "mnist_core.training.loop",
    "mnist_core.training.model_files",
    "mnist_core.training.precision",
}
STARTS_A_PROGRAM = {"mnist_core.__main__", "mnist_core.bench.torch_loop"}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


# Alembic runs its steps by itself, and they can be loaded by nothing else.
MODULES = {module_name(path) for path in (ROOT / "mnist_core").rglob("*.py") if "migrations" not in path.parts}


def imports(tree: ast.AST) -> Iterator[str]:
    """Names every imported module: `from mnist_core import runs` is both `mnist_core` and `mnist_core.runs`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would escape these tests"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(path: Path) -> set[str]:
    return set(imports(ast.parse(path.read_text(encoding="utf-8"))))


def packages(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def test_the_files_are_found() -> None:
    assert MODULES > NEEDS_TENSORFLOW | STARTS_A_PROGRAM
    assert {"explore", "train", "sweep", "evaluate", "draw", "models", "class", "join", "app"} <= {
        path.stem for path in PAGES
    }


def test_imports_are_seen_wherever_they_stand() -> None:
    tree = ast.parse(
        "import a.b\nfrom c import d\nif x:\n    import e\ntry:\n    import f\nexcept E:\n    pass\n"
        "class K:\n    import g\n    def m(self):\n        import h\ndef n():\n    from i.j import k\n"
    )
    assert set(imports(tree)) == {"a.b", "c", "c.d", "e", "f", "g", "h", "i.j", "i.j.k"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_lower_modules_never_know_the_pages_or_the_tests(name: str) -> None:
    path = ROOT / Path(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert not packages(imported(path)) & {"pages", "app", "tests", "scripts"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_hold_no_arithmetic_no_keras_and_no_paths(path: Path) -> None:
    names = imported(path)
    assert not packages(names) & {"numpy", "tensorflow", "keras", "pathlib", "os", "PIL", "scipy", "sklearn", "pages"}
    assert packages(names) - set(sys.stdlib_module_names) <= {"streamlit", "mnist_core"}
    assert not names & NEEDS_TENSORFLOW
    below = {name.split(".")[1] for name in names if name.startswith("mnist_core.")}
    assert not below & {"cli", "files"}


def test_nothing_else_imports_tensorflow() -> None:
    light = sorted(MODULES - NEEDS_TENSORFLOW - STARTS_A_PROGRAM)
    program = (
        f"import importlib, sys\nfor name in {light!r}:\n    importlib.import_module(name)\n"
        "    heavy = {'tensorflow', 'keras'} & set(sys.modules)\n    assert not heavy, (name, heavy)\nprint('light')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("light")


def test_an_engine_and_its_trainer_start_without_what_paints_judges_and_draws() -> None:
    program = (
        "import sys\nimport mnist_core.cli\nfrom mnist_core.engine import local_cluster, worker\n"
        "from mnist_core.training import keras_import\nbefore = set(sys.modules)\nkeras_import.load()\n"
        "from mnist_core.training import kept_learners, loop\n"
        "slow = {'scipy.ndimage', 'scipy.interpolate', 'altair', 'ai_edge_litert', 'pandas'}\n"
        "print(sorted(slow & before), sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"


def test_the_app_starts_without_what_asks_a_database() -> None:
    program = (
        "import sys\nfrom mnist_core.ui.server import doors\ndoors._load_pages()\n"
        "print(sorted({'sqlalchemy', 'alembic'} & set(sys.modules)), 'mnist_core.ui.draw.canvas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"
