"""When letters are due: a row from a day on. A change is a new row and never touches what the old one decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.actions.templates import supply_templates
from letters.models import LetterPolicy, LetterTemplate
from letters.queries.policies import LEVELS, below_words, left_out_choices, policies_in_force
from letters.queries.standing import KINDS
from registers.rules.ages import school_year_starts
from registers.rules.dates import spoken_date


@dataclass(frozen=True)
class Terms:
    """What a policy of one level says."""

    below: Decimal
    counted: str = LetterPolicy.Counted.YEAR
    least_possible: int = 20
    cooling_off_days: int = 21
    recovers_after_days: int = 28
    new_within_days: int = 28
    leaves_out: Sequence[str] = field(default_factory=list)
    tells_head_of_year: bool = False
    is_on: bool = True


USUAL = {1: Terms(below=Decimal(95)), 2: Terms(below=Decimal(90), tells_head_of_year=True)}


def set_policy(
    *, school: School, level: int, terms: Terms, template: LetterTemplate, from_on: date, by: User, at: datetime
) -> LetterPolicy:
    """Say when the letter of a level is due from a day on; the rows before stay as they are.

    Raises Refused for a day that is over, a share out of reach, levels in the wrong order, a template of another kind,
    and for a fact or group that is none of the school's.
    """
    if from_on < clock.local(at).date():
        raise Refused("A policy begins today or later: what was decided under the old one stands.")
    if not 0 < terms.below <= 100:
        raise Refused("A level lies above 0 and not above 100 per cent.")
    if level not in LEVELS:
        raise Refused("There are two levels.")
    if template.school_id != school.pk or template.kind != KINDS[level]:
        raise Refused("Choose a template of this level.")
    if not {*terms.leaves_out} <= {key for key, _ in left_out_choices(school.pk)}:
        raise Refused("One of the groups left out is not there any more: choose again.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        there = policies_in_force(school.pk, from_on)
        other = there.get(2 if level == 1 else 1)
        if other is not None and terms.is_on and not _in_order(level, terms.below, other.below):
            raise Refused(f"Level 2 lies below level 1: level {other.level} is at {below_words(other.below)}.")
        before = there.get(level)
        made = LetterPolicy.objects.create(
            school=school, level=level, from_on=from_on, template=template, made_at=at, made_by=by, **_values(terms)
        )
        trail.record(
            verb="set when letters are due", by=by, at=at, school_id=school.pk, subject_kind="letter_policy",
            subject_id=made.pk,
            words=f"Level {level}: below {below_words(terms.below)} from {spoken_date(from_on)}.",
            before=_as_kept(before) if before else None, after=_as_kept(made),
        )  # fmt: skip
    return made


def supply_policies(
    *, school: School, leaves_out: Sequence[str] = (), by: User | None, at: datetime
) -> list[LetterPolicy]:
    """Give a school the usual policy of each level it never had one of, from the start of the school year.

    The templates that come with the office are supplied where the school has none.
    """
    there = set(LetterPolicy.objects.filter(school=school).values_list("level", flat=True))
    from_on = school_year_starts(clock.local(at).date())
    with trail.signed(by=by, at=at, school_id=school.pk):
        supply_templates(school=school, by=by, at=at)
        made = []
        for level in sorted(set(LEVELS) - there):
            template = LetterTemplate.objects.filter(
                school=school, kind=KINDS[level], is_used=True, versions__isnull=False
            ).order_by("pk").first()  # fmt: skip
            if template is None:
                continue
            made.append(
                LetterPolicy.objects.create(
                    school=school, level=level, from_on=from_on, template=template, made_at=at, made_by=by,
                    **_values(replace(USUAL[level], leaves_out=leaves_out)),
                )
            )  # fmt: skip
        if made:
            trail.record(
                verb="supplied when letters are due", by=by, at=at, school_id=school.pk, subject_kind="school",
                subject_id=school.pk,
                words=", ".join(f"level {one.level} below {below_words(one.below)}" for one in made) + ".",
            )  # fmt: skip
    return made


def _values(terms: Terms) -> dict[str, Any]:
    return asdict(terms) | {"leaves_out": list(terms.leaves_out)}


def _in_order(level: int, below: Decimal, other: Decimal) -> bool:
    return other < below if level == 1 else below < other


def _as_kept(row: LetterPolicy) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in Terms.__dataclass_fields__}
    return kept | {"below": str(row.below), "from_on": row.from_on.isoformat(), "template": row.template_id}
