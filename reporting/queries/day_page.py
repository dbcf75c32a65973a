"""The day on a page: what a head of year, or the pastoral lead, is sent once the morning is known.

Rates are the explorer's own answers of the day, the school day before and the same weekday; the rest are the rows of
the boards that people work from, so that no two can disagree.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from django.db.models import Count, Min

from attendance_office.jobs.due import instant
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can
from interventions.models import FirstDay, FirstDayPupil
from interventions.queries.first_day import ANSWERED
from letters.models import Letter, Message
from registers.models import AbsenceNote, Mark
from registers.queries.calendar import calendar_of, session_times, sessions_begun
from registers.queries.lates import lates
from registers.queries.registers import RegisterLine, Status, registers_of_sessions
from registers.queries.unexplained import days_of, unexplained
from registers.rules.codes import code_set
from registers.rules.dates import spoken_date
from registers.rules.rates import tally
from reporting.models.distributions import scope_words
from reporting.rules.small_numbers import in_words, is_small

from .explorer import Answer, Question, answer
from .lines import Reader
from .periods import Period
from .report_page import Page, Table, mail_rate, many, of_all, of_sessions, page_of, pupil_words, pupils_of

_WEEK: Final = timedelta(days=7)
MOST: Final = 10
_WAITING: Final = (Letter.State.PROPOSED, Letter.State.HELD_BACK, Letter.State.WAITING, Letter.State.READY)


class _Day:
    """What the page is drawn from, each asked once."""

    def __init__(
        self, school: School, user: User, year_group: int | None, form: TutorGroup | None, on: date, at: datetime
    ) -> None:
        self.school, self.user, self.on, self.at = school, user, on, at
        self.year_group, self.form = year_group, form
        # The year or the form that each line of the attendance is of.
        self.axis, self.head = ("year", "Year") if form is None else ("form", "Form")
        self.reader = Reader.of(user, school)
        self.calendar = calendar_of(school.pk)
        self.pupils = pupils_of(school, user, year_group, form)

    def asked(self, on: date) -> Answer:
        """Give a day's sessions, of those halves alone whose register has opened today.

        Codes known beforehand stand in the afternoon's register from early morning on: absences without anybody
        present beside them, so that they do not count before it opens.
        """
        question = Question(Period("day", spoken_date(on), on, on))
        if self.form is not None:
            question = question.also("form", self.form.name)
        elif self.year_group is not None:
            question = question.also("year", str(self.year_group))
        found = answer(self.reader, question)
        if len(self.halves) > 1:
            return found
        codes: dict[int, Counter[str]] = {}
        marks = Mark.objects.filter(school=self.school, on=on, half__in=self.halves, pupil__in=found.pupil_ids)
        for pupil, code in marks.values_list("pupil", "code"):
            codes.setdefault(pupil, Counter())[code] += 1
        lines = tuple(replace(line, tally=tally(codes.get(line.pupil_id, {}), on)) for line in found.lines)
        return replace(found, lines=lines)

    @cached_property
    def halves(self) -> list[str]:
        """Give the sessions of the day whose registers have opened."""
        begun = sessions_begun(self.calendar, session_times(self.school.pk, self.on), self.at)
        return [one.half for one in begun if one.on == self.on]

    @property
    def words(self) -> str:
        """Give in words what of the day is counted."""
        if len(self.halves) > 1:
            return "today so far"
        return "this afternoon" if self.halves == ["PM"] else "this morning"

    @cached_property
    def today(self) -> Answer:
        return self.asked(self.on)

    @cached_property
    def before(self) -> date | None:
        return self.calendar.latest_day(self.on - timedelta(days=1))

    @cached_property
    def owed(self) -> list[RegisterLine]:
        begun = sessions_begun(self.calendar, session_times(self.school.pk, self.on), self.at)
        sessions = [one for one in begun if one.on == self.on]
        found = registers_of_sessions(self.school, sessions, visible_to=self.user) if sessions else {}
        return [
            line
            for lines in found.values()
            for line in lines
            if line.is_owed and self.year_group in (None, line.tutor_group.year_group)
            if self.form in (None, line.tutor_group)
        ]

    @cached_property
    def late(self) -> list[Mark]:
        marks = lates(self.school, self.user, self.on, self.on).filter(pupil__in=self.pupils, half__in=self.halves)
        return list(marks.order_by("pupil__sort_name", "half", "pk"))

    @cached_property
    def families(self) -> list[tuple[FirstDay, list[FirstDayPupil]]]:
        """Give the day's families without a reason, each with its pupils that the report is about."""
        rows = FirstDayPupil.objects.filter(school=self.school, on=self.on, pupil__in=self.pupils)
        found: dict[int, tuple[FirstDay, list[FirstDayPupil]]] = {}
        for row in (
            rows.select_related("first_day__alert", "first_day__item", "pupil__tutor_group")
            .prefetch_related("first_day__attempts")
            .order_by("pupil__sort_name", "pk")
        ):
            found.setdefault(row.first_day_id, (row.first_day, []))[1].append(row)
        return list(found.values())

    @cached_property
    def open_marks(self) -> set[tuple[int, str]]:
        """Give the pupils and sessions of the day that are without a reason still."""
        marks = unexplained(self.school, self.user, self.at).filter(on=self.on, pupil__in=self.pupils)
        return set(marks.values_list("pupil", "half"))


