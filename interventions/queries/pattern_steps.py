"""What was done about patterns: a pattern is the same in every run of a school year, whichever run one looks at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from attendance_office.staff.models import School, User
from interventions.models import PatternFlag, PatternStep
from interventions.queries.trawls import trawls_of
from interventions.rules.patterns import KIND_WORDS, Kind
from registers.models import Contact, Parent, Pupil
from registers.rules.dates import spoken_date

NOBODY: Final = 0
DONE: Final = {
    "open": "Nothing yet, or look again",
    "none": "Nothing done yet",
    "again": "Look again now",
    "some": "Something done",
}
Identity = tuple[int, str, str, int | None, date]


@dataclass(frozen=True)
class Followed:
    """What was done about a pattern, the latest first; struck steps are among `steps` and count for nothing."""

    steps: tuple[PatternStep, ...] = ()

    @property
    def last(self) -> PatternStep | None:
        """Give the latest step that stands."""
        return next((one for one in self.steps if not hasattr(one, "struck")), None)

    @property
    def last_words(self) -> str:
        """Give the latest step that stands in words; "Nothing yet" without one."""
        return f"{self.last.get_kind_display()} {spoken_date(self.last.done_on)}" if self.last else "Nothing yet"

    def is_due(self, on: date) -> bool:
        """Tell whether the latest step asked to look again on a day that has come."""
        last = self.last
        return last is not None and last.look_again_on is not None and last.look_again_on <= on


NOTHING: Final = Followed()


def identity(flag: PatternFlag) -> Identity:
    """Give what makes a pattern the same in another run of the school year."""
    return flag.pupil_id, flag.kind, flag.subject, flag.other_id, flag.trawl.year_from


def identity_words(flag: PatternFlag) -> str:
    """Give a pattern's kind in words, the subject with it; a brother or sister is not named."""
    words = KIND_WORDS[Kind(flag.kind)]
    return f"{words}: {flag.subject}" if flag.subject else words


def followed(flags: Collection[PatternFlag]) -> Mapping[Identity, Followed]:
    """Give what was done about patterns, each over the school year of its run: one query."""
    if not flags:
        return {}
    rows = PatternStep.objects.filter(
        pupil__in={one.pupil_id for one in flags}, flag__trawl__year_from__in={one.trawl.year_from for one in flags}
    )
    rows = rows.select_related("flag__trawl", "contact", "by", "struck__by").order_by("-done_on", "-at", "-pk")
    found: dict[Identity, list[PatternStep]] = {}
    for row in rows:
        found.setdefault(identity(row.flag), []).append(row)
    return {key: Followed(tuple(some)) for key, some in found.items()}


def with_steps(rows: QuerySet[PatternFlag]) -> QuerySet[PatternFlag]:
    """Add to patterns whether anything stands that was done (`is_followed`) and when to look again (`look_on`)."""
    steps = PatternStep.objects.filter(
        struck=None,
        pupil=OuterRef("pupil"),
        flag__kind=OuterRef("kind"),
        flag__subject=OuterRef("subject"),
        flag__trawl__year_from=OuterRef("trawl__year_from"),
    ).annotate(sibling=Coalesce("flag__other", NOBODY))
    steps = steps.filter(sibling=Coalesce(OuterRef("other"), NOBODY)).order_by("-done_on", "-at", "-pk")
    return rows.annotate(
        is_followed=Exists(steps), look_on=Subquery(steps.values("look_again_on")[:1], output_field=DateField())
    )


def narrowed_by_steps(rows: QuerySet[PatternFlag], done: str, *, on: date) -> QuerySet[PatternFlag]:
    """Narrow patterns by what was done about them; a word that is none of `DONE` narrows nothing."""
    narrow = {
        "open": Q(is_followed=False) | Q(look_on__lte=on),
        "none": Q(is_followed=False),
        "again": Q(look_on__lte=on),
        "some": Q(is_followed=True),
    }.get(done)  # fmt: skip
    return rows if narrow is None else with_steps(rows).filter(narrow)


def to_follow(school: School, user: User, on: date) -> QuerySet[PatternFlag]:
    """Give the latest run's patterns within reach that nobody has followed up, or that are to be looked at again."""
    latest = trawls_of(school).values("pk")[:1]
    reach = Pupil.objects.visible_to(user).filter(school=school)
    rows = PatternFlag.objects.filter(school=school, trawl__in=latest, pupil__in=reach)
    return narrowed_by_steps(rows, "open", on=on).order_by("pk")


def home_of(pupil: Pupil) -> list[Contact]:
    """Give whom of a pupil's home a call can have been with, in the order to ring."""
    links = Parent.objects.filter(pupil=pupil, school=pupil.school_id, do_not_contact=False).select_related("contact")
    return [one.contact for one in links.order_by("priority", "pk")]


def first_found(flags: QuerySet[PatternFlag], *, since: date) -> QuerySet[PatternFlag]:
    """Narrow patterns to those that no run of the same school year had before a day."""
    earlier = PatternFlag.objects.filter(
        pupil=OuterRef("pupil"),
        kind=OuterRef("kind"),
        subject=OuterRef("subject"),
        trawl__year_from=OuterRef("trawl__year_from"),
        trawl__on__lt=since,
    ).annotate(sibling=Coalesce("other", NOBODY))
    return flags.filter(~Exists(earlier.filter(sibling=Coalesce(OuterRef("other"), NOBODY))))
