"""The worklist of doubtful marks: what is open, on which ground, and what was decided before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, QuerySet

from attendance_office.audit.models import Entry
from attendance_office.numbers import whole
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.models import Amendment, Doubt, Mark, Pupil
from registers.queries.kept_words import reason_for
from registers.queries.pupils import called
from registers.rules.doubts import GROUNDS, Ground

TRAWLED: Final = "trawled for doubtful marks"


@dataclass(frozen=True)
class Line:
    """One doubt as the list shows it: what the mark says now, and what happened to it last time."""

    doubt: Doubt
    ground: Ground
    says: str
    before: str

    @property
    def is_stale(self) -> bool:
        """Tell whether the mark was changed since it was found."""
        return self.says != self.doubt.code


def within(school: School, user: User) -> QuerySet[Doubt]:
    """Give the doubts about pupils within a person's reach."""
    return Doubt.objects.filter(school=school, pupil__in=Pupil.objects.visible_to(user).filter(school=school))


def last_trawl(school: School) -> Entry | None:
    """Give the line of the trail of the latest trawl, by the clock or by hand: one query."""
    return Entry.objects.filter(school_id=school.pk, verb=TRAWLED).order_by("-at", "-pk").first()


def open_doubts(school: School, user: User) -> dict[str, int]:
    """Give how many doubts are open on each ground, in the order of the grounds: one query."""
    rows = within(school, user).filter(state=Doubt.State.OPEN).order_by().values_list("ground")
    many = dict(rows.annotate(many=Count("pk")))
    return {key: many[key] for key in GROUNDS if key in many}


def narrowed_to(doubts: QuerySet[Doubt], *, state: str, ground: str, year: str, q: str) -> QuerySet[Doubt]:
    """Narrow doubts by state, ground, year group and name or form; the latest session comes first."""
    doubts = doubts.filter(state=state if state in Doubt.State.values else Doubt.State.OPEN)
    if ground in GROUNDS:
        doubts = doubts.filter(ground=ground)
    if (number := whole(year)) is not None:
        doubts = doubts.filter(pupil__year_group=number)
    if q:
        doubts = doubts.filter(pupil__in=called(Pupil.objects.all(), q))
    return doubts.select_related("pupil__tutor_group", "settled_by").order_by("-on", "-half", "pupil__sort_name", "pk")


def lines_of(doubts: Sequence[Doubt], *, allowed: Collection[Can]) -> list[Line]:
    """Give a page of doubts with what their marks say now and what was done before: three queries.

    Why a mark was amended is told to whoever reads comments.
    """
    pupils = {row.pupil_id for row in doubts}
    marks = {
        (pupil, on, half): (pk, code)
        for pk, pupil, on, half, code in Mark.objects.filter(
            school__in={row.school_id for row in doubts}, pupil__in=pupils, on__in={row.on for row in doubts}
        ).values_list("pk", "pupil_id", "on", "half", "code")
    }
    last: dict[int, Amendment] = {}
    for one in Amendment.objects.filter(mark_id__in=[pk for pk, _ in marks.values()]).order_by("at", "pk"):
        last[one.mark_id] = one
    earlier: dict[tuple[int, str], Doubt] = {}
    settled = Doubt.objects.filter(pupil__in=pupils, state__in=[Doubt.State.LEFT, Doubt.State.REPAIRED]).select_related(
        "settled_by"
    )
    for row in settled.order_by("settled_at", "pk"):
        earlier[row.pupil_id, row.ground] = row
    lines = []
    for row in doubts:
        pk, code = marks.get((row.pupil_id, row.on, row.half), (0, ""))
        before = ""
        if pk in last:
            one = last[pk]
            before = f"{one.from_code} to {one.to_code} by {one.by_name}: {reason_for(one.reason, allowed)}"
        elif (old := earlier.get((row.pupil_id, row.ground))) is not None and old.pk != row.pk:
            before = f"{old.get_state_display()} on {old.on:%d %b}: {old.why}"
        lines.append(Line(row, GROUNDS.get(row.ground, Ground(row.ground, row.ground, row.words)), code, before))
    return lines
