"""terms.csv, non_school_days.csv and session_times.csv: when the school meets."""

from __future__ import annotations

import re
from datetime import date, time
from itertools import pairwise
from typing import Any, Final

from attendance_office.staff.models import School
from registers.models import Half, NonSchoolDay, SessionTimes, Term
from registers.queries.calendar import calendar_of
from registers.queries.school_year import marks_held
from registers.rules.ages import school_year, school_year_starts
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar

from .fields import Row
from .task import Task, rows
from .writing import reconcile

DEFAULT_TIMES: Final = (("AM", time(8, 40), time(9, 10)), ("PM", time(13, 20), time(13, 50)))
_YEAR: Final = re.compile(r"(\d{4})[/-](?:\d{2})?(\d{2})", re.ASCII)
_KINDS: Final = {kind.value: kind.value for kind in NonSchoolDay.Kind} | {
    kind.label.lower(): kind.value for kind in NonSchoolDay.Kind
}
_SPOKEN_KINDS: Final = _KINDS | {"inset day": "inset", "training day": "inset", "half-term": "half_term"}
_HALVES: Final = {half.lower(): half for half in Half.values}
_SATURDAY: Final = 5


def read_terms(task: Task) -> None:
    """Bring the school's terms to what the file says. A term is known by its school year and name."""
    wanted: dict[tuple[str, str], dict[str, Any]] = {}
    places: dict[tuple[str, str], Row] = {}
    for row in rows(task.path, task.report):
        year, name = _year(row), row.text("term", must=True)
        starts_on = row.date("starts_on", weekday="starts_weekday", must=True)
        ends_on = row.date("ends_on", weekday="ends_weekday", must=True)
        if not (year and name and starts_on and ends_on):
            continue
        key = (year, name)
        if key in wanted:
            row.refuse("term", f"{name} of {year} stands in row {places[key].number} as well.")
            continue
        if not _stands(row, year, starts_on, ends_on):
            continue
        wanted[key] = {"school_year": year, "name": name, "starts_on": starts_on, "ends_on": ends_on}
        places[key] = row
    held = {(term.school_year, term.name): term for term in Term.objects.filter(school=task.school)}
    _check_overlaps(wanted, places, held)
    if task.report.is_refused:
        return
    was = calendar_of(task.school.pk)
    reconcile(Term, wanted, held, school=task.school).count_in(task.report, len(wanted))
    _refuse_marks_lost(task, was)


def _year(row: Row) -> str:
    value = row.text("school_year", must=True)
    found = _YEAR.fullmatch(value)
    if found and int(found[2]) == (int(found[1]) + 1) % 100:
        return f"{found[1]}/{found[2]}"
    if value:
        row.refuse("school_year", "Write the school year like 2026/27.")
    return ""


def _stands(row: Row, year: str, starts_on: date, ends_on: date) -> bool:
    """Tell whether a term's dates follow each other and lie in its school year; refuse the row where not."""
    if ends_on < starts_on:
        row.refuse("ends_on", f"The term ends before it starts, on {spoken_date(starts_on)}.")
        return False
    is_right = True
    for column, on in (("starts_on", starts_on), ("ends_on", ends_on)):
        if school_year(on) != year:
            row.refuse(column, f"{spoken_date(on)} lies in the school year {school_year(on)}, not {year}.")
            is_right = False
    return is_right


def _check_overlaps(
    wanted: dict[tuple[str, str], dict[str, Any]],
    places: dict[tuple[str, str], Row],
    held: dict[tuple[str, str], Term],
) -> None:
    spans = [(values["starts_on"], values["ends_on"], key) for key, values in wanted.items()]
    spans += [(term.starts_on, term.ends_on, key) for key, term in held.items() if key not in wanted]
    spans.sort()
    for (_, ends_on, one), (starts_on, _, other) in pairwise(spans):
        if starts_on <= ends_on:
            mine, its = (other, one) if other in places else (one, other)
            if mine in places:
                places[mine].refuse(
                    "starts_on", f"{mine[1]} {mine[0]} and {its[1]} {its[0]} overlap: a day lies in one term."
                )


