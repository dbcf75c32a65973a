"""One pupil's marks with their history: as they stand, and as they stood at any instant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from attendance_office.staff.roles import Can
from registers.models import Amendment, LessonMark, Mark, Pupil
from registers.queries.imports import Origin, traced
from registers.rules import codes
from registers.rules.sessions import Session

from .kept_words import comment_for, reason_for


@dataclass(frozen=True)
class Marked:
    """A mark as it stands, or stood: its session, code, minutes and comment, and its first entry."""

    pk: int
    session: Session
    code: str
    minutes_late: int | None
    comment: str
    origin: str
    recorded_at: datetime
    recorded_by: str
    amendments: tuple[Amendment, ...] = ()
    lessons: tuple[LessonMark, ...] = ()
    files: tuple[Origin, ...] = ()

    @property
    def meaning(self) -> str:
        """Give the code's name in the law of its day."""
        return codes.code(self.code, self.session.on).meaning

    @property
    def anchor(self) -> str:
        """Give the name of the session's place on a page."""
        return f"{self.session.on:%Y-%m-%d}-{self.session.half}"

    @property
    def first_code(self) -> str:
        """Give the code of the first entry."""
        return self.amendments[0].from_code if self.amendments else self.code


@dataclass(frozen=True)
class Change:
    """A session whose mark is another now than it was: `then` is None where it was entered later."""

    then: Marked | None
    now: Marked

    @property
    def session(self) -> Session:
        """Give the session."""
        return self.now.session


def marks_of(pupil: Pupil, from_on: date, to_on: date, *, allowed: Collection[Can]) -> list[Marked]:
    """Give the pupil's marks from one day to another with all their amendments, in order of session: two queries.

    Comments and reasons are given to whoever reads them by `allowed`; to others, that there are some.
    """
    rows = Mark.objects.filter(school=pupil.school_id, pupil=pupil, on__range=(from_on, to_on))
    amended: dict[int, list[Amendment]] = {}
    for amendment in _amendments_of(pupil, from_on, to_on):
        amended.setdefault(amendment.mark_id, []).append(amendment)
    found = [_marked(row, amended.get(row.pk, ()), allowed) for row in rows.select_related("recorded_by")]
    return sorted(found, key=lambda mark: mark.session)


def mark_of(mark: Mark, *, allowed: Collection[Can]) -> Marked:
    """Give one mark with its amendments, and the files it came from; comments and reasons as in `marks_of`."""
    marked = _marked(mark, list(Amendment.objects.filter(mark_id=mark.pk).order_by("at", "pk")), allowed)
    return with_files(mark.school_id, [marked])[0]


def with_files(school_id: int, marks: Sequence[Marked]) -> list[Marked]:
    """Give the marks with the files that made or changed them: one query, none for no mark."""
    found = traced(school_id, {"mark": [mark.pk for mark in marks]})
    return [replace(mark, files=found.get(("mark", mark.pk), ())) for mark in marks]


def _amendments_of(pupil: Pupil, from_on: date, to_on: date) -> list[Amendment]:
    return list(
        Amendment.objects.filter(school_id=pupil.school_id, pupil_id=pupil.pk, on__range=(from_on, to_on)).order_by(
            "at", "pk"
        )
    )


def with_lessons(pupil: Pupil, marks: Sequence[Marked]) -> list[Marked]:
    """Give the marks with what the lessons of each session say, in the order of the hour: one query.

    Marks of lessons stand beside the session's and are no part of it.
    """
    if not marks:
        return []
    days = [mark.session.on for mark in marks]
    rows = LessonMark.objects.filter(school=pupil.school_id, pupil=pupil, on__range=(min(days), max(days)))
    found: dict[tuple[date, str], list[LessonMark]] = {}
    for row in rows.select_related("lesson__period", "lesson__teaching_group").order_by("lesson__period__starts_at"):
        found.setdefault((row.on, row.lesson.period.half), []).append(row)
    return [replace(mark, lessons=tuple(found.get((mark.session.on, mark.session.half), ()))) for mark in marks]


def as_stood(marks: Iterable[Marked], at: datetime) -> list[Marked]:
    """Give the marks as they stood at an instant: later entries away, later amendments taken back.

    Source: SI 2024/208 reg 6 (the original entry stays readable).
    """
    stood = []
    for mark in marks:
        if mark.recorded_at > at:
            continue
        kept = tuple(one for one in mark.amendments if one.at <= at)
        later = next((one for one in mark.amendments if one.at > at), None)
        if later is not None:
            mark = replace(  # noqa: PLW2901 - the mark itself, seen earlier
                mark, code=later.from_code, minutes_late=later.from_minutes, comment=later.from_comment
            )
        stood.append(replace(mark, amendments=kept))
    return stood


def changes_since(now: Sequence[Marked], then: Sequence[Marked]) -> list[Change]:
    """Give what has changed between two readings of the same sessions, the newest session first."""
    before: Mapping[int, Marked] = {mark.pk: mark for mark in then}
    found = []
    for mark in now:
        was = before.get(mark.pk)
        if was is None or len(was.amendments) != len(mark.amendments):
            found.append(Change(was, mark))
    return found[::-1]


def _marked(row: Mark, amendments: Sequence[Amendment], allowed: Collection[Can]) -> Marked:
    for one in amendments:
        # In memory only: the table takes no change, and a mark as it stood is made of what is read here.
        one.reason = reason_for(one.reason, allowed)
        one.from_comment = comment_for(one.from_comment, allowed)
        one.to_comment = comment_for(one.to_comment, allowed)
    return Marked(
        pk=row.pk,
        session=Session(row.on, "AM" if row.half == "AM" else "PM"),
        code=row.code,
        minutes_late=row.minutes_late,
        comment=comment_for(row.comment, allowed),
        origin=row.get_origin_display(),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by.signature if row.recorded_by else "",
        amendments=tuple(amendments),
    )
