"""The week on a page: what a year group's head, or the pastoral lead, is sent on the last school day of the week.

Every figure is an answer of the explorer's layer as its reader may ask it, or a row of the trawl, the lates, the
letters and the unexplained absences within their reach. Page, mail, PDF and sheet are made from one content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

from django.db.models import Count, Q

from attendance_office.jobs.due import instant
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can
from interventions.models import PatternFlag, Trawl
from interventions.queries.pattern_steps import first_found, followed
from interventions.queries.patterns import flags_of
from interventions.queries.trawls import Line, Wish, before, lines, trawls_of
from interventions.rules.trawl import Moved
from letters.models import Letter
from registers.models import Pupil
from registers.queries.lates import by_pupil, lates
from registers.queries.unexplained import unexplained
from registers.rules.ages import school_year_starts
from registers.rules.dates import spoken_date
from registers.rules.sessions import monday
from reporting.models.distributions import scope_words
from reporting.rules.conversations import BROKEN, REASON_WORDS, Candidate, Reason, in_need

from .explorer import Answer, Question, answer
from .lines import Line as Counted
from .lines import Reader
from .periods import Period, year_before
from .report_page import FEW, Page, Table, initials_of, many, of_all, page_of, rate_words

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_GONE: Final = "A pupil no longer on roll"
Named = Callable[[int], str]
_MOVES: Final = {
    Moved.BELOW_50: Reason.SEVERE,
    Moved.BELOW_90: Reason.PERSISTENT,
    Moved.BELOW_95: Reason.BELOW_95,
    Moved.BROKE_RUN: Reason.BROKE_RUN,
}


class _Week:
    """What the page is drawn from, each asked once."""

    def __init__(
        self, school: School, user: User, year_group: int | None, form: TutorGroup | None, on: date, at: datetime
    ) -> None:
        self.school, self.user, self.on, self.at = school, user, on, at
        self.year_group, self.form = year_group, form
        self.reader = Reader.of(user, school)

    def asked(self, period: Period) -> Answer:
        question = Question(period)
        if self.form is not None:
            question = question.also("form", self.form.name)
        elif self.year_group is not None:
            question = question.also("year", str(self.year_group))
        return answer(self.reader, question)

    def same_pupils(self, period: Period) -> Answer:
        """Give the period of the pupils who are in the year group or the form today, wherever they were then."""
        if self.form is None and self.year_group is None:
            return answer(self.reader, Question(period))
        # Who left keeps the form and year group of the last day: only those on roll today are here now.
        here = Q(pk__in=Pupil.objects.on_roll(self.on).filter(school=self.school).values("pk"))
        now = Q(tutor_group=self.form) if self.form is not None else Q(year_group=self.year_group)
        return answer(replace(self.reader, rows=self.reader.rows & now & here), Question(period))

    @cached_property
    def scope(self) -> Q:
        """What a mark's or a letter's pupil has to be."""
        if self.form is not None:
            return Q(pupil__tutor_group=self.form)
        return Q() if self.year_group is None else Q(pupil__year_group=self.year_group)

    @cached_property
    def week(self) -> Answer:
        return self.asked(Period("week", "This week", monday(self.on), self.on))

    @cached_property
    def year(self) -> Answer:
        return self.asked(Period("year", "Year to date", school_year_starts(self.on), self.on))

    @cached_property
    def trawl(self) -> tuple[Trawl | None, Trawl | None]:
        runs = list(trawls_of(self.school).filter(on__lte=self.on)[:60])
        return (runs[0], before(runs, runs[0])) if runs else (None, None)

    @cached_property
    def moved(self) -> list[Line]:
        trawl, since = self.trawl
        if trawl is None:
            return []
        reach = Pupil.objects.visible_to(self.user).filter(school=self.school)
        if self.form is not None:
            reach = reach.filter(tutor_group=self.form)
        return lines(trawl, since, Wish(pupils=list(reach.values_list("pk", flat=True)), year=self.year_group))[0]

    @cached_property
    def left_open(self) -> dict[int, int]:
        marks = unexplained(self.school, self.user, self.at).filter(self.scope, on__lte=self.on)
        return dict(marks.order_by().values_list("pupil").annotate(many=Count("pk")))

    @cached_property
    def by_pupil(self) -> dict[int, Counted]:
        return {line.pupil_id: line for line in self.year.lines}

    def name(self, pupil_id: int) -> str:
        line = self.by_pupil.get(pupil_id)
        return f"{line.name} ({line.form})" if line else _GONE

    def initials(self, pupil_id: int) -> str:
        line = self.by_pupil.get(pupil_id)
        return f"{initials_of(line.name)} ({line.form})" if line else _GONE


def week_page(school: School, user: User, *, year_group: int | None, on: date, at: datetime) -> Page:
    """Give the week to a day of a year group, or of the school, as far as a person's posts reach."""
    return _page(_Week(school, user, year_group, None, on, at))


