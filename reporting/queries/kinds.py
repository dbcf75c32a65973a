"""The reports that go out by themselves: who makes each, what its files are called, and who is usually sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Role
from reporting.models import Report

from .day_page import day_page
from .illness_page import illness_page
from .lates_page import lates_lessons_page, lates_morning_page
from .leavers_page import leavers_page
from .report_page import Page
from .week_page import form_week_page, week_page


class Made(Protocol):
    """What makes a report for one reader."""

    def __call__(self, school: School, user: User, *, year_group: int | None, on: date, at: datetime) -> Page:
        """Give it for a day, of one year group or of the school."""


class MadeOfForm(Protocol):
    """What makes a report of one form for one reader."""

    def __call__(self, school: School, user: User, *, form: TutorGroup, on: date, at: datetime) -> Page:
        """Give it for a day."""


@dataclass(frozen=True)
class Kind:
    """One kind of report. `whole` are the posts usually sent it of the whole school; heads of year get their year.

    `only` says when its round comes to nobody.
    """

    make: Made
    file: str
    sheet: str
    whole: tuple[Role, ...]
    when: str
    of_form: MadeOfForm | None = None
    only: str = ""


KINDS: Final[Mapping[str, Kind]] = {
    Report.FRIDAY: Kind(
        week_page,
        "week",
        "The week",
        (Role.LEAD, Role.PASTORAL, Role.SLT),
        "on the last school day of each week",
        form_week_page,
    ),
    Report.DAILY_SUMMARY: Kind(day_page, "day", "The day", (Role.LEAD, Role.PASTORAL), "on each school day", day_page),
    Report.LATES_MORNING: Kind(
        lates_morning_page, "lates-morning", "Lates", (Role.LEAD, Role.PASTORAL), "each morning", lates_morning_page
    ),
    Report.LATES_LESSONS: Kind(
        lates_lessons_page,
        "lates-lessons",
        "Lates to lessons",
        (Role.LEAD, Role.PASTORAL),
        "each afternoon",
        lates_lessons_page,
        only="only if a lesson register was saved",
    ),
    Report.ILLNESS: Kind(
        illness_page,
        "illness",
        "Illness",
        (Role.SLT, Role.LEAD),
        "on the day on which an illness goes round",
        only="only if something new stands out, and to whom it concerns",
    ),
    Report.LEAVERS: Kind(
        leavers_page, "leavers", "Leavers and joiners", (Role.OFFICER, Role.LEAD, Role.DATA_MANAGER), "once a week"
    ),
}
