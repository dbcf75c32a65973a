"""The week on a page: what a year group's head, or the pastoral lead, is sent on the last school day of the week.

Every figure is an answer of the explorer's layer as its reader may ask it, or a row of the trawl, the lates, the
letters and the unexplained absences within their reach. Page, mail, PDF and sheet are made from one content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import Final

from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can
from interventions.models import PatternFlag
from interventions.queries.pattern_steps import first_found, followed
from interventions.queries.patterns import flags_of
from interventions.rules.trawl import LEAST_POSSIBLE, Moved
from registers.models import Pupil
from registers.rules.dates import spoken_date
from registers.rules.sessions import monday
from reporting.models.distributions import scope_words
from reporting.rules.conversations import REASON_WORDS

from .report_page import FEW, Page, Table, many, of_all, of_sessions, page_of
from .week_drawn import Week
from .week_pupils import mail_part, pupils_leaf

_NOT_KNOWN: Final = "not known"
_LONGEST: Final = 3
Named = Callable[[int], str]


def week_page(school: School, user: User, *, year_group: int | None, on: date, at: datetime) -> Page:
    """Give the week to a day of a year group, or of the school, as far as a person's posts reach."""
    return _page(Week(school, user, year_group, None, on, at))


def form_week_page(school: School, user: User, *, form: TutorGroup, on: date, at: datetime) -> Page:
    """Give the week to a day of one form, as far as a person's posts reach."""
    return _page(Week(school, user, None, form, on, at))


def _page(week: Week) -> Page:
    tables = [_attendance(week), _absent(week), *_by_part(week), _conversations(week, week.name), _lates(week)]
    if week.letters is not None:
        tables.append(
            Table("letters", "Letters sent this week", ("Letter", "Sent"), week.letters, empty="None was sent.")
        )
    tables.append(_open(week))
    if Can.SEE_TRAWL in week.reader.allowed:
        tables.append(_patterns(week))
    tables.append(_praise(week, week.name))
    scope = scope_words(week.year_group, week.form)
    page = page_of(
        week.school, title=f"{scope}: the week to {spoken_date(week.on)}", headline=_headline(week),
        tables=tables, at=week.at, leaves=[pupils_leaf(week)], mail=mail_part(week),
    )  # fmt: skip
    short = [_conversations(week, week.initials), _praise(week, week.initials)]
    return replace(page, content=page.content | {"initials": [one.written() for one in short]})


def _headline(week: Week) -> list[str]:
    now, year = week.week.figures, week.year.figures
    persistent, severe = year.persistently_absent, year.severely_absent
    return [
        f"Attended this week: {of_sessions(now.tally)}.",
        f"Year to date: {of_sessions(year.tally)}.",
        f"Persistently absent: {persistent:,} of {many(year.pupils, 'pupil')}, {severe:,} of them severely.",
    ]


def _attendance(week: Week) -> Table:
    rows = tuple((name, one.tally.attendance_rate, one.tally.possible, one.tally.absent) for name, one in week.spans)
    is_part = week.form is not None or week.year_group is not None
    note = "Last year's week is of the pupils who are here now, whichever year group they were in." if is_part else ""
    return Table("attendance", "Attendance", ("Days", "Attended", "Possible sessions", "Missed"), rows, note)


def _by_part(week: Week) -> list[Table]:
    """Give the school by year group, a year group by form; a form has no parts."""
    if week.form is not None:
        return []
    axis, title, head = ("year", "By year group", "Year") if week.year_group is None else ("form", "By form", "Form")
    last, year = ({part.value: part.figures for part in found.parts(axis)} for found in (week.last, week.year))
    rows = []
    for part in week.week.parts(axis):
        before, to_date, now = last.get(part.value), year.get(part.value), part.figures
        rows.append(
            (
                part.words, now.tally.attendance_rate, before.tally.attendance_rate if before else None,
                to_date.tally.attendance_rate if to_date else None, now.tally.absent,
                to_date.persistently_absent if to_date else 0, to_date.severely_absent if to_date else 0,
            )
        )  # fmt: skip
    heads = (head, "This week", "Last week", "Year to date", "Missed this week", "Persistently absent", "Severely")
    return [Table("parts", title, heads, tuple(rows), empty="Nobody is on roll.")]


def _absent(week: Week) -> Table:
    figures = week.year.figures
    rows = tuple(
        (words, now, *(_NOT_KNOWN if (some := week.moves(move)) is None else some for move in moves))
        for words, now, moves in (
            ("Persistently absent", figures.persistently_absent, (Moved.BELOW_90, Moved.ABOVE_90)),
            ("Severely absent", figures.severely_absent, (Moved.BELOW_50, Moved.ABOVE_50)),
        )
    )
    heads = ("Pupils", "Now", "New", "No longer")
    return Table("absent", "Persistent and severe", heads, rows, f"{_since(week)}{_early(week)}")


