"""What a paper for governors and leadership says: every figure, chart and sentence, for page and print.

All of it is of the whole school and names nobody: small numbers are held back as the tables of the explorer do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.staff.roles import Can
from attendance_office.web.charts import Line, LineChart
from attendance_office.web.export import Column
from attendance_office.web.templatetags.office import per_cent, thousands
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year
from registers.rules.dates import spoken_date
from registers.rules.rates import Tally
from registers.rules.sessions import monday
from reporting.models import Baseline
from reporting.rules.baseline import Distance
from reporting.rules.small_numbers import SMALL, is_small, tells_of_few

from . import tables
from .beside import beside
from .comparators import HOW_DFE_COUNTS, comparators
from .explorer import Answer, Question, Reader, answer
from .letters_followed import fairness_rows, followed_rows
from .paper_parts import of_sheets, section, table, table_of
from .periods import Period, year_before

# What the figures of a paper may tell pupils apart by.
MAY_TELL: Final = frozenset({Can.SEE_FIGURES, Can.SEE_NEEDS, Can.SEE_MEANS})
_WEEK: Final = timedelta(days=7)
_YEAR: Final = 52 * _WEEK


@dataclass(frozen=True)
class Drawn:
    """What a paper is drawn from: the answers to its two questions, and what is expected of the school."""

    school: School
    now: Answer
    before: Answer
    baseline: Baseline | None
    at: datetime

    @property
    def period(self) -> Period:
        """Give the days the paper is about."""
        return self.now.question.period


def content_of(school: School, *, from_on: date, to_on: date, at: datetime) -> dict[str, Any]:
    """Give a paper's content over some days: sections of words, charts and tables, the same for page and print."""
    period = Period("paper", "This period", from_on, to_on)
    reader = Reader.of_school(school, allowed=MAY_TELL, sees_pupils=False)
    drawn = Drawn(
        school=school,
        now=answer(reader, Question(period)),
        before=answer(reader, Question(year_before(period))),
        baseline=baseline_of(school, to_on),
        at=at,
    )
    here = clock.local(at)
    return {
        "school": school.name,
        "from_on": spoken_date(from_on),
        "to_on": spoken_date(to_on),
        "read": f"{spoken_date(here.date())}, {here:%H:%M}",
        "headline": headline(drawn),
        "sections": [
            _trend(drawn),
            _persistent(drawn),
            _groups(drawn),
            _years(drawn),
            _lates(drawn),
            _letters(drawn),
            _fairness(drawn),
        ],
        "notes": _how_counted(drawn),
    }


def baseline_of(school: School, on: date) -> Baseline | None:
    """Give what is expected of a school in the school year of a day; None where nobody entered it."""
    return Baseline.objects.filter(school=school, school_year=school_year(on)).first()


def distance_of(drawn: Drawn) -> Distance | None:
    """Give how far the school is from what is expected of it."""
    if drawn.baseline is None:
        return None
    days = calendar_of(drawn.school.pk).days(drawn.period.from_on, drawn.period.to_on)
    expected = Fraction(drawn.baseline.attendance) / 100
    return Distance(expected, drawn.now.figures.tally, len({monday(on) for on in days}))


def headline(drawn: Drawn) -> list[str]:
    """Give the paper's first sentences."""
    now, before = drawn.now.figures, drawn.before.figures
    rate, earlier = now.tally.attendance_rate, before.tally.attendance_rate
    if rate is None:
        return ["No possible session lies in these days: there is nothing to report yet."]
    said = [
        (
            f"Attendance is {per_cent(rate)}: pupils were here for {thousands(now.tally.attended)} of "
            f"{thousands(now.tally.possible)} possible sessions."
        )
    ]
    if earlier is not None:
        said.append(f"At the same time last year it was {per_cent(earlier)}, {_points(rate - earlier)}.")
    said.append(_of_pupils("are persistently absent (missed 10 % or more)", now.persistently_absent, now.pupils))
    said.append(_of_pupils("are severely absent (missed half or more)", now.severely_absent, now.pupils))
    distance = distance_of(drawn)
    if distance is not None and drawn.baseline is not None:
        said.append(_expected_words(drawn.baseline, distance))
    return said


