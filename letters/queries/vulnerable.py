"""Highly vulnerable pupils who are absent or not marked, and who is to know."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch, Q

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Role
from registers.models import Mark, Pupil
from registers.rules import codes
from registers.rules.sessions import Session

from .asks import holders


@dataclass(frozen=True)
class Concern:
    """One highly vulnerable pupil in one session: absent, or not marked."""

    pupil: Pupil
    session: Session
    mark: Mark | None

    @property
    def form(self) -> str:
        """Give the pupil's form."""
        return self.pupil.tutor_group.name if self.pupil.tutor_group else f"year {self.pupil.year_group}"

    @property
    def state(self) -> str:
        """Give the state by which one telling differs from the next: "unmarked" or the code."""
        return "unmarked" if self.mark is None else f"absent-{self.mark.code}"

    @property
    def words(self) -> str:
        """Say how it stands, for those who may read it."""
        if self.mark is None:
            return "not marked"
        if self.mark.code == "N":
            return "absent, no reason yet (N)"
        meaning = codes.code(self.mark.code, self.session.on).meaning
        return f"absent: {meaning[0].lower()}{meaning[1:]} ({self.mark.code})"


def concerns_of(school: School, session: Session, *, pupil_id: int | None = None) -> list[Concern]:
    """Give the highly vulnerable pupils on roll who are absent or not marked in a session: two queries.

    An absence that was known beforehand is none to run after: somebody planned it.
    """
    on = session.on
    pupils = (
        Pupil.objects.filter(
            Q(enrolments__ends_on=None) | Q(enrolments__ends_on__gte=on),
            school=school,
            is_vulnerable=True,
            enrolments__starts_on__lte=on,
        )
        .select_related("tutor_group")
        .prefetch_related(
            Prefetch("marks", Mark.objects.filter(school=school, on=on, half=session.half), to_attr="now_marked")
        )
        .distinct()
        .in_order()
    )
    if pupil_id is not None:
        pupils = pupils.filter(pk=pupil_id)
    found = []
    for pupil in pupils:
        mark = next(iter(pupil.now_marked), None)  # type: ignore[attr-defined]
        if mark is None or _is_unplanned_absence(mark):
            found.append(Concern(pupil, session, mark))
    return found


def who_is_told(school: School, concerns: list[Concern]) -> dict[int, list[User]]:
    """Give for each pupil who is to know: pastoral workers and the head of year, the DSL where the pupil is looked
    after or under a protection plan. Where nobody holds those posts, the officers.
    """
    pastoral = holders(school, Role.PASTORAL) if concerns else []
    leads = holders(school, Role.DSL) if any(_is_for_the_dsl(c.pupil) for c in concerns) else []
    officers: list[User] | None = None
    heads: dict[int, list[User]] = {}
    told: dict[int, list[User]] = {}
    for concern in concerns:
        year = concern.pupil.year_group
        if year not in heads:
            heads[year] = holders(school, Role.HEAD_OF_YEAR, year)
        people = [*pastoral, *heads[year], *(leads if _is_for_the_dsl(concern.pupil) else [])]
        if not people:
            officers = holders(school, Role.OFFICER) if officers is None else officers
            people = officers
        told[concern.pupil.pk] = list({user.pk: user for user in people}.values())
    return told


def alert_key(concern: Concern, recipient: User) -> str:
    """Give what makes it one message: the session, the pupil, how it stands, and the person told."""
    session = concern.session
    return f"vulnerable:{session.on.isoformat()}:{session.half}:{concern.pupil.pk}:{concern.state}:{recipient.pk}"


def _is_unplanned_absence(mark: Mark) -> bool:
    known = codes.code_set(mark.on).get(mark.code)
    return known is not None and known.counts.is_absent and mark.origin != Mark.Origin.PLANNED


def _is_for_the_dsl(pupil: Pupil) -> bool:
    return pupil.has_protection_plan or pupil.is_looked_after
