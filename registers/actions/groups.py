"""What is done to the groups a school makes for itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q

from attendance_office.audit.models import Entry
from attendance_office.audit.trail import record, signed
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import Group, Membership, Pupil

UNDO_FOR: Final = timedelta(minutes=10)


def make_group(*, school: School, name: str, purpose: str, by: User | None, at: datetime) -> Group:
    """Make a group. Raises Refused for a name the school has already."""
    with signed(by=by, at=at, school_id=school.pk):
        if not name.strip():
            raise Refused("A group needs a name.")
        if Group.objects.filter(school=school, name__iexact=name.strip()).exists():
            raise Refused(f"There is a group called {name.strip()} already: choose another name.")
        group = Group.objects.create(school=school, name=name.strip(), purpose=purpose.strip())
        record(
            verb="group made",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="group",
            subject_id=group.pk,
            words=f"Group {group.name} made",
            after={"name": group.name, "purpose": group.purpose},
        )
    return group


def add_to_group(
    *, group: Group, pupils: Collection[Pupil], from_on: date, by: User | None, at: datetime
) -> tuple[int, Entry]:
    """Put pupils into a group from a day on, and give how many were not in it already, with the line of the trail.

    Raises Refused for no pupil at all, for a pupil of another school, and where all of them are in it.
    """
    if not pupils:
        raise Refused("Nobody is selected: choose at least one pupil.")
    if any(pupil.school_id != group.school_id for pupil in pupils):
        raise Refused("A group holds pupils of its own school only.")
    with signed(by=by, at=at, school_id=group.school_id):
        Group.objects.select_for_update().get(pk=group.pk)
        inside = set(
            Membership.objects.filter(Q(to_on=None) | Q(to_on__gte=from_on), group=group).values_list(
                "pupil_id", flat=True
            )
        )
        new = [
            Membership(school_id=group.school_id, group=group, pupil=pupil, from_on=from_on)
            for pupil in pupils
            if pupil.pk not in inside
        ]
        if not new:
            raise Refused(f"All of them are in {group.name} already: nothing was added.")
        made = Membership.objects.bulk_create(new)
        entry = record(
            verb="pupils added to group",
            by=by,
            at=at,
            school_id=group.school_id,
            subject_kind="group",
            subject_id=group.pk,
            words=f"{len(made)} pupils added to {group.name} from {from_on:%d %b %Y}",
            after={"memberships": [one.pk for one in made], "from_on": from_on.isoformat()},
        )
    return len(made), entry


def undo_adding(*, group: Group, entry_id: int, by: User, at: datetime) -> int:
    """Take back one's own adding of pupils within ten minutes, and give how many memberships went.

    Raises Refused where it is another's, longer ago, or undone already.
    """
    entry = Entry.objects.filter(
        pk=entry_id, school_id=group.school_id, subject_kind="group", subject_id=str(group.pk), by_id=by.pk
    ).first()
    if entry is None or entry.verb != "pupils added to group":
        raise Refused("There is nothing of yours to take back here.")
    if at - entry.at > UNDO_FOR:
        raise Refused("That was more than ten minutes ago: take the pupils out one by one.")
    with signed(by=by, at=at, school_id=group.school_id):
        gone, _ = Membership.objects.filter(group=group, pk__in=(entry.after or {})["memberships"]).delete()
        if not gone:
            raise Refused("That was taken back already.")
        record(
            verb="adding to group undone",
            by=by,
            at=at,
            school_id=group.school_id,
            subject_kind="group",
            subject_id=group.pk,
            words=f"{gone} pupils taken out of {group.name} again",
        )
    return gone


def take_from_group(*, membership: Membership, last_on: date, by: User | None, at: datetime) -> None:
    """End a membership with its last day.

    Raises Refused where it ended already, and where the last day is before the first.
    """
    with signed(by=by, at=at, school_id=membership.school_id):
        row = Membership.objects.select_for_update(of=("self",)).select_related("group", "pupil").get(pk=membership.pk)
        if row.to_on is not None:
            raise Refused(f"{row.pupil.name} left {row.group.name} on {row.to_on:%d %b %Y} already.")
        if last_on < row.from_on:
            raise Refused(f"{row.pupil.name} joined on {row.from_on:%d %b %Y}: the last day cannot be before it.")
        row.to_on = last_on
        row.save(update_fields=["to_on"])
        record(
            verb="pupil taken from group",
            by=by,
            at=at,
            school_id=row.school_id,
            subject_kind="group",
            subject_id=row.group_id,
            words=f"{row.pupil.name} leaves {row.group.name} after {last_on:%d %b %Y}",
            after={"membership": row.pk, "to_on": last_on.isoformat()},
        )