def day_page(
    school: School, user: User, *, on: date, at: datetime, year_group: int | None = None, form: TutorGroup | None = None
) -> Page:
    """Give the day so far of a form, a year group, or the school, as far as a person's posts reach.

    Calls home, reasons and letters are left out for a reader who may not see them.
    """
    day = _Day(school, user, year_group, form, on, at)
    allowed = day.reader.allowed
    tables = [_attendance(day), _owed(day)]
    tables += _first_day(day) if Can.SEE_LETTERS in allowed else []
    tables += [_unexplained(day), _lates(day)]
    tables += [_notes(day)] if Can.SEE_MARK_REASONS in allowed else []
    tables += [_letters(day)] if Can.SEE_LETTERS in allowed else []
    title = f"{scope_words(year_group, form)}: the day, {spoken_date(on)}"
    return page_of(school, title=title, headline=_headline(day), tables=tables, at=at, mail=_mail(day))


def _mail(day: _Day) -> list[Table]:
    """Give what the e-mail says of the day: rates, and numbers that tell of no few pupils."""
    figures = day.today.figures
    if day.form is not None or is_small(figures.pupils):
        return []
    parts = [(part.words, part.figures) for part in day.today.parts("year")]
    if len(parts) > 1:
        parts.append(("Whole school", figures))
    rates = tuple((words, mail_rate(one.tally)) for words, one in parts if not is_small(one.pupils))
    late = len({mark.pupil_id for mark in day.late})
    asked = len({pupil for pupil, _ in day.open_marks})
    rest = (
        ("Registers not complete", f"{len(day.owed):,}"),
        ("Late", f"{in_words(late, max(late, figures.pupils))} pupils"),
        ("Without a reason still", f"{in_words(asked, max(asked, figures.pupils))} pupils"),
    )
    return [
        Table("attendance", f"Attended {day.words}", ("Year", "Attended"), rates),
        Table("more", "In the report", ("What", "Number"), rest),
    ]


def _headline(day: _Day) -> list[str]:
    counted = day.today.figures.tally
    late, after = len(day.late), sum(mark.code == "U" for mark in day.late)
    return [
        f"Attended {day.words}: {of_sessions(counted)}.",
        f"Registers not complete: {len(day.owed)}. A missing mark counts as neither present nor absent.",
        f"Late: {late}, {after} of them after the register closed.",
        f"Absent today and still without a reason: {many(len({pupil for pupil, _ in day.open_marks}), 'pupil')}.",
    ]


def _attendance(day: _Day) -> Table:
    last_week = day.on - _WEEK
    others = [(day.before, "Day before"), (last_week, "Week before")]
    answers = [day.asked(on) if on is not None and day.calendar.is_school_day(on) else None for on, _ in others]
    older = [
        {} if one is None else {part.value: part.figures.tally.attendance_rate for part in one.parts(day.axis)}
        for one in answers
    ]
    rows = [
        (
            part.words, part.figures.tally.attendance_rate, part.figures.tally.possible, part.figures.tally.absent,
            *(rates.get(part.value) for rates in older),
        )
        for part in day.today.parts(day.axis)
    ]  # fmt: skip
    if day.year_group is None and day.form is None:
        now = day.today.figures.tally
        whole = [None if one is None else one.figures.tally.attendance_rate for one in answers]
        rows.append(("Whole school", now.attendance_rate, now.possible, now.absent, *whole))
    heads = (day.head, "Attended", "Possible sessions", "Missed", *(head for _, head in others))
    days = [f"{spoken_date(on)}" for on, _ in others if on is not None]
    part = "the whole day" if len(day.halves) > 1 else "the same session"
    note = f"Day before and week before: {' and '.join(days)}, {part}."
    return Table("attendance", f"Attendance {day.words}", heads, tuple(rows), note, empty="No pupil is on roll.")


def _owed(day: _Day) -> Table:
    rows = tuple(
        (
            line.tutor_group.name, str(line.session.half), line.owner[1],
            f"{line.marked} of {line.expected} marked" if line.status is Status.PART else line.status.words,
        )
        for line in day.owed
    )  # fmt: skip
    heads = ("Group", "Session", "Who takes it", "How far")
    return Table("registers", "Registers missing", heads, rows, empty="Every register that has opened is taken.")


