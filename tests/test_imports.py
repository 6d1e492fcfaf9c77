import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "mnist_core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
APP = ROOT / "app.py"

HEAVY = {"architectures", "events", "export", "learner", "training"}
# In the package bench: Keras's own loop beside the lab's, and a browser session without a browser.
CONTENDERS, APP_CLIENT = (ROOT / "mnist_core" / "bench" / name for name in ("contenders.py", "app_client.py"))
TOP_LEVEL = {path.relative_to(ROOT / "mnist_core").parts[0].removesuffix(".py") for path in CORE}
LIGHT = sorted(TOP_LEVEL - HEAVY - {"__init__", "__main__"})


def imports(node: ast.AST, inside_functions: bool = True) -> Iterator[str]:
    """Names every imported module: `from mnist_core import runs` is both `mnist_core` and `mnist_core.runs`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative imports would escape these tests"
            yield child.module or ""
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif inside_functions or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(child, inside_functions)


def imported(path: Path, inside_functions: bool = True) -> set[str]:
    return set(imports(ast.parse(path.read_text(encoding="utf-8")), inside_functions))


def in_session(path: Path) -> bool:
    return path.parent.name == "session"


def packages(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def needs_tensorflow(path: Path) -> bool:
    return path == CONTENDERS or (path in CORE and path.stem in HEAVY)


def core_modules(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("mnist_core.")}


def test_the_files_are_found() -> None:
    assert HEAVY <= TOP_LEVEL
    assert {"classifier", "cli", "config", "connection", "datasets", "explain", "runs", "session"} <= set(LIGHT)
    assert {"frame", "loaders", "canvas_view"} <= {path.stem for path in CORE if in_session(path)}
    assert {"explore", "train", "sweep", "evaluate", "draw", "models"} <= {path.stem for path in PAGES}
    assert APP.exists()


def test_imports_are_seen_wherever_they_stand() -> None:
    tree = ast.parse(
        "import a.b\nfrom c import d\nif x:\n    import e\ntry:\n    import f\nexcept E:\n    pass\n"
        "class K:\n    import g\n    def m(self):\n        import h\ndef n():\n    from i.j import k\n"
    )
    top = {"a.b", "c", "c.d", "e", "f", "g"}
    assert set(imports(tree, inside_functions=False)) == top
    assert set(imports(tree)) == top | {"h", "i.j", "i.j.k"}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_only_session_knows_streamlit(path: Path) -> None:
    found = {name for name in imported(path) if name.startswith("streamlit")}
    messages_only = path == APP_CLIENT and all(name.startswith("streamlit.proto.") for name in found)
    assert not found or in_session(path) or messages_only


@pytest.mark.parametrize("path", [*CORE, *PAGES, APP], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_only_architectures_training_and_export_import_tensorflow_or_keras(path: Path) -> None:
    found = packages(imported(path)) & {"tensorflow", "keras"}
    assert bool(found) == needs_tensorflow(path)


@pytest.mark.parametrize("path", [*CORE, *PAGES, APP], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_needs_tensorflow_is_imported_at_module_level_only_by_its_own_kind(path: Path) -> None:
    if needs_tensorflow(path):
        return
    at_module_level = imported(path, inside_functions=False)
    assert not core_modules(at_module_level) & HEAVY
    assert "mnist_core.bench.contenders" not in at_module_level


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_lower_modules_never_know_who_calls_them(path: Path) -> None:
    names = imported(path)
    assert not packages(names) & {"pages", "app", "tests"}
    assert in_session(path) or "session" not in core_modules(names)
    # The command line is a thin layer on top, as the pages are.
    if path.stem != "__main__" and path.parent.name != "cli":
        assert "cli" not in core_modules(names)


@pytest.mark.parametrize("path", [*PAGES, APP], ids=lambda path: path.stem)
def test_pages_hold_no_arithmetic_no_keras_and_no_paths(path: Path) -> None:
    found = packages(imported(path))
    assert not found & {
        "numpy",
        "tensorflow",
        "keras",
        "pathlib",
        "os",
        "PIL",
        "scipy",
        "sklearn",
        "distributed",
        "pages",
    }
    assert found - set(sys.stdlib_module_names) <= {"streamlit", "mnist_core"}
    assert not core_modules(imported(path)) & {*HEAVY, "cli", "files", "formats"}


def test_all_but_the_three_import_without_tensorflow() -> None:
    program = (
        f"import importlib, sys\nfor name in {LIGHT!r}:\n    importlib.import_module('mnist_core.' + name)\n"
        "    heavy = {'tensorflow', 'keras'} & set(sys.modules)\n    assert not heavy, (name, heavy)\nprint('light')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("light")
