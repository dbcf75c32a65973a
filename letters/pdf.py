"""The printing machine: letters, certificates and lists as tagged PDF, and print runs joined from what was printed.

Only this module prints. It knows the house's fonts and style sheets and the pictures it is given by name, and fetches
nothing else: a document that asks for anything more is not printed. The same words give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

import pikepdf
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from PIL import Image, UnidentifiedImageError

from letters.rules.blocks import Block, as_html

_FOLDER: Final = Path(settings.BASE_DIR) / "static" / "print"
_FONTS: Final = _FOLDER / "fonts.conf"
_BUSY: Final = Lock()  # Pango's font map serves one thread at a time
PICTURES: Final = {"PNG": "image/png", "JPEG": "image/jpeg"}
WIDEST: Final = 3000


class NotPrinted(Exception):
    """The document could not be printed; the text says why."""


@dataclass(frozen=True)
class Sheet:
    """All that a letter says, as text and blocks."""

    title: str
    house: str
    house_lines: Sequence[str]
    address: Sequence[str]
    reference: Sequence[str]
    greets: str
    body: Sequence[Block]
    closing: str
    signed: Sequence[str]
    foot: str = ""
    lang: str = "en-GB"
    logo: bytes = b""
    is_large_print: bool = False
    is_for_notify: bool = False


@dataclass(frozen=True)
class Certificate:
    """What a certificate says."""

    title: str
    house: str
    name: str
    form: str
    body: Sequence[Block]
    signed: Sequence[str]
    dated: str
    logo: bytes = b""
    is_landscape: bool = False


@dataclass(frozen=True)
class CoverList:
    """The list on top of a print run: a line for each letter, its pages, and what was taken out."""

    title: str
    house: str
    made: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


@dataclass
class Joined:
    """A print run as one file, and the pages of each letter in it."""

    content: bytes
    pages: list[int] = field(default_factory=list)


def letter(sheet: Sheet) -> bytes:
    """Give a letter as PDF/UA-1.

    Raises NotPrinted where it holds a letter that the house's fonts do not have, or cannot be laid out.
    """
    body = mark_safe(as_html(sheet.body))
    return _printed("letter", {"sheet": sheet, "body": body}, logo=sheet.logo)


def certificate(what: Certificate) -> bytes:
    """Give a certificate as PDF/UA-1, portrait or landscape."""
    body = mark_safe(as_html(what.body, heading="p"))
    name = "certificate_landscape" if what.is_landscape else "certificate"
    return _printed("certificate", {"what": what, "body": body}, logo=what.logo, sheets=("certificate", name))


def cover_list(what: CoverList) -> bytes:
    """Give the list that lies on top of a print run."""
    return _printed("cover", {"what": what})


def pages(content: bytes) -> int:
    """Give the number of pages of a printed file.

    Raises NotPrinted where it is no whole PDF.
    """
    try:
        with pikepdf.open(BytesIO(content)) as one:
            return len(one.pages)
    except pikepdf.PdfError as error:
        raise NotPrinted(f"The file cannot be read ({type(error).__name__}).") from error


def join(files: Sequence[bytes], *, title: str, is_two_sided: bool = False) -> bytes:
    """Join printed files into one, page by page as they lie, never laid out again.

    With `is_two_sided` every file begins on a new sheet of paper.
    """
    whole = pikepdf.new()
    for content in files:
        with pikepdf.open(BytesIO(content)) as one:
            first = one.pages[0].mediabox
            whole.pages.extend(one.pages)
            if is_two_sided and len(one.pages) % 2:
                whole.add_blank_page(page_size=(float(first[2]), float(first[3])))
    whole.docinfo["/Title"] = title
    out = BytesIO()
    whole.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def picture_kind(content: bytes) -> str:
    """Give the content type of a PNG or JPEG, told by reading it whole; empty for anything else or one too large."""
    try:
        with Image.open(BytesIO(content), formats=list(PICTURES)) as picture:
            if max(picture.size) > WIDEST or min(picture.size) < 1:
                return ""
            picture.load()
            return PICTURES[str(picture.format)]
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return ""


def not_in_fonts(text: str) -> str:
    """Give the letters of a text that the house's fonts do not have, each once."""
    return "".join(sorted({one for one in text if ord(one) not in _letters() and not one.isspace()}))


@cache
def _letters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_FOLDER / "fonts" / "office-sans-regular.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())


