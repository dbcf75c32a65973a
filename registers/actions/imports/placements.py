"""Who sits in which tutor group from when to when, as pupils.csv says it on the day of the import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from registers.models import Enrolment, Placement, Pupil, Term
from registers.rules.ages import school_year, school_year_starts

from .task import Task

_AT_ONCE = 500
_DAY = timedelta(days=1)


class YearStarts:
    """The first school day of school years: the first term's, or 1 August where it has no terms."""

    def __init__(self, task: Task) -> None:
        self._first: dict[str, date] = {}
        for year, starts_on in (
            Term.objects.filter(school=task.school).order_by("-starts_on").values_list("school_year", "starts_on")
        ):
            self._first[year] = starts_on

    def of(self, on: date) -> date:
        """Give the first day of a day's school year."""
        return self._first.get(school_year(on), school_year_starts(on))


def place(task: Task, pupils: Mapping[str, Pupil], enrolments: Mapping[str, Enrolment]) -> set[str]:
    """Bring placements to the pupils' tutor groups; give the UPNs of those placed anew.

    A pupil sits in the group from the starting day, or from the first day of the school year where that is later: a
    file says nothing about the group of an earlier year. Where the group or the year group is another than the record
    has, the old placement ends the day before the import and the new one begins with it.
    """
    held: dict[int, list[Placement]] = {}
    for placement in Placement.objects.filter(pupil__in=[pupil.pk for pupil in pupils.values()]).order_by("from_on"):
        held.setdefault(placement.pupil_id, []).append(placement)
    changes = _Changes(task, YearStarts(task))
    touched = set()
    for upn, pupil in pupils.items():
        before = changes.count
        changes.judge(pupil, enrolments[upn], held.get(pupil.pk, []))
        if changes.count > before:
            touched.add(upn)
    changes.write()
    return touched


class _Changes:
    """What is to be done to placements, gathered pupil by pupil and written at once."""

    def __init__(self, task: Task, years: YearStarts) -> None:
        self.task, self.years = task, years
        self.making: list[Placement] = []
        self.changing: list[Placement] = []
        self.dropping: list[Placement] = []

    @property
    def count(self) -> int:
        """Give how many changes there are so far."""
        return len(self.making) + len(self.changing) + len(self.dropping)

    def write(self) -> None:
        """Write them: what ends first, so that what begins never overlaps it."""
        Placement.objects.filter(pk__in=[one.pk for one in self.dropping]).delete()
        Placement.objects.bulk_update(
            self.changing, ["tutor_group", "year_group", "from_on", "to_on"], batch_size=_AT_ONCE
        )
        Placement.objects.bulk_create(self.making, batch_size=_AT_ONCE)

    def judge(self, pupil: Pupil, stay: Enrolment, held: list[Placement]) -> None:
        """Compare one pupil's latest placement with the seat the file gives: keep, correct, or close and begin anew."""
        while held and stay.ends_on is not None and held[-1].from_on > stay.ends_on:
            self.dropping.append(held.pop())
        last = held[-1] if held else None
        if last is None or not self._stands(last, stay):
            self._begin(pupil, stay, last)
        elif pupil.tutor_group is not None and _seat(last) == (pupil.tutor_group.pk, pupil.year_group):
            self._set(last, from_on=max(last.from_on, stay.starts_on), to_on=stay.ends_on)
        else:
            self._move(pupil, stay, last)

    def _stands(self, last: Placement, stay: Enrolment) -> bool:
        """Tell whether a placement goes on, or ended with the stay itself."""
        return last.to_on is None or last.to_on >= self.task.on or last.to_on == stay.ends_on

    def _begin(self, pupil: Pupil, stay: Enrolment, last: Placement | None) -> None:
        """Seat a pupil who sits nowhere: from the start of the stay, or today where the stay had a seat before."""
        day = max(stay.starts_on, min(self.task.on, stay.ends_on or self.task.on))
        from_on = max(stay.starts_on, self.years.of(day))
        if last is not None and last.to_on is not None:
            from_on = max(from_on, self.task.on if stay.starts_on <= last.to_on else stay.starts_on)
        elif stay.ends_on is not None:
            from_on = min(from_on, stay.ends_on)
        if stay.ends_on is None or from_on <= stay.ends_on:
            self._make(pupil, from_on, stay.ends_on)

    def _move(self, pupil: Pupil, stay: Enrolment, last: Placement) -> None:
        """Seat a pupil elsewhere from today on; a placement that begins today or later, or is past, is corrected."""
        today = self.task.on
        has_left = stay.ends_on is not None and stay.ends_on < today
        if last.from_on < today and not has_left:
            self._set(last, to_on=today - _DAY)
            self._make(pupil, max(today, stay.starts_on), stay.ends_on)
        elif pupil.tutor_group is None:
            self.dropping.append(last)
        else:
            self._set(
                last,
                tutor_group_id=pupil.tutor_group.pk,
                year_group=pupil.year_group,
                from_on=max(last.from_on, stay.starts_on),
                to_on=stay.ends_on,
            )

    def _set(self, placement: Placement, **values: object) -> None:
        if any(getattr(placement, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(placement, name, value)
            self.changing.append(placement)

    def _make(self, pupil: Pupil, from_on: date, to_on: date | None) -> None:
        if pupil.tutor_group is None:
            return
        self.making.append(
            Placement(
                school=self.task.school,
                pupil=pupil,
                tutor_group=pupil.tutor_group,
                year_group=pupil.year_group,
                from_on=from_on,
                to_on=to_on,
            )
        )


def _seat(placement: Placement) -> tuple[int, int]:
    return placement.tutor_group_id, placement.year_group
