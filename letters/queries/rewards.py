"""Who was given what for attendance: rewards that people put on record, certificates and praise that went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import CharField, Count, F, IntegerField, QuerySet, Value
from django.db.models.functions import TruncDate

from attendance_office import clock
from attendance_office.staff.models import School, User
from letters.models import Letter, LetterKind, Reward, StruckReward
from registers.models import Pupil
from registers.queries.pupils import called

GOOD_NEWS: Final = (
    LetterKind.CERTIFICATE_FULL, LetterKind.CERTIFICATE_IMPROVED, LetterKind.PRAISE, LetterKind.IMPROVED,
)  # fmt: skip
_WENT: Final = (Letter.State.SENT, Letter.State.DELIVERED, Letter.State.UNCERTAIN)
_ORDER: Final = ("-given", "what", "pupil_pk", "-reward")


@dataclass(frozen=True)
class Asked:
    """What is asked of the log: days, a word of the pupil's name, a year group, and what was given."""

    from_on: date
    to_on: date
    q: str = ""
    year: int | None = None
    what: str = ""


@dataclass(frozen=True)
class Given:
    """One line of the log; `reward` where a person put it on record, `letter` where the post room made it."""

    pupil: Pupil
    what: str
    on: date
    why: str
    by: str
    reward: int | None
    letter: int | None
    struck: StruckReward | None


def log(school: School, user: User, asked: Asked) -> QuerySet[Any]:
    """Give the log as rows of values within a person's reach, the latest first; `lines` makes lines of them."""
    seen = Pupil.objects.visible_to(user).filter(school=school)
    if asked.q:
        seen = called(seen, asked.q)
    if asked.year is not None:
        seen = seen.filter(year_group=asked.year)
    given = Reward.objects.visible_to(user).filter(
        school=school, pupil__in=seen, given_on__range=(asked.from_on, asked.to_on)
    )
    went = Letter.objects.visible_to(user).filter(school=school, pupil__in=seen, kind__in=GOOD_NEWS, state__in=_WENT)
    dated = went.annotate(went_on=TruncDate("sent_at", tzinfo=clock.LONDON))
    dated = dated.filter(went_on__gte=asked.from_on, went_on__lte=asked.to_on)
    if asked.what:
        given, dated = given.filter(name=asked.what), dated.filter(kind__in=_kinds_called(asked.what))
    nobody = Value(None, output_field=IntegerField())
    first = given.values(
        pupil_pk=F("pupil"), given=F("given_on"), what=F("name"), for_what=F("why"), by_pk=F("by"), reward=F("pk"),
        letter=nobody,
    )  # fmt: skip
    second = dated.values(
        pupil_pk=F("pupil"), given=F("went_on"), what=F("kind"), for_what=Value("", output_field=CharField()),
        by_pk=F("approved_by"), reward=nobody, letter=F("pk"),
    )  # fmt: skip
    return first.union(second, all=True).order_by(*_ORDER)


def lines(rows: Sequence[dict[str, Any]]) -> list[Given]:
    """Give the lines of some rows of the log: three queries."""
    pupils = Pupil.objects.select_related("tutor_group").in_bulk({row["pupil_pk"] for row in rows})
    people = User.objects.in_bulk({row["by_pk"] for row in rows if row["by_pk"]})
    struck = {
        one.reward_id: one
        for one in StruckReward.objects.filter(reward__in=[row["reward"] for row in rows if row["reward"]])
    }
    return [
        Given(
            pupils[row["pupil_pk"]],
            _words(row["what"]) if row["letter"] else row["what"],
            row["given"],
            row["for_what"],
            people[row["by_pk"]].signature if row["by_pk"] in people else "",
            row["reward"],
            row["letter"],
            struck.get(row["reward"]),
        )
        for row in rows
    ]


def names_used(school: School) -> list[str]:
    """Give what the school has given so far, the most frequent first."""
    rows = Reward.objects.filter(school=school, struck=None).values("name").annotate(many=Count("pk"))
    return [row["name"] for row in rows.order_by("-many", "name")[:50]]


def summed(school: School, user: User, asked: Asked) -> list[tuple[str, int, int]]:
    """Give what was given with how often and to how many pupils, the most frequent first; struck rows left away."""
    found: dict[str, list[int]] = {}
    struck = set(StruckReward.objects.filter(reward__school=school).values_list("reward", flat=True))
    for row in log(school, user, asked):
        if row["reward"] not in struck:
            found.setdefault(_words(row["what"]) if row["letter"] else row["what"], []).append(row["pupil_pk"])
    some = [(what, len(pupils), len(set(pupils))) for what, pupils in found.items()]
    return sorted(some, key=lambda one: (-one[1], one[0]))


def choices(school: School) -> list[str]:
    """Give what may be asked for: the certificates and letters of praise, then what the school has given."""
    return [*(str(LetterKind(kind).label) for kind in GOOD_NEWS), *names_used(school)]


def _words(kind: str) -> str:
    return str(LetterKind(kind).label)


def _kinds_called(words: str) -> list[str]:
    return [str(kind) for kind in GOOD_NEWS if LetterKind(kind).label == words]
