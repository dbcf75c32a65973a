"""What the week on a page is drawn from: the explorer's answers, the trawl's movements, lates and open marks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from django.db.models import Count, Q

from attendance_office.jobs.due import instant
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can
from interventions.models import Trawl
from interventions.queries.trawls import Line, Wish, before, lines, trawls_of
from interventions.rules.trawl import Moved
from letters.models import Letter
from registers.models import Pupil
from registers.queries.lates import Line as Late
from registers.queries.lates import by_pupil, lates
from registers.queries.unexplained import unexplained
from registers.rules.ages import school_year_starts
from registers.rules.figures import Figures
from registers.rules.sessions import monday
from reporting.rules.conversations import BROKEN, Candidate, Reason, in_need, told_apart

from .explorer import Answer, Question, answer
from .lines import Line as Counted
from .lines import Reader
from .periods import Period, year_before
from .report_page import initials_of

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_SPANS: Final = ("This week", "Last week", "Same week last year", "Year to date")
_GONE: Final = "A pupil no longer on roll"
_MOVES: Final = {
    Moved.BELOW_50: Reason.SEVERE,
    Moved.BELOW_90: Reason.PERSISTENT,
    Moved.BELOW_95: Reason.BELOW_95,
    Moved.BROKE_RUN: Reason.BROKE_RUN,
}


class Week:
    """One year group's, form's or school's week as one reader may see it, each thing asked once."""

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
    def last(self) -> Answer:
        first = monday(self.on)
        return self.asked(Period("last", "Last week", first - _WEEK, first - _DAY))

    @cached_property
    def year(self) -> Answer:
        return self.asked(Period("year", "Year to date", school_year_starts(self.on), self.on))

    @cached_property
    def spans(self) -> list[tuple[str, Figures]]:
        """Give this week's figures, and those of the days that it is held against."""
        same = self.same_pupils(year_before(self.week.question.period))
        found = (self.week, self.last, same, self.year)
        return list(zip(_SPANS, (one.figures for one in found), strict=True))

    @cached_property
    def letters(self) -> tuple[tuple[str, int], ...] | None:
        """Give the letters sent this week by kind; None for a reader who may not see letters."""
        if Can.SEE_LETTERS not in self.reader.allowed:
            return None
        from_at, to_at = instant(monday(self.on), time(0)), instant(self.on + _DAY, time(0))
        sent = Letter.objects.visible_to(self.user).filter(self.scope, school=self.school)
        sent = sent.filter(sent_at__gte=from_at, sent_at__lt=to_at).order_by("kind")
        words = dict(Letter._meta.get_field("kind").flatchoices)
        return tuple((str(words[kind]), n) for kind, n in sent.values_list("kind").annotate(many=Count("pk")))

    @cached_property
    def trawl(self) -> tuple[Trawl | None, Trawl | None]:
        """Give the latest run, and the one it is held against where it is this week's: last week's tells of no move."""
        runs = list(trawls_of(self.school).filter(on__lte=self.on, year_from=school_year_starts(self.on))[:60])
        if not runs:
            return None, None
        return runs[0], before(runs, runs[0]) if self.is_of_this_week(runs[0]) else None

    def is_of_this_week(self, trawl: Trawl) -> bool:
        """Tell whether a run was made in the week that is told of."""
        return trawl.on >= monday(self.on)

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
    def lates(self) -> list[Late]:
        return by_pupil(lates(self.school, self.user, monday(self.on), self.on).filter(self.scope))

    @cached_property
    def reasons(self) -> dict[int, frozenset[Reason]]:
        """Give each pupil for whom a conversation is due, with why."""
        found: dict[int, set[Reason]] = {pupil: {Reason.UNEXPLAINED} for pupil in self.left_open}
        for line in self.moved:
            some = {_MOVES[move] for move in line.moves if move in _MOVES}
            if line.now is not None and line.now.broken_run >= BROKEN:
                some.add(Reason.BROKEN_WEEKS)
            if some and line.now is not None:
                found.setdefault(line.pupil_id, set()).update(some)
        return {pupil: told_apart(some) for pupil, some in found.items()}

    @cached_property
    def in_need(self) -> list[Candidate]:
        missed = {line.pupil_id: line.tally.absent for line in self.week.lines}
        return list(
            in_need(
                Candidate(pupil, self.name(pupil), why, missed.get(pupil, 0)) for pupil, why in self.reasons.items()
            )
        )

    @cached_property
    def recovered(self) -> list[int]:
        found = [line.pupil_id for line in self.moved if Moved.RECOVERED in line.moves]
        return sorted(found, key=lambda pupil: (self.name(pupil), pupil))

    @cached_property
    def whole(self) -> list[Counted]:
        """Give who attended every session of the week so far."""
        return [one for one in self.week.lines if one.tally.possible and one.tally.attended == one.tally.possible]

    @cached_property
    def missed_before(self) -> dict[int, int]:
        """Give the sessions that each pupil missed last week."""
        return {line.pupil_id: line.tally.absent for line in self.last.lines}

    @cached_property
    def returned(self) -> list[Counted]:
        """Give who attended the whole week after missing some of the last, who had missed most first."""
        found = [one for one in self.whole if self.missed_before.get(one.pupil_id)]
        return sorted(found, key=lambda one: (-self.missed_before[one.pupil_id], one.name, one.pupil_id))

    @cached_property
    def runs(self) -> list[Line]:
        """Give who has two weeks or more in a row without an absence, the longest first."""
        found = (line for line in self.moved if line.now is not None and line.now.good_run > 1)
        return sorted(found, key=lambda line: (-line.shown.good_run, self.name(line.pupil_id), line.pupil_id))

    def moves(self, move: Moved) -> int | None:
        """Give how many moved so; None where no movement is known."""
        return sum(move in line.moves for line in self.moved) if self.trawl[1] else None

    @cached_property
    def by_pupil(self) -> dict[int, Counted]:
        return {line.pupil_id: line for line in self.year.lines}

    def name(self, pupil_id: int) -> str:
        line = self.by_pupil.get(pupil_id)
        return f"{line.name} ({line.form})" if line else _GONE

    def initials(self, pupil_id: int) -> str:
        line = self.by_pupil.get(pupil_id)
        return f"{initials_of(line.name)} ({line.form})" if line else _GONE
