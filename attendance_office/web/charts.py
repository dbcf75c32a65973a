"""Charts: a specification in, inline SVG out, the same on a page and in a PDF.

Each chart says in words what it shows (title and desc, for the ear), reads in black and white (dashes, patterns,
numbers beside the marks) and has its numbers as a table: components/chart.html draws all of it. What is drawn is in
the colour of the text around it (`currentColor`); classes let a page give it its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Share = Fraction | None

_LEFT, _RIGHT, _TOP = 38, 512, 14
_WIDTH: Final = 520
_PLOT: Final = 220  # height of a line's field
_NARROWEST: Final = 38  # between two labels of the foot
_STEPS: Final = (1, 2, 5, 10, 20, 25)
_LEVELS: Final = 5
_DASHES: Final = ("", "7 4", "2 3", "9 3 2 3", "4 2 1 2")
_THRESHOLDS: Final = (90, 95)
_BAR: Final = 16
_LETTER: Final = 6  # about as wide as a letter of twelve points is
_NAMES, _LONG_NAMES = 168, 236  # the room for the names of bars
_KEY_HIGH: Final = 20
_CELL, _CELL_HIGH = 86, 46


@dataclass(frozen=True)
class Line:
    """One line of shares over time; None where there is none, and the line has a gap there."""

    name: str
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class LineChart:
    """Lines over the same places. `marks` names each place under the chart, `places` in the table; "" leaves it out.

    `small` draws each line in a field of its own, all to the same scale.
    """

    key: str
    title: str
    words: str
    lines: tuple[Line, ...]
    marks: tuple[str, ...]
    places: tuple[str, ...]
    heading: str = "Week of"
    small: bool = False

    @property
    def heads(self) -> list[str]:
        """Give the heads of the table under the chart."""
        return [self.heading, *(line.name for line in self.lines)]

    @property
    def rows(self) -> list[list[str]]:
        """Give the rows of the table under the chart."""
        return [
            [place, *(spoken(line.shares[at]) for line in self.lines)] for at, place in enumerate(self.places) if place
        ]

    @property
    def svg(self) -> SafeString:
        """Draw it; nothing where no line has two points."""
        shares = [share for line in self.lines for share in line.shares if share is not None]
        if len(shares) < 2:
            return SafeString("")
        step, floor = _scale(min(shares))
        if self.small:
            return _small(self, floor)
        named = len(self.lines) > 1
        height = _TOP + _PLOT + 28 + (_KEY_HIGH * len(self.lines) if named else 0)
        levels = format_html_join(
            "",
            '<line class="{}" stroke="currentColor" stroke-opacity="{}"{} x1="{}" x2="{}" y1="{}" y2="{}"/>'
            '<text x="{}" y="{}" dy="4" text-anchor="end">{}</text>',
            (
                (
                    *(("mark", ".55") if level in _THRESHOLDS else ("grid", ".16")),
                    SafeString(' stroke-dasharray="4 3"') if level in _THRESHOLDS else "",
                    _LEFT,
                    _RIGHT,
                    *(_y(level, floor, _TOP, _PLOT),) * 2,
                    _LEFT - 6,
                    _y(level, floor, _TOP, _PLOT),
                    level,
                )
                for level in range(floor, 101, step)
            ),
        )
        drawn = [_line(line, at, floor, _TOP, _PLOT, named=named) for at, line in enumerate(self.lines)]
        key = [_key_of_line(line, at, _TOP + _PLOT + 44) for at, line in enumerate(self.lines)] if named else []
        foot = _foot(self.marks, _TOP + _PLOT + 20)
        return _framed(self.key, self.title, self.words, height, [levels, *drawn, foot, *key])


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its share, and the words printed beside it."""

    name: str
    share: Share
    words: str
    beside: Share = None  # a second, hatched bar under it, as England's
    beside_words: str = ""


