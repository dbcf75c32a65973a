"""Last dates: of settling an N, and of the four returns to the local authority.

Where the wording leaves a doubt, the reading is a keyword with a default, so that a school may be told
otherwise.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Final

from registers.rules.codes import Counts, code
from registers.rules.sessions import Calendar, Session

SETTLE_N_SCHOOL_DAYS: Final = 5
NEW_PUPIL_RETURN_DAYS: Final = 5
CONTINUOUS_ABSENCE_SCHOOL_DAYS: Final = 10
SICKNESS_SCHOOL_DAYS: Final = 15
_ILLNESS: Final = "I"


def settle_n_by(session: Session, calendar: Calendar, *, school_days: int = SETTLE_N_SCHOOL_DAYS) -> date:
    """Give the last day on which an N may stand: the reason established, or else O.

    Counted in school days; the next school day after the session is the first.

    Raises CalendarTooShort where the calendar ends before it.

    Source: SI 2024/208 reg 10(7)-(9); WTISA (July 2026) p. 96 and paras 407-409.
    """
    return calendar.next_day(session.on, school_days)


def new_pupil_return_by(
    entered_on: date, *, days: int = NEW_PUPIL_RETURN_DAYS, school_days_of: Calendar | None = None
) -> date:
    """Give the last day of the new-pupil return: the fifth day after the name was entered.

    Calendar days, as the regulation says "day"; school days where a calendar is given as `school_days_of`.

    Raises CalendarTooShort where that calendar ends before it.

    Source: SI 2024/208 reg 13(1).
    """
    if school_days_of is None:
        return entered_on + timedelta(days=days)
    return school_days_of.next_day(entered_on, days)


def new_pupil_return_needed(
    *, most_junior_class: bool, starts_on: date, first_school_day_on: date, authority_asks: bool = False
) -> bool:
    """True unless the pupil is placed in the most junior class from the first day of the school year.

    An authority may ask for those too (`authority_asks`).

    Source: SI 2024/208 reg 13(1)-(3).
    """
    return authority_asks or not (most_junior_class and starts_on == first_school_day_on)


def deletion_return_by(deleted_on: date) -> date:
    """Give the last day of the deletion return: the day of deletion itself. It is due once the ground is met.

    Source: SI 2024/208 reg 13(4)-(5).
    """
    return deleted_on


def attendance_return_by(month_of: date) -> date:
    """Give the last day on which a calendar month's attendance return may be made: the last of the month.

    Source: SI 2024/208 reg 13 (at agreed intervals, at least once in each calendar month).
    """
    return month_of.replace(day=monthrange(month_of.year, month_of.month)[1])


def attendance_return_due(last_sent_on: date, *, interval_days: int | None = None) -> date:
    """Give the last day of the attendance return that follows one sent on a day.

    The last of the next calendar month, or sooner where the authority agreed an interval of days.

    Source: SI 2024/208 reg 13 (at agreed intervals, at least once in each calendar month).
    """
    latest = attendance_return_by(attendance_return_by(last_sent_on) + timedelta(days=1))
    if interval_days is None:
        return latest
    return min(latest, last_sent_on + timedelta(days=interval_days))


@dataclass(frozen=True, slots=True)
class Spell:
    """An unbroken run of absence. `reached` is the session that made it long enough to be returned.

    A school day weighs one, shared by those of its sessions that were possible for the pupil.

    Source: SI 2024/208 reg 13 (a continuous period of ten school days).
    """

    first: Session
    last: Session
    reached: Session
    sessions: int
    school_days: Fraction


def continuous_absence(
    marks: Mapping[Session, str], calendar: Calendar, *, school_days: int = CONTINUOUS_ABSENCE_SCHOOL_DAYS
) -> tuple[Spell, ...]:
    """Give the spells of G, N, O and U that put a pupil in the attendance return, in order.

    Any other possible mark ends a spell. Sessions that were not possible (D, Y4 ...) or have no mark neither
    add to it nor end it; marks outside the calendar's sessions are left out.

    Raises UnknownCode for a mark that was no code on its day.

    Source: SI 2024/208 reg 13 (codes G, N, O or U, one or a combination, over ten continuous school days).
    """
    held = list(_weighed(marks, calendar))
    spells = []
    for unauthorised, run in groupby(held, key=lambda entry: entry[1] is Counts.UNAUTHORISED):
        spell = _spell(list(run), school_days) if unauthorised else None
        if spell is not None:
            spells.append(spell)
    return tuple(spells)


def sickness_days(marks: Mapping[Session, str], calendar: Calendar) -> Fraction:
    """Give the school days missed with code I, half days counted as their share of the day.

    Raises UnknownCode for a mark that was no code on its day.

    Source: SI 2024/208 reg 13 (fifteen school days, consecutive or cumulative).
    """
    return sum(
        (weight for session, _counts, weight in _weighed(marks, calendar) if marks[session] == _ILLNESS),
        start=Fraction(0),
    )


def sickness_days_expected(missed: Fraction | int, calendar: Calendar, *, on: date, back_on: date) -> Fraction:
    """Give the school days a pupil will have missed by sickness by the day of return.

    `missed` holds those up to and including `on`; the school days after it and before `back_on` are added.

    Source: SI 2024/208 reg 13 (reasonable grounds to believe that the pupil will miss fifteen school days).
    """
    return missed + Fraction(len(calendar.days(on + timedelta(days=1), back_on - timedelta(days=1))))


def sickness_return_due(
    grounds_on: date, days_expected: Fraction | int, *, school_days: int = SICKNESS_SCHOOL_DAYS
) -> date | None:
    """Give the day of the sickness return: that on which the grounds arose, or None where too few days are
    expected.

    One return serves one continuous period of sickness in a school year, and minor ailments are not added up:
    a person decides whether the grounds are reasonable. A school that wants early warning asks with fewer
    days.

    Source: SI 2024/208 reg 13 (consecutively or cumulatively fifteen school days because of sickness).
    """
    return grounds_on if days_expected >= school_days else None


def _weighed(marks: Mapping[Session, str], calendar: Calendar) -> Iterator[tuple[Session, Counts, Fraction]]:
    """Walk the possible marks in order, each with its share of its day; an unmarked session takes its share
    too.
    """
    if not marks:
        return
    held = calendar.sessions(min(marks).on, max(marks).on)
    for on, day in groupby(held, key=lambda session: session.on):
        read = [(session, code(marks[session], on).counts if session in marks else None) for session in day]
        due = [(session, counts) for session, counts in read if counts is None or counts.is_possible]
        for session, counts in due:
            if counts is not None:
                yield session, counts, Fraction(1, len(due))


def _spell(run: list[tuple[Session, Counts, Fraction]], school_days: int) -> Spell | None:
    total, reached = Fraction(0), None
    for session, _counts, weight in run:
        total += weight
        if reached is None and total >= school_days:
            reached = session
    if reached is None:
        return None
    return Spell(run[0][0], run[-1][0], reached, len(run), total)
