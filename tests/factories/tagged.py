"""What a printed file has to be so that it can be read aloud: PDF/UA-1, as far as a program can tell.

Source: ISO 14289-1 and the Matterhorn Protocol 1.02 (checkpoints 01, 04, 06, 07, 09, 11, 13, 14, 15, 28, 31).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pikepdf

_PAINTS = {"Tj", "TJ", "'", '"', "Do", "f", "F", "f*", "S", "s", "B", "B*", "b", "b*", "sh", "INLINE IMAGE"}
_OPENS, _CLOSES = {"BDC", "BMC"}, "EMC"
_STANDARD = {
    "Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "NonStruct", "P", "H", "H1", "H2", "H3", "H4",
    "H5", "H6", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Quote",
    "Link", "Annot", "Figure", "Form",
}  # fmt: skip
_PARENTS = {"LI": {"L"}, "TR": {"Table", "THead", "TBody", "TFoot"}, "TH": {"TR"}, "TD": {"TR"}}


@dataclass
class Read:
    """What was read of a printed file: its tags in order, what they speak of, and what is wrong."""

    tags: list[str] = field(default_factory=list)
    heads: dict[str, bool] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    told: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def tags_of(content: bytes) -> list[str]:
    """Give the tags of a file in the order of reading, after asserting that nothing of it is wrong."""
    with pikepdf.open(BytesIO(content)) as pdf:
        read = Read()
        read.wrong += _document(pdf)
        _walk(pdf.Root.StructTreeRoot, "", None, read, pdf)
        read.wrong += _headings(read.tags)
        read.wrong += [f"a cell names the head {name}, which is not there" for name in read.named - set(read.heads)]
        lost = {name for name, has_scope in read.heads.items() if not has_scope} - read.named
        read.wrong += [f"the head {name} has no scope, and no cell names it" for name in lost]
        for number, page in enumerate(pdf.pages, start=1):
            read.wrong += [f"page {number}: {one}" for one in (*_content(page, read), *_fonts(page), *_links(page))]
    assert not read.wrong, read.wrong
    return read.tags


def _document(pdf: pikepdf.Pdf) -> Iterator[str]:
    root = pdf.Root
    if not str(root.get("/Lang", "")):
        yield "no language"
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "not marked as tagged"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "its title is not shown"
    with pdf.open_metadata() as said:
        if not said.get("dc:title"):
            yield "no title"
        if said.get("pdfuaid:part") != "1":
            yield "does not say that it is PDF/UA-1"


def _walk(node: Any, tag: str, page: Any, read: Read, pdf: pikepdf.Pdf) -> None:
    """Go through the structure tree: each element under the right one, and what it says of itself."""
    page = node.get("/Pg", page)
    kids = node.get("/K")
    for kid in [] if kids is None else list(kids) if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, int):
            read.told.setdefault(page.objgen, set()).add(kid)
        elif "/MCID" in kid:
            read.told.setdefault(kid.get("/Pg", page).objgen, set()).add(int(kid.MCID))
        elif "/S" in kid:
            name = str(kid.S)[1:]
            read.tags.append(name)
            read.wrong += _element(kid, name, tag)
            if name in {"TH", "TD"}:
                _cell(kid, name, read)
            _walk(kid, name, page, read, pdf)


def _element(node: Any, name: str, parent: str) -> Iterator[str]:
    if name not in _STANDARD:
        yield f"{name} is no standard tag"
    if name in _PARENTS and parent not in _PARENTS[name]:
        yield f"{name} in {parent or 'nothing'}"
    if name == "Figure" and not str(node.get("/Alt", "")).strip():
        yield "a figure without words"


def _cell(node: Any, name: str, read: Read) -> None:
    """Note whom a head speaks for: by its scope, or by the cells that name it."""
    said = _attributes(node)
    if name == "TH":
        read.heads[str(node.get("/ID", f"without a name {len(read.heads)}"))] = any("/Scope" in one for one in said)
    for one in said:
        read.named |= {str(head) for head in one.get("/Headers", [])}


def _attributes(node: Any) -> list[Any]:
    held = node.get("/A")
    if held is None:
        return []
    return list(held) if isinstance(held, pikepdf.Array) else [held]


def _headings(tags: list[str]) -> Iterator[str]:
    levels = [int(tag[1]) for tag in tags if tag in {"H1", "H2", "H3", "H4", "H5", "H6"}]
    for before, level in zip([0, *levels], levels, strict=False):
        if level > before + 1:
            yield f"a heading of level {level} after one of level {before}"


def _content(page: pikepdf.Page, read: Read) -> Iterator[str]:
    """Tell what is painted outside every tag and artefact, and which pieces no tag speaks of."""
    open_marks: list[int | None] = []
    seen: set[int] = set()
    for one in pikepdf.parse_content_stream(page):
        operator = str(one.operator)
        if operator in _OPENS:
            said = one.operands[1] if len(one.operands) > 1 else None
            if isinstance(said, pikepdf.Name):
                said = page.Resources.Properties[said]
            number = int(said.MCID) if said is not None and "/MCID" in said else None
            if number is not None:
                seen.add(number)
            elif str(one.operands[0]) != "/Artifact":
                yield f"{one.operands[0]} is neither a piece of a tag nor an artefact"
            open_marks.append(number)
        elif operator == _CLOSES:
            open_marks.pop()
        elif operator in _PAINTS and not open_marks:
            yield f"{operator} paints outside every tag"
    told = read.told.get(page.obj.objgen, set())
    if seen != told:
        yield f"pieces {sorted(seen ^ told)} are on the page or in a tag, not in both"


def _fonts(page: pikepdf.Page) -> Iterator[str]:
    for font in page.Resources.get("/Font", {}).values():
        inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.get("/FontDescriptor", {}).keys()):
            yield f"{font.get('/BaseFont')} is not embedded"
        if "/ToUnicode" not in font:
            yield f"{font.get('/BaseFont')} does not say which letters it draws"


def _links(page: pikepdf.Page) -> Iterator[str]:
    for one in page.get("/Annots", []):
        if "/StructParent" not in one:
            yield "a link that no tag holds"
        if not str(one.get("/Contents", "")).strip():
            yield "a link without words"
    if page.get("/Annots") and page.get("/Tabs") != "/S":
        yield "its links are not reached in the order of the tags"