def form_week_page(school: School, user: User, *, form: TutorGroup, on: date, at: datetime) -> Page:
    """Give the week to a day of one form, as far as a person's posts reach."""
    return _page(_Week(school, user, None, form, on, at))


def _page(week: _Week) -> Page:
    tables = [_attendance(week), _absent(week), _conversations(week, week.name), _lates(week)]
    if Can.SEE_LETTERS in week.reader.allowed:
        tables.append(_letters(week))
    if Can.SEE_TRAWL in week.reader.allowed:
        tables.append(_patterns(week))
    tables += [_open(week), _praise(week, week.name)]
    scope = scope_words(week.year_group, week.form)
    page = page_of(
        week.school, title=f"{scope}: the week to {spoken_date(week.on)}", headline=_headline(week),
        tables=tables, at=week.at,
    )  # fmt: skip
    short = [_conversations(week, week.initials), _praise(week, week.initials)]
    return replace(page, content=page.content | {"initials": [one.written() for one in short]})


def _headline(week: _Week) -> list[str]:
    now, year = week.week.figures, week.year.figures
    persistent, severe = year.persistently_absent, year.severely_absent
    return [
        f"Attended this week: {rate_words(now.tally.attendance_rate)} of {now.tally.possible:,} sessions.",
        f"Year to date: {rate_words(year.tally.attendance_rate)} of {year.tally.possible:,} sessions.",
        f"Persistently absent: {persistent:,} of {many(year.pupils, 'pupil')}, {severe:,} of them severely.",
    ]


def _attendance(week: _Week) -> Table:
    first = monday(week.on)
    last = week.asked(Period("last", "Last week", first - _WEEK, first - _DAY))
    same = week.same_pupils(year_before(week.week.question.period))
    rows = [
        (name, found.figures.tally.attendance_rate, found.figures.tally.possible, found.figures.tally.absent)
        for name, found in (
            ("This week", week.week), ("Last week", last), ("Same week last year", same), ("Year to date", week.year),
        )
    ]  # fmt: skip
    is_part = week.form is not None or week.year_group is not None
    note = "Last year's week is of the pupils who are here now, whichever year group they were in." if is_part else ""
    return Table("attendance", "Attendance", ("Days", "Attended", "Possible sessions", "Missed"), tuple(rows), note)


def _absent(week: _Week) -> Table:
    figures, moves = week.year.figures, [move for line in week.moved for move in line.moves]
    rows = (
        ("Persistently absent", figures.persistently_absent, moves.count(Moved.BELOW_90), moves.count(Moved.ABOVE_90)),
        ("Severely absent", figures.severely_absent, moves.count(Moved.BELOW_50), moves.count(Moved.ABOVE_50)),
    )
    return Table("absent", "Persistent and severe", ("Pupils", "Now", "New", "No longer"), rows, _since(week))


