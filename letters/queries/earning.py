"""Who has earned a certificate over some days, with the figures; who has not, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from attendance_office import clock
from attendance_office.staff.models import School, User
from attendance_office.web.templatetags.office import per_cent
from letters.models import LetterKind
from registers.models import Pupil
from registers.queries.figures import PupilFigures, counts_by_pupil, latest_due, missing_by_pupil

from .policies import standing_stops

LEAST_POSSIBLE: Final = 20


@dataclass(frozen=True)
class Asked:
    """What is asked: the days counted, for the most improved the days before, and who is looked at."""

    kind: str
    from_on: date
    to_on: date
    before_from_on: date | None = None
    before_to_on: date | None = None
    least_possible: int = LEAST_POSSIBLE
    best: int = 10
    year_group: int | None = None
    tutor_group_id: int | None = None

    @property
    def earlier(self) -> tuple[date, date] | None:
        """Give the days it is compared with."""
        if self.kind != LetterKind.CERTIFICATE_IMPROVED or self.before_from_on is None or self.before_to_on is None:
            return None
        return self.before_from_on, self.before_to_on


@dataclass(frozen=True)
class Earned:
    """A pupil who has earned one, with the figures behind it."""

    pupil: Pupil
    now: PupilFigures
    before: PupilFigures | None = None
    missing: int = 0
    place: int = 0
    is_tied: bool = False

    @property
    def gain(self) -> Fraction:
        """Give how much better attendance is than before, as an exact share."""
        return (self.now.tally.attendance_rate or Fraction(0)) - (_rate(self.before) or Fraction(0))


@dataclass(frozen=True)
class LeftOut:
    """A pupil who gets none though near it, and why."""

    pupil: Pupil
    why: str


@dataclass
class Earning:
    """The answer: who, by form, and who not."""

    earned: list[Earned] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    looked_at: int = 0


def earning(school: School, asked: Asked, *, user: User, at: datetime) -> Earning:
    """Find who of the pupils on roll within reach has earned a certificate: a fixed number of queries.

    For full attendance every session that counts was attended, at least so many were possible, and no register that
    was due is missing. For the most improved the gain is the exact difference of the two rates, each over at least so
    many possible sessions; all who share the last place get one.
    """
    on = clock.local(at).date()
    upto = latest_due(school.pk, at) if asked.to_on >= on else None
    pupils = Pupil.objects.visible_to(user).filter(school=school).on_roll(on).select_related("tutor_group").in_order()
    if asked.year_group is not None:
        pupils = pupils.filter(year_group=asked.year_group)
    if asked.tutor_group_id is not None:
        pupils = pupils.filter(tutor_group=asked.tutor_group_id)
    looked = list(pupils)
    ids = [one.pk for one in looked]
    now = {one.pupil_id: one for one in counts_by_pupil(school.pk, asked.from_on, asked.to_on, ids)}
    missing = missing_by_pupil(school.pk, asked.from_on, asked.to_on, upto=upto)
    stops = standing_stops(school.pk, on, covers=("all", "letters"))
    found = Earning(looked_at=len(looked))
    before = {}
    if asked.earlier:
        before = {one.pupil_id: one for one in counts_by_pupil(school.pk, *asked.earlier, ids)}
    for pupil in looked:
        one = Earned(
            pupil,
            now.get(pupil.pk, PupilFigures(pupil.pk)),
            before.get(pupil.pk, PupilFigures(pupil.pk)) if asked.earlier else None,
            missing.get(pupil.pk, 0),
        )
        why = "Do not send: a stop stands" if pupil.pk in stops else _why_not(one, asked)
        if why is None:
            found.earned.append(one)
        elif why:
            found.left_out.append(LeftOut(pupil, why))
    if asked.kind == LetterKind.CERTIFICATE_IMPROVED:
        found.earned = placed(found.earned, asked.best)
    found.earned.sort(key=_by_form)
    return found


def placed(rows: Sequence[Earned], best: int) -> list[Earned]:
    """Give the best by exact gain with their places; who shares the last place is in, and shared places are marked."""
    ranked = sorted(rows, key=lambda one: -one.gain)
    chosen: list[Earned] = []
    gains = [one.gain for one in ranked]
    for one in ranked:
        place = gains.index(one.gain) + 1
        if place > best:
            break
        chosen.append(
            Earned(one.pupil, one.now, one.before, one.missing, place=place, is_tied=gains.count(one.gain) > 1)
        )
    return chosen


def still_earned(kind: str, facts: Mapping[str, Any]) -> str:
    """Say why a certificate that was decided is not earned any more by its receipt read again; empty where it is."""
    possible, attended = int(facts.get("possible", 0)), int(facts.get("attended", 0))
    if kind == LetterKind.CERTIFICATE_FULL and (not possible or attended < possible):
        return f"Now {attended} of {possible} sessions attended: no longer all of them"
    if kind == LetterKind.CERTIFICATE_IMPROVED:
        before = facts.get("earlier") or {}
        was = Fraction(int(before["attended"]), int(before["possible"])) if before.get("possible") else None
        if was is None or not possible or Fraction(attended, possible) <= was:
            return "The figures as they now stand show no improvement"
    return ""


def _why_not(one: Earned, asked: Asked) -> str | None:
    """Say why a pupil gets none; None where they do, empty where it needs no words (some absence, no gain)."""
    if one.now.possible < asked.least_possible:
        return f"{one.now.possible} possible sessions, fewer than {asked.least_possible}"
    if asked.kind == LetterKind.CERTIFICATE_FULL:
        if one.now.attended < one.now.possible:
            return ""
        without = "1 session" if one.missing == 1 else f"{one.missing} sessions"
        return f"{without} without a mark: take those registers first" if one.missing else None
    if one.before is None or one.before.possible < asked.least_possible:
        many = one.before.possible if one.before else 0
        return f"{many} possible sessions before, fewer than {asked.least_possible}"
    return None if one.gain > 0 else ""


def _rate(one: PupilFigures | None) -> Fraction | None:
    return one.tally.attendance_rate if one else None


def _by_form(one: Earned) -> tuple[int, str, str]:
    form = one.pupil.tutor_group.name if one.pupil.tutor_group else ""
    return one.pupil.year_group, form, one.pupil.sort_name


def words_of(one: Earned) -> str:
    """Give the receipt of a pupil's certificate in words."""
    said = f"{one.now.attended} of {one.now.possible} sessions, {per_cent(one.now.tally.attendance_rate)}"
    if one.before is None:
        return said
    return f"{said}; before, {one.before.attended} of {one.before.possible}, {per_cent(_rate(one.before))}"
