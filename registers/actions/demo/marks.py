"""Registers and marks of the demo school, by COPY: all days up to the last as taken, the last as it stands at nine."""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from django.db import connection
from django.db.models import Max

from attendance_office import clock
from attendance_office.staff.models import Post, School, TutorGroup
from attendance_office.staff.roles import Role
from registers.models import Cover, Register
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Calendar, Session

from .absence import YearShape
from .cast import COVERS, DOUBTFUL, NOT_TAKEN, PART_TAKEN, VULNERABLE_AWAY
from .people import Plan
from .seats import Room, Seat, seat
from .terms import school_year

MARK_COLUMNS: Final = (
    'school_id, pupil_id, "on", half, code, minutes_late, comment, school_week, origin, recorded_at, recorded_by_id'
)
REGISTER_COLUMNS: Final = (
    'school_id, tutor_group_id, "on", half, opened_at, opened_by_id, saved_at, saved_by_id, completed_at,'
    " completed_by_id, taken_for, version"
)
SETTLE: Final = 5
_FILLED_TABLES: Final = (
    "registers_mark, registers_weektotal, registers_register, registers_enrolment, registers_placement,"
    " registers_parent, registers_contact"
)
# Absences still without a reason, by their age in school days, for 1,200 pupils; today's is a share of those away.
STILL_UNKNOWN: Final = {1: 10, 2: 6, 3: 4, 4: 3, 5: 3}
UNKNOWN_THIS_MORNING: Final = 0.45
PART: Final = 0.6
# Minutes of an L that came after the register had closed.
TOO_LATE: Final = 45
# How many sessions are sent in one go.
BATCH: Final = 16
_MAY_BE_UNKNOWN: Final = frozenset({"I", "O"})
_TAKEN_AT: Final = {"AM": time(8, 40), "PM": time(13, 20)}
# Codes that say where a pupil was instead, or on what ground: a register that is kept well says it beside each of them.
_SAID: Final = {
    "B": "Peak FE college, motor vehicle",
    "C2": "Part-time timetable",
    "E": "Suspended, letter on file",
    "K": "Hope Centre, arranged by the council",
    "P": "County trials, Chesterfield",
    "V": "Year trip with staff, Castleton",
    "W": "Placement agreed with the employer",
}


@dataclass(frozen=True)
class Filled:
    """What was added."""

    marks: int = 0
    registers: int = 0
    settled: int = 0


def fill(*, plan: Plan, seed: int, school: School, first_year: int, on: date, is_new: bool) -> Filled:
    """Add the registers and marks that are not there yet, up to the morning of a day or of the school day before it."""
    calendar = calendar_of(school.pk)
    day = calendar.latest_day(on)
    reached = Register.objects.filter(school=school).aggregate(last=Max("on"))["last"]
    if day is None or (reached is not None and reached >= day):
        return Filled()
    years = range(first_year, max(first_year, _year_of(day)) + 1)
    if reached is None:
        from_on = school_year(first_year).terms[0].starts_on
    else:
        # Last time's open absences are looked at again, so that those that outlived their days are settled.
        days = calendar.days(school_year(first_year).terms[0].starts_on, reached)
        from_on = days[-SETTLE - 1] if len(days) > SETTLE else days[0]
        years = range(_year_of(from_on), _year_of(day) + 1)
    marks = registers = settled = 0
    with connection.cursor() as cursor:
        # Postgres checks each mark's pupil by a plan made for the pupils it knew of: tell it that there are more now.
        cursor.execute("ANALYZE registers_pupil")
    for year in years:
        rooms = seat(plan, seed, school, year)
        part = Part(plan, seed, school, calendar, YearShape(school_year(year)), rooms, day, from_on)
        with connection.cursor() as cursor:
            if is_new:
                marks += _copy(cursor, "registers_mark", MARK_COLUMNS, part.mark_lines())
                registers += _copy(cursor, "registers_register", REGISTER_COLUMNS, part.register_lines())
            else:
                done = _merge(cursor, part)
                marks, registers, settled = marks + done.marks, registers + done.registers, settled + done.settled
    _covers(plan, school, day)
    if is_new:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_FILLED_TABLES}")
    return Filled(marks, registers, settled)


