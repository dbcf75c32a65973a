"""Settling absences whose reason was not known, and completing marks nobody made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, cast

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import Mark
from registers.queries.calendar import calendar_of
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from registers.rules.deadlines import settle_n_by
from registers.rules.sessions import CalendarTooShort, Session

from .coding import Coded, Wanted, code_sessions

UNEXPLAINED: Final = "N"
UNKNOWN: Final = "O"
NOT_ESTABLISHED: Final = "Reason not established within five school days (SI 2024/208 reg 10(7)-(9))"


def settle(*, school: School, marks: Collection[Mark], code: str, reason: str, by: User, at: datetime) -> Coded:
    """Give the reason of absences that had none: each N becomes the code, with the reason. Other marks are left.

    Raises Refused for N itself, for O (which has its own act), and as `code_sessions` does.

    Source: SI 2024/208 reg 10(7)-(9).
    """
    symbol = code.strip().upper()
    if symbol == UNEXPLAINED:
        raise Refused("They are N already: choose the code of the reason.")
    if symbol == UNKNOWN:
        raise Refused("O is not chosen here: on the last date it is proposed, and approved by a person.")
    return _code(school, marks, symbol, reason, "settled absences", "Reason settled", by, at)


def approve_unknown(
    *, school: School, marks: Collection[Mark], reason: str = NOT_ESTABLISHED, by: User, at: datetime
) -> Coded:
    """Approve that absences become O, because their reason could not be established in time.

    Raises Refused where one of them may still be established: before its last date nothing becomes O.

    Source: SI 2024/208 reg 10(7)-(9); WTISA (July 2026) para 408.
    """
    calendar, today = calendar_of(school.pk), clock.local(at).date()
    early = []
    for mark in marks:
        try:
            last = settle_n_by(_session(mark), calendar)
        except CalendarTooShort as short:
            raise Refused(str(short)) from short
        if last > today:
            early.append(last)
    if early:
        many = "1 of them may" if len(early) == 1 else f"{len(early)} of them may"
        raise Refused(f"{many} still be established until {spoken_date(min(early))}. Nothing was changed.")
    return _code(school, marks, UNKNOWN, reason, "approved O", "O approved, reason not established", by, at)


def complete_missing(
    *,
    school: School,
    gaps: Sequence[tuple[int, Session]],
    code: str,
    reason: str,
    by: User,
    at: datetime,
) -> Coded:
    """Enter a code for pupils and sessions that have no mark; whoever was marked meanwhile is left.

    "/" is the present mark of each session. Raises Refused as `code_sessions` does.

    Source: SI 2024/208 regs 6 and 10.
    """
    return code_sessions(
        school=school,
        wanted=[Wanted(pupil, session, code) for pupil, session in gaps],
        over=(),
        reason=reason,
        verb="completed missing marks",
        words="Missing marks completed",
        by=by,
        at=at,
    )


def _code(
    school: School, marks: Collection[Mark], symbol: str, reason: str, verb: str, words: str, by: User, at: datetime
) -> Coded:
    return code_sessions(
        school=school,
        wanted=[Wanted(mark.pupil_id, _session(mark), symbol, comment=mark.comment) for mark in marks],
        over={UNEXPLAINED},
        reason=reason,
        verb=verb,
        words=f"{words}: {symbol}",
        by=by,
        at=at,
    )


def _session(mark: Mark) -> Session:
    return Session(mark.on, cast("Half", mark.half))
