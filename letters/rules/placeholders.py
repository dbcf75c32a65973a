"""The language of letters: plain text, a few block styles, fields from a list, and parts that depend on a field.

    # A heading
    A paragraph, with **a few words in bold**. An empty line begins the next.
    - a line of a list
    > a box, for whom to ring
    | what it is | its figure |
    ---                                   a new page
    ((forename))                          a field; ((Forename)) begins with a capital
    ((if siblings)) ... ((else)) ... ((end))

Nothing in a template or in a value can be markup, fetch or run: what comes out are blocks of runs of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .blocks import Block, Line, Rows, Run, Style
from .fields import FIELDS

LONGEST: Final = 20_000
DEEPEST: Final = 8
_TAG: Final = re.compile(r"\(\((?P<tag>[^()\n]*)\)\)")
_STRAY: Final = re.compile(r"\(\(")
# A line that holds nothing but a condition leaves nothing behind.
_ALONE: Final = re.compile(r"(?m)^[ \t]*(\(\((?:if [^()\n]*|else|end)\)\))[ \t]*(?:\n|\Z)")
# Stands in for a field while blocks are told apart, so that no value can begin a block or a bold run.
_ATOM: Final = 0xF0000
_ATOMS: Final = re.compile("[\U000f0000-\U000fffff]")
_NOT_TEXT: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ue000-\uf8ff\U000f0000-\U0010ffff\ud800-\udfff]"
)
_BOLD: Final = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a template, on which line, with which field."""

    line: int
    words: str
    field: str = ""

    def __str__(self) -> str:
        return f"Line {self.line}: {self.words}"


class BadTemplate(Exception):
    """A template that cannot be used, with everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(map(str, faults)))
        self.faults = tuple(faults)


class NoValue(Exception):
    """A field of this letter has no value, so that the letter is not made."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.words for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Nought:
    """A value that can be read, as "no sessions", and is nothing to a condition."""

    words: str


Value = str | Rows | Nought


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    is_capital: bool
    line: int


@dataclass(frozen=True, slots=True)
class _If:
    name: str
    then: tuple[_Node, ...]
    other: tuple[_Node, ...]


_Node = _Text | _Field | _If


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read and found right."""

    nodes: tuple[_Node, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Give the names of all fields in it, those of conditions included, each once, as they come."""
        return tuple(dict.fromkeys(_names(self.nodes)))

    @property
    def needed(self) -> tuple[str, ...]:
        """Give the names of the fields that stand outside every condition: without their values there is no letter."""
        return tuple(dict.fromkeys(node.name for node in self.nodes if isinstance(node, _Field)))

    def fill(self, values: Mapping[str, Value]) -> tuple[Block, ...]:
        """Give the letter's blocks with these values; a value of nothing but space is no value.

        Raises NoValue with every field that is needed and has none.
        """
        return tuple(_blocks(*_flat(self, values)))

    def line(self, values: Mapping[str, Value]) -> str:
        """Give the whole as one line of text, as for a subject.

        Raises NoValue as `fill` does.
        """
        text, held = _flat(self, values)
        return " ".join(_plain(text, held).split())


