"""The press: tags, fonts, page numbers, the window of the envelope, and nothing from outside."""

from io import BytesIO

import pypdf
import pytest
from PIL import Image

from letters import pdf
from letters.rules.placeholders import read
from tests.factories.tagged import tags_of

MM = 72 / 25.4


def sheet(**other):
    first = {
        "title": "Callum has missed 7 days of school",
        "house": "Thornbridge Academy",
        "house_lines": ["Mill Lane", "TB4 7QX"],
        "address": ["Ms Dawn Ashworth", "14 Quarry Terrace", "Thornbridge", "TB4 2HN"],
        "reference": ["Mon 23 Nov 2026", "About Callum Ashworth, 9A"],
        "greets": "Ms Ashworth",
        "body": read("Words.\n\n| a | 1 |\n\n# Head\n\n- one").fill({}),
        "closing": "Yours sincerely",
        "signed": ["Mr Paul Adeyemi"],
        "foot": "A foot.",
    }
    return pdf.Sheet(**(first | other))


def opened(content):
    return pypdf.PdfReader(BytesIO(content))


def places(page):
    found = {}

    def visit(text, cm, tm, _font, _size):
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found[text.strip()] = (x / MM, (float(page.mediabox.height) - y) / MM)

    page.extract_text(visitor_text=visit)
    return found


def png(size=(300, 200), kind="PNG"):
    out = BytesIO()
    Image.new("RGB", size, "#0b5f58").save(out, kind)
    return out.getvalue()


def test_a_letter_is_tagged_says_its_language_and_embeds_the_houses_fonts():
    made = pdf.letter(sheet(logo=png()))
    read_back = opened(made)
    root = read_back.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert {"H1", "H2", "P", "Table", "TH", "TD", "L", "LI", "Figure"} <= set(tags_of(made))
    fonts = read_back.pages[0]["/Resources"]["/Font"]
    names = set()
    for font in fonts.values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile2" in inner["/FontDescriptor"] or "/FontFile3" in inner["/FontDescriptor"]
        names.add(inner["/BaseFont"].split("+")[1])
    assert names <= {"Office-Sans", "Office-Sans-Bold"}


def certificate(**other):
    said = {
        "title": "A year in school", "house": "Thornbridge Academy", "name": "Callum Ashworth", "form": "9A",
        "body": read("was here for every session").fill({}), "signed": ["Dr Sol Abara"], "dated": "Mon 23 Nov 2026",
    }  # fmt: skip
    return pdf.certificate(pdf.Certificate(**(said | other)))


@pytest.mark.parametrize(
    ("press", "tags"),
    [
        (lambda: pdf.letter(sheet(is_large_print=True)), {"H1", "P", "Table"}),
        (lambda: pdf.letter(sheet(is_for_notify=True, logo=png())), {"H1", "P", "Figure"}),
        (lambda: pdf.letter(sheet(lang="pl")), {"H1", "P"}),
        (certificate, {"H1", "P"}),
        (lambda: certificate(is_landscape=True, logo=png()), {"H1", "P", "Figure"}),
        (
            lambda: pdf.cover_list(
                pdf.CoverList(
                    "Letters of the day", "Thornbridge", "now", ["Pupil", "Pages"], [["Callum", "1"]], ["One left out"]
                )
            ),
            {"H1", "Table", "TH", "TD"},
        ),
    ],
)
def test_whatever_the_press_prints_can_be_read_aloud(press, tags):
    assert tags <= set(tags_of(press()))


def test_the_pages_are_counted_and_the_next_page_says_whose_letter_it_is():
    long = read("\n\n".join(f"Paragraph {n} " + "and more words " * 30 for n in range(30))).fill({})
    pages = [page.extract_text() for page in opened(pdf.letter(sheet(body=long))).pages]
    assert len(pages) > 1
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
    assert "Thornbridge Academy: Callum has missed 7 days of school" in pages[1]


@pytest.mark.parametrize("is_large_print", [False, True])
def test_the_address_lies_in_the_window_and_nothing_else_does(is_large_print):
    lines = [
        "Mrs A. Rashid and Mr B. Rashid",
        "Flat 12",
        "Long House Name",
        "14 Quarry Terrace",
        "Thornbridge",
        "TB4 2HN",
    ]
    page = opened(pdf.letter(sheet(address=lines, is_large_print=is_large_print))).pages[0]
    found = places(page)
    inside = {text for text, (x, y) in found.items() if 20 <= x <= 110 and 50 <= y <= 85}
    assert inside == set(lines)
    for line in lines:
        x, y = found[line]
        assert 22 <= x <= 30
        assert 53 <= y <= 84


NOTIFY_ZONES = ((15, 5, 125, 30), (24.6, 39.5, 120, 66.3), (125, 5, 195, 95), (15, 95, 195, 292))


