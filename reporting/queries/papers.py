"""What a paper for governors and leadership says: every figure, chart and sentence, for page and print.

All of it is of the whole school and names nobody: small numbers are held back as the tables of the explorer do it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.staff.roles import Can
from attendance_office.web.charts import Line, LineChart
from attendance_office.web.export import Column
from attendance_office.web.templatetags.office import per_cent, thousands
from registers.rules.ages import school_year
from registers.rules.dates import spoken_date
from registers.rules.rates import Tally
from reporting.models import Paper
from reporting.rules.small_numbers import SMALL

from . import charts, tables
from .beside import beside
from .comparators import HOW_DFE_COUNTS, comparators
from .explorer import Question, Reader, answer
from .few import held_of_paper
from .letters_followed import (
    FROM_BAND,
    fairness_bars,
    fairness_of,
    fairness_rows,
    fairness_words,
    followed_rows,
)
from .paper_parts import of_sheets, section, table, table_of
from .paper_words import Drawn, baseline_of, distance_of, expected_table, headline, persistent_words
from .periods import Period, year_before

# What the figures of a paper may tell pupils apart by.
MAY_TELL: Final = frozenset({Can.SEE_FIGURES, Can.SEE_NEEDS, Can.SEE_MEANS})
_YEAR: Final = timedelta(weeks=52)
# Papers whose last days lie no further apart are read side by side.
SIDE_BY_SIDE: Final = timedelta(weeks=4)
_LETTERS: Final = "Letters, and what followed them"
_NO_LETTERS: Final = "No letter of a level went in these days."
_FAIRNESS: Final = "Are letters sent fairly"


def content_of(
    school: School, *, from_on: date, to_on: date, at: datetime, before: Collection[str] = ()
) -> dict[str, Any]:  # fmt: skip
    """Give a paper's content over some days: sections of words, charts and tables, the same for page and print.

    `before` names what papers just before this one held back; `held` of the content what this one does by itself.
    """
    period = Period("paper", "This period", from_on, to_on)
    reader = Reader.of_school(school, allowed=MAY_TELL, sees_pupils=False)
    now = answer(reader, Question(period))
    fairness = fairness_of(school, now)
    held = held_of_paper(now, fairness.comparisons, first=FROM_BAND, before=before)
    drawn = Drawn(
        school=school,
        now=now,
        before=answer(reader, Question(year_before(period))),
        baseline=baseline_of(school, to_on),
        fairness=fairness,
        held=held,
        published=comparators(school, period),
    )
    here = clock.local(at)
    return {
        "school": school.name,
        "from_on": spoken_date(from_on),
        "to_on": spoken_date(to_on),
        "read": f"{spoken_date(here.date())}, {here:%H:%M}",
        "headline": headline(drawn),
        "sections": [
            _expected(drawn),
            _trend(drawn),
            _persistent(drawn),
            _groups(drawn),
            _years(drawn),
            _lates(drawn),
            _letters(drawn),
            _fairness(drawn),
        ],
        "notes": _how_counted(drawn),
        "held": sorted(held.needed),
        "rate": _rate_of(now.figures.tally),
    }


def held_before(paper: Paper) -> frozenset[str]:
    """Give what papers held back that were issued about nearly the same days: two set side by side tell no more.

    Those whose last day lies at most four weeks from this one's, and whose days overlap its own: one query.
    """
    near = Paper.objects.filter(
        school=paper.school_id,
        state=Paper.State.ISSUED,
        to_on__range=(paper.to_on - SIDE_BY_SIDE, paper.to_on + SIDE_BY_SIDE),
        from_on__lte=paper.to_on,
        to_on__gte=paper.from_on,
    ).exclude(pk=paper.pk)
    return frozenset(name for held in near.values_list("content__held", flat=True) for name in held or ())


# ---------- the sections ----------


def _expected(drawn: Drawn) -> dict[str, Any]:
    words, found = [], [table_of(beside(drawn.now, drawn.school, drawn.held))]
    distance = distance_of(drawn)
    if distance is None or drawn.baseline is None:
        words.append(f"What DfE expects of the school in {school_year(drawn.period.to_on)} has not been entered.")
    elif distance.tally.possible:
        found.insert(0, expected_table(drawn.baseline, distance))
    return section("expected", "Beside what is expected, and England", words, [], found)


def _trend(drawn: Drawn) -> dict[str, Any]:
    now, before = (
        dict(week for _, line in tables.told_weeks(one, "", one.weeks()) for week in line.items())
        for one in (drawn.now, drawn.before)
    )
    earlier = {week + _YEAR: tally for week, tally in before.items()}
    weeks = sorted(now)
    lines = [_line("This year", now, weeks)]
    words = ["Each point is a school week, counted over every pupil on roll in it."]
    if set(earlier) & set(weeks):
        lines.append(_line("A year before", earlier, weeks))
    else:
        words.append("No marks of a year before are on record, so that no line stands for it.")
    if drawn.baseline is not None:
        lines.append(Line("Expected of the school", (Fraction(drawn.baseline.attendance) / 100,) * len(weeks)))
    england = drawn.published[0]
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
    return section("trend", "How attendance has gone", words, [chart] if weeks else [], [])


def _persistent(drawn: Drawn) -> dict[str, Any]:
    before = drawn.before.figures
    words = [
        (
            "A pupil is persistently absent who missed one tenth or more of their own possible sessions, severely "
            "absent who missed half or more. Over a few weeks more pupils are persistently absent than over a "
            "whole year."
        ),
        persistent_words(drawn),
    ]
    if not before.tally.possible:
        words.append("No marks of the same time last year are on record to compare with.")
    found = [tables.bands(drawn.now, drawn.school, drawn.held)]
    return of_sheets("persistent", "Persistent and severe absence", words, found, is_new_page=True)


def _groups(drawn: Drawn) -> dict[str, Any]:
    words = ["Each line sets the pupils of a group beside everybody else over the same days. Groups overlap."]
    found = [tables.gaps(drawn.now, drawn.held)]
    return of_sheets("groups", "Groups and their gaps", words, found, is_new_page=True)


def _years(drawn: Drawn) -> dict[str, Any]:
    found = [tables.table(drawn.now, "year", drawn.held)]
    return of_sheets("years", "Year groups", [], found, is_new_page=True)


def _lates(drawn: Drawn) -> dict[str, Any]:
    tally, earlier = drawn.now.figures.tally, drawn.before.figures.tally
    share = per_cent(_of(tally.late, tally))
    said = f"{thousands(tally.late)} marks say that a pupil was late: {share} of possible sessions"
    if earlier.possible:
        said += f", against {per_cent(_of(earlier.late, earlier))} at the same time last year"
    rule = "Who comes after the register has closed is late and counts as absent without leave."
    found = [tables.weekdays(drawn.now)]
    return of_sheets("lates", "Lateness, and days of the week", [f"{said}. {rule}"], found, is_new_page=True)


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
    if not rows:
        return section("letters", _LETTERS, [*words, _NO_LETTERS], [], [], is_new_page=True)
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
            f"A line with fewer than ten pupils says little. One that stands for fewer than {SMALL} is held back.",
        ],
    )  # fmt: skip
    changes = [
        (str(name), change, theirs if isinstance(theirs, Fraction) else None)
        for name, _, _, _, change, _, theirs in rows
        if isinstance(change, Fraction)
    ]
    drawn_changes = [charts.of_changes(changes)] if changes else []
    return section("letters", _LETTERS, words, drawn_changes, [found], has_tables=True, is_new_page=True)


def _fairness(drawn: Drawn) -> dict[str, Any]:
    rows, held_back = fairness_rows(drawn.fairness, drawn.held)
    words = [
        (
            "Do letters fall evenly? Pupils whose absence over these days lies in the same band, by group: how many "
            "had an attendance letter in them, for each hundred pupils. A difference is a question to ask and not an "
            "answer: letters the school stopped, and when a pupil was absent, are not seen in it."
        )
    ]
    if not drawn.fairness.sides:
        return section("fairness", _FAIRNESS, [*words, _NO_LETTERS], [], [])
    notes = fairness_words(drawn.fairness, drawn.held)
    if held_back:
        said = "1 comparison is" if held_back == 1 else f"{held_back} comparisons are"
        notes.append(f"{said} held back: fewer than {SMALL}, nearly all or all of a group had a letter in it.")
    if not rows:
        nothing = "No comparison at the same absence stands for enough pupils to be shown."
        return section("fairness", _FAIRNESS, [*words, nothing, *notes], [], [])
    found = table(
        "Letters at the same absence",
        [Column("Absence"), Column("Group"), Column("Pupils"), Column("Had a letter"), Column("For each hundred")],
        rows,
        notes=notes,
    )
    bars = fairness_bars(drawn.fairness, drawn.held)
    return section("fairness", _FAIRNESS, words, [charts.of_fairness(bars)], [found], has_tables=True)


def _how_counted(drawn: Drawn) -> list[str]:
    return [
        (
            "Attendance is the sessions attended over the possible sessions, summed over pupils. D, Q, X, Y1 to "
            "Y7, Z and # are not possible sessions. A register not taken counts neither way."
        ),
        *HOW_DFE_COUNTS,
        "Special needs, pupil premium, free meals, language and sex are as recorded on the day of the paper.",
        (
            f"Nobody is named. Numbers of pupils below {SMALL}, all but so few, and all of a group are held back, with "
            "the smallest others from which they could be worked out, here or from papers of the four weeks before."
        ),
        "Differences are taken before rounding: they may be a tenth off the difference of the numbers beside them.",
    ]


# ---------- pieces ----------


def _of(some: int, tally: Tally) -> Fraction | None:
    return Fraction(some, tally.possible) if tally.possible else None


def _rate_of(tally: Tally) -> str:
    return str(per_cent(tally.attendance_rate))


def _line(name: str, found: dict[date, Tally], weeks: Sequence[date]) -> Line:
    return Line(name, tuple(found[week].attendance_rate if week in found else None for week in weeks))
