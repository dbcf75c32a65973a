"""What the attendance register says: absences in runs, lates by month, what is missing, changed and doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from attendance_office.staff.roles import Can
from registers.models import Amendment, Doubt, TakenBackMark
from registers.queries.pupil_marks import Marked
from registers.rules.codes import Code, Counts, code
from registers.rules.dates import spoken_date
from registers.rules.doubts import GROUNDS
from registers.rules.sessions import Session

from .entries import KINDS, Entry, Scope, done, joined, many, session_words

SESSIONS_NAMED: Final = 8


def runs(scope: Scope) -> list[Entry]:
    """Give absences and times elsewhere: one entry for each run of sessions under the same code.

    Source: SI 2024/208 reg 10 (what each code says).
    """
    by_session = {mark.session: mark for mark in scope.marks}
    held = [one for one in scope.due if scope.covers(one.on)]
    found = []
    for symbol, run in groupby(held, key=lambda one: by_session[one].code if one in by_session else ""):
        marks = [by_session[one] for one in run if one in by_session]
        if symbol and (kind := _kind_of(marks[0])):
            law = code(symbol, marks[0].session.on)
            how = f", {law.counts.words.lower()}" if kind == "absence" else ""
            found.append(
                Entry(
                    KINDS[kind],
                    marks[0].session.on,
                    f"{law.meaning} ({symbol}){how}: {_span(marks)}, {many(len(marks), 'session')}.",
                    half=marks[0].session.half,
                    more=_comments(scope, marks),
                    link=scope.marks_page(),
                )
            )
    return found


def lates(scope: Scope) -> list[Entry]:
    """Give the lates of each month in one entry, at the last of them.

    Source: DfE attendance statistics method (late = L + U).
    """
    late = [mark for mark in scope.marks if scope.covers(mark.session.on) and _law(mark).late]
    found = []
    for _, of_month in groupby(late, key=lambda mark: (mark.session.on.year, mark.session.on.month)):
        marks = list(of_month)
        minutes = [mark.minutes_late for mark in marks if mark.minutes_late is not None]
        after = sum(not _law(mark).counts.is_attended for mark in marks)
        words = f"Late {many(len(marks), 'time')} in {marks[-1].session.on:%B %Y}"
        words += f", {after} of them after the register had closed (U)" if after else ""
        words += f"; {many(sum(minutes), 'minute')} in all where they were noted" if minutes else ""
        found.append(
            Entry(
                KINDS["late"],
                marks[-1].session.on,
                f"{words}.",
                half=marks[-1].session.half,
                more=joined(_named([mark.session for mark in marks])),
                link=scope.marks_page(),
            )
        )
    return found


def missing(scope: Scope) -> list[Entry]:
    """Give the sessions for which a mark is owed and none is there: one entry for each run.

    Source: SI 2024/208 reg 10(1) (the register is taken at the start of each session).
    """
    marked = {mark.session for mark in scope.marks}
    held = [one for one in scope.due if scope.covers(one.on)]
    found = []
    for is_missing, group in groupby(held, key=lambda one: one not in marked):
        if is_missing:
            run = list(group)
            words = f"No mark: {_spanned(run)}, {many(len(run), 'session')}. Counted neither way."
            found.append(Entry(KINDS["missing"], run[0].on, words, half=run[0].half, link=scope.marks_page()))
    return found


def amendments(scope: Scope) -> list[Entry]:
    """Give the changes of marks made in the period: one entry for what one hand changed alike at one time.

    Source: SI 2024/208 reg 6 (original, amended, reason, date, name and title).
    """
    rows = Amendment.objects.filter(
        school_id=scope.pupil.school_id, pupil_id=scope.pupil.pk, at__range=scope.instants
    ).order_by("at", "by_name", "from_code", "to_code", "reason", "on", "half")
    found = []
    for (at, by, before, after, reason), group in groupby(
        rows, key=lambda one: (one.at, one.by_name, one.from_code, one.to_code, one.reason)
    ):
        changed = list(group)
        sessions = _named([_session(one) for one in changed])
        if before == after:
            words = f"Minutes or comment changed of {after}: {sessions}."
        elif before == "N":
            words = f"No reason (N) settled as {after}: {sessions}."
        else:
            words = f"{before} changed to {after}: {sessions}."
        role = changed[0].by_role.lower()
        found.append(
            done(
                "amended", at, words,
                more=scope.comment(reason),
                by=f"{by} ({role})" if role and by else by,
                link=scope.marks_page(),
            )
        )  # fmt: skip
    return found


def taken_back(scope: Scope) -> list[Entry]:
    """Give the marks taken out of the register again, with what they went."""
    rows = TakenBackMark.objects.filter(
        school_id=scope.pupil.school_id, pupil_id=scope.pupil.pk, at__range=scope.instants
    ).order_by("at", "code", "by_name", "reason", "on", "half")
    return [
        done(
            "amended", at, f"{symbol} taken out of the register again: {_named([_session(one) for one in group])}.",
            more=scope.comment(reason), by=by, link=scope.marks_page(),
        )
        for (at, symbol, by, reason), group in groupby(
            rows, key=lambda one: (one.at, one.code, one.by_name, one.reason)
        )
    ]  # fmt: skip


def doubts(scope: Scope) -> list[Entry]:
    """Give the marks that were found doubtful, and what a person made of each."""
    found = []
    for row in Doubt.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil).select_related("settled_by"):
        title = GROUNDS[row.ground].title if row.ground in GROUNDS else row.ground
        session = session_words(Session(row.on, "AM" if row.half == "AM" else "PM"))
        link = scope.link("registers:doubt_detail", row.pk, "The doubt", Can.AMEND_MARKS)
        found.append(done("doubts", row.found_at, f"{title}: {session}.", more=joined(row.words), link=link))
        if row.settled_at is not None:
            words = f"Doubt about {session} settled: {row.get_state_display().lower()}."
            found.append(done("doubts", row.settled_at, words, more=joined(row.why), by=row.settled_by, link=link))
    return found


def _kind_of(mark: Marked) -> str:
    counts = code(mark.code, mark.session.on).counts
    if counts in {Counts.AUTHORISED, Counts.UNAUTHORISED}:
        # A late after the close is told among the lates.
        return "" if _law(mark).late else "absence"
    return "elsewhere" if counts in {Counts.APPROVED, Counts.NOT_POSSIBLE} else ""


def _law(mark: Marked) -> Code:
    return code(mark.code, mark.session.on)


def _session(row: Amendment | TakenBackMark) -> Session:
    return Session(row.on, "AM" if row.half == "AM" else "PM")


def _span(marks: Sequence[Marked]) -> str:
    return _spanned([mark.session for mark in marks])


def _spanned(run: Sequence[Session]) -> str:
    first, last = run[0], run[-1]
    if len(run) == 1:
        return session_words(first)
    begins = spoken_date(first.on) if first.half == "AM" else session_words(first)
    ends = spoken_date(last.on) if last.half == "PM" else session_words(last)
    return begins if first.on == last.on else f"{begins} to {ends}"


def _named(sessions: Iterable[Session]) -> str:
    named = [session_words(one) for one in sorted(sessions)]
    left = len(named) - SESSIONS_NAMED
    return ", ".join(named[:SESSIONS_NAMED]) + (f" and {left} more" if left > 0 else "")


def _comments(scope: Scope, marks: Sequence[Marked]) -> str:
    return scope.comment(*dict.fromkeys(mark.comment for mark in marks if mark.comment))