def read_non_school_days(task: Task) -> None:
    """Bring the days on which the school does not meet to what the file says. A day already there is not taken away."""
    wanted: dict[tuple[date, str], dict[str, Any]] = {}
    for row in rows(task.path, task.report):
        on = row.date("on", must=True)
        kind = row.choice("kind", _SPOKEN_KINDS, must=True)
        half = row.choice("session", _HALVES) if row.has("session") else ""
        name = row.text("name")
        if on is None or not kind:
            continue
        if (on, half) in wanted:
            row.refuse("on", f"{spoken_date(on)} stands in the file twice.")
        if on.weekday() >= _SATURDAY:
            task.report.note("Days at a weekend are kept; the school does not meet then in any case.")
        wanted[on, half] = {"on": on, "half": half, "kind": kind, "name": name}
    if task.report.is_refused:
        return
    held = {(day.on, day.half): day for day in NonSchoolDay.objects.filter(school=task.school)}
    was = calendar_of(task.school.pk)
    reconcile(NonSchoolDay, wanted, held, school=task.school).count_in(task.report, len(wanted))
    _refuse_marks_lost(task, was)


def _refuse_marks_lost(task: Task, was: Calendar) -> None:
    """Refuse a calendar that leaves marks on a session the school would not hold any more."""
    if not was.terms:
        return
    will_be = calendar_of(task.school.pk)
    first, last = min(term.starts_on for term in was.terms), max(term.ends_on for term in was.terms)
    lost = [session for session in was.sessions(first, last) if not will_be.has_session(session)]
    if lost and (held := marks_held(task.school.pk, lost)):
        task.report.refuse(
            f"{held:,} marks were taken in sessions that would not be held any more."
            " If the marks are wrong, amend them first."
        )


def read_session_times(task: Task) -> None:
    """Bring the times at which registers open and close to what the file says."""
    wanted: dict[tuple[str, date], dict[str, Any]] = {}
    for row in rows(task.path, task.report):
        half = row.choice("half", _HALVES, must=True)
        from_on = row.date("from_on", must=True)
        opens_at, closes_at = row.time("opens_at"), row.time("closes_at")
        if not half or from_on is None or opens_at is None or closes_at is None:
            continue
        if closes_at <= opens_at:
            row.refuse("closes_at", f"The register closes before it opens, at {opens_at:%H:%M}.")
        if (half, from_on) in wanted:
            row.refuse("from_on", f"{half} from {spoken_date(from_on)} stands in the file twice.")
        wanted[half, from_on] = {"half": half, "from_on": from_on, "opens_at": opens_at, "closes_at": closes_at}
    if task.report.is_refused:
        return
    held = {(times.half, times.from_on): times for times in SessionTimes.objects.filter(school=task.school)}
    reconcile(SessionTimes, wanted, held, school=task.school).count_in(task.report, len(wanted))


def set_default_times(task: Task) -> None:
    """Give a school without any session times those that most schools keep, from its first term on."""
    if SessionTimes.objects.filter(school=task.school).exists():
        return
    from_on = first_day(task.school) or school_year_starts(task.on)
    made = SessionTimes.objects.bulk_create(
        SessionTimes(school=task.school, half=half, from_on=from_on, opens_at=opens_at, closes_at=closes_at)
        for half, opens_at, closes_at in DEFAULT_TIMES
    )
    task.report.count(added=len(made))
    task.report.note(
        "The school had no session times: registers open 08:40 to 09:10 and 13:20 to 13:50"
        f" from {spoken_date(from_on)}. Change them in the school's calendar."
    )


def first_day(school: School) -> date | None:
    """Give the first day of the school's first term, or None where it has none."""
    return Term.objects.filter(school=school).order_by("starts_on").values_list("starts_on", flat=True).first()