@pytest.mark.parametrize("is_large_print", [False, True])
@pytest.mark.parametrize("logo", [b"", png((300, 200)), png((400, 90))])
def test_a_letter_that_notify_posts_keeps_to_the_zones_of_its_first_page(is_large_print, logo):
    long_name = "Thornbridge and Upper Weavers Vale Church of England Academy for Girls and Boys"
    letter = sheet(is_for_notify=True, is_large_print=is_large_print, logo=logo, house=long_name)
    page = opened(pdf.letter(letter)).pages[0]
    found = places(page)
    inside = {text for text, (x, y) in found.items() if 24.6 <= x <= 120 and 39.5 <= y <= 66.3}
    assert inside == {"Ms Dawn Ashworth", "14 Quarry Terrace", "Thornbridge", "TB4 2HN"}
    for text, (x, y) in found.items():
        assert any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in NOTIFY_ZONES), (text, x, y)


def test_large_print_is_eighteen_points():
    sizes = []
    opened(pdf.letter(sheet(is_large_print=True))).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, _f, size: sizes.append(abs(cm[0] * tm[0] * size)) if "Words" in text else None
    )
    assert sizes
    assert min(sizes) >= 17.9


def test_the_same_letter_is_the_same_bytes():
    assert pdf.letter(sheet()) == pdf.letter(sheet())
    assert pdf.letter(sheet()) != pdf.letter(sheet(greets="Mr Cole"))


@pytest.mark.parametrize(
    "hostile",
    [
        '<img src="http://127.0.0.1:1/x.png" alt="">',
        '<img src="file:///etc/passwd" alt="">',
        '<img src="data:image/png;base64,AAAA" alt="">',
        '<img src="office:other" alt="">',
        '<link rel="stylesheet" href="http://127.0.0.1:1/x.css">',
        '<style>@import url("file:///etc/passwd");</style>',
        '<style>body { background: url("//127.0.0.1:1/x.png") }</style>',
        '<style>@font-face { font-family: "Office Sans"; src: url("http://127.0.0.1:1/x.woff2") }</style>',
        '<style>p { content: url("file:///etc/passwd") }</style>',
        '<object data="file:///etc/passwd"></object>',
        '<embed src="http://127.0.0.1:1/">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<base href="http://127.0.0.1:1/"><img src="x.png" alt="">',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd" width="1" height="1"/></svg>',
    ],
)
def test_a_hostile_document_reaches_nothing_outside(hostile, monkeypatch):
    import socket

    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda *args: asked.append(args))
    html = f'<!doctype html><html lang="en"><head><title>x</title></head><body><p>Words</p>{hostile}</body></html>'
    try:
        made = pdf.print_html(html, styles=("letter",))
    except pdf.NotPrinted:
        made = b""
    assert not asked
    assert b"root:" not in made
    assert not made or "/EmbeddedFiles" not in str(opened(made).trailer["/Root"])


def test_words_of_a_letter_cannot_become_markup_in_the_press():
    evil = read("((forename))").fill({"forename": '<img src="file:///etc/passwd">'})
    text = opened(pdf.letter(sheet(body=evil, greets="<b>x</b>", title="<script>"))).pages[0].extract_text()
    assert '<img src="file:///etc/passwd">' in text.replace("\n", "")
    assert "<script>" in text


def test_letters_print_where_the_machine_has_no_fonts(tmp_path):
    import subprocess
    import sys

    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig/>')
    code = (
        "import django; django.setup();"
        "from letters import pdf;"
        "made = pdf.print_html('<html lang=en><title>x</title><p>Words</p></html>', styles=('letter',));"
        "assert b'Office-Sans' in made or made[:5] == b'%PDF-'"
    )
    import os

    env = {**os.environ, "FONTCONFIG_FILE": str(empty), "DJANGO_SETTINGS_MODULE": "attendance_office.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_picture_is_told_by_its_content():
    assert pdf.picture_kind(png()) == "image/png"
    assert pdf.picture_kind(png(kind="JPEG")) == "image/jpeg"
    assert pdf.picture_kind(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == ""
    assert pdf.picture_kind(png(kind="GIF")) == ""
    assert pdf.picture_kind(png()[:20]) == ""
    assert pdf.picture_kind(png(size=(3001, 10))) == ""


def test_letters_that_the_fonts_lack_are_named():
    assert pdf.not_in_fonts("Łódź, Ştefan, Siân ½ “x”") == ""
    assert pdf.not_in_fonts("Amina بب 漢") == "ب漢"


def test_joined_files_keep_their_pages_and_an_odd_one_can_be_followed_by_a_blank():
    one, two = pdf.letter(sheet()), pdf.letter(sheet(greets="Mr Cole"))
    joined = opened(pdf.join([one, two], title="Run"))
    assert [("Ms Ashworth" in page.extract_text(), "Mr Cole" in page.extract_text()) for page in joined.pages] == [
        (True, False),
        (False, True),
    ]
    assert len(opened(pdf.join([one, two], title="Run", is_two_sided=True)).pages) == 4


def test_a_certificate_lies_upright_or_on_its_side():
    body = read("was here for every one of 104 sessions").fill({})
    for is_landscape in (False, True):
        what = pdf.Certificate("Certificate", "Thornbridge", "Callum Ashworth", "9A", body, ["Head"], "Mon 23 Nov 2026",
                               is_landscape=is_landscape)  # fmt: skip
        (page,) = opened(pdf.certificate(what)).pages
        assert (page.mediabox.width > page.mediabox.height) is is_landscape
        assert "Callum Ashworth" in page.extract_text()
