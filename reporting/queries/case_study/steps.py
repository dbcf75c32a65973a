"""What the school did about a pupil's attendance, in words that name nobody: what somebody wrote is not in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import User
from interventions.models import Attempt, CaseProposal, FirstDayPupil, PatternFlag
from interventions.rules.patterns import KIND_WORDS, Kind
from letters.models import Letter, LetterKind
from registers.models import Agreement, AgreementPupil, Pupil
from registers.rules.sessions import monday
from reporting.queries.pupil_file import support
from reporting.queries.pupil_file.entries import Scope, many

from .weeks import Course

_LETTERS: Final = MappingProxyType(
    {
        LetterKind.LEVEL_1: ("A first letter about attendance went home.", True),
        LetterKind.LEVEL_2: ("A second letter about attendance went home.", True),
        LetterKind.MEETING: ("The family was invited to a meeting.", True),
        LetterKind.CONCERN: ("A letter of concern went home.", True),
        LetterKind.PRAISE: ("A letter of praise went home.", False),
        LetterKind.IMPROVED: ("A letter that noticed the improvement went home.", False),
        LetterKind.CERTIFICATE_FULL: ("A certificate of full attendance was given.", False),
        LetterKind.CERTIFICATE_IMPROVED: ("A certificate for improved attendance was given.", False),
    }
)
_AGREEMENTS: Final = MappingProxyType(
    {
        Agreement.Kind.PART_TIME: "part-time timetable",
        Agreement.Kind.PROVISION: "provision elsewhere for a part of the week",
        Agreement.Kind.DUAL: "registration at a second school",
    }
)
_SPOKEN: Final = frozenset({Attempt.Outcome.SPOKE, Attempt.Outcome.EXPECTED, Attempt.Outcome.CALLS_BACK})


@dataclass(frozen=True)
class Step:
    """One thing the school did or saw: on which day, in general words, and whether attendance is held against it."""

    kind: str
    on: date
    words: str
    is_main: bool = False

    @property
    def key(self) -> str:
        """Give what it is known by where it is left out."""
        return f"{self.kind}-{self.on:%Y%m%d}-{sum(map(ord, self.words))}"


def steps_of(pupil: Pupil, user: User, from_on: date, to_on: date, *, course: Course, at: datetime) -> list[Step]:
    """Give what the school did between two days, as far as its author may see it, the earliest first: seven queries."""
    scope = Scope(
        pupil=pupil, user=user, allowed=user.standing.allowed(pupil.school_id), from_on=from_on, to_on=to_on, at=at,
        calendar=course.calendar, marks=course.marks, due=course.due,
    )  # fmt: skip
    found = [step for kind, source in _SOURCES if scope.sees(kind) for step in source(scope) if scope.covers(step.on)]
    return sorted(found, key=lambda one: (one.on, not one.is_main, one.kind))


def _letters(scope: Scope) -> list[Step]:
    rows = Letter.objects.filter(
        school=scope.pupil.school_id, pupil=scope.pupil, state__in=(Letter.State.SENT, Letter.State.DELIVERED)
    )
    # Both parents' letters of one day are one step.
    gone = {(kind, clock.local(at).date()) for kind, at in rows.values_list("kind", "sent_at") if at is not None}
    return [Step("letters", on, *_LETTERS[LetterKind(kind)]) for kind, on in sorted(gone) if kind in _LETTERS]


def _first_days(scope: Scope) -> list[Step]:
    """Give first-day contact week by week: on how many days, alerts and calls."""
    rows = FirstDayPupil.objects.filter(
        school=scope.pupil.school_id, pupil=scope.pupil, on__range=(scope.from_on, scope.to_on)
    )
    days: dict[date, set[date]] = {}
    alerts: dict[date, set[int]] = {}
    families: dict[int, date] = {}
    for on, family, alert in rows.values_list("on", "first_day", "first_day__alert"):
        days.setdefault(monday(on), set()).add(on)
        families[family] = monday(on)
        if alert is not None:
            alerts.setdefault(monday(on), set()).add(alert)
    rung: dict[date, list[str]] = {}
    for family, outcome in Attempt.objects.filter(first_day__in=families).values_list("first_day", "outcome"):
        rung.setdefault(families[family], []).append(outcome)
    return [
        Step("first_day", min(on), _first_day_words(len(on), len(alerts.get(week, ())), rung.get(week, [])))
        for week, on in sorted(days.items())
    ]


def _first_day_words(days: int, alerts: int, rung: Sequence[str]) -> str:
    did = [f"{many(alerts, 'message')} to the family"] if alerts else []
    did += [many(len(rung), "call")] if rung else []
    words = f"First-day contact on {many(days, 'day')}"
    words += f": {' and '.join(did)}" if did else ""
    if not rung:
        return f"{words}."
    return f"{words}; {'somebody was spoken to' if _SPOKEN & set(rung) else 'nobody was reached by telephone'}."


def _agreements(scope: Scope) -> list[Step]:
    today = clock.local(scope.at).date()
    places = AgreementPupil.objects.filter(
        school=scope.pupil.school_id, pupil=scope.pupil, agreement__kind__in=_AGREEMENTS
    )
    found = []
    for place in places.select_related("agreement"):
        row = place.agreement
        words = _AGREEMENTS[Agreement.Kind(row.kind)]
        found.append(Step("agreements", row.from_on, f"Began, as agreed with the family: {words}.", is_main=True))
        until = min(row.ends_on, place.to_on or row.ends_on)
        if until < today:
            found.append(Step("agreements", until, f"Ended: {words}."))
    return found


def _trawls(scope: Scope) -> list[Step]:
    return [Step("trawl", one.on, f"Seen in the weekly check: {one.words}") for one in support.trawls(scope)]


def _patterns(scope: Scope) -> list[Step]:
    """Give each sort of pattern once a school year; one with a brother or sister would tell of them."""
    rows = PatternFlag.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil).exclude(kind=Kind.SIBLING)
    first: dict[tuple[date, str], date] = {}
    for year, kind, on in rows.order_by("trawl__on", "pk").values_list("trawl__year_from", "kind", "trawl__on"):
        first.setdefault((year, kind), on)
    return [
        Step("patterns", on, f"A pattern was found in when absences began: {_lower(KIND_WORDS[Kind(kind)])}.")
        for (_, kind), on in first.items()
    ]


def _cases(scope: Scope) -> list[Step]:
    rows = CaseProposal.objects.filter(
        school=scope.pupil.school_id, pupil=scope.pupil, state=CaseProposal.State.TAKEN_UP, settled_at__isnull=False
    )
    return [
        Step("cases", clock.local(row.settled_at).date(), f"A case was taken up: {_lower(row.get_ground_display())}.",
             is_main=True)
        for row in rows if row.settled_at is not None
    ]  # fmt: skip


def _lower(words: str) -> str:
    # A day of the week keeps its capital.
    return words if words.startswith(("Tues", "Wednes", "Thurs", "Fri")) else f"{words[:1].lower()}{words[1:]}"


_SOURCES: Final[Sequence[tuple[str, Callable[[Scope], list[Step]]]]] = (
    ("letters", _letters),
    ("first_day", _first_days),
    ("agreements", _agreements),
    ("trawl", _trawls),
    ("patterns", _patterns),
    ("cases", _cases),
)