@dataclass(frozen=True)
class BarChart:
    """Bars of shares, each with its number. `names` says what the first and the second bars are."""

    key: str
    title: str
    words: str
    bars: tuple[Bar, ...]
    heading: str
    names: tuple[str, ...]

    @property
    def heads(self) -> list[str]:
        """Give the heads of the table under the chart."""
        return [self.heading, *self.names]

    @property
    def rows(self) -> list[list[str]]:
        """Give the rows of the table under the chart."""
        return [[bar.name, bar.words, bar.beside_words][: len(self.heads)] for bar in self.bars]

    @property
    def svg(self) -> SafeString:
        """Draw it; nothing where no bar has a share. Shares below nought lie to the left of a line at nought."""
        shares = [share for bar in self.bars for share in (bar.share, bar.beside) if share is not None]
        if not shares:
            return SafeString("")
        two = len(self.names) > 1
        longest, lowest = max(*shares, Fraction(1, 1000)), min(*shares, Fraction(0))
        left = max(_NAMES, min(_LONG_NAMES, _LETTER * max(len(bar.name) for bar in self.bars) + 8))
        right = _WIDTH - _LETTER * max(12, *(len(bar.beside_words) for bar in self.bars)) - 46
        nought = left + (right - left) * float(-lowest / (longest - lowest))
        row = _BAR + (_BAR if two else 0) + 10
        top = 26 if two else 6
        parts = [_hatch(self.key)]
        if two:
            parts.append(_key_of_bars(self.key, self.names, 10))
        for at, bar in enumerate(self.bars):
            y = top + at * row
            parts.append(format_html('<text x="{}" y="{}" dy="12" text-anchor="end">{}</text>', left - 8, y, bar.name))
            x, wide = _length(bar.share, nought, (right - left) / float(longest - lowest))
            if bar.share is not None:
                parts.append(
                    format_html(
                        '<rect class="length" fill="currentColor" x="{}" y="{}" width="{}" height="{}"/>',
                        f"{x:.1f}", y, f"{wide:.1f}", _BAR,
                    )
                )  # fmt: skip
            parts.append(
                format_html('<text class="strong" x="{}" y="{}" dy="12">{}</text>', f"{x + wide + 6:.1f}", y, bar.words)
            )
            if two and bar.beside is not None:
                x, wide = _length(bar.beside, nought, (right - left) / float(longest - lowest))
                parts.append(
                    format_html(
                        '<rect fill="url(#{}-hatch)" stroke="currentColor" stroke-opacity=".6" x="{}" y="{}" width="{}"'
                        ' height="{}"/><text x="{}" y="{}" dy="9">{}</text>',
                        self.key, f"{x:.1f}", y + _BAR + 2, f"{wide:.1f}", _BAR - 6, f"{x + wide + 6:.1f}",
                        y + _BAR + 2, bar.beside_words,
                    )
                )  # fmt: skip
        high = top + len(self.bars) * row
        if lowest < 0:
            parts.append(
                format_html(
                    '<line class="mark" stroke="currentColor" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>',
                    f"{nought:.1f}", top - 2, high - 6,
                )
            )  # fmt: skip
        return _framed(self.key, self.title, self.words, high, parts)


