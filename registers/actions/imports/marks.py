"""marks.csv: marks by the hundred thousand, judged row by row and written in one statement.

Each distinct day, session and code is judged once by the law itself and the answer kept; the rows go to Postgres as
they are read. What is written is one INSERT in the order of pupils, so that it and a register being saved never
deadlock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection
from psycopg import Copy

from attendance_office.staff.models import School
from registers.models import Enrolment, NonSchoolDay, Pupil, Term
from registers.queries.calendar import calendar_of
from registers.rules import codes
from registers.rules.ages import school_year
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session, monday
from registers.rules.upn import check_upn

from .columns import PUPILS
from .fields import Row, read_date, whole_number
from .roll import OFF_ROLL
from .task import Task, rows

LONGEST_LATE: Final = 300
CLOSED: Final = "#"
_SATURDAY: Final = 5
_AT_ONCE: Final = 5000
_HALVES: Final[dict[str, codes.Half]] = {"AM": "AM", "PM": "PM"}
_LATE: Final = frozenset({"L", "U"})

_STAGE: Final = """
    DROP TABLE IF EXISTS pg_temp.marks_read;
    CREATE TEMPORARY TABLE marks_read (
        pupil_id bigint, "on" date, half text, code text, school_week date, minutes_late smallint, comment text
    ) ON COMMIT DROP
"""
# What the source does not say of a mark is not taken from one whose code it confirms.
_KEEP: Final = """
    UPDATE marks_read r
    SET minutes_late = CASE WHEN %(minutes)s OR (%(empty)s AND r.minutes_late IS NULL)
                            THEN m.minutes_late ELSE r.minutes_late END,
        comment = CASE WHEN %(comment)s OR (%(empty)s AND r.comment = '') THEN m.comment ELSE r.comment END
    FROM registers_mark m
    WHERE m.school_id = %(school)s AND m.pupil_id = r.pupil_id AND m."on" = r."on" AND m.half = r.half
      AND m.code = r.code
