"""The leaver sheet: who left and who joined since the sheet before, on which ground and where to, and the returns owed.

It begins where the last one ended, so that a week whose sheet could not go is in the next one; and whoever left or
joined before that and was written down since is in it too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from attendance_office.jobs.models import Job, Run
from attendance_office.staff.models import School, User
from attendance_office.web.export import Cell
from registers.models import Enrolment, Return
from registers.queries.admissions import Due, returns_due
from registers.rules.dates import spoken_date
from registers.rules.deletion import GROUNDS
from reporting.models import Report, Sending
from reporting.models.distributions import scope_words

from .report_page import Page, Table, many, page_of, pupil_words, pupils_of

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
# A sheet goes back so far at the most, and looks so far ahead.
_LONGEST: Final = timedelta(days=28)
_SATURDAY: Final = 5
_AHEAD: Final = timedelta(days=14)
_LEFT: Final = "left"
_JOINED: Final = "joined"
Kind = Return.Kind


class _Sheet:
    """What the sheet is drawn from."""

    def __init__(self, school: School, user: User, year_group: int | None, on: date) -> None:
        self.school, self.on = school, on
        self.from_on = sheet_begins(school, on)
        pupils = pupils_of(school, user, year_group)
        self.stays = Enrolment.objects.filter(school=school, pupil__in=pupils).select_related("pupil__tutor_group")
        reach = set(pupils.values_list("pk", flat=True))
        self.due = [one for one in returns_due(school, on) if one.enrolment.pupil_id in reach]
        self.told = told_before(school, self.from_on, on)
        self.leaving, self.joining = self._since("ends_on", _LEFT), self._since("starts_on", _JOINED)
        known = [one.pk for one in (*self.leaving, *self.joining)]
        self.marked = {(one.enrolment_id, one.kind): one for one in Return.objects.filter(enrolment__in=known)}

    def _since(self, day: str, what: str) -> list[Enrolment]:
        """Give the stays that end or begin in the sheet's days, and those before them that no sheet has told of."""
        wanted = Q(**{f"{day}__range": (self.from_on, self.on)})
        if self.told is not None:
            earlier = Q(**{f"{day}__range": (self.from_on - _LONGEST, self.from_on - _DAY)})
            wanted |= earlier & ~Q(pk__in=self.told[what])
        return list(self.stays.filter(wanted).order_by(day, *_BY_NAME))

    @property
    def late(self) -> int:
        """Give how many of them left or joined before the sheet's days, and were written down since."""
        left = sum(one.ends_on is not None and one.ends_on < self.from_on for one in self.leaving)
        return left + sum(one.starts_on < self.from_on for one in self.joining)

    def state(self, stay: Enrolment, kind: str) -> str:
        """Give in words how a return of a stay stands."""
        if marked := self.marked.get((stay.pk, kind)):
            if marked.is_needed and marked.sent_on:
                return f"Sent {spoken_date(marked.sent_on)}"
            return f"Not needed: {marked.why_not}"
        due = next((one for one in self.due if one.enrolment.pk == stay.pk and one.kind == kind), None)
        return due_words(due) if due else "None is owed"


_BY_NAME: Final = ("pupil__sort_name", "pk")


def sheet_begins(school: School, on: date) -> date:
    """Give the first day of a sheet: the day after the last one that went, else a week; four weeks at the most."""
    runs = Run.objects.filter(school=school, job=Job.LEAVERS, state=Run.State.DONE, due_on__lt=on)
    last = runs.order_by("-due_on").values_list("due_on", flat=True).first()
    return max(last + _DAY, on - _LONGEST) if last else on - _WEEK + _DAY


def told_before(school: School, from_on: date, on: date) -> dict[str, set[int]] | None:
    """Give the stays of which sheets before told that they ended or began; None where none has: one query."""
    sheets = Sending.objects.filter(
        school=school, report=Report.LEAVERS, on__lt=on, on__gte=from_on - _LONGEST, content__has_key="stays"
    )
    found: dict[str, set[int]] = {_LEFT: set(), _JOINED: set()}
    kept = list(sheets.values_list("content__stays", flat=True))
    for stays in kept:
        for what, told in found.items():
            told.update(stays[what])
    return found if kept else None


def due_words(due: Due) -> str:
    """Give in words when a return is owed."""
    return f"{'Overdue since' if due.is_past else 'Due by'} {spoken_date(due.last_on)}"


