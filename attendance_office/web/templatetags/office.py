"""Tags and filters of every template: icons, code chips, dates and figures in the office's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import Any, Final

from django import template
from django.contrib.messages.storage.base import Message
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from attendance_office import clock as office_clock
from attendance_office.web import toasts
from attendance_office.web.chips import FAMILY_NAMES, LESSON_FAMILIES, MISSING, family_of

register = template.Library()

ICONS: Final = frozenset(
    (
        "done",
        "part",
        "none",
        "wait",
        "alert",
        "hold",
        "stop",
        "call",
        "letter",
        "visit",
        "chat",
        "edit",
        "note",
        "plus",
        "print",
        "down",
        "search",
        "eye",
        "help",
        "lock",
        "sweep",
        "check",
        "n-desk",
        "n-reg",
        "n-miss",
        "n-pup",
        "n-let",
        "n-sup",
        "n-law",
        "n-rep",
        "n-set",
        "n-more",
    )
)
NO_RATE: Final = "no rate"
NOT_MARKED: Final = "\N{EN DASH}"
# What a column of numbers holds: whole numbers, shares, and the words for none.
_NUMBER: Final = re.compile("[+\N{MINUS SIGN}-]?[0-9][0-9,.]*( %| points)?")
_NO_NUMBER: Final = frozenset(("", NO_RATE, "no session", "suppressed", "Not said", "none before", "none"))
# So many columns of numbers and more are read as a grid, and not as a card a row.
_GRID_FROM: Final = 7
# Words that with their head have so many letters and fewer stand beside others on a line of a phone.
_SHORT: Final = 22


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw one symbol of components/icons.html; with a label it is spoken, without one it is silent.

    Raises TemplateSyntaxError for a name that is not drawn there.
    """
    if name not in ICONS:
        raise template.TemplateSyntaxError(f"No icon is called {name!r}: see docs/ui.md.")
    return _drawn(name, label)


@lru_cache(maxsize=512)
def _drawn(name: str, label: str) -> SafeString:
    """Draw a symbol once: a register shows the same few on every row."""
    symbol = name if name.startswith("n-") else f"s-{name}"
    if label:
        return format_html('<svg class="i" role="img" aria-label="{}"><use href="#{}"/></svg>', label, symbol)
    return format_html('<svg class="i" aria-hidden="true"><use href="#{}"/></svg>', symbol)


@register.simple_tag
def code_chip(symbol: str | None, on: date | None = None, title: str = "", css: str = "") -> SafeString:
    """Draw a code: always its letter, tinted by what it counts as; no mark is a dashed dash.

    `on` is the day of the mark, for the words; `title` the code's name, shown on hover and spoken. Without
    a title only the letter is there, for groups that say their codes in one label.
    """
    classes = f"c {family_of(symbol)} {css}".rstrip()
    letter = symbol or NOT_MARKED
    if not title:
        return format_html('<span class="{}">{}</span>', classes, letter)
    words = f"{title}, {day_short(on)}" if on else title
    return format_html(
        '<span class="{}" role="img" aria-label="{}" title="{}">{}</span>',
        classes,
        f"{symbol}, {words}" if symbol else words,
        words,
        letter,
    )


@register.filter
def family(symbol: str | None) -> str:
    """Give the css class of a code's tint: p, l, a, u, x or m."""
    return family_of(symbol)


@register.simple_tag
def lesson_chip(symbol: str) -> SafeString:
    """Draw a mark of a lesson: a letter of its own kind, tinted as the lesson's register has it."""
    return format_html('<span class="c {}">{}</span>', LESSON_FAMILIES.get(symbol, MISSING), symbol)


@register.filter
def family_name(symbol: str | None) -> str:
    """Give what a code's tint means, in words."""
    return FAMILY_NAMES[family_of(symbol)]


def _local_date(value: date) -> date:
    """Give the date in London of an aware instant; a date stays itself."""
    return office_clock.local(value).date() if isinstance(value, datetime) else value


@register.filter
def day(value: date | None) -> str:
    """Give "Mon 23 Nov 2026" for a date or an instant; nothing for nothing."""
    if not value:
        return ""
    on = _local_date(value)
    return f"{on:%a} {on.day} {on:%b %Y}"


@register.filter
def day_short(value: date | None) -> str:
    """Give "Mon 23 Nov" for a date or an instant; nothing for nothing."""
    if not value:
        return ""
    on = _local_date(value)
    return f"{on:%a} {on.day} {on:%b}"


@register.filter
def clock(value: datetime | None) -> str:
    """Give "09:14", London's time, for an instant; nothing for nothing."""
    return f"{office_clock.local(value):%H:%M}" if value else ""