"""
_COPY: Final = "COPY marks_read FROM STDIN"
# A row that says what the record says already is left out before the INSERT, which would lock it. What was written in
# between is compared once more where it clashes.
_WRITE: Final = """
    WITH written AS (
        INSERT INTO registers_mark AS m (school_id, pupil_id, "on", half, code, minutes_late, comment, school_week,
                                         origin, recorded_at, recorded_by_id)
        SELECT %(school)s, r.pupil_id, r."on", r.half, r.code, r.minutes_late, r.comment, r.school_week,
               'import', %(at)s, %(by)s
        FROM marks_read r
        LEFT JOIN registers_mark o
          ON o.school_id = %(school)s AND o.pupil_id = r.pupil_id AND o."on" = r."on" AND o.half = r.half
        WHERE o.id IS NULL
           OR (o.code, o.minutes_late, o.comment) IS DISTINCT FROM (r.code, r.minutes_late, r.comment)
        ORDER BY r.pupil_id, r."on", r.half
        ON CONFLICT (school_id, pupil_id, "on", half) DO UPDATE
        SET code = excluded.code, minutes_late = excluded.minutes_late, comment = excluded.comment,
            origin = excluded.origin
        WHERE (m.code, m.minutes_late, m.comment)
              IS DISTINCT FROM (excluded.code, excluded.minutes_late, excluded.comment)
        RETURNING m.xmax = 0 AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
"""


@dataclass(frozen=True, slots=True)
class Read:
    """A day, session and code that can stand together: the session's number among all, and the row as COPY takes it."""

    on: date
    number: int
    symbol: str
    line: str


class NotRight(Exception):
    """A value that cannot stand; names its column and says what would be right."""

    def __init__(self, column: str, words: str) -> None:
        super().__init__(words)
        self.column = column


def read_marks(task: Task) -> None:
    """Bring the attendance register to what the file says: new marks are entered, other ones amended, none deleted.

    Source: SI 2024/208 regs 6 (amendments) and 10 (codes); the roll of reg 8.
    """
    judge = _Judge(task)
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            _stage(judge, copy)
        if task.report.is_refused:
            return
        cursor.execute("ANALYZE marks_read")
        # The planner knows nothing of marks that came in a moment ago and would compare each row with each.
        cursor.execute("SET LOCAL enable_nestloop = off")
        asked: dict[str, Any] = {"school": task.school.pk, "at": task.at, "by": task.by.pk if task.by else None}
        empty = task.report.empty_is_unsaid
        if empty or task.unsaid & {"minutes_late", "comment"}:
            unsaid = {"minutes": "minutes_late" in task.unsaid, "comment": "comment" in task.unsaid, "empty": empty}
            cursor.execute(_KEEP, asked | unsaid)
        cursor.execute(_WRITE, asked)
        added, changed = cursor.fetchone()
        cursor.execute("SET LOCAL enable_nestloop = on")
        cursor.execute("DROP TABLE marks_read")
    task.report.count(added=added, changed=changed, same=task.report.rows - added - changed)
    judge.say_what_was_not_checked()


def _stage(judge: _Judge, copy: Copy) -> None:
    batch: list[str] = []
    for line in judge.lines():
        batch.append(line)
        if len(batch) == _AT_ONCE:
            copy.write("".join(batch))
            batch.clear()
    copy.write("".join(batch))


class _Judge:
    """Reads rows and judges them; what stands becomes a line for Postgres."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.meetings = Meetings(task.school)
        self.combinations: dict[tuple[str, str, str, str], Read] = {}
        self.pupils: dict[str, int] = dict(Pupil.objects.filter(school=task.school).values_list("upn", "pk"))
        self.stays: dict[int, list[tuple[date, date]]] = {}
        for pupil, starts_on, ends_on in (
            Enrolment.objects.filter(school=task.school)
            .order_by("starts_on")
            .values_list("pupil_id", "starts_on", "ends_on")
        ):
            self.stays.setdefault(pupil, []).append((starts_on, ends_on or date.max))
        self.seen: dict[int, int] = {}
        self.ahead = 0

    def lines(self) -> Iterator[str]:
        """Give the lines of the rows that stand; the others are faults of the report."""
        for row in rows(self.task.path, self.task.report):
            try:
                yield self._line(row)
            except NotRight as wrong:
                row.refuse(wrong.column, str(wrong))

    def _line(self, row: Row) -> str:
        pupil = self._pupil(row.raw("upn"))
        key = (row.raw("on"), row.raw("session"), row.raw("code"), row.raw("weekday"))
        read = self.combinations.get(key)
        if read is None:
            read = self.combinations[key] = self._read(*key)
        first = self.seen.setdefault(pupil << 24 | read.number, row.number)
        if first != row.number:
            raise NotRight("session", f"Row {first} has a mark of the same pupil and session.")
        self._check_roll(pupil, read)
        self.ahead += read.on > self.task.on
        minutes, comment = row.raw("minutes_late"), row.raw("comment")
        if not minutes and not comment:
            return f"{pupil}\t{read.line}\t\\N\t\n"
        return self._longer_line(row, pupil, read, minutes)

    def _longer_line(self, row: Row, pupil: int, read: Read, minutes: str) -> str:
        late = self._minutes(minutes.strip(), read)
        before = self.task.report.fault_count
        comment = row.text("comment")
        if self.task.report.fault_count > before:
            return ""
        escaped = comment.replace("\\", "\\\\")
        return f"{pupil}\t{read.line}\t{late}\t{escaped}\n"

    def _pupil(self, text: str) -> int:
        found = self.pupils.get(text)
        if found is not None:
            return found
        try:
            upn = check_upn(text)
        except ValueError as wrong:
            raise NotRight("upn", str(wrong)) from wrong
        if upn in self.pupils:
            return self.pupils[upn]
        hint = f"{PUPILS} was refused." if self.task.was_refused(PUPILS) else f"Add the pupil to {PUPILS}."
        raise NotRight("upn", f"No pupil of the school has this UPN. {hint}")

    def _read(self, on_text: str, half_text: str, code_text: str, weekday: str) -> Read:
        """Judge a day, session and code by the law and the calendar.

        Either slash is the present mark of its session.
        """
        if not on_text.strip():
            raise NotRight("on", "A date is missing. Write it like 2026-01-05.")
        try:
            on = read_date(on_text, weekday)
        except ValueError as wrong:
            raise NotRight("on", str(wrong)) from wrong
        half = _HALVES.get(half_text.strip().upper())
        if half is None:
            raise NotRight("session", "Write AM or PM.")
        symbol = code_text.strip().upper()
        if symbol in {"/", "\\"}:
            symbol = codes.present_code(half)
        try:
            symbol = codes.code(symbol, on).symbol
        except codes.UnknownCode as unknown:
            raise NotRight("code", str(unknown)) from unknown
        session = Session(on, half)
        if symbol != CLOSED and (words := self.meetings.why_not(session)):
            raise NotRight("on", f"{words} Only {CLOSED} can stand there.")
        escaped = symbol.replace("\\", "\\\\")
        line = f"{on.isoformat()}\t{half}\t{escaped}\t{monday(on).isoformat()}"
        return Read(on, on.toordinal() << 1 | (half == "PM"), symbol, line)

    def _check_roll(self, pupil: int, read: Read) -> None:
        stays = self.stays.get(pupil, [])
        for starts_on, ends_on in stays:
            if starts_on <= read.on <= ends_on:
                return
        if not stays:
            raise NotRight("upn", "The pupil has never been on roll: give the starting day in pupils.csv.")
        if read.on < stays[-1][0] and read.symbol in OFF_ROLL:
            return
        earlier = [stay for stay in stays if stay[1] < read.on]
        if earlier and read.on > stays[-1][1]:
            raise NotRight("on", f"The pupil's last day on roll was {spoken_date(stays[-1][1])}.")
        starts_on = next(stay[0] for stay in stays if stay[0] > read.on)
        raise NotRight("on", f"The pupil is on roll from {spoken_date(starts_on)}. Before it only Z or # can stand.")

    def _minutes(self, text: str, read: Read) -> str:
        if not text:
            return "\\N"
        minutes = whole_number(text)
        if minutes is None or not 0 <= minutes <= LONGEST_LATE:
            raise NotRight("minutes_late", f"Write whole minutes from 0 to {LONGEST_LATE}.")
        if read.symbol not in _LATE:
            raise NotRight("minutes_late", f"Minutes late belong to L or U, not to {read.symbol}.")
        return str(minutes)

    def say_what_was_not_checked(self) -> None:
        """Note what is worth knowing of a file that was read."""
        if self.ahead:
            marks = "1 mark is" if self.ahead == 1 else f"{self.ahead:,} marks are"
            self.task.report.note(f"{marks} of days after today, {spoken_date(self.task.on)}.")
        if self.meetings.years_without:
            years = ", ".join(sorted(self.meetings.years_without))
            self.task.report.note(f"The record has no terms of {years}: whether the school met then was not checked.")


class Meetings:
    """Whether the school met, as far as its calendar tells: a school year without a single term tells nothing."""

    def __init__(self, school: School) -> None:
        self.calendar = calendar_of(school.pk)
        self.years = set(Term.objects.filter(school=school).values_list("school_year", flat=True))
        self.closed = {
            (on, half): name or NonSchoolDay.Kind(kind).label
            for on, half, kind, name in NonSchoolDay.objects.filter(school=school).values_list(
                "on", "half", "kind", "name"
            )
        }
        self.years_without: set[str] = set()

    def why_not(self, session: Session) -> str:
        """Say why the school did not hold a session; "" where it did, or where the record does not know."""
        day = spoken_date(session.on)
        if session.on.weekday() >= _SATURDAY:
            return f"{day} is at a weekend."
        if name := self.closed.get((session.on, "")):
            return f"The school did not meet on {day}: {name}."
        if name := self.closed.get((session.on, session.half)):
            return f"The school did not meet on {day} {session.half}: {name}."
        year = school_year(session.on)
        if year not in self.years:
            self.years_without.add(year)
            return ""
        return "" if self.calendar.has_session(session) else f"{day} lies in no term of {year}."
