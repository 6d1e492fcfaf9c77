"""Brings the catalogues in `mnist_core/locale` up to what the source says: `python -m scripts.catalogue [LANGUAGE …]`.

New sentences come in without a translation, those that are gone go. A language that is named and has no catalogue gets
one. What is to be translated are the literals that `gettext` and `ngettext` are given, also in templates of HTML, and
those marked by `N_`.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from mnist_core.language import FOLDER

ROOT = Path(__file__).parent.parent
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "N_": None}
# What speaks English alone: the command line and what is measured with it, and what is written for other programs.
ENGLISH = ("bench", "cli", "__main__.py")


def sources() -> Iterator[Path]:
    """The files whose sentences people read on pages."""
    yield ROOT / "app.py"
    yield from sorted((ROOT / "pages").glob("*.py"))
    package = ROOT / "mnist_core"
    yield from (path for path in sorted(package.rglob("*.py")) if path.relative_to(package).parts[0] not in ENGLISH)
    yield from sorted((package / "presentation" / "templates").glob("*.html"))
    yield package / "sharing" / "browser" / "page.html"


def template() -> Catalog:
    """All sentences of the source, each with the files in which it stands."""
    catalog = Catalog(project="Digit Lab", charset="utf-8")
    for path in sources():
        method, options = (TEMPLATES, {"silent": "false"}) if path.suffix == ".html" else (METHOD, None)
        for _, message, comments, _ in extract_from_file(method, path, keywords=KEYWORDS, options=options):
            catalog.add(message, locations=[(str(path.relative_to(ROOT)), 0)], auto_comments=comments)
    return catalog


def _literals(
    file: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str | tuple[str, ...], list[str]]]:
    """An extraction method for Babel, whose own does not look into f-strings.

    Raises:
        ValueError: A sentence is put together where it is asked for, so that no catalogue can have it.
    """
    for node in ast.walk(ast.parse(file.read())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords):
            continue
        asked = node.args[: 2 if node.func.id == "ngettext" else 1]
        texts = tuple(one.value for one in asked if isinstance(one, ast.Constant) and isinstance(one.value, str))
        if len(texts) == len(asked):
            yield node.lineno, node.func.id, texts[0] if len(texts) == 1 else texts, []
        elif any(isinstance(one, ast.JoinedStr | ast.BinOp | ast.IfExp) for one in asked):
            raise ValueError(f"line {node.lineno}: give {node.func.id} a literal, and what goes into it by name")


METHOD: Any = _literals  # Babel's annotations tell of another order than its code
TEMPLATES: Any = babel_extract


def catalogue(code: str) -> Catalog:
    """What a language has by now."""
    path = FOLDER / f"{code}.po"
    if not path.is_file():
        return Catalog(locale=code, project="Digit Lab", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update(code: str) -> int:
    """Writes a language's catalogue anew; returns how many sentences it lacks."""
    found = catalogue(code)
    found.update(template(), no_fuzzy_matching=True)
    found.obsolete.clear()
    found.header_comment = f"# The sentences of Digit Lab in {found.locale and found.locale.english_name}."
    found.last_translator = found.language_team = found.msgid_bugs_address = ""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{code}.po").open("wb") as file:
        write_po(file, found, width=120, sort_output=True, include_lineno=False)
    return sum(not all(_texts(message.string)) for message in found if message.id)


def _texts(string: Any) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (string,)


def main() -> None:
    """Updates all catalogues, or those that are named."""
    for code in sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.po")):
        print(f"{code}: {update(code)} sentences lack a translation")


if __name__ == "__main__":
    main()