@register.filter
def age(since: date | None, now: datetime | None) -> str:
    """Give how old something is at `now`: "4 min", "1 h 02", "3 days". Days are calendar days in London.

    A date without a time is "today", "1 day" and so on. The clock is not read here.
    """
    if not since or not now:
        return ""
    days = (_local_date(now) - _local_date(since)).days
    if isinstance(since, datetime):
        minutes = max(0, int((now - since).total_seconds()) // 60)
        if minutes == 0:
            return "under a minute"
        if minutes < 60:
            return f"{minutes} min"
        if minutes < 24 * 60:
            return f"{minutes // 60} h {minutes % 60:02}"
    if days <= 0:
        return "today"
    return "1 day" if days == 1 else f"{days} days"


@register.filter
def per_cent(rate: Fraction | Decimal | int | None) -> str:
    """Give a share as "93.8 %", one decimal, half up and exact; "no rate" where nothing was possible."""
    if rate is None:
        return NO_RATE
    tenths = floor(Fraction(rate) * 1000 + Fraction(1, 2))
    sign = "\N{MINUS SIGN}" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10:,}.{abs(tenths) % 10} %"


@register.filter
def points(difference: Fraction | int | None) -> str:
    """Give a difference of two shares in percentage points with its sign: "+0.4", "\u22121.2", "0.0"."""
    if difference is None:
        return ""
    tenths = floor(abs(Fraction(difference)) * 1000 + Fraction(1, 2))
    sign = "" if not tenths else "\N{MINUS SIGN}" if difference < 0 else "+"
    return f"{sign}{tenths // 10}.{tenths % 10}"


@register.filter
def thousands(number: int | None) -> str:
    """Give a whole number with its thousands marked: "1,041"; nothing for nothing."""
    return "" if number is None else f"{number:,}"


@register.filter
def small_first(words: str) -> str:
    """Give words as they stand within a sentence: "Tutor of 9A" is "tutor of 9A"; "DSL" stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


@register.filter
def signed(number: int) -> str:
    """Give a difference with its sign: "+1,041", "\u221212", "0"."""
    return f"{number:+,}".replace("-", "\N{MINUS SIGN}") if number else "0"


@register.simple_tag(takes_context=True)
def qs_at(context: template.Context, key: str, value: Any) -> str:
    """Give what `qs` gives, with one change under a key that the template is handed, as where lists stand together."""
    return qs(context, **{key: value})


@register.simple_tag(takes_context=True)
def qs(context: template.Context, **changes: Any) -> str:
    """Give the page's query string with these keys changed.

    None or "" takes a key out, a list sets it several times. Any change goes back to the
    first page, unless `page` is among the changes.
    """
    request = context.get("request")
    query: QueryDict = request.GET.copy() if request else QueryDict(mutable=True)
    if "page" not in changes:
        query.pop("page", None)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, Iterable) and not isinstance(value, str):
            query.setlist(key, [str(one) for one in value])
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.filter
def undo_path(message: Message) -> str:
    """Give the path that takes a message's act back; empty where there is none."""
    return toasts.undo_path(message)


@register.filter
def initials(name: str) -> str:
    """Give the first letters of the first and the last word of a name: "CA" for Callum Ashworth."""
    words = name.split()
    return "".join(word[0].upper() for word in dict.fromkeys((words[0], words[-1]))) if words else ""


@dataclass(frozen=True)
class WrittenTable:
    """A table of words laid out: each head and cell with its column's class, each cell with its head."""

    heads: list[tuple[str, str]]
    rows: list[list[tuple[str, str, str]]]
    is_grid: bool


@register.filter
def laid_out(written: Mapping[str, Any]) -> WrittenTable:
    """Lay out a table that is kept as words, `heads` and `rows`: numbers right-aligned, a card a row on a phone."""
    heads: Sequence[str] = written["heads"]
    rows: Sequence[Sequence[str]] = written["rows"]
    kinds = ["", *(_kind_of(heads[at], [row[at] for row in rows]) for at in range(1, len(heads)))]
    return WrittenTable(
        heads=list(zip(heads, kinds, strict=True)),
        rows=[list(zip(heads, row, kinds, strict=True)) for row in rows],
        is_grid=len(heads) >= _GRID_FROM and all(kind == "num" for kind in kinds[1:]),
    )


def _kind_of(head: str, cells: Sequence[str]) -> str:
    """Give the class of a column: of numbers, of words so short that two columns share a line of a phone, or none."""
    written = [cell for cell in cells if cell not in _NO_NUMBER]
    if written and all(_NUMBER.fullmatch(cell) for cell in written):
        return "num"
    return "short" if all(len(head) + len(cell) <= _SHORT for cell in cells) else ""
