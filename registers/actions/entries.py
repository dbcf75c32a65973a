"""What may be entered in a register, by whom, and what an entry becomes before it is a mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from registers.queries.marks import Moment, Present
from registers.rules import codes
from registers.rules.ages import compulsory_school_age
from registers.rules.codes import Code, Counts, Enterer, Needs
from registers.rules.lateness import BETTER_AFTER_CLOSE, arrival_code
from registers.rules.sessions import Session

BETTER = f"{', '.join(BETTER_AFTER_CLOSE)} or another code fits better"
LATE_CODES = frozenset({"L", "U"})
PLANNED, OFFICE = "planned", "office"
LONGEST_LATE = 360
LONGEST_COMMENT = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What a page asks to be entered for one pupil.

    `was` is the code the page last saw, "" where there was none; None asks for no comparison.
    """

    pupil_id: int
    code: str
    minutes_late: int | None = None
    comment: str = ""
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A mark that is to be written."""

    pupil_id: int
    code: str
    minutes_late: int | None
    comment: str


class EntriesRefused(Refused):
    """Some entries cannot be made; `by_pupil` says of each why, and the whole save was left undone."""

    def __init__(self, by_pupil: dict[int, str], names: dict[int, str]) -> None:
        self.by_pupil = by_pupil
        super().__init__(" ".join(f"{names.get(pupil, 'A pupil')}: {why}" for pupil, why in by_pupil.items()))


@dataclass(slots=True)
class Reading:
    """The entries of a save, compared with what the register holds."""

    changes: list[Change] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    refusals: dict[int, str] = field(default_factory=dict)
    clashes: dict[int, str] = field(default_factory=dict)


def may_use_office_codes(by: User | None, school_id: int) -> bool:
    """Tell whether the hand may enter the codes kept for the office; the office itself may."""
    return by is None or by.standing.may(Can.USE_OFFICE_CODES, school_id)


def enterable(session: Session, *, office: bool) -> list[Code]:
    """Give the codes a person may enter for a session, in the order of the picker."""
    wanted = {Enterer.TEACHER, Enterer.OFFICE} if office else {Enterer.TEACHER}
    return [
        code
        for code in codes.code_set(session.on).values()
        if code.enterable_by & wanted and session.half in code.halves
    ]


def read_code(symbol: str, session: Session, *, office: bool) -> Code:
    """Give the code an entry means on that day; either slash is the present mark of the session's half.

    Raises Refused with words for a code that is not in force or not the person's to enter.
    """
    tidy = symbol.strip().upper()
    if tidy in {"/", "\\"}:
        tidy = codes.present_code(session.half)
    try:
        code = codes.code(tidy, session.on)
    except codes.UnknownCode as unknown:
        raise Refused(str(unknown)) from unknown
    if not code.enterable_by:
        raise Refused(f"{tidy} is read in old registers and is no longer entered.")
    if not office and Enterer.TEACHER not in code.enterable_by:
        raise Refused(f"{tidy} ({code.meaning.lower()}) is entered by the office. Use N and tell the office why.")
    return code


def check_age(code: Code, present: Present, session: Session) -> None:
    """Refuse a code that the law keeps for the other side of compulsory school age.

    Source: SI 2024/208 regs 10 and 11(6); statute of X and C2.
    """
    compulsory = compulsory_school_age(present.date_of_birth, session.on)
    if Needs.NOT_COMPULSORY_AGE in code.needs and compulsory:
        raise Refused(f"{code.symbol} is only for a pupil who is not of compulsory school age.")
    if Needs.COMPULSORY_AGE in code.needs and not compulsory:
        raise Refused(f"{code.symbol} is only for a pupil of compulsory school age.")


def check_minutes(symbol: str, minutes_late: int | None) -> None:
    """Refuse minutes that do not belong to a late code or are not a number of minutes of one session."""
    if minutes_late is None:
        return
    if symbol not in LATE_CODES:
        raise Refused(f"Minutes late belong to L or U, not to {symbol}.")
    if not 0 < minutes_late <= LONGEST_LATE:
        raise Refused(f"Minutes late are from 1 to {LONGEST_LATE}, not {minutes_late}.")


def check_comment(comment: str) -> None:
    """Refuse a comment that is longer than the register holds."""
    if len(comment) > LONGEST_COMMENT:
        raise Refused(f"A comment has at most {LONGEST_COMMENT} characters; this one has {len(comment)}.")


def late_or_after(minutes_late: int | None, session: Session, moment: Moment, at: datetime) -> tuple[str, str]:
    """Give the code an "L" becomes, and why if it is another.

    With minutes the pupil came so many after the register opened; without them the pupil comes in as the entry
    is made, unless it is made on a later day.

    Source: SI 2024/208 reg 10(2) Tables 1 (L) and 3 (U).
    """
    if moment.opens_at is None or moment.closes_at is None:
        return "L", ""
    arrived = moment.opens_at + timedelta(minutes=minutes_late) if minutes_late else clock.local(at)
    if arrived.date() != session.on:
        return "L", ""
    code = arrival_code(
        moment.opens_at.time(), moment.closes_at.time(), max(arrived, moment.opens_at + timedelta(minutes=1)).time()
    )
    if code == "L":
        return "L", ""
    return code, f"The register closed at {moment.closes_at:%H:%M}: arrived after it, so U, unless {BETTER}."


def said_after(moment: Moment) -> str:
    """Give what the office is told whose "L" without minutes is entered after the register closed: it stands."""
    return f"The register closed at {moment.closes_at:%H:%M}: L says the pupil came before. If not, U or the minutes."


def read_entries(
    entries: list[Entry],
    held: dict[int, Present],
    *,
    session: Session,
    moment: Moment,
    may_change: bool,
    office: bool,
    at: datetime,
) -> Reading:
    """Compare entries with what the register holds: what to write, what clashes, and what cannot be."""
    reading = Reading()
    for entry in entries:
        present = held[entry.pupil_id]
        try:
            change, note = _read(entry, present, session=session, moment=moment, office=office, at=at)
            if change is None:
                continue
            # What was known beforehand may have been written after the page was drawn: nobody's entry is lost by it.
            unseen = entry.was == "" and present.origin == PLANNED
            if entry.was is not None and not unseen and present.code not in {_same(entry.was, session), change.code}:
                reading.clashes[entry.pupil_id] = change.code
                continue
            if present.code:
                _check_overwriting(present, session, office=office, may_change=may_change)
        except Refused as refused:
            reading.refusals[entry.pupil_id] = str(refused)
            continue
        reading.changes.append(change)
        if note:
            reading.notes[entry.pupil_id] = note
    return reading


def _same(symbol: str, session: Session) -> str:
    return codes.present_code(session.half) if symbol in {"/", "\\"} else symbol


def _read(
    entry: Entry, present: Present, *, session: Session, moment: Moment, office: bool, at: datetime
) -> tuple[Change | None, str]:
    """Give the change an entry means, or None where the mark says so already, and a note for the person."""
    symbol = _same(entry.code.strip().upper(), session)
    # What is not said again stays: a page without the right to read a comment sends none.
    if symbol == present.code and entry.minutes_late in {None, present.minutes_late}:
        if entry.comment in {"", present.comment}:
            return None, ""
        check_comment(entry.comment)
        return Change(entry.pupil_id, symbol, present.minutes_late, entry.comment), ""
    if symbol == "N" and not office and _is_known(present, session):
        return None, f"The office knows: {present.code}. It stays."
    code = read_code(entry.code, session, office=office)
    check_minutes(code.symbol, entry.minutes_late)
    check_comment(entry.comment)
    check_age(code, present, session)
    symbol, note = code.symbol, ""
    if symbol == "L":
        symbol, note = late_or_after(entry.minutes_late, session, moment, at)
        # The office knows when a pupil came who is entered later: its L is judged by the minutes alone.
        if office and symbol != "L" and not entry.minutes_late:
            symbol, note = "L", said_after(moment)
    comment = entry.comment or (present.comment if symbol == present.code else "")
    if (symbol, entry.minutes_late, comment) == (present.code, present.minutes_late, present.comment):
        return None, note
    return Change(entry.pupil_id, symbol, entry.minutes_late, comment), note


def _is_known(present: Present, session: Session) -> bool:
    """Tell whether the office gave the reason for an absence, so that "no reason yet" says less than the mark."""
    standing = codes.code_set(session.on).get(present.code)
    if standing is None or present.code == "N" or present.origin not in {PLANNED, OFFICE}:
        return False
    return standing.counts is not Counts.PRESENT


def _check_overwriting(present: Present, session: Session, *, office: bool, may_change: bool) -> None:
    """Refuse to change a mark the office has entered, or one of a register that is closed."""
    standing = codes.code_set(session.on).get(present.code)
    if not office and standing is not None and Enterer.TEACHER not in standing.enterable_by:
        raise Refused(
            f"the office has entered {present.code} ({standing.meaning.lower()}). Ask the office to change it."
        )
    if not may_change:
        raise Refused(f"the register is closed and says {present.code}. Ask the office to amend it, with the reason.")


def counts_of(symbols: list[str], session: Session) -> dict[str, int]:
    """Give the tally line of a register: present, late, absent, not possible, unmarked, and how many in all."""
    tally = {"present": 0, "late": 0, "absent": 0, "not_possible": 0, "unmarked": 0, "expected": len(symbols)}
    in_force = codes.code_set(session.on)
    for symbol in symbols:
        tally[_kind(in_force.get(symbol))] += 1
    return tally


def _kind(code: Code | None) -> str:
    if code is None:
        return "unmarked"
    if code.late and code.counts is Counts.PRESENT:
        return "late"
    if code.counts.is_attended:
        return "present"
    return "absent" if code.counts.is_absent else "not_possible"
