"""Who came late: to the start of school, and to each lesson of a day, with the minutes and how often this half term.

Both are the lists of the Lates page (`registers/queries/lates.py`) for one day: report and page cannot disagree.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby
from typing import Final

from django.db.models import Count, Q

from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.web.export import Cell
from registers.models import LessonMark, LessonRegister, Mark
from registers.queries.lates import Lates, lates, lesson_lates
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from reporting.models.distributions import scope_words

from .periods import named_periods
from .report_page import Page, Table, many, page_of, pupils_of

_MORNING: Final[Half] = "AM"
_AFTER: Final = "U"
_NOT_SAID: Final = "Not said"


def lates_morning_page(
    school: School, user: User, *, on: date, at: datetime, year_group: int | None = None, form: TutorGroup | None = None
) -> Page:
    """Give who came late to the start of school on a day, the latest comers first, within a person's reach."""
    some = pupils_of(school, user, year_group, form)
    marks = list(lates(school, user, on, on).filter(half=_MORNING, pupil__in=some))
    since = _half_term_starts(school, on)
    often = _often(lates(school, user, since, on).filter(half=_MORNING, pupil__in=some), marks)
    marks.sort(key=lambda mark: (-(mark.minutes_late or 0), mark.pupil.sort_name, mark.pk))
    rows = tuple(
        (
            _name(mark), _form(mark), _minutes(mark), f"{'After' if mark.code == _AFTER else 'Before'} the close",
            often[mark.pupil_id][0], often[mark.pupil_id][1],
        )
        for mark in marks
    )  # fmt: skip
    heads = ("Pupil", "Form", "Minutes", "When", "Times late this half term", "Times after the close")
    listed = Table(
        "late",
        "Late this morning",
        heads,
        rows,
        f"This half term: from {spoken_date(since)}.",
        empty="Nobody was late.",
    )
    after = sum(mark.code == _AFTER for mark in marks)
    headline = [
        f"Late to the start of school: {many(len(marks), 'pupil')}, {after} after the register closed.",
        f"Late three times or more this half term: {sum(often[mark.pupil_id][0] >= 3 for mark in marks)} of them.",
        f"Minutes recorded for {sum(mark.minutes_late is not None for mark in marks)} of {len(marks)}.",
    ]
    years = _by_year(marks) if year_group is None and form is None and marks else ()
    title = f"{scope_words(year_group, form)}: late to the start of school, {spoken_date(on)}"
    return page_of(school, title=title, headline=headline, tables=[*years, listed], listed=listed, at=at)


def _by_year(marks: list[Mark]) -> tuple[Table]:
    counts: dict[int, list[int]] = {}
    for mark in marks:
        held = counts.setdefault(mark.pupil.year_group, [0, 0])
        held[0] += 1
        held[1] += mark.code == _AFTER
    rows = tuple((f"Year {year}", late, after) for year, (late, after) in sorted(counts.items()))
    return (Table("years", "By year", ("Year", "Late", "After the close"), rows),)


def lates_lessons_page(
    school: School, user: User, *, on: date, at: datetime, year_group: int | None = None, form: TutorGroup | None = None
) -> Page:
    """Give who came late to which lesson of a day, period by period, within a person's reach."""
    some = pupils_of(school, user, year_group, form)
    order = ("lesson__period__starts_at", "lesson__period__name", "pupil__sort_name", "pk")
    marks = list(lesson_lates(school, user, on, on).filter(pupil__in=some).order_by(*order))
    since = _half_term_starts(school, on)
    often = _often(lesson_lates(school, user, since, on).filter(pupil__in=some), marks)
    saved = lesson_registers_of(school, on)
    rows = {
        period: tuple(
            (_name(mark), _form(mark), str(mark.lesson.teaching_group), _minutes(mark), often[mark.pupil_id][0])
            for mark in part
        )
        for period, part in groupby(marks, key=lambda mark: str(mark.lesson.period))
    }
    heads = ("Pupil", "Form", "Class", "Minutes", "Times late this half term")
    counts = tuple((period, len(some)) for period, some in rows.items())
    per_period = [
        Table(f"period-{place}", period, heads, some) for place, (period, some) in enumerate(rows.items(), start=1)
    ]
    note = f"This half term: from {spoken_date(since)}, to lessons."
    by_period = Table("periods", "By period", ("Period", "Late"), counts, note, empty="Nobody was late to a lesson.")
    every: tuple[tuple[Cell, ...], ...] = tuple((period, *row) for period, some in rows.items() for row in some)
    headline = [
        f"Late to lessons: {many(len(marks), 'time')}, by {many(len({mark.pupil_id for mark in marks}), 'pupil')}.",
        f"From {many(saved, 'lesson register')} saved today; a lesson without a saved register is not counted.",
    ]
    title = f"{scope_words(year_group, form)}: late to lessons, {spoken_date(on)}"
    listed = Table("late", "Late to lessons", ("Period", *heads), every)
    return page_of(school, title=title, headline=headline, tables=[by_period, *per_period], listed=listed, at=at)


def lesson_registers_of(school: School, on: date) -> int:
    """Give how many lesson registers of a day have been saved in the school."""
    return LessonRegister.objects.filter(school=school, on=on, saved_at__isnull=False).count()


def _half_term_starts(school: School, on: date) -> date:
    """Give the first day of the half term in which a day lies; the day itself where no term is known."""
    return next((one.from_on for one in named_periods(school.pk, on) if one.key == "half_term"), on)


def _often(history: Lates, marks: list[Mark] | list[LessonMark]) -> dict[int, tuple[int, int]]:
    """Give how often each of these pupils is in a list of lates, and how often after the close: one query."""
    some = history.filter(pupil__in={mark.pupil_id for mark in marks}).order_by()
    counted = some.values_list("pupil").annotate(all=Count("pk"), after=Count("pk", filter=Q(code=_AFTER)))
    return {pupil: (times, after) for pupil, times, after in counted}


def _name(mark: Mark | LessonMark) -> str:
    return f"{mark.pupil.legal_surname}, {mark.pupil.known_as or mark.pupil.legal_forename}"


def _form(mark: Mark | LessonMark) -> str:
    return mark.pupil.tutor_group.name if mark.pupil.tutor_group else "No form"


def _minutes(mark: Mark | LessonMark) -> Cell:
    return _NOT_SAID if mark.minutes_late is None else mark.minutes_late
