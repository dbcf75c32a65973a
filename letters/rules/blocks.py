"""The blocks of a letter: what its words come to, and how they are said as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from typing import Final


@dataclass(frozen=True, slots=True)
class Rows:
    """The value of a field that is a table: its heads and its rows, all text; the last column holds figures."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Style(Enum):
    """The block styles."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    BOX = "box"
    FIGURES = "figures"
    TABLE = "table"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text."""

    text: str
    is_bold: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its lines; a line of figures is its cells; a table is `rows`."""

    style: Style
    lines: tuple[Line, ...] = ()
    cells: tuple[tuple[Line, ...], ...] = ()
    rows: Rows | None = None


def as_text(blocks: Sequence[Block]) -> str:
    """Give blocks as plain text, for an e-mail and for the words that are kept."""
    return "\n\n".join(words for block in blocks if (words := "\n".join(_text_lines(block))))


def _text_lines(block: Block) -> Iterator[str]:
    if block.rows:
        yield from (", ".join(cell for cell in row if cell) for row in block.rows.rows)
    for cells in block.cells:
        yield ": ".join(_said(cell) for cell in cells)
    for line in block.lines:
        yield ("- " if block.style is Style.LIST else "") + _said(line)


def _said(line: Line) -> str:
    return "".join(run.text for run in line)


def as_html(blocks: Sequence[Block], *, heading: str = "h2") -> str:
    """Give blocks as HTML: every text escaped, no attribute that holds any. `heading` is the element of a heading."""
    return "".join(_HTML[block.style](block, heading) for block in blocks)


def _inline(line: Line) -> str:
    return "".join(f"<b>{escape(run.text)}</b>" if run.is_bold else escape(run.text) for run in line)


def _figures(block: Block, _: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_inline(row[0])}</th>'
        + "".join(f"<td>{_inline(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in block.cells
    )
    return f'<table class="figures"><tbody>{rows}</tbody></table>'


def _table(block: Block, _: str) -> str:
    table = block.rows or Rows((), ())
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in table.heads)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f'<table class="dates"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


_HTML: Final = {
    Style.HEADING: lambda block, name: f"<{name}>{_inline(block.lines[0])}</{name}>",
    Style.PARAGRAPH: lambda block, _: f"<p>{_inline(block.lines[0])}</p>",
    Style.LIST: lambda block, _: "<ul>" + "".join(f"<li>{_inline(line)}</li>" for line in block.lines) + "</ul>",
    Style.BOX: lambda block, _: (
        '<div class="box">' + "".join(f"<p>{_inline(line)}</p>" for line in block.lines) + "</div>"
    ),
    Style.FIGURES: _figures,
    Style.TABLE: _table,
    Style.PAGE: lambda *_: '<div class="newpage"></div>',
}
