"""Who sits in a class from when to when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Max, Q

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from registers.models import LessonMark, Pupil, Seat, TeachingGroup
from registers.queries.timetable import seat_clashes
from registers.rules.dates import spoken_date

from .timetable import InTwoPlaces, check_nothing_taken


def seat_pupils(
    *,
    teaching_group: TeachingGroup,
    pupils: Collection[Pupil],
    from_on: date,
    in_spite: bool = False,
    by: User | None,
    at: datetime,
) -> int:
    """Put pupils into a class from a day on, and give how many were not in it already.

    Raises Refused for no pupil at all, for a pupil of another school, where all of them are in it, and for a day on or
    before which the class's registers were taken; InTwoPlaces where a pupil would have two lessons at once, unless they
    are to be seated `in_spite` of it.
    """
    if not pupils:
        raise Refused("Nobody is named: write at least one pupil.")
    if any(pupil.school_id != teaching_group.school_id for pupil in pupils):
        raise Refused("A class holds pupils of its own school only.")
    with trail.signed(by=by, at=at, school_id=teaching_group.school_id):
        TeachingGroup.objects.select_for_update().get(pk=teaching_group.pk)
        still = Seat.objects.filter(Q(to_on=None) | Q(to_on__gte=from_on), teaching_group=teaching_group)
        inside = set(still.values_list("pupil_id", flat=True))
        new = [pupil for pupil in pupils if pupil.pk not in inside]
        if not new:
            raise Refused(f"All of them are in {teaching_group.name} already: nothing was changed.")
        check_nothing_taken(teaching_group, from_on)
        clashes = [] if in_spite else seat_clashes(teaching_group, new, from_on)
        if clashes:
            raise InTwoPlaces(clashes)
        Seat.objects.bulk_create(
            Seat(school_id=teaching_group.school_id, teaching_group=teaching_group, pupil=pupil, from_on=from_on)
            for pupil in new
        )
        trail.record(
            verb="pupils seated in a class",
            by=by,
            at=at,
            school_id=teaching_group.school_id,
            subject_kind="class",
            subject_id=teaching_group.pk,
            words=f"{len(new)} pupils in {teaching_group.name} from {spoken_date(from_on)}",
            after={"pupils": [pupil.pk for pupil in new], "from_on": from_on.isoformat(), "in_spite": in_spite},
        )
    return len(new)


def end_seat(*, seat: Seat, last_on: date, by: User | None, at: datetime) -> None:
    """End a pupil's time in a class with its last day.

    Raises Refused where it has ended, where the last day is before the first, and where the pupil has a mark of the
    class's lessons after it.
    """
    with trail.signed(by=by, at=at, school_id=seat.school_id):
        row = Seat.objects.select_for_update(of=("self",)).select_related("teaching_group", "pupil").get(pk=seat.pk)
        name, group = row.pupil.name, row.teaching_group.name
        if row.to_on is not None:
            raise Refused(f"{name} leaves {group} on {spoken_date(row.to_on)} already.")
        if last_on < row.from_on:
            raise Refused(f"{name} joined {group} on {spoken_date(row.from_on)}: the last day cannot be before it.")
        marked = LessonMark.objects.filter(
            pupil=row.pupil_id, lesson__teaching_group=row.teaching_group_id, on__gt=last_on
        ).aggregate(last=Max("on"))["last"]
        if marked is not None:
            raise Refused(f"{name} has a mark in {group} on {spoken_date(marked)}: the last day cannot be before it.")
        row.to_on = last_on
        row.save(update_fields=["to_on"])
        trail.record(
            verb="pupil taken out of a class",
            by=by,
            at=at,
            school_id=row.school_id,
            subject_kind="class",
            subject_id=row.teaching_group_id,
            words=f"{name} leaves {group} after {spoken_date(last_on)}",
            before={"pupil": row.pupil_id, "to_on": None},
            after={"pupil": row.pupil_id, "to_on": last_on.isoformat()},
        )
