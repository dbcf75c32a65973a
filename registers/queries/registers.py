"""Who has taken the register of a session, and who owes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from attendance_office.staff.models import Post, School, Standing, TutorGroup, User
from attendance_office.staff.roles import MAY, REACH, Can, Reach, Role
from registers.models import Cover, Register
from registers.rules.sessions import Session

NO_TUTOR = "No tutor set"

# One row for each group in which somebody sat that day: who was on roll, who has a mark, and which of the marks were
# only known beforehand. A group whose part of the school is shut has none, where nobody is left to be marked.
_COUNTS = """
    SELECT s."on", s.half, p.tutor_group_id,
           count(*),
           count(m.id),
           count(m.id) FILTER (WHERE m.origin <> 'planned'),
           count(m.id) FILTER (WHERE m.origin NOT IN ('planned', 'office')),
           count(*) FILTER (WHERE m.id IS NULL AND u.is_vulnerable)
    FROM unnest(%(days)s::date[], %(halves)s::text[]) AS s("on", half)
    JOIN registers_placement p
      ON p.school_id = %(school)s AND p.from_on <= s."on" AND (p.to_on IS NULL OR p.to_on >= s."on")
    JOIN registers_enrolment e
      ON e.pupil_id = p.pupil_id AND e.starts_on <= s."on" AND (e.ends_on IS NULL OR e.ends_on >= s."on")
    JOIN registers_pupil u ON u.id = p.pupil_id
    LEFT JOIN registers_mark m
      ON m.school_id = p.school_id AND m.pupil_id = p.pupil_id AND m."on" = s."on" AND m.half = s.half
    GROUP BY s."on", s.half, p.tutor_group_id
    HAVING count(m.id) < count(*)
        OR count(*) FILTER (WHERE m.origin = 'planned' AND m.code IN ('Y3', 'Y4', '#')) = 0
        OR count(m.id) FILTER (WHERE m.origin <> 'planned') > 0
