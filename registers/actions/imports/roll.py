"""Stays on the admission register, as pupils.csv gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q

from registers.models import Enrolment, Mark, Pupil
from registers.rules.dates import spoken_date

from .fields import Row
from .task import Task

# Marks that stand for a pupil who is not on roll. Source: SI 2024/208 reg 10 (Z and #).
OFF_ROLL = ("Z", "#")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Stay:
    """A row's stay on roll: its days, and the fields the file gives."""

    starts_on: date
    ends_on: date | None
    values: dict[str, Any]


def enrol(
    task: Task, pupils: Mapping[str, Pupil], stays: Mapping[str, Stay], places: Mapping[str, Row]
) -> tuple[dict[str, Enrolment], set[str]]:
    """Bring enrolments to what the rows say; give each pupil's by UPN, and the UPNs of those that were touched.

    A stay with the same starting day is that stay; one that overlaps a single stay of the record corrects its starting
    day; one that begins after the last ended is a return to the school.

    Source: SI 2024/208 reg 8(2)(h) (starting day), reg 9 (deletion).
    """
    held: dict[int, list[Enrolment]] = {}
    for enrolment in Enrolment.objects.filter(pupil__in=[pupil.pk for pupil in pupils.values()]).order_by("starts_on"):
        held.setdefault(enrolment.pupil_id, []).append(enrolment)
    making: list[Enrolment] = []
    changing: list[Enrolment] = []
    found: dict[str, Enrolment] = {}
    touched: set[str] = set()
    for upn, pupil in pupils.items():
        stay, standing = stays[upn], held.get(pupil.pk, [])
        overlapped = [one for one in standing if _overlap(one, stay)]
        same = next((one for one in overlapped if one.starts_on == stay.starts_on), None)
        if len(overlapped) > 1:
            _refuse_overlap(places[upn], overlapped)
            continue
        standing_one = same or (overlapped[0] if overlapped else None)
        if standing_one is None:
            found[upn] = Enrolment(school=task.school, pupil=pupil, **stay.values)
            making.append(found[upn])
            touched.add(upn)
            continue
        found[upn] = standing_one
        if any(getattr(standing_one, name) != value for name, value in stay.values.items()):
            for name, value in stay.values.items():
                setattr(standing_one, name, value)
            changing.append(standing_one)
            touched.add(upn)
    if task.report.is_refused:
        return found, touched
    fields = ["starts_on", "ends_on", "kind", "leaving_ground", "destination"]
    Enrolment.objects.bulk_update(changing, fields, batch_size=_AT_ONCE)
    Enrolment.objects.bulk_create(making, batch_size=_AT_ONCE)
    _refuse_marks_off_roll(task, changing, places)
    return found, touched


def _overlap(enrolment: Enrolment, stay: Stay) -> bool:
    """Tell whether a stay of the record shares a day with a row's, which is open where the file gives no end."""
    if enrolment.starts_on == stay.starts_on:
        return True
    starts_before_its_end = stay.ends_on is None or enrolment.starts_on <= stay.ends_on
    return starts_before_its_end and (enrolment.ends_on is None or stay.starts_on <= enrolment.ends_on)


def _refuse_overlap(row: Row, standing: list[Enrolment]) -> None:
    days = "; ".join(
        f"{spoken_date(one.starts_on)} to {spoken_date(one.ends_on) if one.ends_on else 'now'}" for one in standing
    )
    row.refuse("starts_on", f"The pupil has been on roll {days}, and this stay overlaps more than one of them.")


def _refuse_marks_off_roll(task: Task, changed: list[Enrolment], places: Mapping[str, Row]) -> None:
    """Refuse days on roll that leave a mark without them."""
    if not changed:
        return
    on_roll = Q(pupil__enrolments__starts_on__lte=F("on")) & (
        Q(pupil__enrolments__ends_on=None) | Q(pupil__enrolments__ends_on__gte=F("on"))
    )
    pks = [one.pupil_id for one in changed]
    marks = Mark.objects.filter(school=task.school, pupil__in=pks).exclude(code__in=OFF_ROLL)
    kept = marks.filter(on_roll).values("pk")
    left: dict[str, list[date]] = {}
    for upn, on in marks.exclude(pk__in=kept).order_by("on").values_list("pupil__upn", "on"):
        left.setdefault(upn, []).append(on)
    for upn, days in left.items():
        column = "starts_on" if days[0] < (places[upn].date("starts_on", weekday="") or days[0]) else "ends_on"
        places[upn].refuse(
            column,
            f"{len(days)} marks would fall outside the days on roll, the first on {spoken_date(days[0])}.",
        )
