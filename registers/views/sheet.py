"""What a register's sheet shows beside each pupil, and the codes its picker offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web.chips import FAMILY_NAMES, family_of
from attendance_office.web.doors import StaffRequest, may
from attendance_office.web.templatetags.office import code_chip, day_short
from registers.actions.entries import enterable
from registers.queries.marks import Hand, Moment
from registers.queries.sheets import Sheet
from registers.rules.codes import code_set, present_code
from registers.rules.dates import spoken_date
from registers.rules.lateness import BETTER_AFTER_CLOSE
from registers.rules.rates import spoken_percent
from registers.rules.sessions import Session

from .sent import Sent

SPOKEN_HALF = {"AM": "morning", "PM": "afternoon"}


@lru_cache(maxsize=8192)
def _chips(symbols: tuple[str, ...]) -> str:
    """Draw the last sessions of a pupil; few patterns serve a whole school."""
    return mark_safe("".join(code_chip(symbol) for symbol in symbols))


@lru_cache(maxsize=1024)
def _quick(present: str, code: str, *, off: bool) -> str:
    """Draw the thumb buttons beside a name."""
    words = [(present, "Present"), ("L", "Late"), ("N", "Absent, no reason yet")]
    quick = [(symbol, name, family_of(symbol)) for symbol, name in words]
    other = code if code and code not in {symbol for symbol, _ in words} else ""
    shown = {"quick": quick, "code": code, "other": other, "off": off, "has_more": True}
    return render_to_string("registers/register_quick.html", shown)


def rows_of(
    request: StaffRequest,
    sheet: Sheet,
    session: Session,
    picker: Picker,
    sent: Sent | None,
    *,
    office: bool,
    is_open: bool,
) -> list[dict[str, Any]]:
    """Give the rows with what the screen shows beside each pupil."""
    typed = {entry.pupil_id: entry for entry in sent.entries} if sent else {}
    usable = picker.symbols
    names = code_set(session.on)
    present = present_code(session.half)
    rows = []
    reads = may(request, Can.READ_COMMENTS)
    own = request.user.signature
    for number, row in enumerate(sheet.rows, start=1):
        entry = typed.get(row.pupil.pk)
        code = entry.code if entry else row.code
        rate = row.rate
        locked = not office and bool(row.code) and row.code not in usable
        said = row.mark.comment if row.mark else row.known.words if row.known else ""
        comment = said if reads else ""
        # Flat and as text: the template asks for each of them once or more for every pupil of every sheet.
        rows.append(
            {
                "number": str(number),
                "pk": str(row.pupil.pk),
                "name": str(row.pupil),
                "code": code,
                "was": row.code,
                "family": family_of(code) if code else "",
                "planned": row.is_planned,
                "meaning": names[row.code].meaning if row.code in names else "",
                "comment": comment,
                "minutes": str((entry.minutes_late if entry else row.mark.minutes_late if row.mark else None) or ""),
                "late": code in {"L", "U"},
                "noted": code in {"L", "U"} or row.is_planned or bool(comment),
                "shut": locked or not is_open,
                "locked": locked,
                "ten": row.ten_words,
                "chips": _chips(row.ten),
                "quick": _quick(present, code, off=locked or not is_open),
                "rate": spoken_percent(rate).removesuffix("%").strip(),
                "low": rate is not None and rate * 10 <= 9,
                "saved": saved_words(row.hand, own, session.on),
            }
        )
    return rows


def saved_words(hand: Hand | None, own: str, on: date) -> str:
    """Say when a mark was last written, and by whom where it was someone else; nothing for a pupil without one."""
    if hand is None:
        return ""
    when = f"{clock.local(hand.at):%H:%M}" if clock.local(hand.at).date() == on else day_short(hand.at)
    return f"{when} {'saved' if hand.name == own else hand.name}"


@dataclass(frozen=True)
class Picker:
    """The codes a person may enter in one session, by the tint they have on screen, and the list of them as drawn."""

    kinds: list[dict[str, Any]]
    html: str

    @property
    def symbols(self) -> set[str]:
        """Give the symbols it offers."""
        return {code["symbol"] for kind in self.kinds for code in kind["codes"]}


@lru_cache(maxsize=64)
def picker_of(session: Session, *, office: bool) -> Picker:
    """Give the picker; drawn once for each session and right, since every group's sheet shows the same."""
    kinds: dict[str, list[dict[str, str]]] = {}
    for code in enterable(session, office=office):
        family = family_of(code.symbol)
        kinds.setdefault(family, []).append(
            {"symbol": code.symbol, "family": family, "name": code.meaning, "more": code.description}
        )
    found = [{"name": FAMILY_NAMES[family].capitalize(), "codes": codes} for family, codes in kinds.items()]
    return Picker(found, render_to_string("registers/register_codes.html", {"picker": found}))


def after_close(on: date, *first: str) -> list[tuple[str, str]]:
    """Give the codes that are offered, with their words, where an L is entered for who came after the close."""
    known = code_set(on)
    return [(symbol, known[symbol].meaning) for symbol in (*first, *BETTER_AFTER_CLOSE)]


def ten_heading(sheet: Sheet) -> str:
    """Give the head of the column of last sessions, with its first and last day."""
    if not sheet.sessions:
        return "Last sessions"
    first, last = sheet.sessions[0].on, sheet.sessions[-1].on
    start = f"{first:%a} {first.day}" + ("" if first.month == last.month else f" {first:%b}")
    return f"Last ten, {start} to {last:%a} {last.day} {last:%b}"


def why_not(found: Moment, session: Session, sheet: Sheet) -> str:
    """Say why a register is not there to take."""
    if not found.is_held:
        return f"The school does not meet on {session.spoken()}."
    if found.opens_at is None:
        return f"No times are set for the {SPOKEN_HALF[session.half]} session: set them in the school's calendar."
    if not sheet.rows:
        return "No pupil sits in this group on this day: nothing is owed."
    return f"This register opens at {found.opens_at:%H:%M} on {spoken_date(session.on)}."
