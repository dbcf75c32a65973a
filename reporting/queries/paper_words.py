"""A paper's headline in words, and how far the school is from what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.web.export import Column
from attendance_office.web.templatetags.office import per_cent, thousands
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year, school_year_starts
from registers.rules.dates import spoken_date
from registers.rules.sessions import monday
from reporting.models import Baseline
from reporting.rules.baseline import Distance
from reporting.rules.linked import Held
from reporting.rules.linked_figures import PERSISTENT, SEVERE, name_of
from reporting.rules.small_numbers import SMALL, tells_of_few

from .comparators import Comparator
from .explorer import Answer, Gap
from .letters_followed import Fairness
from .paper_parts import table
from .periods import Period

_PERSISTENT: Final = "persistently absent (missed 10 % or more)"
# Of these groups one says that a pupil has something; the others are named.
_HAVE: Final = ("pp", "fsm", "sen", "eal", "cp")
_SEVERE: Final = "severely absent (missed half or more)"


@dataclass(frozen=True)
class Drawn:
    """What a paper is drawn from: the answers to its two questions, what is expected, published and held back."""

    school: School
    now: Answer
    before: Answer
    baseline: Baseline | None
    fairness: Fairness
    held: Held
    published: list[Comparator]

    @property
    def period(self) -> Period:
        """Give the days the paper is about."""
        return self.now.question.period


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
        said.append(f"That is {_against(rate, earlier)} at the same time last year ({per_cent(earlier)}).")
    said += _beside_england(drawn, rate)
    said.append(persistent_words(drawn))
    said.append(_of_pupils(_SEVERE, now.severely_absent, now.pupils, is_held=SEVERE in drawn.held))
    said += [*_widest_gap(drawn), *_lowest_year(drawn)]
    distance = distance_of(drawn)
    if distance is not None and drawn.baseline is not None:
        said.append(_expected_words(drawn.baseline, distance))
    return said


def persistent_words(drawn: Drawn) -> str:
    """Say how many pupils are persistently absent, and how many were at the same time last year."""
    now, before = drawn.now.figures, drawn.before.figures
    said = _of_pupils(_PERSISTENT, now.persistently_absent, now.pupils, is_held=PERSISTENT in drawn.held)
    if not before.pupils or tells_of_few(before.persistently_absent, before.pupils):
        return said
    share = Fraction(before.persistently_absent, before.pupils)
    return f"{said} At the same time last year it was {per_cent(share)}."


def _beside_england(drawn: Drawn, rate: Fraction) -> list[str]:
    england = drawn.published[0]
    theirs = england.shares["attendance"]
    if not isinstance(theirs, Fraction):
        return []
    edition = england.edition
    return [
        (
            f"It is {_against(rate, theirs)} {england.words} ({per_cent(theirs)}, DfE's figures of {edition.year} from "
            f"{spoken_date(edition.from_on)} to {spoken_date(edition.to_on)}: {england.rule})."
        )
    ]


def _of_pupils(what: str, some: int, pupils: int, *, is_held: bool) -> str:
    if is_held and not tells_of_few(some, pupils):
        return f"How many pupils are {what} is held back: with other numbers here it would tell of few."
    if is_held:
        return f"Fewer than {SMALL} pupils are {what}." if some < SMALL else f"Nearly all pupils are {what}."
    are = "pupil is" if some == 1 else "pupils are"
    return f"{thousands(some)} of {thousands(pupils)} {are} {what}: {per_cent(Fraction(some, pupils))}."


def _widest_gap(drawn: Drawn) -> list[str]:
    """Say which group lies furthest below everybody else, of those that are shown."""
    shown = [
        (gap.points, gap)
        for gap in drawn.now.gaps()
        if gap.points is not None and gap.points < 0 and name_of(gap.axis.key, gap.inside.value) not in drawn.held
    ]
    if not shown:
        return []
    points, gap = min(shown, key=lambda one: one[0])
    ours, theirs = gap.inside.figures, gap.outside.figures
    return [
        (
            f"The widest gap: {_group_words(gap)} ({thousands(ours.pupils)} pupils) attended "
            f"{per_cent(ours.tally.attendance_rate)}, {_tenths(points)} below everybody else "
            f"({per_cent(theirs.tally.attendance_rate)})."
        )
    ]


def _group_words(gap: Gap) -> str:
    words = gap.inside.words
    words = words if words[:2].isupper() or words.startswith("English") else words[0].lower() + words[1:]
    return f"pupils with {words}" if gap.axis.key in _HAVE else f"the group {words}"


def _lowest_year(drawn: Drawn) -> list[str]:
    rates = [
        (rate, part)
        for part in drawn.now.parts("year")
        if (rate := part.figures.tally.attendance_rate) is not None and name_of("year", part.value) not in drawn.held
    ]
    if len(rates) < 2:
        return []
    lowest, low = min(rates, key=lambda one: one[0])
    highest, high = max(rates, key=lambda one: one[0])
    if lowest == highest:
        return []
    return [
        f"Of the year groups {low.words} is lowest ({per_cent(lowest)}), {high.words} highest ({per_cent(highest)})."
    ]


def _against(rate: Fraction, other: Fraction) -> str:
    if rate == other:
        return "the same as"
    return f"{_tenths(rate - other)} {'higher' if rate > other else 'lower'} than"


def _tenths(change: Fraction) -> str:
    tenths = round(abs(change) * 1000)
    return f"{tenths / 10:.1f} percentage points" if tenths else "less than 0.1 percentage points"


# ---------- what is expected of the school ----------


def baseline_of(school: School, on: date) -> Baseline | None:
    """Give what is expected of a school in the school year of a day; None where nobody entered it."""
    return Baseline.objects.filter(school=school, school_year=school_year(on)).select_related("set_by").first()


def earlier_baselines(school: School, today: date) -> list[str]:
    """Give what was expected before, in words: of the last school year, and whatever was entered and then changed.

    Three queries; the latest first.
    """
    last = baseline_of(school, school_year_starts(today) - timedelta(days=1))
    kept: Any = Baseline.events.rel.related_model  # type: ignore[attr-defined]  # made by pghistory
    rows = kept.objects.filter(school=school).select_related("set_by").order_by("-set_at", "-pgh_id")[:10]
    changed = [f"{_entered(row)}, changed since" for row in rows]
    return [*([_entered(last)] if last else []), *changed]


def _entered(row: Baseline) -> str:
    by = f" by {row.set_by.signature}" if row.set_by else ""
    on = spoken_date(clock.local(row.set_at).date())
    return f"{row.school_year}: {row.attendance} %, entered {on}{by}" + (f", {row.note}" if row.note else "")


def distance_of(drawn: Drawn) -> Distance | None:
    """Give how far the school is from what is expected of it."""
    if drawn.baseline is None:
        return None
    days = calendar_of(drawn.school.pk).days(drawn.period.from_on, drawn.period.to_on)
    expected = Fraction(drawn.baseline.attendance) / 100
    return Distance(expected, drawn.now.figures.tally, len({monday(on) for on in days}))


def expected_table(baseline: Baseline, distance: Distance) -> dict[str, Any]:
    """Give the receipt of the distance: each number it is made of, and who entered what is expected, from where."""
    tally = distance.tally
    whose = f", {baseline.note}" if baseline.note else ""
    by = f" by {baseline.set_by.signature}" if baseline.set_by else ""
    entered = spoken_date(clock.local(baseline.set_at).date())
    return table(
        f"What is expected of the school in {baseline.school_year}",
        [
            Column("Expected"), Column("Possible"), Column("Expected of them"), Column("Attended"), Column("Short"),
            Column("School weeks"), Column("Short a week"), Column("Pupils' whole weeks"),
        ],
        [
            (
                f"{baseline.attendance:.2f} %", tally.possible, distance.wanted, tally.attended, distance.sessions,
                distance.weeks, distance.a_week, distance.pupils_a_week,
            )
        ],
        notes=[
            (
                f"DfE's attendance baseline improvement expectation, entered {entered}{by}{whose}. Sessions, and "
                "pupils' weeks of ten sessions, are rounded up."
            )
        ],
    )  # fmt: skip


def _expected_words(baseline: Baseline, distance: Distance) -> str:
    expected = f"The attendance expected of the school in {baseline.school_year} is {baseline.attendance:.2f} %."
    if distance.is_met:
        return f"{expected} It is met so far."
    more = "1 more session" if distance.sessions == 1 else f"{thousands(distance.sessions)} more sessions"
    return (
        f"{expected} {more} would have met it: {thousands(distance.a_week)} a week, as if "
        f"{_more_pupils(distance.pupils_a_week)} here all week."
    )


def _more_pupils(number: int) -> str:
    return "1 pupil more was" if number == 1 else f"{thousands(number)} pupils more were"
