"""A school chooses how its form league counts."""

from __future__ import annotations

from datetime import datetime

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from reporting.models import LeagueRule
from reporting.queries.league_rule import league_rule
from reporting.rules.league import LEAST_SESSIONS, MOST_SESSIONS


def choose_league_rule(
    *, school: School, is_without_medical: bool, least_sessions: int, why: str, by: User, at: datetime
) -> LeagueRule:
    """Choose how the league counts from now on; sheets that hang are not touched.

    Raises Refused without a reason, for a number of sessions out of bounds, and where it is so chosen already.
    """
    why = why.strip()
    if not why:
        raise Refused("Say why the school counts so: the reason stands on the page.")
    if not 1 <= least_sessions <= MOST_SESSIONS:
        raise Refused(f"The least possible sessions of a form are a number from 1 to {MOST_SESSIONS:,}.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason=why):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        there = league_rule(school)
        before = (there.is_without_medical, there.least_sessions) if there else (False, LEAST_SESSIONS)
        if (is_without_medical, least_sessions) == before:
            raise Refused("It is so chosen already.")
        made = LeagueRule.objects.create(
            school=school, is_without_medical=is_without_medical, least_sessions=least_sessions, why=why[:400],
            chosen_at=at, chosen_by=by,
        )  # fmt: skip
        trail.record(
            verb="chose how the form league counts", by=by, at=at, school_id=school.pk, subject_kind="league_rule",
            subject_id=made.pk, words=made.words,
            before={"is_without_medical": before[0], "least_sessions": before[1]},
            after={"is_without_medical": is_without_medical, "least_sessions": least_sessions}, reason=why,
        )  # fmt: skip
    return made