@dataclass
class Part:
    """One school year's registers from one day up to the morning of another."""

    plan: Plan
    seed: int
    school: School
    calendar: Calendar
    shape: YearShape
    rooms: list[Room]
    day: date
    from_on: date

    def __post_init__(self) -> None:
        self.today = Session(self.day, "AM")
        self.numbers = [
            number
            for number, session in enumerate(self.shape.sessions)
            if self.from_on <= session.on and session <= self.today and self.calendar.has_session(session)
        ]
        self.not_taken = frozenset(NOT_TAKEN.get(self.plan.urn, ()))
        self.part_taken = frozenset(PART_TAKEN.get(self.plan.urn, ()))
        self._leave_some_unknown()
        self._leave_some_doubtful()

    def _leave_some_unknown(self) -> None:
        """Turn some absences of the last days into N: the reason is not known yet."""
        before = [on for on in self.calendar.days(date(self.day.year - 1, 1, 1), self.day) if on < self.day][-SETTLE:]
        ages = {on: age for age, on in enumerate(reversed(before), 1)}
        scale = self.plan.cohort_size * len(self.plan.years) / 1200
        for on, age in ages.items():
            halves = ("AM",) if age == SETTLE else ("AM", "PM")
            self._unknown(on, halves, max(1, round(STILL_UNKNOWN[age] * scale)))
        self._unknown(self.day, ("AM",), None)
        away = VULNERABLE_AWAY.get(self.plan.urn, ())
        for number in self._of(self.day, ("AM",)):
            for room in self.rooms:
                for seat_ in room.seats:
                    if "is_vulnerable" not in seat_.flags:
                        continue
                    if room.group.name in away:
                        seat_.changed[number] = "N"
                    elif seat_.changed.get(number) == "N":
                        del seat_.changed[number]

    def _leave_some_doubtful(self) -> None:
        """Turn a few present marks of the last whole day into what the weekly trawl looks for."""
        wanted = DOUBTFUL.get(self.plan.urn, ())
        days = [on for on in self.calendar.days(self.from_on, self.day) if on < self.day]
        numbers = self._of(days[-1], ("AM",)) if days else []
        if not wanted or not numbers:
            return
        (number,) = numbers
        there = [
            one
            for room in self.rooms
            for one in room.seats
            if one.from_on <= days[-1] <= one.to_on and one.marks.codes[number] == "/" and not one.flags
        ]
        rng = Random(f"{self.seed}/{self.plan.urn}/doubtful")
        for code, one in zip(wanted, rng.sample(there, min(len(wanted), len(there))), strict=False):
            one.changed[number] = code
            one.unsaid.add(number)
            if code == "L":
                one.marks.minutes[number] = TOO_LATE

    def _of(self, on: date, halves: tuple[str, ...]) -> list[int]:
        return [n for n in self.numbers if self.shape.sessions[n].on == on and self.shape.sessions[n].half in halves]

    def _unknown(self, on: date, halves: tuple[str, ...], wanted: int | None) -> None:
        numbers = self._of(on, halves)
        away = [
            one
            for room in self.rooms
            for one in room.seats
            if one.from_on <= on <= one.to_on and any(one.marks.codes[n] in _MAY_BE_UNKNOWN for n in numbers)
        ]
        rng = Random(f"{self.seed}/{self.plan.urn}/unknown/{on}/{self.day}")
        count = round(UNKNOWN_THIS_MORNING * len(away)) if wanted is None else min(wanted, len(away))
        for one in rng.sample(away, count):
            one.changed |= {n: "N" for n in numbers if one.marks.codes[n] in _MAY_BE_UNKNOWN}

    def mark_lines(self) -> Iterator[str]:
        """Give the marks as COPY reads them, some days at a time, pupil by pupil: as the index wants them."""
        seated = sorted(((one, room) for room in self.rooms for one in room.seats), key=lambda pair: pair[0].pupil_id)
        for start in range(0, len(self.numbers), BATCH):
            numbers = self.numbers[start : start + BATCH]
            frames = {
                room.group.pk: [(number, *self._frame(room, number)) for number in numbers] for room in self.rooms
            }
            yield "".join(line for one, room in seated for line in self._lines_of(one, frames[room.group.pk]))

    def _frame(self, room: Room, number: int) -> tuple[date, str, str, frozenset[int] | None]:
        """Give what all marks of one register share: before the code, after the comment, and who alone is marked."""
        session = self.shape.sessions[number]
        at = taken_at(session, room.group.pk)[1]
        alone = None
        if session == self.today:
            there = [one for one in room.seats if one.from_on <= session.on <= one.to_on]
            alone = frozenset(one.pupil_id for one in self._this_morning(room, there))
        head = f"\t{session.on}\t{session.half}\t"
        return session.on, head, f"\t{session.monday}\tregister\t{at}\t{room.tutor or _NULL}\n", alone

    def _lines_of(self, one: Seat, frames: list[tuple[int, date, str, str, frozenset[int] | None]]) -> Iterator[str]:
        begin, marks = f"{self.school.pk}\t{one.pupil_id}", one.marks
        for number, on, head, tail, alone in frames:
            if not one.from_on <= on <= one.to_on or (alone is not None and one.pupil_id not in alone):
                continue
            code = one.changed.get(number) or marks.codes[number]
            minutes: Any = marks.minutes.get(number, _NULL) if code in _LATE else _NULL
            said = "" if code == "N" or number in one.unsaid else marks.comments.get(number, _SAID.get(code, ""))
            yield f"{begin}{head}{_ESCAPED.get(code, code)}\t{minutes}\t{said}{tail}"

    def _this_morning(self, room: Room, seats: list[Seat]) -> list[Seat]:
        name = room.group.name
        if name in self.not_taken:
            return []
        return seats[: round(len(seats) * PART)] if name in self.part_taken else seats

    def register_lines(self) -> Iterator[str]:
        """Give the registers as COPY reads them."""
        lines: list[str] = []
        for number in self.numbers:
            session = self.shape.sessions[number]
            for room in self.rooms:
                name, user = room.group.name, room.tutor or _NULL
                if session == self.today and name in self.not_taken:
                    continue
                if not any(one.from_on <= session.on <= one.to_on for one in room.seats):
                    continue
                opened, saved = taken_at(session, room.group.pk)
                is_part = session == self.today and name in self.part_taken
                done, by = (_NULL, _NULL) if is_part else (saved, user)
                lines.append(
                    f"{self.school.pk}\t{room.group.pk}\t{session.on}\t{session.half}\t{opened}\t{user}\t{saved}\t{user}"
                    f"\t{done}\t{by}\t\t1\n"
                )
        yield "".join(lines)