"""


class Status(StrEnum):
    """How far a register has come."""

    NOT_OPENED = "not_opened"
    OPENED = "opened"
    PART = "part"
    COMPLETE = "complete"

    @property
    def words(self) -> str:
        """Give the status as the screen says it."""
        return {
            Status.NOT_OPENED: "Not opened",
            Status.OPENED: "Opened, nothing marked",
            Status.PART: "Part marked",
            Status.COMPLETE: "Taken",
        }[self]


@dataclass(frozen=True)
class RegisterLine:
    """The register of one group for one session, as a board shows it.

    `expected` are the pupils on roll who sat in the group that day; `marked` those of them with a mark, the ones known
    beforehand included; `vulnerable_unmarked` the highly vulnerable among the rest.
    """

    tutor_group: TutorGroup
    session: Session
    register: Register | None
    expected: int
    marked: int
    status: Status
    tutor: User | None
    cover: Cover | None
    vulnerable_unmarked: int

    @property
    def owner(self) -> tuple[User | None, str]:
        """Give who takes it, and the name: whoever covers, else the tutor, else nobody."""
        if self.cover is not None:
            return self.cover.user, self.cover.user.signature if self.cover.user else self.cover.name
        if self.tutor is not None:
            return self.tutor, self.tutor.signature
        return None, NO_TUTOR

    @property
    def is_owed(self) -> bool:
        """Tell whether somebody still has to take it; a group without a pupil owes nothing."""
        return self.expected > 0 and self.status is not Status.COMPLETE

    @property
    def unmarked(self) -> int:
        """Give how many expected pupils have no mark."""
        return self.expected - self.marked


@dataclass(frozen=True)
class _Count:
    expected: int = 0
    marked: int = 0
    taken: int = 0
    begun: int = 0
    vulnerable_unmarked: int = 0


def registers_of(school: School, session: Session, *, visible_to: User | None = None) -> list[RegisterLine]:
    """Give a line for each group's register of a session, by year group and name, in five queries.

    Asks who sat where on that day, so it holds for a day gone by. With `visible_to` only the groups within that
    person's reach and those they cover.
    """
    return registers_of_sessions(school, [session], visible_to=visible_to)[session]


def registers_of_sessions(
    school: School, sessions: Sequence[Session], *, visible_to: User | None = None
) -> dict[Session, list[RegisterLine]]:
    """Give what `registers_of` gives for several sessions at once, still in five queries."""
    asked = Q(pk__in=[])
    for session in sessions:
        asked |= Q(on=session.on, half=session.half)
    groups = TutorGroup.objects.filter(school=school)
    if visible_to is not None:
        reach = visible_to.standing.rows(school="school", year="year_group", group="pk")
        covered = Cover.objects.filter(asked, school=school, user=visible_to).values("tutor_group")
        groups = groups.filter(reach | Q(pk__in=covered))
    in_order = list(groups.order_by("year_group", "name", "pk"))
    counts = _counts(school, sessions)
    registers = {
        (row.on, row.half, row.tutor_group_id): row
        for row in Register.objects.filter(asked, school=school).select_related("opened_by", "saved_by", "completed_by")
    }
    covers = {
        (row.on, row.half, row.tutor_group_id): row
        for row in Cover.objects.filter(asked, school=school).select_related("user")
    }
    posts = _tutor_posts(school, min((session.on for session in sessions), default=None))
    found: dict[Session, list[RegisterLine]] = {}
    for session in sessions:
        tutors = _tutors(posts, session.on)
        lines = found.setdefault(session, [])
        for group in in_order:
            key = (session.on, session.half, group.pk)
            count = counts.get(key, _Count())
            if not group.is_used and not count.expected:
                continue
            register = registers.get(key)
            lines.append(
                RegisterLine(
                    tutor_group=group,
                    session=session,
                    register=register,
                    expected=count.expected,
                    marked=count.marked,
                    status=_status(register, count),
                    tutor=tutors.get(group.pk),
                    cover=covers.get(key),
                    vulnerable_unmarked=count.vulnerable_unmarked,
                )
            )
    return found


def groups_to_take(user: User, school: School, session: Session) -> QuerySet[TutorGroup]:
    """Give the groups whose register of a session the person may take, by year group and name.

    Within the reach of the posts that take any register; else the person's own group and what they cover.
    """
    posts = user.standing.posts_in(school.pk)
    takers = Standing(post for post in posts if Can.TAKE_ANY_REGISTER in MAY[Role(post.role)])
    wanted = takers.rows(school="school", year="year_group", group="pk")
    if any(Can.TAKE_OWN_REGISTER in MAY[Role(post.role)] for post in posts):
        own = [post.tutor_group_id for post in posts if post.tutor_group_id is not None]
        covered = Cover.objects.filter(school=school, on=session.on, half=session.half, user=user)
        wanted |= Q(pk__in=own) | Q(pk__in=covered.values("tutor_group"))
    return TutorGroup.objects.filter(wanted, school=school).order_by("year_group", "name", "pk")


def group_to_take(user: User, school: School, session: Session, group_pk: int) -> TutorGroup | None:
    """Give one group if its register is the person's to take, else None: what `groups_to_take` says, for a save.

    One query, and a second where only cover can say so.
    """
    group = TutorGroup.objects.filter(pk=group_pk, school=school).first()
    if group is None:
        return None
    posts = user.standing.posts_in(school.pk)
    if any(_takes_any(post, group) for post in posts):
        return group
    if not any(Can.TAKE_OWN_REGISTER in MAY[Role(post.role)] for post in posts):
        return None
    if any(post.tutor_group_id == group.pk for post in posts):
        return group
    covers = Cover.objects.filter(school=school, on=session.on, half=session.half, user=user, tutor_group=group)
    return group if covers.exists() else None


def _takes_any(post: Post, group: TutorGroup) -> bool:
    """Tell whether a post takes any register within a reach that holds the group."""
    if Can.TAKE_ANY_REGISTER not in MAY[Role(post.role)]:
        return False
    reach = REACH[Role(post.role)]
    if reach is Reach.YEAR:
        return post.year_group == group.year_group
    if reach is Reach.GROUP:
        return post.tutor_group_id == group.pk
    return reach in {Reach.SCHOOL, Reach.TRUST}


def _status(register: Register | None, count: _Count) -> Status:
    """Say how far a register has come.

    Marks known beforehand alone are nobody's taking of it, and what the office coded of some of its pupils (from the
    absence line, say) does not begin it.
    """
    finished = register is not None and register.completed_at is not None
    if count.marked == count.expected and (finished or count.taken):
        return Status.COMPLETE
    if count.begun or (register is not None and register.saved_at is not None):
        return Status.PART
    if register is not None and register.opened_at is not None:
        return Status.OPENED
    return Status.NOT_OPENED


def _counts(school: School, sessions: Sequence[Session]) -> dict[tuple[date, str, int], _Count]:
    asked: dict[str, Any] = {
        "school": school.pk,
        "days": [session.on for session in sessions],
        "halves": [session.half for session in sessions],
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        return {(on, half, group): _Count(*numbers) for on, half, group, *numbers in cursor.fetchall()}


def _tutor_posts(school: School, since: date | None) -> list[Post]:
    """Give the posts of tutors that held on some day since a date: the one that ended first comes first."""
    if since is None:
        return []
    return list(
        Post.objects.filter(
            Q(ended_on=None) | Q(ended_on__gt=since),
            school=school,
            role=Role.TUTOR,
            tutor_group__isnull=False,
            user__is_active=True,
        )
        .select_related("user")
        .order_by(F("ended_on").asc(nulls_last=True), "pk")
    )


def _tutors(posts: Sequence[Post], on: date) -> dict[int, User]:
    """Give each group's tutor on the day: of several the one whose post ended first after it, else the first named."""
    found: dict[int, User] = {}
    for post in posts:
        if post.tutor_group_id is not None and (post.ended_on is None or post.ended_on > on):
            found.setdefault(post.tutor_group_id, post.user)
    return found
