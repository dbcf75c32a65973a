"""Who was given what for attendance: rewards that people put on record, certificates and praise that went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from django.db.models import CharField, Count, F, IntegerField, QuerySet, Value
from django.db.models.functions import TruncDate

from attendance_office import clock
from attendance_office.jobs.due import instant
from attendance_office.staff.models import School, User
from letters.models import Letter, LetterKind, Reward, StruckReward
from registers.models import Pupil
from registers.queries.pupils import called

GOOD_NEWS: Final = (
    LetterKind.CERTIFICATE_FULL, LetterKind.CERTIFICATE_IMPROVED, LetterKind.PRAISE, LetterKind.IMPROVED,
)  # fmt: skip
_GONE: Final = (Letter.State.SENT, Letter.State.DELIVERED, Letter.State.UNCERTAIN)
_WENT_ON: Final = TruncDate("sent_at", tzinfo=clock.LONDON)
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
    nobody = Value(None, output_field=IntegerField())
    first = _given(school, user, asked).values(
        pupil_pk=F("pupil"), given=F("given_on"), what=F("name"), for_what=F("why"), by_pk=F("by"), reward=F("pk"),
        letter=nobody,
    )  # fmt: skip
    second = _went(school, user, asked).values(
        pupil_pk=F("pupil"), given=_WENT_ON, what=F("kind"), for_what=Value("", output_field=CharField()),
        by_pk=F("approved_by"), reward=nobody, letter=F("pk"),
    )  # fmt: skip
    return first.union(second, all=True).order_by(*_ORDER)


def _seen(school: School, user: User, asked: Asked) -> QuerySet[Pupil]:
    seen = Pupil.objects.visible_to(user).filter(school=school)
    if asked.q:
        seen = called(seen, asked.q)
    return seen if asked.year is None else seen.filter(year_group=asked.year)


def _given(school: School, user: User, asked: Asked) -> QuerySet[Reward]:
    """Give the rewards that people put on record, those struck out among them."""
    days = (asked.from_on, asked.to_on)
    rows = Reward.objects.visible_to(user).filter(
        school=school, pupil__in=_seen(school, user, asked), given_on__range=days
    )
    return rows.filter(name=asked.what) if asked.what else rows


def _went(school: School, user: User, asked: Asked) -> QuerySet[Letter]:
    """Give the certificates and letters of praise that went, by the day on which they did."""
    return Letter.objects.visible_to(user).filter(
        school=school,
        pupil__in=_seen(school, user, asked),
        kind__in=_kinds_called(asked.what) if asked.what else GOOD_NEWS,
        state__in=_GONE,
        sent_at__gte=instant(asked.from_on, time()),
        sent_at__lt=instant(asked.to_on + timedelta(days=1), time()),
    )


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
    given = _given(school, user, asked).filter(struck=None).order_by().values("name")
    went = _went(school, user, asked).order_by().values("kind")
    by_name = given.annotate(times=Count("pk"), pupils=Count("pupil", distinct=True))
    by_kind = went.annotate(times=Count("pk"), pupils=Count("pupil", distinct=True))
    some = list(by_name.values_list("name", "times", "pupils"))
    some += [(_words(kind), times, pupils) for kind, times, pupils in by_kind.values_list("kind", "times", "pupils")]
    return sorted(some, key=lambda one: (-one[1], one[0]))


def choices(school: School) -> list[str]:
    """Give what may be asked for: the certificates and letters of praise, then what the school has given."""
    return [*(str(LetterKind(kind).label) for kind in GOOD_NEWS), *names_used(school)]


def _words(kind: str) -> str:
    return str(LetterKind(kind).label)


def _kinds_called(words: str) -> list[str]:
    return [str(kind) for kind in GOOD_NEWS if LetterKind(kind).label == words]