_NULL: Final = "\\N"
_LATE: Final = frozenset({"L", "U"})
_ESCAPED: Final = {"\\": "\\\\"}


def taken_at(session: Session, group: int) -> tuple[str, str]:
    """Give when a group's register was opened and when it was saved: within the first minutes of the session."""
    begins = datetime.combine(session.on, _TAKEN_AT[session.half], tzinfo=clock.LONDON)
    spread = (group * 7919 + session.on.toordinal() * 104729 + len(session.half)) % 397
    opened = begins + timedelta(seconds=20 + spread % 180)
    return opened.isoformat(), (opened + timedelta(seconds=90 + spread)).isoformat()


def _copy(cursor: Any, table: str, columns: str, blocks: Iterator[str]) -> int:
    """Send lines to a table, a COPY for each block, so that what the triggers read stays in memory; give how many."""
    rows = 0
    for block in blocks:
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            copy.write(block)
        rows += cursor.rowcount
    return rows


def _merge(cursor: Any, part: Part) -> Filled:
    """Add what is not there yet, finish the registers of past days, and settle what outlived its days."""
    counts: Counter[str] = Counter()
    for table, columns, blocks in (
        ("registers_mark", MARK_COLUMNS, part.mark_lines()),
        ("registers_register", REGISTER_COLUMNS, part.register_lines()),
    ):
        cursor.execute(f"CREATE TEMP TABLE new_rows ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0")  # noqa: S608
        _copy(cursor, "new_rows", columns, blocks)
        cursor.execute("ANALYZE new_rows")
        if table == "registers_mark":
            before = part.calendar.days(date(part.day.year - 1, 1, 1), part.day)
            still_open = before[-SETTLE - 1] if len(before) > SETTLE else part.day
            cursor.execute(_SETTLE, {"school": part.school.pk, "still_open": still_open})
            counts["settled"] = cursor.rowcount
        else:
            cursor.execute(_FINISH, {"school": part.school.pk, "day": part.day})
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new_rows ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING"  # noqa: S608
        )
        counts[table] = cursor.rowcount
        cursor.execute("DROP TABLE new_rows")
    return Filled(counts["registers_mark"], counts["registers_register"], counts["settled"])


_SETTLE: Final = """
    UPDATE registers_mark m SET code = n.code, minutes_late = n.minutes_late, comment = n.comment
    FROM new_rows n
    WHERE m.school_id = %(school)s AND n.pupil_id = m.pupil_id AND n."on" = m."on" AND n.half = m.half
      AND m.code = 'N' AND n.code <> 'N' AND m."on" < %(still_open)s
"""
_FINISH: Final = """
    UPDATE registers_register r
    SET opened_at = coalesce(r.opened_at, n.opened_at), opened_by_id = coalesce(r.opened_by_id, n.opened_by_id),
        saved_at = coalesce(r.saved_at, n.saved_at), saved_by_id = coalesce(r.saved_by_id, n.saved_by_id),
        completed_at = n.completed_at, completed_by_id = n.completed_by_id, version = r.version + 1
    FROM new_rows n
    WHERE r.school_id = %(school)s AND r.tutor_group_id = n.tutor_group_id AND r."on" = n."on" AND r.half = n.half
      AND r."on" < %(day)s AND r.completed_at IS NULL
"""


def _covers(plan: Plan, school: School, day: date) -> None:
    """Say who covers a few groups on the last day."""
    groups = {group.name: group for group in TutorGroup.objects.filter(school=school)}
    users = dict(
        Post.objects.filter(school=school, role=Role.TUTOR, ended_on=None).values_list("tutor_group__name", "user_id")
    )
    Cover.objects.bulk_create(
        [
            Cover(school=school, tutor_group=groups[name], on=day, half=half, user_id=users.get(of), name=who, why=why)
            for name, of, who, why in COVERS.get(plan.urn, ())
            for half in ("AM", "PM")
        ],
        ignore_conflicts=True,
    )


def _year_of(on: date) -> int:
    return on.year if on.month >= 8 else on.year - 1
