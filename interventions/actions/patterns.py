"""What is done with patterns: a run's marks are searched, and what stands is frozen with the run."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from math import floor
from typing import Final

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from interventions.models import PatternFlag, Trawl
from interventions.queries.pattern_search import Searched, counted_kinds, search

_LARGEST: Final = 2**62


def find_patterns(*, trawl: Trawl, by: User | None, at: datetime) -> Searched:
    """Search the year to date of a run for patterns and freeze those that stand.

    Raises Refused where the run has been searched before.
    """
    with trail.signed(by=by, at=at, school_id=trawl.school_id):
        School.objects.select_for_update(no_key=True).get(pk=trawl.school_id)
        if PatternFlag.objects.filter(trawl=trawl).exists():
            raise Refused("This run has been searched for patterns already.")
        searched = search(trawl)
        PatternFlag.objects.bulk_create(
            PatternFlag(
                school_id=trawl.school_id,
                trawl=trawl,
                pupil_id=one.pupil_id,
                kind=one.kind.value,
                subject=one.subject[:60],
                other_id=one.other_id,
                spells=one.evidence.spells,
                here=one.evidence.here,
                expected=Decimal(round(one.evidence.expected * 100)) / 100,
                one_in=min(floor(1 / chance), _LARGEST),
                tests=searched.tests,
                facts=one.facts,
            )
            for one, chance in searched.found
        )
        trail.record(
            verb="searched for patterns of absence",
            by=by,
            at=at,
            school_id=trawl.school_id,
            subject_kind="trawl",
            subject_id=trawl.pk,
            words=words_of(searched),
            after={"tests": searched.tests, "kinds": counted_kinds(searched.found)},
        )
    return searched


def words_of(searched: Searched) -> str:
    """Say what a search found."""
    many = len(searched.found)
    patterns = "1 pattern stands" if many == 1 else f"{many} patterns stand" if many else "No pattern stands"
    return f"{patterns} of {searched.tests:,} tested."