@dataclass(frozen=True)
class HeatChart:
    """Shares by row and column, each cell with its number; the highest and the lowest are named beside theirs."""

    key: str
    title: str
    words: str
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    cells: tuple[tuple[Share, ...], ...]

    @property
    def heads(self) -> list[str]:
        """Give the heads of the table under the chart."""
        return ["Session", *self.column_names]

    @property
    def rows(self) -> list[list[str]]:
        """Give the rows of the table under the chart."""
        return [[name, *(spoken(share) for share in row)] for name, row in zip(self.row_names, self.cells, strict=True)]

    @property
    def svg(self) -> SafeString:
        """Draw it; nothing where no cell has a share."""
        known = [share for row in self.cells for share in row if share is not None]
        if not known:
            return SafeString("")
        low, high = min(known), max(known)
        parts = [
            format_html_join(
                "",
                '<text x="{}" y="14" text-anchor="middle">{}</text>',
                ((86 + at * _CELL + _CELL // 2, name) for at, name in enumerate(self.column_names)),
            )
        ]
        for r, (name, row) in enumerate(zip(self.row_names, self.cells, strict=True)):
            y = 22 + r * (_CELL_HIGH + 2)
            parts.append(format_html('<text x="78" y="{}" text-anchor="end">{}</text>', y + 28, name))
            for c, share in enumerate(row):
                parts.append(_cell(86 + c * _CELL, y, share, low, high))
        height = 22 + len(self.row_names) * (_CELL_HIGH + 2) + 4
        return _framed(self.key, self.title, self.words, height, parts)


def spoken(share: Share) -> str:
    """Give a share as charts print it: "93.8 %", or "no rate"."""
    if share is None:
        return "no rate"
    tenths = (share * 1000 + Fraction(1, 2)).__floor__()
    return f"{tenths // 10}.{tenths % 10} %"


def _framed(key: str, title: str, words: str, height: float, parts: Iterable[SafeString]) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {0} {1}" role="img" aria-labelledby="{2}-title {2}-desc" font-size="12"'
        ' fill="currentColor"><title id="{2}-title">{3}</title><desc id="{2}-desc">{4}</desc>{5}</svg>',
        _WIDTH,
        round(height),
        key,
        title,
        words,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _line(line: Line, at: int, floor: int, top: float, high: float, *, named: bool) -> SafeString:
    """Draw one line, broken where a share is missing; lines differ by their dashes.

    A line alone has its last number beside it; several have theirs in the key, where none lies over another.
    """
    points = [
        (_x(place, len(line.shares)), _y(float(share * 100), floor, top, high))
        for place, share in enumerate(line.shares)
        if share is not None
    ]
    if not points:
        return SafeString("")
    last_x, last_y = points[-1]
    drawn = format_html(
        '<path class="ln" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"'
        ' stroke-dasharray="{}" d="{}"/><circle class="dot" cx="{}" cy="{}" r="4"/>',
        _DASHES[at % len(_DASHES)] or "none",
        _path(line.shares, floor, top, high),
        last_x,
        last_y,
    )
    if named:
        return drawn
    recent = [float(y) for _, y in points[-max(3, len(points) // 8) :]]
    comes_from_below = sum(recent) / len(recent) > float(last_y)
    label_y = float(last_y) - 10 if comes_from_below or float(last_y) > top + high - 24 else float(last_y) + 20
    last = next(share for share in reversed(line.shares) if share is not None)
    return format_html(
        '{}<text class="strong" x="{}" y="{}" text-anchor="end" font-size="13">{}</text>',
        drawn,
        last_x,
        f"{label_y:.1f}",
        spoken(last),
    )


def _key_of_line(line: Line, at: int, top: float) -> SafeString:
    """Give a line of the key: its dashes, its name and its last number."""
    last = next((share for share in reversed(line.shares) if share is not None), None)
    y = top + at * _KEY_HIGH
    return format_html(
        '<line stroke="currentColor" stroke-width="2" stroke-dasharray="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="ink" x="{}" y="{}" dy="4">{}, {}</text>',
        _DASHES[at % len(_DASHES)] or "none", _LEFT, _LEFT + 40, y, y, _LEFT + 50, y, line.name, spoken(last),
    )  # fmt: skip


def _path(shares: Sequence[Share], floor: int, top: float, high: float) -> str:
    found, pen_is_up = [], True
    for place, share in enumerate(shares):
        if share is None:
            pen_is_up = True
            continue
        found.append(f"{'M' if pen_is_up else 'L'}{_x(place, len(shares))} {_y(float(share * 100), floor, top, high)}")
        pen_is_up = False
    return " ".join(found)


def _small(chart: LineChart, floor: int) -> SafeString:
    """Draw small multiples: a field for each line, its name at the left, all to one scale."""
    high, parts = 40, []
    for at, line in enumerate(chart.lines):
        top = 16 + at * (high + 16)
        base = _y(90, floor, top, high) if floor < 90 else _y(floor, floor, top, high)
        parts.append(
            format_html(
                '<text class="strong" x="0" y="{}" font-weight="600">{}</text>'
                '<line class="mark" stroke="currentColor" stroke-opacity=".5" stroke-dasharray="4 3" x1="110" x2="{}"'
                ' y1="{}" y2="{}"/>',
                top + high // 2 + 4, line.name, _RIGHT, base, base,
            )
        )  # fmt: skip
        parts.append(_points(line, floor, top, high))
    foot = 16 + len(chart.lines) * (high + 16)
    parts.append(_foot(chart.marks, foot, left=120))
    return _framed(chart.key, chart.title, chart.words, foot + 10, parts)


def _points(line: Line, floor: int, top: float, high: float) -> SafeString:
    """Draw the dots of one small field with their line; few dots have their numbers, many only the last."""
    places = len(line.shares)
    points = [
        (120 + (_RIGHT - 20 - 120) * place / max(1, places - 1), float(_y(float(share * 100), floor, top, high)), share)
        for place, share in enumerate(line.shares)
        if share is not None
    ]
    if not points:
        return SafeString("")
    few = places <= 6
    return format_html(
        '<polyline class="ln thin" fill="none" stroke="currentColor" stroke-width="1.5" points="{}"/>{}',
        " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points),
        format_html_join(
            "",
            '<circle class="dot" cx="{}" cy="{}" r="3.4"/>'
            '<text class="strong" x="{}" y="{}" text-anchor="middle">{}</text>',
            (
                (f"{x:.1f}", f"{y:.1f}", f"{x:.1f}", f"{y - 8:.1f}", spoken(share).removesuffix(" %"))
                for x, y, share in (points if few else points[-1:])
            ),
        ),
    )


def _foot(marks: Sequence[str], y: float, *, left: float = _LEFT) -> SafeString:
    """Draw the words under the places, leaving out those that would stand on one another."""
    found: list[tuple[str, float, str]] = []
    before = -float(_NARROWEST)
    right = _RIGHT if left == _LEFT else _RIGHT - 20
    for place, words in enumerate(marks):
        x = left + (right - left) * place / max(1, len(marks) - 1)
        wide = max(_NARROWEST, 7 * len(words))
        if words and x - before >= wide and x <= _RIGHT - _NARROWEST / 2:
            found.append((f"{x:.1f}", y, words))
            before = x
    anchor = "start" if left == _LEFT else "middle"
    return format_html_join(
        "", '<text x="{}" y="{}" text-anchor="{}">{}</text>', ((*one[:2], anchor, one[2]) for one in found)
    )


def _cell(x: int, y: int, share: Share, low: Fraction, high: Fraction) -> SafeString:
    """Draw one cell: its depth between the lowest and the highest, its number, and a word at both ends."""
    if share is None:
        return format_html('<text x="{}" y="{}" text-anchor="middle">-</text>', x + _CELL // 2, y + 28)
    depth = 0.06 if high == low else 0.06 + 0.34 * float((share - low) / (high - low))
    word = "" if high == low else {low: "lowest", high: "highest"}.get(share, "")
    return format_html(
        '<rect class="heat" fill="currentColor" fill-opacity="{}" stroke="currentColor" stroke-opacity="{}"'
        ' x="{}" y="{}" width="{}" height="{}"/>'
        '<text class="ink" x="{}" y="{}" text-anchor="middle" font-size="14">{}</text>'
        '<text class="ink" x="{}" y="{}" text-anchor="middle" font-size="10.5">{}</text>',
        f"{depth:.2f}", ".9" if word else ".2", x, y, _CELL - 3, _CELL_HIGH, x + _CELL // 2, y + (21 if word else 28),
        spoken(share), x + _CELL // 2, y + 37, word,
    )  # fmt: skip


def _length(share: Share, nought: float, scale: float) -> tuple[float, float]:
    """Give where a bar begins and how wide it is; one below nought ends there."""
    wide = abs(float(share or 0)) * scale
    return (nought - wide, wide) if share is not None and share < 0 else (nought, wide)


def _hatch(key: str) -> SafeString:
    return format_html(
        '<defs><pattern id="{}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="2" height="6" fill="currentColor" fill-opacity=".55"/></pattern></defs>',
        key,
    )


def _key_of_bars(key: str, names: Sequence[str], left: int) -> SafeString:
    return format_html(
        '<rect class="length" fill="currentColor" x="{}" y="4" width="18" height="10"/><text x="{}" y="13">{}</text>'
        '<rect fill="url(#{}-hatch)" stroke="currentColor" stroke-opacity=".6" x="{}" y="4" width="18" height="10"/>'
        '<text x="{}" y="13">{}</text>',
        left, left + 24, names[0], key, left + 180, left + 204, names[1],
    )  # fmt: skip


def _x(place: int, places: int) -> str:
    return f"{_LEFT + (_RIGHT - _LEFT) * place / max(1, places - 1):.1f}"


def _y(per_cent: float, floor: int, top: float, high: float) -> str:
    return f"{top + high * (100 - per_cent) / (100 - floor):.1f}"


def _scale(lowest: Fraction) -> tuple[int, int]:
    """Give the step and the lowest level: at most five steps under 100, and the whole line within."""
    for step in _STEPS:
        floor = min(int(lowest * 100) // step * step, 100 - 2 * step)
        if (100 - floor) // step <= _LEVELS:
            return step, max(0, floor)
    return _STEPS[-1], 0
