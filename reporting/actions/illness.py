"""The illness monitor's day: what clusters is put on record, and what is new is told once."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from attendance_office.audit import trail
from attendance_office.staff.models import School, User
from registers.rules.dates import spoken_date
from reporting.models import ClusterDay, Report
from reporting.queries.illness import Watch, began_on, watch
from reporting.queries.report_page import many
from reporting.rules.clusters import BEFORE_DAYS

from .distributions import Work, send_report


def illness_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Test the day and send what clusters newly to those subscribed whom it concerns; where nothing does, nobody.

    A cluster is told on its first day and not again while it goes on. Asked twice of a day, the first answer stands.
    """
    found = watch(school, on)
    told = _keep(school, found, by=by, at=at)
    saw = {"tests": found.tests, "days_known": found.days_known}
    did = {"clusters": len(found.clusters), "new": len(told), "sent": 0}
    if not found.is_known_enough:
        words = f"Illness is on record on {found.days_known} of {BEFORE_DAYS} school days before: too few to compare."
        return saw, did, words
    if not told:
        return saw, did, f"{many(len(found.clusters), 'cluster')}, none new: nobody is told."
    years = Q(year_group=None) | Q(year_group__in={row.year_group for row in told if row.year_group is not None})
    seen, sent, words = send_report(school=school, report=Report.ILLNESS, on=on, by=by, at=at, to=years)
    return saw | seen, did | sent, f"{many(len(told), 'new cluster')}. {words}"


def _keep(school: School, found: Watch, *, by: User | None, at: datetime) -> list[ClusterDay]:
    """Put the day's clusters on record, and give those that begin on it."""
    on = found.on
    with transaction.atomic():
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        if not ClusterDay.objects.filter(school=school, on=on).exists():
            since = began_on(school, on)
            made = ClusterDay.objects.bulk_create(
                ClusterDay(
                    school=school, on=on, year_group=one.year_group, symptom=one.kind, look=one.look, new=one.seen.new,
                    pupils=one.seen.pupils, weight=one.seen.weight, new_before=one.seen.new_before,
                    weight_before=one.seen.weight_before, tests=found.tests,
                    is_new=(one.year_group, one.kind) not in since, found_at=at,
                )
                for one in found.clusters
            )  # fmt: skip
            if made:
                trail.record(
                    verb="found illness going round", by=by, at=at, school_id=school.pk, subject_kind="school",
                    subject_id=school.pk,
                    words=f"{spoken_date(on)}: {many(len(made), 'cluster')}, {sum(row.is_new for row in made)} new.",
                )  # fmt: skip
        return list(ClusterDay.objects.filter(school=school, on=on, is_new=True).order_by("pk"))
