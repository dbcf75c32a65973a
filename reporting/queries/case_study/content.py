"""What a case study says: the same sections for page and print, in words that name nobody and tell no date."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from attendance_office import clock
from attendance_office.staff.models import User
from attendance_office.staff.roles import MAY, TITLES, Can, Role
from attendance_office.web.charts import Line, LineChart, spoken
from attendance_office.web.export import Cell, Column
from registers.models import Placement
from registers.queries.years import Receipt
from registers.rules.ages import school_year
from registers.rules.rates import Tally
from reporting.models import CaseStudy
from reporting.queries.paper_parts import section, table
from reporting.rules.following import WEEKS, around
from reporting.rules.key_stages import key_stage

from .knowing import Told, told_of
from .steps import Step, steps_of
from .weeks import Course, course_of

LONG: Final = 12
_Section = dict[str, Any]
REGRESSION: Final = (
    "Read with care. A pupil is written about, and helped, when attendance has just fallen; what has just fallen tends "
    "to rise again by itself (regression to the mean). A rise after a step is no proof that the step did it, and one "
    "pupil is no sample. The weeks after one step are often the weeks before the next."
)


def content_of(
    study: CaseStudy, *, by: User, at: datetime, course: Course | None = None, steps: Sequence[Step] | None = None
) -> dict[str, Any]:
    """Give a study's content as its author may see it; what is left out is not in it.

    `course` and `steps` are read where they have not been read before.
    """
    pupil = study.pupil
    course = course or course_of(pupil, study.from_on, study.to_on, at)
    if steps is None:
        steps = steps_of(pupil, by, study.from_on, study.to_on, course=course, at=at)
    kept = [one for one in steps if one.key not in study.left_out]
    told = told_of(pupil, study.stage, by.standing.allowed(study.school_id))
    sections = [
        _words("start", "Starting point", study.start),
        _attendance(course),
        _done(study, course, kept),
        _sides(course, kept, at),
        _words("impact", "Impact", study.impact),
        _progress(study),
        _words("voice", "The pupil's and the family's voice", study.voice),
        _words("next", "What next", study.next_steps),
    ]
    return {
        "school": study.school.name,
        "label": study.label,
        "who": _who(study, [one for one in told if one.key in study.tells]),
        "period": _period(study, course),
        "author": _author(by, study.school_id),
        "headline": study.headline,
        "sections": [one for one in sections if one is not None],
        "notes": _notes(course),
    }


def _who(study: CaseStudy, told: Collection[Told]) -> str:
    place = Placement.objects.filter(pupil=study.pupil_id, from_on__lte=study.to_on).order_by("-from_on").first()
    year = place.year_group if place is not None else study.pupil.year_group
    words = f"Year {year}" if study.stage == CaseStudy.Stage.YEAR else key_stage(year)
    return ". ".join((f"A pupil in {words}", *(one.words for one in told))) + "."


def _author(by: User, school_id: int) -> str:
    """Give in which role somebody writes: without the year or form of the post, which would be the pupil's own."""
    roles = [Role(post.role) for post in by.standing.posts_in(school_id)]
    return " and ".join(dict.fromkeys(TITLES[role] for role in roles if Can.WRITE_CASE_STUDIES in MAY[role]))


def _period(study: CaseStudy, course: Course) -> str:
    if not course.weeks:
        return "No school week"
    number = len(course.weeks)
    years = dict.fromkeys(school_year(week.monday) for week in course.weeks)
    places = list(course.places())
    reach = places[0] if len(places) == 1 else f"{places[0]} to {places[-1]}"
    return f"{number} school week{'s' if number > 1 else ''} of {' and '.join(years)}: {reach}"


def _words(key: str, title: str, text: str) -> _Section | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return section(key, title, lines, [], []) if lines else None


# ---------- figures ----------


def _attendance(course: Course) -> _Section:
    whole = course.whole.tally
    if not course.weeks or not whole.possible:
        return section("attendance", "Attendance", ["No possible session lies in these weeks."], [], [])
    words = [
        (
            f"{whole.attended} of {whole.possible} possible sessions attended: {spoken(whole.attendance_rate)}. "
            f"{whole.authorised} missed with leave or for a reason the law accepts, {whole.unauthorised} without; "
            f"{_late(whole.late)}."
        )
    ]
    chart = LineChart(
        key="study-weeks",
        title="Attendance week by week",
        words="Each point is a school week; their numbers are those of the text. Dashed levels are 90 and 95 %.",
        lines=(Line("Attendance", tuple(week.receipt.tally.attendance_rate for week in course.weeks)),),
        marks=tuple(str(week.number) for week in course.weeks),
        places=tuple(f"Week {week.number}" for week in course.weeks),
        heading="Week",
    )
    heads = [
        Column("Attended of possible"), Column("Attendance"), Column("Authorised"), Column("Unauthorised"),
        Column("Late"), Column("Not marked"),
    ]  # fmt: skip
    halves = [(_capital(place), *_counts([week.receipt for week in weeks])) for place, weeks in course.places().items()]
    weeks = [(f"Week {week.number}", _capital(week.place), *_counts([week.receipt])) for week in course.weeks]
    return section(
        "attendance", "Attendance", words, [chart],
        [
            table("By half of the term", [Column("When"), *heads], halves),
            table("Week by week", [Column("Week"), Column("When"), *heads], weeks),
        ],
        has_tables=True,
    )  # fmt: skip