def _since(week: _Week) -> str:
    trawl, since = week.trawl
    if trawl is None:
        return "No weekly trawl has run yet, so what is new is not known."
    if since is None:
        return f"The trawl of {spoken_date(trawl.on)} is the first of the year, so what is new is not known."
    return f"New and no longer since the trawl of {spoken_date(since.on)}, at that of {spoken_date(trawl.on)}."


def _conversations(week: _Week, named: Named) -> Table:
    missed = {line.pupil_id: line.tally.absent for line in week.week.lines}
    reasons: dict[int, set[Reason]] = {pupil: {Reason.UNEXPLAINED} for pupil in week.left_open}
    for line in week.moved:
        found = {_MOVES[move] for move in line.moves if move in _MOVES}
        if line.now is not None and line.now.broken_run >= BROKEN:
            found.add(Reason.BROKEN_WEEKS)
        if found and line.now is not None:
            reasons.setdefault(line.pupil_id, set()).update(found)
    chosen = in_need(
        Candidate(pupil, week.name(pupil), frozenset(why), missed.get(pupil, 0)) for pupil, why in reasons.items()
    )
    rows = tuple(
        (named(one.pupil_id), _sentence(REASON_WORDS[why] for why in sorted(one.reasons)), one.missed) for one in chosen
    )
    note = (
        f"{len(chosen)} of {many(len(reasons), 'pupil')} with a reason: the most serious reason first, then the number "
        "of reasons, then sessions missed this week."
    )
    heads = ("Pupil", "Why", "Missed this week")
    return Table("talk", "Who needs a conversation", heads, rows, note if rows else "")


def _lates(week: _Week) -> Table:
    found = by_pupil(lates(week.school, week.user, monday(week.on), week.on).filter(week.scope))
    rows = tuple((f"{one.name} ({one.form})", one.late, one.after) for one in found[:FEW])
    return Table("lates", "Late this week", ("Pupil", "Late", "After the close"), rows, of_all(len(rows), len(found)))


def _letters(week: _Week) -> Table:
    from_at, to_at = instant(monday(week.on), time(0)), instant(week.on + _DAY, time(0))
    letters = Letter.objects.visible_to(week.user).filter(week.scope, school=week.school)
    letters = letters.filter(sent_at__gte=from_at, sent_at__lt=to_at)
    counted = letters.order_by("kind").values_list("kind").annotate(many=Count("pk"))
    words = dict(Letter._meta.get_field("kind").flatchoices)
    rows = tuple((str(words[kind]), count) for kind, count in counted)
    return Table("letters", "Letters sent this week", ("Letter", "Sent"), rows, empty="None was sent.")


def _patterns(week: _Week) -> Table:
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


def _open(week: _Week) -> Table:
    rows = (("Without a reason", sum(week.left_open.values()), len(week.left_open)),)
    return Table("open", "Unexplained absences", ("Marks", "Sessions", "Pupils"), rows)


def _praise(week: _Week, named: Named) -> Table:
    back = sorted(
        (line.pupil_id for line in week.moved if Moved.RECOVERED in line.moves),
        key=lambda pupil: (week.name(pupil), pupil),
    )
    whole = [one for one in week.week.lines if one.tally.possible and one.tally.attended == one.tally.possible]
    runs = sorted(
        (line for line in week.moved if line.now is not None and line.now.good_run > 1),
        key=lambda line: (-line.shown.good_run, week.name(line.pupil_id)),
    )
    best = [f"{named(line.pupil_id)}, {line.shown.good_run} weeks" for line in runs[:FEW]]
    rows = (
        ("Recovered", len(back), "; ".join(named(pupil) for pupil in back[:FEW])),
        ("Every session this week", len(whole), "; ".join(named(one.pupil_id) for one in whole[:FEW])),
        ("Longest runs without an absence", len(runs), "; ".join(best)),
    )
    return Table("praise", "To praise", ("For", "Pupils", "Who first"), rows)


def _sentence(words: Any) -> str:
    text = "; ".join(words)
    return text[:1].upper() + text[1:]