def read(text: str) -> Template:
    """Read a template.

    Raises BadTemplate that names line and field: an unknown field, a condition without its end, an end without its
    beginning, brackets that are not closed, a table of the list that is not alone on its line, or too long a text.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST:
        raise BadTemplate([Fault(1, f"It has {len(text):,} letters; at most {LONGEST:,} fit.")])
    if found := _NOT_TEXT.search(text):
        raise BadTemplate([Fault(_line(text, found.start()), "It holds a character that cannot be printed.")])
    return _Reader(text).read()


class _Reader:
    """One reading of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []
        self.alone = {one.start(1): (one.start(), one.end()) for one in _ALONE.finditer(text)}
        # A frame for each condition that is open: its name, its line, what came before else, what comes now.
        self.open: list[tuple[str, int, list[_Node] | None]] = []
        self.nodes: list[list[_Node]] = [[]]

    def read(self) -> Template:
        place = 0
        for tag in _TAG.finditer(self.text):
            first, last = self.alone.get(tag.start(), (tag.start(), tag.end()))
            self._plain(place, max(place, first))
            self._tag(tag)
            place = last
        self._plain(place, len(self.text))
        for name, line, _ in self.open:
            self._fault(line, f"((if {name})) has no ((end)).", name)
        if self.faults:
            raise BadTemplate(sorted(self.faults, key=lambda fault: fault.line))
        return Template(tuple(self.nodes[0]))

    def _plain(self, first: int, last: int) -> None:
        piece = self.text[first:last]
        for stray in _STRAY.finditer(piece):
            where = first + stray.start()
            rest = self.text[where : self.text.find("\n", where) if "\n" in self.text[where:] else len(self.text)]
            self._fault(_line(self.text, where), f"\u201c{rest[:30]}\u201d is not closed with )) on the same line.")
        if piece:
            self.nodes[-1].append(_Text(piece))

    def _tag(self, tag: re.Match[str]) -> None:
        words = " ".join(tag["tag"].split())
        line = _line(self.text, tag.start())
        low = words.lower()
        if low == "end":
            self._end(line)
        elif low == "else":
            self._else(line)
        elif low.startswith("if ") or low == "if":
            self._if(low[3:], line)
        else:
            self._field(words, line, tag)

    def _if(self, name: str, line: int) -> None:
        if name not in FIELDS:
            self._fault(line, f"\u201c{name}\u201d is no field of the list.", name)
        if len(self.open) >= DEEPEST:
            self._fault(line, f"Conditions stand at most {DEEPEST} deep.", name)
        self.open.append((name, line, None))
        self.nodes.append([])

    def _else(self, line: int) -> None:
        if not self.open or self.open[-1][2] is not None:
            self._fault(line, "((else)) belongs to no ((if \u2026)).")
            return
        name, began, _ = self.open[-1]
        self.open[-1] = (name, began, self.nodes.pop())
        self.nodes.append([])

    def _end(self, line: int) -> None:
        if not self.open:
            self._fault(line, "((end)) belongs to no ((if \u2026)).")
            return
        name, _, before = self.open.pop()
        inner = tuple(self.nodes.pop())
        then, other = (inner, ()) if before is None else (tuple(before), inner)
        self.nodes[-1].append(_If(name, then, other))

    def _field(self, words: str, line: int, tag: re.Match[str]) -> None:
        name = words.lower()
        if name not in FIELDS:
            self._fault(line, f"\u201c{words[:60]}\u201d is no field of the list.", name)
            return
        if FIELDS[name].is_table:
            whole = self.text[self.text.rfind("\n", 0, tag.start()) + 1 :].split("\n", 1)[0]
            if whole.strip() != tag.group():
                self._fault(line, f"(({name})) is a table and stands alone on its line.", name)
                return
        self.nodes[-1].append(_Field(name, words[:1].isupper(), line))

    def _fault(self, line: int, words: str, field: str = "") -> None:
        self.faults.append(Fault(line, words, field))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _names(nodes: Sequence[_Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, _Field):
            yield node.name
        elif isinstance(node, _If):
            yield node.name
            yield from _names(node.then)
            yield from _names(node.other)


def _has(values: Mapping[str, Value], name: str) -> bool:
    value = values.get(name)
    if isinstance(value, Rows):
        return bool(value.rows)
    return isinstance(value, str) and bool(_clean(value))


def _clean(value: str) -> str:
    """Give a value as it may stand in a line: no control characters, no breaks."""
    return " ".join(_NOT_TEXT.sub(" ", value).split())


def _flat(template: Template, values: Mapping[str, Value]) -> tuple[str, list[Value]]:
    """Give the text with its conditions decided and an atom for each field, and what the atoms stand for."""
    parts: list[str] = []
    held: list[Value] = []
    lacking: list[Fault] = []

    def walk(nodes: Sequence[_Node]) -> None:
        for node in nodes:
            if isinstance(node, _Text):
                parts.append(node.text)
            elif isinstance(node, _If):
                walk(node.then if _has(values, node.name) else node.other)
            elif not _has(values, node.name) and not isinstance(values.get(node.name), Nought):
                gives = FIELDS[node.name].gives
                lacking.append(
                    Fault(node.line, f"(({node.name})) has no value: {gives[0].lower()}{gives[1:]}.", node.name)
                )
            else:
                value = values[node.name]
                if isinstance(value, Nought):
                    value = value.words
                if isinstance(value, str):
                    value = _clean(value)
                    value = value[:1].upper() + value[1:] if node.is_capital else value
                parts.append(chr(_ATOM + len(held)))
                held.append(value)

    walk(template.nodes)
    if lacking:
        raise NoValue(list({fault.field: fault for fault in lacking}.values()))
    return "".join(parts), held


def _plain(text: str, held: Sequence[Value]) -> str:
    def put(atom: re.Match[str]) -> str:
        value = held[ord(atom.group()) - _ATOM]
        return value if isinstance(value, str) else ""

    return _ATOMS.sub(put, text)


def _runs(text: str, held: Sequence[Value]) -> Line:
    """Give a line's runs: what stands between two pairs of stars is bold."""
    text = " ".join(text.split())
    runs: list[Run] = []
    place = 0
    for bold in _BOLD.finditer(text):
        runs.append(Run(_plain(text[place : bold.start()], held)))
        runs.append(Run(_plain(bold[1], held), is_bold=True))
        place = bold.end()
    runs.append(Run(_plain(text[place:], held)))
    return tuple(run for run in runs if run.text)


_MARKS: Final = (("# ", Style.HEADING), ("- ", Style.LIST), ("> ", Style.BOX))


def _kind(line: str) -> tuple[Style, str]:
    """Give a line's style and what is left of it."""
    line = line.strip()
    if line == "---":
        return Style.PAGE, ""
    if line.startswith("|"):
        return Style.FIGURES, line.strip("|")
    for mark, style in _MARKS:
        if line.startswith(mark):
            return style, line[2:]
    return Style.PARAGRAPH, line


def _blocks(text: str, held: Sequence[Value]) -> Iterator[Block]:
    """Tell the blocks apart. Lines of a list, a box or a table of figures that follow each other are one block."""
    style: Style | None = None
    lines: list[str] = []
    for raw in [*text.split("\n"), ""]:
        kind, rest = _kind(raw)
        table = held[ord(rest) - _ATOM] if len(rest) == 1 and _ATOMS.match(rest) else None
        is_break = not rest and kind is not Style.PAGE
        if style is not None and (is_break or kind is not style or isinstance(table, Rows)):
            yield _made(style, lines, held)
            style, lines = None, []
        if kind is Style.PAGE:
            yield Block(Style.PAGE)
        elif isinstance(table, Rows):
            yield Block(Style.TABLE, rows=table)
        elif kind is Style.HEADING and rest:
            yield Block(Style.HEADING, (_runs(rest, held),))
        elif not is_break:
            style = kind
            lines.append(rest)


def _made(style: Style, lines: Sequence[str], held: Sequence[Value]) -> Block:
    if style is Style.FIGURES:
        return Block(style, cells=tuple(tuple(_runs(cell, held) for cell in line.split("|")) for line in lines))
    if style is Style.PARAGRAPH:
        return Block(style, (_runs(" ".join(lines), held),))
    return Block(style, tuple(_runs(line, held) for line in lines))