def _of_pupils(what: str, some: int, pupils: int) -> str:
    if tells_of_few(some, pupils):
        return f"Fewer than {SMALL} pupils {what}." if is_small(some) else f"Nearly all pupils {what}."
    share = Fraction(some, pupils) if pupils else None
    return f"{thousands(some)} of {thousands(pupils)} pupils {what}: {per_cent(share)}."


def _expected_words(baseline: Baseline, distance: Distance) -> str:
    expected = f"The attendance expected of the school in {baseline.school_year} is {baseline.attendance:.2f} %."
    if distance.is_met:
        return f"{expected} It is met so far."
    return (
        f"{expected} {thousands(distance.sessions)} more sessions would have met it: {thousands(distance.a_week)} a "
        f"week, as if {_more_pupils(distance.pupils_a_week)} here all week."
    )


def _more_pupils(number: int) -> str:
    return "1 pupil more was" if number == 1 else f"{thousands(number)} pupils more were"


def _points(change: Fraction) -> str:
    tenths = round(change * 1000)
    if tenths == 0:
        return "the same to a tenth of a point"
    return f"{abs(tenths) / 10:.1f} percentage points {'higher' if tenths > 0 else 'lower'} now"


# ---------- the sections ----------


def _trend(drawn: Drawn) -> dict[str, Any]:
    ((_, now),), ((_, before),) = drawn.now.weeks(), drawn.before.weeks()
    earlier = {week + _YEAR: tally for week, tally in before.items()}
    weeks = sorted(now)
    lines = [_line("This year", now, weeks)]
    if set(earlier) & set(weeks):
        lines.append(_line("A year before", earlier, weeks))
    if drawn.baseline is not None:
        lines.append(Line("Expected of the school", (Fraction(drawn.baseline.attendance) / 100,) * len(weeks)))
    england = comparators(drawn.school, drawn.period)[0]
    if isinstance(england.shares["attendance"], Fraction):
        lines.append(Line(f"{england.words}, {england.edition.year}", (england.shares["attendance"],) * len(weeks)))
    first = {(week.year, week.month): week for week in reversed(weeks)}
    chart = LineChart(
        key="paper-weeks",
        title="Attendance week by week",
        words="Dashed levels are 90 and 95 %. Weeks a year before are laid on the same weeks of the calendar.",
        lines=tuple(lines),
        marks=tuple(f"{week:%b}" if week in first.values() else "" for week in weeks),
        places=tuple(spoken_date(week) for week in weeks),
    )
    words = ["Each point is a school week, counted over every pupil on roll in it."]
    return section(
        "trend", "How attendance has gone", words, [chart] if weeks else [], [table_of(beside(drawn.now, drawn.school))]
    )


def _persistent(drawn: Drawn) -> dict[str, Any]:
    now, before = drawn.now.figures, drawn.before.figures
    words = [
        (
            "A pupil is persistently absent who missed one tenth or more of their own possible sessions, severely "
            "absent who missed half or more. Over a few weeks more pupils are persistently absent than over a "
            "whole year."
        )
    ]
    if before.pupils and not tells_of_few(before.persistently_absent, before.pupils):
        share = Fraction(before.persistently_absent, before.pupils)
        words.append(
            f"At the same time last year {thousands(before.persistently_absent)} of {thousands(before.pupils)} "
            f"pupils were persistently absent ({per_cent(share)})."
        )
    if now.pupils and not tells_of_few(now.persistently_absent, now.pupils):
        words.append(
            f"Now they are {per_cent(Fraction(now.persistently_absent, now.pupils))} of {thousands(now.pupils)}."
        )
    return of_sheets("persistent", "Persistent and severe absence", words, [tables.bands(drawn.now, drawn.school)])


