"""The illness monitor as it is told: what clusters and against what, and who fell ill with what on the days before."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.text import capfirst

from attendance_office.staff.models import School, User
from interventions.rules.patterns import spoken_chance
from registers.queries.calendar import calendar_of
from registers.rules.dates import spoken_date
from reporting.models.distributions import scope_words
from reporting.rules.clusters import BEFORE_DAYS, Seen, chance_of

from .illness import KINDS, Cell, Watch, away, began_on, illnesses, newly, said, watch
from .report_page import Page, Table, many, page_of, pupils_of

SHOWN_DAYS: Final = 10
_BACK: Final = timedelta(days=60)
A_COUNT: Final = "A count of what parents said, sorted into a short list: not a diagnosis."
UKHSA: Final = (
    "UKHSA asks schools to call their local health protection team about a higher than previously experienced or "
    "rapidly increasing number of absences due to the same infection."
)


def illness_page(school: School, user: User, *, year_group: int | None, on: date, at: datetime) -> Page:
    """Give what clusters on a day of a year group, or of the school and each of its year groups, and the counts."""
    found = watch(school, on)
    clusters = [one for one in found.clusters if year_group in (None, one.year_group)]
    since = began_on(school, on)
    days = calendar_of(school.pk).days(on - _BACK, on)[-SHOWN_DAYS:]
    ill = illnesses(school, days, pupils_of(school, user, year_group))
    tables = [
        _clusters(clusters, since, found, on),
        _by_year(newly(ill, {on}), away(ill, [on]), on),
        _by_day(newly(ill, set(days)), days),
    ]
    headline = [_sentence(one, on) for one in clusters] or ["No kind of illness stands out from the days before."]
    title = f"{scope_words(year_group)}: more illness than before, {spoken_date(on)}"
    if not clusters:
        title = f"{scope_words(year_group)}: illness, {spoken_date(on)}"
    return page_of(school, title=title, headline=[*headline, A_COUNT, UKHSA], tables=tables, at=at)


def look_words(look: int, on: date) -> str:
    """Give in words the days looked at."""
    return f"on {spoken_date(on)}" if look == 1 else f"in the {look} school days to {spoken_date(on)}"


def _sentence(cell: Cell, on: date) -> str:
    usual = f"none in the {BEFORE_DAYS} school days before"
    if cell.seen.new_before:
        usual = f"{expected_words(cell.seen)} would be usual"
    return (
        f"{cell.scope}, {cell.words.lower()}: {many(cell.seen.pupils, 'pupil')} newly ill "
        f"{look_words(cell.look, on)}; {usual}."
    )


def expected_words(seen: Seen) -> str:
    """Give what was to be expected, to one place: it is shown, and never compared. Of none before it says so."""
    if not seen.new_before:
        return "none before"
    shown = f"{float(seen.expected):.1f}"
    return "under 0.1" if shown == "0.0" else shown


def _clusters(clusters: list[Cell], since: dict[tuple[int | None, str], date], found: Watch, on: date) -> Table:
    rows = tuple(
        (
            f"{one.scope}: {one.words}", capfirst(look_words(one.look, on)), one.seen.new, expected_words(one.seen),
            spoken_chance(chance_of(one.seen)), since.get((one.year_group, one.kind), on),
        )
        for one in clusters
    )  # fmt: skip
    heads = ("Who and what", "Days", "Newly ill", "Usual", "Likely by chance", "Since")
    note = (
        f"Usual is by the {BEFORE_DAYS} school days before. With {found.tests:,} comparisons a day, a day on which "
        "nothing goes round shows something at most 1 time in 100."
    )
    if not found.is_known_enough:
        note = f"Illness is on record on {found.days_known} of {BEFORE_DAYS} school days before: too few to compare."
    return Table("clusters", "What stands out", heads, rows, note, empty="Nothing stands out.")


def _by_year(new: Counter[tuple[date, int, str]], gone: Counter[tuple[date, int, str]], on: date) -> Table:
    cells = sorted(
        {(year, kind) for _, year, kind in [*new, *gone]},
        key=lambda one: (-new[on, *one], one[0], KINDS.index(one[1])),
    )
    rows = tuple((f"Year {year}: {said(kind)}", new[on, year, kind], gone[on, year, kind]) for year, kind in cells)
    heads = ("Who and what", "Newly ill", "Away with it")
    return Table("today", f"On {spoken_date(on)}", heads, rows, empty="No illness is on record.")


def _by_day(new: Counter[tuple[date, int, str]], days: tuple[date, ...]) -> Table:
    counts: Counter[tuple[date, str]] = Counter()
    for (on, _, kind), number in new.items():
        counts[on, kind] += number
    rows: tuple[tuple[str | int, ...], ...] = tuple(
        (said(kind), *(counts[on, kind] for on in days)) for kind in KINDS if any(counts[on, kind] for on in days)
    )
    heads = ("Newly ill", *(f"{on:%a} {on.day}" for on in days))
    return Table("days", "Day by day", heads, rows, empty="No illness is on record.")
