"""The lab's own preparation of a picture or a drawing as one file of Python that needs NumPy and Pillow alone.

It is made of the lab's source as it stands: the functions that are asked for, and all that they use, each as it is
written. So it cannot drift from what the lab does. What SciPy does for it is done by `standalone.ndimage` instead.
"""

import ast
import functools
import graphlib
import importlib
import inspect
from dataclasses import dataclass, field
from types import ModuleType

LAB = "mnist_core"
# What the lab does only with files from strangers, and what stands in its place.
INSTEAD = {"_pillow": "_pillow = contextlib.nullcontext"}
# Not the lab's own: they need nothing else.
MODULES = {"scipy": "import ndimage"}

HEAD = '''"""The preparation of Digit Lab {version}: a picture or drawing of a digit becomes 28×28 pixels as in MNIST.

This file is made of the lab's own source, function by function; `picture` and `drawing` at its end are what to call.
SPDX-License-Identifier: MIT. Copyright (c) 2026 The Digit Lab developers.
"""
'''
END = '''
# --- What to call ----------------------------------------------------------------------------------------------------


def picture(path):
    """The digit in a PNG or JPEG file as the model takes it: float32 `[1, 28, 28, 1]`; None where there is no ink."""
    stages = from_picture(_grey(_upright(_shrunk(Image.open(path)))))
    if stages is None or max(stages.box.shape) < SMALLEST_INK:
        return None
    return normalize(stages.image[np.newaxis])


def drawing(strokes):
    """The same of a drawing: a list of strokes, each a list of points `[x, y]`, y downward."""
    strokes = [np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in strokes if len(stroke)]
    return normalize(prepare(strokes)[np.newaxis]) if strokes else None


def calibrated(probabilities, temperature):
    """As sure as the model is right: its probabilities `[1, 10]`, softened by the lab's calibration."""
    return soften(probabilities, temperature)
'''


@dataclass
class _Source:
    """A module of the lab: its definitions, what it imports, and which of them are needed."""

    lines: list[str]
    own: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)  # from which module, and the name or statement
    needed: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)  # modules of the lab that must stand before it


def code(version: str) -> str:
    """Returns the file's text, the same for the same lab."""
    return HEAD.format(version=version) + _body() + END


@functools.cache
def _body() -> str:
    from mnist_core.inference import calibration  # with SciPy, for those who pack a model
    from mnist_core.preprocessing import picture_files, pipeline

    roots = (
        (picture_files, ("_shrunk", "_upright", "_grey")),
        (pipeline, ("from_picture", "prepare", "normalize", "SMALLEST_INK")),
        (calibration, ("soften",)),
    )
    sources: dict[str, _Source] = {}
    statements: set[str] = set()
    for module, names in roots:
        for name in names:
            _need(module.__name__, name, sources, statements)
    order = graphlib.TopologicalSorter({name: source.uses for name, source in sources.items()}).static_order()
    parts = [part for name in order if (part := _part(name, sources[name]))]
    own, others = ([one for one in sorted(statements) if _is_others(one) is others] for others in (False, True))
    return "\n".join(["", *own, "", *others, *parts])


def _is_others(statement: str) -> bool:
    """Whether what is imported is not Python's own."""
    return any(word in statement for word in ("numpy", "PIL", "ndimage"))


def _need(module: str, name: str, sources: dict[str, _Source], statements: set[str]) -> None:
    """Marks a definition as needed, and all that it uses."""
    if module not in sources:
        sources[module] = _read(importlib.import_module(module))
    source = sources[module]
    if name in source.needed:
        return
    if name not in source.own:
        where, there = source.imported[name]
        if where.startswith(LAB):
            _need(where, there, sources, statements)
            source.uses.append(where)
        else:
            statements.add(MODULES.get(where.partition(".")[0], there))
        return
    source.needed.append(name)
    used = ast.parse(INSTEAD[name]) if name in INSTEAD else source.own[name]
    for node in ast.walk(used):
        if isinstance(node, ast.Name) and (node.id in source.own or node.id in source.imported):
            _need(module, node.id, sources, statements)


def _read(module: ModuleType) -> _Source:
    text = inspect.getsource(module)
    tree = ast.parse(text)
    source = _Source(text.splitlines())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                statement = f"from {node.module} import {one.name}"
                lab = str(node.module).startswith(LAB)
                source.imported[one.name] = (str(node.module), one.name if lab else statement)
        elif isinstance(node, ast.Import):
            for one in node.names:
                source.imported[one.asname or one.name] = (one.name, ast.unparse(ast.Import([one])))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            source.own[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in ast.walk(node):
                if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                    source.own[target.id] = node
    return source


def _part(module: str, source: _Source) -> str:
    """What is needed of a module, in its order."""
    nodes = {source.own[name].lineno: (source.own[name], name) for name in source.needed}
    pieces = [_text(node, name, source.lines) for _, (node, name) in sorted(nodes.items(), key=lambda one: one[0])]
    if not pieces:
        return ""
    line = f"# --- {module} "
    return f"\n{line}{'-' * (119 - len(line))}\n" + "".join(pieces)


def _text(node: ast.stmt, name: str, lines: list[str]) -> str:
    """A definition as it is written, with the comment above it, and without imports inside it."""
    if name in INSTEAD:
        return f"\n{INSTEAD[name]}\n"
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while lines[first - 1].startswith("# ") and not lines[first - 1].startswith("# ---"):
        first -= 1
    left_out = {
        line
        for inside in ast.walk(node)
        if isinstance(inside, ast.ImportFrom | ast.Import)
        for line in range(inside.lineno - 1, (inside.end_lineno or inside.lineno))
    }
    kept = [lines[line] for line in range(first, node.end_lineno or node.lineno) if line not in left_out]
    blank = "\n\n" if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""
    return blank + "\n".join(kept) + "\n"