@contextmanager
def _own_fonts() -> Iterator[None]:
    """Have fontconfig read the house's list of fonts and no other; it reads the name from the environment."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(_FONTS)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


@cache
def _press() -> tuple[Any, Any]:
    """Give WeasyPrint's module and the house's fonts, loaded once a process."""
    with _own_fonts():
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration

        return weasyprint, FontConfiguration()


@cache
def _style(name: str) -> Any:
    weasyprint, fonts = _press()
    text = (_FOLDER / f"{name}.css").read_text()
    return weasyprint.CSS(string=text, font_config=fonts, url_fetcher=_fetcher({}), base_url="office:style")


def _fetcher(held: dict[str, tuple[bytes, str]]) -> Any:
    """Give a fetcher that hands out what it holds, by name; to ask for anything else ends the printing."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Held(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url not in held:
                raise ValueError("Letters hold nothing from outside.")
            content, kind = held[url]
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    return Held(fail_on_errors=True, allowed_protocols=("office",), allow_redirects=False)


def _printed(name: str, context: dict[str, Any], *, logo: bytes = b"", sheets: Sequence[str] = ()) -> bytes:
    html = render_to_string(f"letters/print/{name}.html", context)
    held = {"office:logo": (logo, picture_kind(logo))} if logo else {}
    return print_html(html, held=held, styles=sheets or (name,))


def print_html(html: str, *, held: dict[str, tuple[bytes, str]] | None = None, styles: Sequence[str]) -> bytes:
    """Print a document with style sheets of the house; `held` are the pictures it may name.

    Raises NotPrinted for one that asks for anything else.
    """
    with _BUSY:
        weasyprint, fonts = _press()
        from weasyprint.urls import FatalURLFetchingError

        document = weasyprint.HTML(string=html, url_fetcher=_fetcher(held or {}), base_url="office:page")
        try:
            made: bytes = document.write_pdf(
                stylesheets=[_style(one) for one in styles],
                font_config=fonts,
                pdf_variant="pdf/ua-1",
                pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
            )
        except FatalURLFetchingError as error:
            raise NotPrinted("It asks for something from outside the letter.") from error
    return _mended(made)


def _mended(content: bytes) -> bytes:
    """Give a printed file with what WeasyPrint leaves out of its tags.

    A head of a table says whether it speaks for its column or its row: one over a column of row heads is named by no
    cell. What stands in the margin of every page is no part of the words: it is marked as such, and not as a piece that
    no tag speaks of.

    Source: ISO 14289-1 7.5 (heads of tables) and 7.8 (page headers and footers).
    """
    with pikepdf.open(BytesIO(content)) as whole:
        told: dict[tuple[int, int], set[int]] = {}
        for tag, above, page, pieces in _tags(whole.Root.StructTreeRoot):
            if tag.get("/S") == "/TH":
                tag.A.Scope = pikepdf.Name.Column if "/THead" in above else pikepdf.Name.Row
            if pieces:
                told.setdefault(page.objgen, set()).update(pieces)
        for page in whole.pages:
            _mark_margins(whole, page, told.get(page.obj.objgen, set()))
        out = BytesIO()
        whole.save(out, deterministic_id=True)
    return out.getvalue()


def _tags(
    node: Any, above: tuple[str, ...] = (), page: Any = None
) -> Iterator[tuple[Any, tuple[str, ...], Any, set[int]]]:
    """Give each tag with the tags above it, its page, and the numbers of the pieces it speaks of."""
    page = node.get("/Pg", page)
    kids = node.get("/K", [])
    kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    yield node, above, page, {int(kid) for kid in kids if isinstance(kid, int)}
    for kid in kids:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield from _tags(kid, (*above, str(node.get("/S", ""))), page)


def _mark_margins(whole: pikepdf.Pdf, page: pikepdf.Page, told: set[int]) -> None:
    """Mark the pieces of a page that no tag speaks of as artefacts of its layout."""
    margin = [pikepdf.Name.Artifact, pikepdf.Dictionary(Type=pikepdf.Name.Pagination)]
    drawn: list[Any] = []
    for one in pikepdf.parse_content_stream(page):
        said = one.operands[1] if str(one.operator) == "BDC" else None
        is_margin = isinstance(said, pikepdf.Dictionary) and "/MCID" in said and int(said.MCID) not in told
        drawn.append((margin, one.operator) if is_margin else one)
    page.Contents = whole.make_stream(pikepdf.unparse_content_stream(drawn))
