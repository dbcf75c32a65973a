"""The form league: forms by attendance over some days, with the days before, from the explorer's own answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from attendance_office.web.export import Cell, Column
from registers.queries import figures as counting
from registers.queries.calendar import calendar_of
from registers.rules.rates import Tally
from registers.rules.sessions import Session, monday
from reporting.rules.league import LEAST_SESSIONS, places, without_medical
from reporting.rules.small_numbers import SMALL

from .explorer import Answer, Part, Question, Reader, answer
from .held_back import gone_of
from .periods import Period, named_periods, year_before
from .sheets import SUPPRESSED

PERIODS: Final = ("week", "last_week", "half_term", "term", "year")
USUAL_LEAGUE: Final = "half_term"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Wish:
    """What is asked of the league: the days, those before, one year group or all, and what is fair.

    `is_other` tells that it counts in another way than the school chose.
    """

    period: Period
    before: Period
    year: str = ""
    least: int = LEAST_SESSIONS
    is_without_medical: bool = False
    is_other: bool = False


@dataclass(frozen=True)
class Form:
    """One form of the league. `place` is None where it is not placed, and `why` says why."""

    name: str
    year_group: int
    pupils: int
    tally: Tally
    before: Tally
    missing: int
    place: int | None = None
    is_tied: bool = False
    place_before: int | None = None
    why: str = ""

    @property
    def rate(self) -> Fraction | None:
        """Give its attendance, sum over sum."""
        return self.tally.attendance_rate

    @property
    def points(self) -> Fraction | None:
        """Give how much its attendance is above that of the days before, exact; None where either has no rate."""
        was = self.before.attendance_rate
        return None if self.rate is None or was is None else self.rate - was

    @property
    def moved(self) -> int | None:
        """Give by how many places it has risen; below nought it fell."""
        return None if self.place is None or self.place_before is None else self.place_before - self.place

    @property
    def is_held_back(self) -> bool:
        """Tell whether its numbers are not shown to this reader."""
        return self.why == SUPPRESSED


@dataclass(frozen=True)
class League:
    """The league: the forms in their places, those without one after them, and the whole."""

    wish: Wish
    forms: tuple[Form, ...]
    whole: Answer
    is_shy: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Give what a reader must know to read it: said on the page, in no smaller words on the wall."""
        found = ["A form's attendance is the sessions its pupils attended over those possible for them, summed."]
        if self.wish.is_without_medical:
            found.append(
                "Sessions missed for illness (I) or a medical appointment (M) are left out: this is not the attendance"
                " that is reported."
            )
        if self.wish.is_other:
            found.append("The school's own league counts otherwise.")
        found.append(f"Forms with fewer than {self.wish.least} possible sessions together have no place.")
        if self.is_shy:
            found.append(f"Forms of fewer than {SMALL} pupils are suppressed, and with them what would give them away.")
        return tuple(found)


def league_periods(school_id: int, on: date) -> list[Period]:
    """Give the days that a league may be about."""
    named = {period.key: period for period in named_periods(school_id, on)}
    return [named[key] for key in PERIODS if key in named]


def period_before(school_id: int, period: Period) -> Period:
    """Give the days that a league's are compared with: the school week, half term or term before.

    A year to date is laid beside the same time last year. Where nothing came before, the days are empty.
    """
    if period.key == "year":
        return replace(year_before(period), words="Same time last year")
    last = calendar_of(school_id).latest_day(period.from_on - _DAY)
    if last is None:
        return Period("none", "Nothing before", period.from_on, period.from_on - _DAY)
    if period.key in ("week", "last_week"):
        first = monday(last)
        return Period("before", "The school week before", first, min(first + 4 * _DAY, period.from_on - _DAY))
    named = {one.key: one for one in named_periods(school_id, last)}
    words = "The half term before" if period.key == "half_term" else "The term before"
    found = named.get(period.key)
    if found is None:
        return Period("none", "Nothing before", period.from_on, period.from_on - _DAY)
    return replace(found, words=words)


