"""The look keeps its own rules: one place for colour, nothing inline, contrast that can be read."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "static/css").glob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.S)

PAPERS = ("paper", "surface", "sunken", "accent-wash")
READ_ON = [
    *((ink, paper) for ink in ("ink", "ink-2", "ink-3", "accent", "accent-deep") for paper in PAPERS),
    *((f"{family}-ink", f"{family}-bg") for family in ("present", "late", "auth", "unauth", "notposs")),
    *((ink, paper) for ink in ("late-ink", "unauth-ink", "auth-ink") for paper in ("surface", "paper", "accent-wash")),
    ("notposs-ink", "notposs-hatch"),
    ("on-accent", "accent"),
    ("bar-ink", "bar"),
    ("bar-ink-2", "bar"),
    ("bar-ink", "bar-lift"),
]
SEEN_ON = [
    ("line-control", "surface"),
    ("line-control", "sunken"),
    ("late-edge", "surface"),
    ("auth-edge", "surface"),
    ("unauth-edge", "surface"),
    ("notposs-edge", "surface"),
    ("missing-edge", "surface"),
    ("bar-ink-2", "bar"),
]


def tokens() -> dict[str, str]:
    source = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", source))


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("ink", "paper"), READ_ON)
def test_text_can_be_read(ink, paper):
    assert contrast(tokens()[ink], tokens()[paper]) >= 4.5


@pytest.mark.parametrize(("edge", "paper"), SEEN_ON)
def test_edges_can_be_seen(edge, paper):
    assert contrast(tokens()[edge], tokens()[paper]) >= 3


@pytest.mark.parametrize(
    "sheet", [s for s in SHEETS if s.name not in {"tokens.css", "print.css"}], ids=lambda s: s.name
)
def test_no_raw_colour_outside_the_tokens(sheet):
    rules = COMMENT.sub("", sheet.read_text(encoding="utf-8"))
    assert re.findall(r":[^;{}]*(#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\()", rules) == []


def test_every_sheet_is_linked_once():
    links = re.findall(r"css/(\w+\.css)", (ROOT / "templates/components/styles.html").read_text(encoding="utf-8"))
    assert sorted(links) == [sheet.name for sheet in SHEETS]
    assert links[0] == "tokens.css"
    assert links[-1] == "print.css"


@pytest.mark.parametrize(
    "template",
    # A mail is no page of the office: mail programs know no other style sheet than its own.
    [one for one in TEMPLATES if one.parent.name != "mail"],
    ids=lambda t: str(t.relative_to(ROOT / "templates")),
)
def test_nothing_inline(template):
    """The content security policy refuses inline styles, scripts and handlers, so no template may hold one."""
    source = template.read_text(encoding="utf-8")
    assert re.findall(r"<[^>%]*\sstyle=", source) == []
    assert re.findall(r"<style\b", source) == []
    assert [
        tag for tag in re.findall(r"<script\b[^>]*>", source) if "src=" not in tag and "application/json" not in tag
    ] == []
    assert re.findall(r"<[^>%]*\s(on[a-z]+|hx-on[\w:-]*)=", source) == []
