"""Answers about links: how each stands, what waits to go out, and what their names there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Case, Count, F, Q, QuerySet, When

from attendance_office.staff.models import School, User
from registers.models import Link, Pull, Pupil, RemoteName, Writeback
from registers.queries.code_list import families

LOOK: Final = "look"
_TO_SETTLE: Final = (Writeback.State.UNCERTAIN, Writeback.State.FAILED)


@dataclass(frozen=True, slots=True)
class Now:
    """A mark as it stands, and the key of its last change."""

    key: str
    on: date
    half: str
    code: str
    minutes_late: int | None
    comment: str


_NOW = """
    SELECT m.id, m.id || ':' || coalesce((SELECT max(a.id) FROM registers_amendment a WHERE a.mark_id = m.id), 0),
           m."on", m.half, m.code, m.minutes_late, m.comment
    FROM registers_mark m WHERE m.id = ANY(%s)
"""


def as_they_stand(mark_ids: Collection[int]) -> dict[int, Now]:
    """Give marks as they stand at this moment, by id; one that was taken back is not there."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW, [list(mark_ids)])
        return {pk: Now(*rest) for pk, *rest in cursor.fetchall()}


def names_there(link: Link, pupil_ids: Collection[int]) -> tuple[dict[int, str], dict[str, str]]:
    """Give what a link's system calls these pupils, by our key, and our codes, by symbol."""
    names = RemoteName.objects.filter(link=link)
    of_pupils = names.filter(thing="pupil", thing_id__in=[str(pk) for pk in pupil_ids])
    pupils = {int(key): there for key, there in of_pupils.values_list("thing_id", "remote_id")}
    return pupils, dict(names.filter(thing="code").values_list("thing_id", "remote_id"))


def link_of(school: School) -> Link | None:
    """Give a school's link, None where it has none."""
    return Link.objects.filter(school=school).first()


@dataclass(frozen=True)
class Match:
    """One of our codes beside theirs."""

    symbol: str
    meaning: str
    family: str
    remote_id: str


def matches(link: Link, on: date) -> list[Match]:
    """Give every code in force and what it is matched to there."""
    _, codes = names_there(link, ())
    return [
        Match(line.code.symbol, line.code.meaning, family.name, codes.get(line.code.symbol, ""))
        for family in families(on)
        for line in family.lines
    ]


def pulls_of(link: Link) -> QuerySet[Pull]:
    """Give the runs of a link inward, the latest first."""
    return Pull.objects.filter(link=link).prefetch_related("imports").order_by("-began_at", "-pk")


def counts_by_state(link: Link) -> dict[str, int]:
    """Give how many coded marks are in each state on their way to a link's system."""
    rows = Writeback.objects.filter(link=link).values("state").annotate(n=Count("pk")).order_by()
    return {row["state"]: row["n"] for row in rows}


def going_out(user: User, link: Link, state: str = "") -> QuerySet[Writeback]:
    """Give the coded marks on their way to a link's system, the latest first; of one state, to look at, or all."""
    rows = Writeback.objects.visible_to(user).filter(link=link)
    if state:
        rows = rows.filter(state__in=_TO_SETTLE if state == LOOK else (state,))
    return rows.order_by("-made_at", "-pk")


@dataclass(frozen=True)
class Going:
    """A coded mark on its way, and the pupil's name."""

    row: Writeback
    pupil: str


def with_names(rows: Iterable[Writeback]) -> list[Going]:
    """Give rows with their pupils' names, all in one query."""
    found = list(rows)
    pupils = Pupil.objects.in_bulk({row.pupil_id for row in found})
    return [Going(row, str(pupils.get(row.pupil_id, "A pupil taken back"))) for row in found]


def to_settle(school: School) -> QuerySet[Writeback]:
    """Give the coded marks that a person has to settle: uncertain or refused."""
    return Writeback.objects.filter(school=school, state__in=_TO_SETTLE)


def standing_still(school: School, at: datetime) -> QuerySet[Any, Any]:
    """Give what is `wrong` with the school's link where it has stood still for half an hour."""
    since = at - timedelta(minutes=30)
    inward = Q(is_on=True, pulls=True, said_at__lte=since) & ~Q(said="")
    outward = Q(is_on=True, writes_back=True, said_out_at__lte=since) & ~Q(said_out="")
    wrong = Case(When(outward, then=F("said_out")), default=F("said"))
    return Link.objects.filter(inward | outward, school=school).annotate(wrong=wrong).values("wrong")


def known_pupils(link: Link) -> int:
    """Give how many pupils are known by their ids there."""
    return RemoteName.objects.filter(link=link, thing="pupil").count()