def _counts(receipts: Sequence[Receipt]) -> tuple[Cell, ...]:
    tally = sum((one.tally for one in receipts), Tally.zero())
    missing = sum(one.missing for one in receipts)
    return (
        _of(tally), spoken(tally.attendance_rate), str(tally.authorised), str(tally.unauthorised), str(tally.late),
        str(missing),
    )  # fmt: skip


def _done(study: CaseStudy, course: Course, steps: Sequence[Step]) -> _Section:
    written = [line.strip() for line in study.tried.splitlines() if line.strip()]
    rows = [(course.when(one.on), one.words) for one in steps]
    found = table("What the office has on record", [Column("When"), Column("What the school did or saw")], rows)
    if not rows and not written:
        return section("tried", "What was tried", ["The office has nothing of this on record in these weeks."], [], [])
    return section("tried", "What was tried", written, [], [found] if rows else [])


def _sides(course: Course, steps: Sequence[Step], at: datetime) -> _Section | None:
    """Hold attendance before each main step against attendance after it, over four weeks and over twelve."""
    upto = clock.local(at).date()
    by_words: dict[tuple[str, str], date] = {}
    for one in steps:
        if one.is_main:
            by_words.setdefault((course.when(one.on), one.words), one.on)
    if not by_words:
        return None
    found = [
        (around(course.around, on, WEEKS, upto), around(course.around, on, LONG, upto)) for on in by_words.values()
    ]
    # Twelve weeks are told of where a step has as many on both sides.
    is_long = any(twelve is not None for _, twelve in found)
    heads = [
        Column("Step"), Column("When"), Column("4 weeks before"), Column("4 weeks after"),
        Column("Change, points", is_points=True),
    ]  # fmt: skip
    if is_long:
        heads += [Column("12 weeks before"), Column("12 weeks after"), Column("Change, points", is_points=True)]
    rows = [
        (words, when, *_side(four), *(_side(twelve) if is_long else ()))
        for (when, words), (four, twelve) in zip(by_words, found, strict=True)
    ]
    notes = [
        (
            "School weeks before the week of a step and after it, that week in neither; sessions attended of possible. "
            "They may reach beyond the weeks of this study."
        )
    ]
    if any(four is None or (is_long and twelve is None) for four, twelve in found):
        notes.append("Empty: there are not as many weeks on both sides, or they are not over.")
    title = "Attendance before and after each main step"
    return section("sides", "Before and after", [REGRESSION], [], [table(title, heads, rows, notes=notes)])


def _side(found: tuple[Tally, Tally] | None) -> tuple[Cell, ...]:
    if found is None:
        return (None, None, None)
    before, after = found
    change = (after.attendance_rate or Fraction(0)) - (before.attendance_rate or Fraction(0))
    return (_rated(before), _rated(after), change)


def _progress(study: CaseStudy) -> _Section | None:
    written = [line.strip() for line in study.progress.splitlines() if line.strip()]
    rows: list[tuple[Cell, ...]] = [tuple(row) for row in study.attainment]
    if not rows and not written:
        return None
    found = table("Before and after", [Column("Subject"), Column("Before"), Column("After")], rows)
    return section("progress", "Attainment and progress", written, [], [found] if rows else [])


def _notes(course: Course) -> list[str]:
    missing = course.whole.missing
    said = [
        (
            "Attendance is the sessions attended over the possible sessions. D, Q, X, Y1 to Y7, Z and # are not "
            "possible sessions. A register not taken counts neither way."
        ),
        (
            "Nobody is named. Weeks are numbered from the first of the study; what people wrote in the office's own "
            "records is not in it. Who knows the pupil may know them again: pass it on with that in mind."
        ),
    ]
    if missing:
        said.insert(1, f"{missing} session{'s were' if missing > 1 else ' was'} not marked and counted neither way.")
    return said


def _of(tally: Tally) -> str:
    return f"{tally.attended} of {tally.possible}"


def _rated(tally: Tally) -> str:
    return f"{_of(tally)} ({spoken(tally.attendance_rate)})"


def _late(number: int) -> str:
    return {0: "never late", 1: "late once"}.get(number, f"late {number} times")


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