def leavers_page(school: School, user: User, *, year_group: int | None, on: date, at: datetime) -> Page:
    """Give who left and joined to a day of a year group, or of the school, as far as a person's posts reach."""
    sheet = _Sheet(school, user, year_group, on)
    overdue = sum(one.is_past for one in sheet.due)
    # A sheet that begins on the Saturday after the one before is of that Monday on: no school day lies between.
    first = sheet.from_on + 2 * _DAY if sheet.from_on.weekday() == _SATURDAY else sheet.from_on
    days = f"{spoken_date(first)} to {spoken_date(on)}"
    owed = f", {overdue} of them overdue" if sheet.due else ""
    headline = [
        f"{days}: {many(len(sheet.leaving), 'leaver')}, {many(len(sheet.joining), 'joiner')}.",
        *([f"{sheet.late} of them from before these days: written down since the last sheet."] if sheet.late else []),
        f"Returns owed to the local authority: {len(sheet.due)}{owed}.",
    ]
    page = page_of(
        school, title=f"{scope_words(year_group)}: leavers and joiners to {spoken_date(on)}", headline=headline,
        tables=[_leavers(sheet), _joiners(sheet), _coming(sheet.stays, on), _returns(sheet.due)],
        listed=_list(sheet), at=at,
    )  # fmt: skip
    stays = {_LEFT: [one.pk for one in sheet.leaving], _JOINED: [one.pk for one in sheet.joining]}
    return replace(page, content=page.content | {"stays": stays})


def _leavers(sheet: _Sheet) -> Table:
    rows = tuple(
        (
            pupil_words(one.pupil), _day(one.ends_on), ground_words(one), one.destination or "Not known",
            "" if one.destination_from_on is None else _day(one.destination_from_on), sheet.state(one, Kind.DELETION),
        )
        for one in sheet.leaving
    )  # fmt: skip
    heads = ("Pupil", "Last day", "Ground", "Going to", "Starts there", "Deletion return")
    return Table("leavers", "Left", heads, rows, empty="Nobody left.")


def _joiners(sheet: _Sheet) -> Table:
    rows = tuple(
        (
            pupil_words(one.pupil), _day(one.starts_on), one.pupil.last_school or "Not known",
            sheet.state(one, Kind.NEW_PUPIL),
        )
        for one in sheet.joining
    )  # fmt: skip
    heads = ("Pupil", "Starting day", "Last school", "New-pupil return")
    return Table("joiners", "Joined", heads, rows, empty="Nobody joined.")


def _coming(stays: QuerySet[Enrolment], on: date) -> Table:
    ahead = (on + _DAY, on + _AHEAD)
    leaving = stays.filter(ends_on__range=ahead).order_by("ends_on", *_BY_NAME)
    joining = stays.filter(starts_on__range=ahead).order_by("starts_on", *_BY_NAME)
    rows = (
        *((pupil_words(one.pupil), "Leaves", _day(one.ends_on), one.destination or "Not known") for one in leaving),
        *((pupil_words(one.pupil), "Joins", _day(one.starts_on), "") for one in joining),
    )
    heads = ("Pupil", "What", "Day", "Going to")
    return Table("coming", "In the two weeks to come", heads, rows, empty="Nobody is known to leave or join.")


def _returns(due: list[Due]) -> Table:
    rows = tuple((pupil_words(one.enrolment.pupil), one.label, due_words(one)) for one in due)
    note = "All still owed this school year, the earliest due first." if due else ""
    return Table("returns", "Returns owed", ("Pupil", "Return", "When"), rows, note, empty="No return is owed.")


def ground_words(stay: Enrolment) -> str:
    """Give the ground of leaving in words."""
    ground = GROUNDS.get(stay.leaving_ground)
    return ground.words if ground else "None is written down"


def _list(sheet: _Sheet) -> Table:
    """Give the sheet: one line for each leaver and joiner, with days as days."""
    heads = (
        "What", "Pupil", "UPN", "Year", "Form", "Starting day", "Last day", "Ground", "Last school", "Going to",
        "Starts there", "Return",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for what, kind, stays in (
        ("Left", Kind.DELETION, sheet.leaving),
        ("Joined", Kind.NEW_PUPIL, sheet.joining),
    ):
        for one in stays:
            pupil, left = one.pupil, what == "Left"
            rows.append(
                (
                    what, str(pupil), pupil.upn, pupil.year_group, pupil.tutor_group.name if pupil.tutor_group else "",
                    one.starts_on, one.ends_on, ground_words(one) if left else "", pupil.last_school,
                    one.destination if left else "", one.destination_from_on if left else None, sheet.state(one, kind),
                )
            )  # fmt: skip
    return Table("list", "Leavers and joiners", heads, tuple(rows))


def _day(on: date | None) -> str:
    return "" if on is None else spoken_date(on)
