"""The missing registers board: who owes what in one session, as tiles and as a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q

from attendance_office.clock import local
from attendance_office.days import read_day
from attendance_office.staff.models import School, User
from attendance_office.web.templatetags.office import clock as clock_words
from registers.models import Register
from registers.queries.calendar import calendar_of, closing, opening, session_times, sessions_begun
from registers.queries.registers import RegisterLine, Status, registers_of
from registers.rules.sessions import Session

from .asks import Chased, can_be_written_to, chased, seen

SHOWS: Final = ("late", "all", "none", "part")
_COLUMN: Final = re.compile(r"^\d+\s*(?P<column>[A-Z]{1,2})$")
_MOST_COLUMNS: Final = 8


@dataclass(frozen=True)
class Row:
    """One register on the board."""

    line: RegisterLine
    chased: Chased | None
    seen_at: datetime | None
    taken_at: datetime | None

    @property
    def tile(self) -> str:
        """Give the tile's and the status' css class: none, part, done or idle."""
        if not self.line.expected:
            return "idle"
        if self.line.status is Status.COMPLETE:
            return "done"
        return "part" if self.line.status is Status.PART else "none"

    @property
    def words(self) -> str:
        """Say the status."""
        if self.line.status is Status.PART:
            return f"{self.line.marked} of {self.line.expected} marked"
        return {"idle": "No pupil expected", "done": "Taken"}.get(self.tile, "Not taken")

    @property
    def cover_words(self) -> str:
        """Say who covers."""
        cover = self.line.cover
        if cover is None:
            return "Own class" if self.line.tutor is not None else "None set"
        return f"{cover.user.signature}, in house" if cover.user else f"{cover.name}, supply"

    @property
    def owed_by(self) -> str:
        """Give the tutor's name; the cover stands beside it."""
        return self.line.tutor.signature if self.line.tutor else "No tutor set"

    @property
    def can_be_written_to(self) -> bool:
        """Tell whether a chase would reach somebody."""
        return can_be_written_to(self.line.owner[0])


@dataclass(frozen=True)
class YearLine:
    """A year's tiles. A place without a form is None, so that columns stand under one another."""

    year_group: int
    tiles: tuple[Row | None, ...]


@dataclass(frozen=True)
class Board:
    """The board of one session."""

    session: Session
    rows: tuple[Row, ...]
    opens_at: datetime | None
    closes_at: datetime | None
    late_from: datetime | None
    is_held: bool = True

    @property
    def due(self) -> list[Row]:
        """Give the registers somebody has to take."""
        return [row for row in self.rows if row.line.expected]

    @property
    def none(self) -> list[Row]:
        """Give those not taken."""
        return [row for row in self.rows if row.tile == "none"]

    @property
    def part(self) -> list[Row]:
        """Give those saved in part."""
        return [row for row in self.rows if row.tile == "part"]

    @property
    def late(self) -> list[Row]:
        """Give those taken after the sweep or the close, the latest first."""
        late_from = self.late_from
        rows = [row for row in self.rows if row.taken_at and late_from and row.taken_at > late_from]
        return sorted(rows, key=lambda row: row.taken_at or late_from, reverse=True)  # type: ignore[arg-type, return-value]

    @property
    def late_count(self) -> int:
        """Give how many were taken late."""
        return len(self.late)

    @property
    def in_time(self) -> list[Row]:
        """Give those taken in time."""
        late = {row.line.tutor_group.pk for row in self.late}
        return [row for row in self.rows if row.tile == "done" and row.line.tutor_group.pk not in late]

    @property
    def missing(self) -> int:
        """Give how many registers are owed."""
        return len(self.none) + len(self.part)

    def columns(self) -> tuple[str, ...]:
        """Give the letters over the tiles where every form has one, else nothing."""
        found = [_COLUMN.match(row.line.tutor_group.name) for row in self.rows]
        if not found or not all(found):
            return ()
        letters = sorted({match["column"] for match in found if match})
        return tuple(letters) if len(letters) <= _MOST_COLUMNS else ()

    def years(self) -> list[YearLine]:
        """Give the tiles year by year."""
        columns = self.columns()
        by_year: dict[int, list[Row]] = {}
        for row in self.rows:
            by_year.setdefault(row.line.tutor_group.year_group, []).append(row)
        return [YearLine(year, _in_columns(rows, columns)) for year, rows in sorted(by_year.items())]