def league(reader: Reader, wish: Wish, *, upto: Session) -> League:
    """Give the forms within a reader's reach in their places: a fixed number of questions, however many forms."""
    question = Question(wish.period)
    before = Question(wish.before)
    now = answer(reader, question.also("year", wish.year) if wish.year else question)
    then = answer(reader, before.also("year", wish.year) if wish.year else before)
    lacking = counting.missing_by_pupil(reader.school_id, wish.period.from_on, wish.period.to_on, upto=upto)
    earlier = _tallies(then, is_without_medical=wish.is_without_medical)
    tallies = _tallies(now, is_without_medical=wish.is_without_medical)
    parts = [part for part in now.parts("form") if part.value]
    gone = set[str]()
    if not reader.sees_pupils:
        # The days before stand beside these: of few pupils then, a form's numbers are held back now too.
        for some in (parts, then.parts("form")):
            gone |= {some[at].value for at in gone_of(some, "form")}
    forms = [
        _form(part, tallies[part.value], earlier.get(part.value, Tally()), lacking, wish, is_gone=part.value in gone)
        for part in parts
    ]
    return League(wish, tuple(_placed(forms, wish)), now, is_shy=not reader.sees_pupils)


def _tallies(found: Answer, *, is_without_medical: bool) -> dict[str, Tally]:
    """Give the sessions of each form."""
    if not is_without_medical:
        return {part.value: part.figures.tally for part in found.parts("form")}
    period = found.question.period
    codes = counting.codes_by_pupil(found.reader.school_id, period.from_on, period.to_on, found.pupil_ids)
    return {
        part.value: sum((without_medical(line.tally, codes.get(line.pupil_id, {})) for line in part.lines), Tally())
        for part in found.parts("form")
    }


def _form(part: Part, tally: Tally, before: Tally, lacking: dict[int, int], wish: Wish, *, is_gone: bool) -> Form:
    missing = sum(lacking.get(pupil, 0) for pupil in part.pupil_ids)
    year = part.lines[0].year_group
    why = ""
    if is_gone:
        why = SUPPRESSED
    elif tally.possible < max(1, wish.least):
        why = "too few sessions"
    return Form(part.value, year, part.figures.pupils, tally, before, missing, why=why)


def _placed(forms: list[Form], wish: Wish) -> list[Form]:
    """Put the forms in their places; those without one come after them, by name."""
    ranked = [form for form in forms if not form.why and form.rate is not None]
    rest = [form for form in forms if form.why or form.rate is None]
    now = places([form.rate for form in ranked if form.rate is not None])
    known = [form for form in ranked if form.before.possible >= max(1, wish.least)]
    was = places([form.before.attendance_rate for form in known if form.before.attendance_rate is not None])
    earlier = {form.name: place for form, (place, _) in zip(known, was, strict=True)}
    done = [
        replace(form, place=place, is_tied=is_tied, place_before=earlier.get(form.name))
        for form, (place, is_tied) in zip(ranked, now, strict=True)
    ]
    done.sort(key=lambda form: (form.place or 0, form.year_group, form.name))
    return [*done, *rest]


COLUMNS: Final = (
    Column("Place"),
    Column("Shared"),
    Column("Form"),
    Column("Pupils"),
    Column("Possible"),
    Column("Attended"),
    Column("Attendance", is_share=True),
    Column("Before", is_share=True),
    Column("Change, points", is_share=True),
    Column("Places up"),
    Column("Sessions without a mark"),
    Column("Not placed because"),
)


def file_rows(found: League) -> list[list[Cell]]:
    """Give the league as a file holds it: what is held back on the page is held back here."""
    rows: list[list[Cell]] = []
    for form in found.forms:
        if form.is_held_back:
            rows.append([None, "", form.name, *[SUPPRESSED] * 8, form.why])
            continue
        rows.append(
            [
                form.place, "shared" if form.is_tied else "", form.name, form.pupils, form.tally.possible,
                form.tally.attended, form.rate, form.before.attendance_rate, form.points, form.moved, form.missing,
                form.why,
            ]
        )  # fmt: skip
    return rows
