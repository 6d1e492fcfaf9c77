"""A model card's Markdown → blocks. Its text is taken as text alone: no HTML, no pictures, no links to follow."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mnist_core.presentation.report.blocks import Block, Code, Heading, Items, Table, Text

if TYPE_CHECKING:
    from markdown_it.token import Token

MOST_CHARACTERS = 50_000


def blocks(markdown: str) -> tuple[Block, ...]:
    """Reads CommonMark with tables; of what else there is, the words stay."""
    from markdown_it import MarkdownIt  # only a report with a card needs it

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
    found: list[Block] = []
    place = iter(reader.parse(markdown[:MOST_CHARACTERS]))
    for token in place:
        match token.type:
            case "heading_open":
                found.append(Heading(_words(next(place))))
            case "paragraph_open":
                found.append(Text(_words(next(place))))
            case "bullet_list_open" | "ordered_list_open":
                found.append(Items(_items(place)))
            case "table_open":
                found.append(_table(place))
            case "fence" | "code_block":
                found.append(Code(token.content.rstrip("\n")))
    return tuple(found)


def _words(token: "Token") -> str:
    """Without the marks for bold, slanted and code."""
    pieces = {"softbreak": " ", "hardbreak": " "}
    return "".join(pieces.get(child.type, child.content) for child in token.children or ())


def _items(place: Iterator["Token"]) -> tuple[str, ...]:
    """Reads a list up to its end; what stands in lists within it becomes lines of this one."""
    lines: list[str] = []
    depth = 1
    for token in place:
        if token.type.endswith("_list_open"):
            depth += 1
        elif token.type.endswith("_list_close"):
            depth -= 1
        elif token.type == "inline":
            lines.append(_words(token))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.rstrip("\n"))
        if not depth:
            break
    return tuple(lines)


def _table(place: Iterator["Token"]) -> Table:
    rows: list[list[str]] = []
    for token in place:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words(token))
        elif token.type == "table_close":
            break
    return Table("", tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))