def _groups(drawn: Drawn) -> dict[str, Any]:
    words = ["Each line sets the pupils of a group beside everybody else over the same days. Groups overlap."]
    return of_sheets("groups", "Groups and their gaps", words, [tables.gaps(drawn.now)])


def _years(drawn: Drawn) -> dict[str, Any]:
    return of_sheets("years", "Year groups", [], [tables.table(drawn.now, "year")])


def _lates(drawn: Drawn) -> dict[str, Any]:
    tally = drawn.now.figures.tally
    share = Fraction(tally.late, tally.possible) if tally.possible else None
    words = [
        (
            f"{thousands(tally.late)} marks say that a pupil was late: {per_cent(share)} of possible sessions. Who "
            "comes after the register has closed is late and counts as absent without leave."
        )
    ]
    return of_sheets("lates", "Lateness, and days of the week", words, [tables.weekdays(drawn.now)])


def _letters(drawn: Drawn) -> dict[str, Any]:
    rows = followed_rows(drawn.school, drawn.now)
    words = [
        (
            "The attendance of pupils in the four weeks before the week of their first letter of a level this school "
            "year and in the four after it. Beside them pupils who stood within two points of the same line when that "
            "week began and had no such letter this year: for each letter their change over the same weeks, and the "
            "mean over the letters."
        ),
        (
            "Read with care: letters go out when attendance has just fallen, and what has just fallen tends to "
            "rise again by itself (regression to the mean). A rise after a letter is no proof that the letter did "
            "it; compare it with the change of the pupils who had none, and with few pupils expect chance to move it."
        ),
    ]
    found = table(
        "Letters and what followed them",
        [
            Column("Letter"), Column("Pupils"), Column("Four weeks before", is_share=True),
            Column("Four weeks after", is_share=True), Column("Change, points", is_share=True),
            Column("Pupils without one"), Column("Their change, points", is_share=True),
        ],
        rows,
        notes=[
            (
                "Letters whose four weeks after are not over, and pupils without a possible session before or after, "
                "are not counted."
            ),
            "A line with fewer than ten pupils says little. One that stands for fewer than five is held back.",
        ],
    )  # fmt: skip
    return section("letters", "Letters, and what followed them", words, [], [found] if rows else [])


def _fairness(drawn: Drawn) -> dict[str, Any]:
    rows, held_back = fairness_rows(drawn.school, drawn.now)
    words = [
        (
            "Do letters fall evenly? Pupils whose absence over these days lies in the same band, by group: how many "
            "had an attendance letter in them, for each hundred pupils. A difference is a question to ask and not an "
            "answer: letters the school stopped, and when a pupil was absent, are not seen in it."
        )
    ]
    found = table(
        "Letters at the same absence",
        [Column("Absence"), Column("Group"), Column("Pupils"), Column("Had a letter"), Column("For each hundred")],
        rows,
        notes=[f"{held_back} comparisons are held back: a number below {SMALL} stands in them."] if held_back else [],
    )
    return section("fairness", "Are letters sent fairly", words, [], [found] if rows else [])


def _how_counted(drawn: Drawn) -> list[str]:
    return [
        (
            "Attendance is the sessions attended over the possible sessions, summed over pupils. D, Q, X, Y1 to "
            "Y7, Z and # are not possible sessions. A register not taken counts neither way."
        ),
        *HOW_DFE_COUNTS,
        "Special needs, pupil premium, free meals, language and sex are as recorded on the day of the paper.",
        (
            f"Nobody is named. Numbers of pupils below {SMALL} are held back, with others from which they could be "
            "worked out."
        ),
    ]


# ---------- pieces ----------


def _line(name: str, found: dict[date, Tally], weeks: Sequence[date]) -> Line:
    return Line(name, tuple(found[week].attendance_rate if week in found else None for week in weeks))
