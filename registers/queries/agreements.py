"""Agreements: which stand, which end soon, and every session that one will touch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from django.db.models import Count, Q, QuerySet

from attendance_office.staff.models import School, User
from registers.models import Agreement, AgreementPupil, Mark, Pupil
from registers.queries.calendar import calendar_of
from registers.queries.known import known_codes
from registers.queries.pupils import called
from registers.rules.absences import in_pattern
from registers.rules.agreements import KINDS, WARN_BEFORE_END
from registers.rules.codes import Half
from registers.rules.sessions import Session

SHOWS = ("now", "ending", "review", "coming", "ended", "all")


@dataclass(frozen=True)
class Touched:
    """One session that an agreement will touch: how many marks are written, and what stands there otherwise."""

    session: Session
    pupils: int
    stands: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Preview:
    """All that an agreement would do before it is saved."""

    touched: tuple[Touched, ...]
    closed: int
    other: tuple[str, ...]

    @property
    def sessions(self) -> int:
        """Give how many sessions it touches."""
        return len(self.touched)

    @property
    def stands(self) -> int:
        """Give how many marks stand in its way and stay."""
        return sum(many for one in self.touched for code, many in one.stands if code != "N")


def within(school: School, user: User) -> QuerySet[Agreement]:
    """Give the agreements with a pupil within a person's reach."""
    reach = Pupil.objects.visible_to(user).filter(school=school)
    return (
        Agreement.objects.filter(school=school, places__pupil__in=reach)
        .annotate(many=Count("places", distinct=True))
        .distinct()
    )


def narrowed_to(rows: QuerySet[Agreement], *, show: str, kind: str, q: str, on: date) -> QuerySet[Agreement]:
    """Narrow agreements by where they are in time, kind, and pupil's name; those that end first come first."""
    rows = rows.filter(_when(show, on))
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(places__pupil__in=called(Pupil.objects.all(), q)))
    return rows.prefetch_related("places__pupil__tutor_group").order_by("ends_on", "name", "pk")


def _when(show: str, on: date) -> Q:
    return {
        "now": Q(from_on__lte=on, ends_on__gte=on),
        "ending": Q(from_on__lte=on, ends_on__range=(on, on + WARN_BEFORE_END)),
        "review": Q(review_on__lte=on, ends_on__gte=on),
        "coming": Q(from_on__gt=on),
        "ended": Q(ends_on__lt=on),
    }.get(show, Q())


def counts(school: School, user: User, on: date) -> dict[str, int]:
    """Give how many agreements there are in each list: one query."""
    found = within(school, user).order_by().values_list("from_on", "ends_on", "review_on")
    many = dict.fromkeys(SHOWS, 0)
    for from_on, ends_on, review_on in found:
        many["all"] += 1
        many["now"] += from_on <= on <= ends_on
        many["ending"] += from_on <= on <= ends_on <= on + WARN_BEFORE_END
        many["review"] += review_on is not None and review_on <= on <= ends_on
        many["coming"] += from_on > on
        many["ended"] += ends_on < on
    return many


def ending_agreements(school: School, user: User, on: date) -> QuerySet[Agreement]:
    """Give the agreements that end within two weeks, the nearest first."""
    return narrowed_to(within(school, user), show="ending", kind="", q="", on=on)


def preview(
    school: School, pupils: Collection[Pupil], *, from_on: date, to_on: date, weekly: str, without: int | None = None
) -> Preview:
    """Give every session an agreement would touch, what stands there, and what else is known of it: six queries."""
    calendar = calendar_of(school.pk)
    wanted = [one for one in calendar.sessions(from_on, to_on) if in_pattern(weekly, one)]
    days = (to_on - from_on).days + 1
    in_week = [
        Session(on, half)
        for n in range(days)
        for half in ("AM", "PM")
        if in_pattern(weekly, Session(on := from_on + timedelta(days=n), half))
    ]
    stands: dict[Session, dict[str, int]] = {}
    ids = [pupil.pk for pupil in pupils]
    for on, half, code in Mark.objects.filter(school=school, pupil__in=ids, on__range=(from_on, to_on)).values_list(
        "on", "half", "code"
    ):
        session = Session(on, cast("Half", half))
        stands.setdefault(session, {})[code] = stands.get(session, {}).get(code, 0) + 1
    known = known_codes(school.pk, wanted, pupil_ids=ids)
    names = {pupil.pk: str(pupil) for pupil in pupils}
    other = {
        f"{names[pupil]}: {one.code}, {one.words}"
        for (pupil, _), one in known.items()
        if not (one.source == "agreement" and one.source_id == without)
    }
    touched = tuple(Touched(one, len(ids), tuple(sorted(stands.get(one, {}).items()))) for one in wanted)
    return Preview(touched, len(in_week) - len(wanted), tuple(sorted(other)))


def sessions_so_far(row: Agreement, pupil_ids: Sequence[int], up_to: date) -> list[tuple[Session, dict[str, int]]]:
    """Give the sessions of an agreement up to a day with what the register says in each, the latest first."""
    calendar = calendar_of(row.school_id)
    held = [one for one in calendar.sessions(row.from_on, min(row.ends_on, up_to)) if in_pattern(row.weekly, one)]
    said: dict[Session, dict[str, int]] = {}
    for on, half, code in Mark.objects.filter(
        school=row.school_id, pupil__in=pupil_ids, on__range=(row.from_on, row.ends_on)
    ).values_list("on", "half", "code"):
        session = Session(on, cast("Half", half))
        said.setdefault(session, {})[code] = said.get(session, {}).get(code, 0) + 1
    return [(one, said.get(one, {})) for one in reversed(held)]


def places_of(row: Agreement, user: User) -> QuerySet[AgreementPupil]:
    """Give the pupils of an agreement within a person's reach, by name."""
    return (
        AgreementPupil.objects.filter(agreement=row, pupil__in=Pupil.objects.visible_to(user))
        .select_related("pupil__tutor_group")
        .order_by("pupil__sort_name", "pk")
    )