def _since(week: Week) -> str:
    trawl, since = week.trawl
    if trawl is None:
        return "No weekly trawl has run this school year, so what is new is not known."
    if since is not None:
        days = f"{spoken_date(since.counted_to)} to {spoken_date(trawl.counted_to)}"
        return f"New and no longer from {days}, as the weekly trawls counted; Now is to {spoken_date(week.on)}."
    if not week.is_of_this_week(trawl):
        return f"This week's trawl has not run (the last is of {spoken_date(trawl.on)}), so what is new is not known."
    return f"The trawl of {spoken_date(trawl.on)} is the first of the year, so what is new is not known."


def _early(week: Week) -> str:
    """Say that little of the year has been counted, where it is so: one day weighs much then."""
    most = max((line.tally.possible for line in week.year.lines), default=0)
    if not 0 < most < LEAST_POSSIBLE:
        return ""
    return f" The year has had {many(most, 'session')} so far: a single day away weighs much."


def _conversations(week: Week, named: Named) -> Table:
    rows = tuple(
        (named(one.pupil_id), _sentence(REASON_WORDS[why] for why in sorted(one.reasons)), one.missed)
        for one in week.in_need
    )
    note = (
        f"{len(rows)} of {many(len(week.reasons), 'pupil')} with a reason: the most serious reason first, then "
        "the number of reasons, then sessions missed this week. The sheet names all."
    )
    return Table("talk", "Who needs a conversation", ("Pupil", "Why", "Missed this week"), rows, note if rows else "")


def _lates(week: Week) -> Table:
    rows = tuple((f"{one.name} ({one.form})", one.late, one.after) for one in week.lates[:FEW])
    cut = of_all(len(rows), len(week.lates))
    return Table("lates", "Late this week", ("Pupil", "Late", "After the close"), rows, cut)


def _patterns(week: Week) -> Table:
    trawl, _ = week.trawl
    found = PatternFlag.objects.none() if trawl is None else PatternFlag.objects.filter(school=week.school, trawl=trawl)
    mine = found.filter(week.scope, pupil__in=Pupil.objects.visible_to(week.user))
    new = list(first_found(mine, since=monday(week.on)).select_related("trawl").order_by("-one_in", "pk"))
    flags = flags_of(new, week.user, followed(new))
    rows = tuple((week.name(one.row.pupil_id), one.title, one.chance, one.done.last_words) for one in flags[:FEW])
    note = f"{of_all(len(rows), len(flags), 'pattern')} A pattern is a reason to ask, not a finding.".strip()
    return Table(
        "patterns", "Patterns found this week", ("Pupil", "Pattern", "By chance", "What was done"), rows,
        note if rows else "", empty="No new one was found.",
    )  # fmt: skip


def _open(week: Week) -> Table:
    rows = (("Without a reason", sum(week.left_open.values()), len(week.left_open)),)
    return Table("open", "Unexplained absences", ("Marks", "Sessions", "Pupils"), rows)


def _praise(week: Week, named: Named) -> Table:
    missed = week.missed_before
    returned = [f"{named(one.pupil_id)}, missed {missed[one.pupil_id]}" for one in week.returned[:FEW]]
    rows = (
        ("Recovered", len(week.recovered), _listed(map(named, week.recovered[:FEW]), len(week.recovered))),
        ("Whole week after missing some of the last", len(week.returned), _listed(returned, len(week.returned))),
        ("Every session this week", len(week.whole), _few(named, [one.pupil_id for one in week.whole])),
        ("Longest runs without an absence", len(week.runs), _runs(week, named)),
    )
    note = (
        "Recovered: a tenth or more of the last four weeks missed a week ago, less than a twentieth now. "
        "The sheet names everybody."
    )
    return Table("praise", "To praise", ("For", "Pupils", "Who"), rows, note)


def _runs(week: Week, named: Named) -> str:
    """Give the longest runs, the longest first: each length with its pupils, or with how many where they are many."""
    lengths = [(length, list(some)) for length, some in groupby(week.runs, key=lambda line: line.shown.good_run)]
    return "; ".join(
        f"{length} weeks: {_few(named, [line.pupil_id for line in some], many(len(some), 'pupil'))}"
        for length, some in lengths[:_LONGEST]
    )


def _few(named: Named, pupils: list[int], words: str = "All in the sheet") -> str:
    """Name a few pupils; of more than a few give words."""
    return "; ".join(map(named, pupils)) if len(pupils) <= FEW else words


def _listed(names: Iterable[str], all_of: int) -> str:
    """Give the first names, and how many more there are."""
    text = "; ".join(names)
    return f"{text}; and {all_of - FEW} more" if all_of > FEW else text


def _sentence(words: Iterable[str]) -> str:
    text = "; ".join(words)
    return text[:1].upper() + text[1:]