def board_of(school: School, session: Session, user: User, *, swept_at: datetime | None, is_held: bool = True) -> Board:
    """Give the board of a session within a person's reach: seven queries. No session held, no register."""
    lines = registers_of(school, session, visible_to=user) if is_held else []
    asked = chased(school, session)
    times = session_times(school.pk, session.on).get(session.half)
    closes_at = closing(times, session.on) if times else None
    marks = [when for when in (swept_at, closes_at) if when]
    return Board(
        session=session,
        rows=tuple(_row(line, asked.get(line.tutor_group.pk)) for line in lines),
        opens_at=opening(times, session.on) if times else None,
        closes_at=closes_at,
        late_from=min(marks, default=None),
        is_held=is_held,
    )


def shown(board: Board, *, show: str, year: int | None, building: str, covered: bool) -> list[tuple[str, list[Row]]]:
    """Give the list's groups under a filter, each with its heading; a group without a row is left out."""
    late_from = board.late_from
    groups = [
        ("Not taken", board.none if show in {"late", "all", "none"} else []),
        ("Part saved", board.part if show in {"late", "all", "part"} else []),
        (f"Taken after {_clock(late_from)}", board.late if show in {"late", "all"} else []),
        ("Taken in time", board.in_time if show == "all" else []),
        ("No pupil expected", [row for row in board.rows if row.tile == "idle"] if show == "all" else []),
    ]
    kept = [
        (heading, [row for row in rows if _passes(row, year=year, building=building, covered=covered)])
        for heading, rows in groups
    ]
    return [(heading, rows) for heading, rows in kept if rows]


def default_session(school: School, at: datetime) -> Session | None:
    """Give the session to look at now: the latest that has begun."""
    times = session_times(school.pk, local(at).date())
    return next(reversed(sessions_begun(calendar_of(school.pk), times, at)), None)


def is_held(school: School, session: Session) -> bool:
    """Tell whether the school holds a session, by its calendar: two queries."""
    return calendar_of(school.pk).has_session(session)


def changed_since(school: School, session: Session, since: datetime, user: User) -> int:
    """Give how many registers were opened, saved or finished since: one query."""
    return (
        Register.objects.visible_to(user)
        .filter(
            Q(opened_at__gt=since) | Q(saved_at__gt=since) | Q(completed_at__gt=since),
            school=school,
            on=session.on,
            half=session.half,
        )
        .count()
    )


def by_room(rows: Iterable[Row]) -> list[Row]:
    """Give rows in the order of a walk: by building, room and form."""
    return sorted(
        rows,
        key=lambda row: (
            row.line.tutor_group.building,
            row.line.tutor_group.room,
            row.line.tutor_group.year_group,
            row.line.tutor_group.name,
        ),
    )


def is_to_come(board: Board, at: datetime) -> bool:
    """Tell whether the session's registers have not opened yet."""
    return board.opens_at is not None and at < board.opens_at


def day_of(value: str) -> date | None:
    """Read a day from a query string; None for what is none."""
    try:
        return read_day(value)
    except ValueError:
        return None


def _row(line: RegisterLine, asked: Chased | None) -> Row:
    register = line.register
    taken_at = (register.completed_at or register.saved_at) if register else None
    return Row(
        line=line,
        chased=asked,
        seen_at=seen(asked, line) if asked else None,
        taken_at=taken_at if line.status is Status.COMPLETE else None,
    )


def _in_columns(rows: list[Row], columns: tuple[str, ...]) -> tuple[Row | None, ...]:
    if not columns:
        return tuple(rows)
    by_column = {row.line.tutor_group.name.lstrip("0123456789 "): row for row in rows}
    return tuple(by_column.get(column) for column in columns)


def _passes(row: Row, *, year: int | None, building: str, covered: bool) -> bool:
    group = row.line.tutor_group
    return (
        (year is None or group.year_group == year)
        and (not building or group.building == building)
        and (not covered or row.line.cover is not None)
    )


def _clock(when: datetime | None) -> str:
    return clock_words(when) if when else "the close"