def _first_day(day: _Day) -> list[Table]:
    gone = (Message.State.SENT, Message.State.DELIVERED)
    alerted = [one for one, _ in day.families if one.alert is not None and one.alert.state in gone]
    spoken = {one.pk for one, _ in day.families if any(each.outcome in ANSWERED for each in one.attempts.all())}
    open_ones = [
        (one, rows)
        for one, rows in day.families
        if any((row.pupil_id, row.half) in day.open_marks for row in rows)
    ]  # fmt: skip
    not_reached = [(one, rows) for one, rows in open_ones if one.pk not in spoken]
    counts = (
        ("Families asked for a reason", len(day.families)),
        ("Sent an alert", len(alerted)),
        ("Rung", sum(bool(one.attempts.all()) for one, _ in day.families)),
        ("Spoken with", len(spoken)),
        ("Reason known since", len(day.families) - len(open_ones)),
        ("Nobody reached yet", len(not_reached)),
        ("Told to safeguarding", sum(hasattr(one, "item") for one, _ in day.families)),
    )
    rows = tuple(
        (
            "; ".join(pupil_words(row.pupil) for row in rows), len(one.attempts.all()),
            "No" if one.alert is None else one.alert.get_state_display(),
        )
        for one, rows in not_reached[:MOST]
    )  # fmt: skip
    cut = f"{MOST} of {len(not_reached):,} families." if len(not_reached) > MOST else ""
    made = counts if day.families else ()
    return [
        Table("contact", "First-day contact", ("What", "Families"), made, empty="No family had to be asked."),
        Table(
            "nobody", "Nobody reached yet", ("Pupils", "Calls", "Alert"), rows, cut, empty="Every family is reached."
        ),
    ]


def _unexplained(day: _Day) -> Table:
    marks = unexplained(day.school, day.user, day.at).filter(on__lte=day.on, pupil__in=day.pupils)
    past = days_of(marks, day.calendar, day.on).counts()["past"]
    found = list(
        marks.order_by()
        .values("pupil")
        .annotate(many=Count("pk"), first=Min("on"))
        .order_by("first", "-many", "pupil__sort_name", "pupil")
    )
    named = day.pupils.select_related("tutor_group").in_bulk([row["pupil"] for row in found[:MOST]])
    rows = tuple(
        (
            pupil_words(named[row["pupil"]]), row["many"], row["first"],
            max(0, len(day.calendar.days(row["first"], day.on)) - 1),
        )
        for row in found[:MOST]
    )  # fmt: skip
    total = sum(row["many"] for row in found)
    note = f"{many(total, 'session')}, {many(len(found), 'pupil')}; {past} past the last date for a reason."
    heads = ("Pupil", "Sessions", "Since", "School days ago")
    note = f"{note} {of_all(len(rows), len(found))}".strip() if found else ""
    return Table("open", "Unexplained absences", heads, rows, note)


def _lates(day: _Day) -> Table:
    rows = tuple(
        (
            pupil_words(mark.pupil), str(mark.half), "After the close" if mark.code == "U" else "Before the close",
            "Not said" if mark.minutes_late is None else mark.minutes_late,
        )
        for mark in day.late[:MOST]
    )  # fmt: skip
    cut = f"{MOST} of {len(day.late)}; the lates report has all of them." if len(day.late) > MOST else ""
    return Table("lates", "Late today", ("Pupil", "Session", "When", "Minutes"), rows, cut, empty="Nobody was late.")


def _notes(day: _Day) -> Table:
    from_at, to_at = instant(day.on, time(0)), instant(day.on + timedelta(days=1), time(0))
    notes = AbsenceNote.objects.filter(school=day.school, pupil__in=day.pupils, logged_at__gte=from_at)
    counted = notes.filter(logged_at__lt=to_at).exclude(state=AbsenceNote.State.WITHDRAWN)
    words = code_set(day.on)
    rows = tuple(
        (f"{code}, {words[code].meaning}" if code in words else code, notes_made, pupils)
        for code, notes_made, pupils in counted.order_by("code")
        .values_list("code")
        .annotate(made=Count("pk"), pupils=Count("pupil", distinct=True))
    )
    return Table("notes", "Absences reported today", ("Code", "Notes", "Pupils"), rows, empty="None was reported.")


def _letters(day: _Day) -> Table:
    letters = Letter.objects.visible_to(day.user).filter(school=day.school, pupil__in=day.pupils, state__in=_WAITING)
    counted = dict(letters.order_by("state").values_list("state").annotate(many=Count("pk")))
    rows = tuple((str(state.label), counted[state.value]) for state in _WAITING if state.value in counted)
    return Table("letters", "Letters waiting", ("Letters", "Number"), rows, empty="None waits.")
