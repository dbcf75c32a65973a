"""First-day contact of a session: families without a reason, how old each mark is, what was tried and answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final, cast

from django.db.models import Exists, OuterRef, QuerySet

from attendance_office import clock
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from interventions.models import Attempt, FirstDay, FirstDayPupil, SafeguardingItem
from interventions.rules.first_day import proposed_code
from letters.models import AlertRule, Message
from letters.queries.alerts import PHONES, UNEXPLAINED, Family, Planned, families_of, plan, ring_of, rule_of
from registers.models import ContactFault, Half, LineMessage, Mark, Pupil
from registers.queries.calendar import calendar_of, session_times, sessions_begun
from registers.queries.line_messages import waiting, way_of
from registers.queries.registers import registers_of
from registers.rules.names import folded
from registers.rules.sessions import Session

from .alert_said import Said, alert_said, no_alert_said

LIVE: Final = (Message.State.WAITING, Message.State.CLAIMED, Message.State.SENT, Message.State.DELIVERED)
ANSWERED: Final = (Attempt.Outcome.SPOKE, Attempt.Outcome.EXPECTED)
_WATCHED: Final = ("is_vulnerable", "has_protection_plan", "is_looked_after", "is_in_need")


@dataclass(frozen=True)
class Reply:
    """A message that waits on the absence line from a contact of the family, and what it seems to say."""

    message: LineMessage
    contact_id: int
    pupil_ids: frozenset[int]
    code: str


@dataclass(frozen=True)
class Number:
    """One number of one contact, as the call sheet rings it."""

    contact_id: int
    name: str
    relationship: str
    way: str
    way_words: str
    number: str
    is_dead: bool
    warning: str
    may_ring: bool

    @property
    def tel(self) -> str:
        """Give the number as a link dials it."""
        return "".join(one for one in self.number if one.isdigit() or one == "+")


@dataclass
class Line:
    """One family of a session."""

    family: Family
    planned: Planned
    marks: dict[int, Mark]
    hidden: int
    first_day: FirstDay | None = None
    sees_private: bool = False
    since: dict[int, datetime] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)

    @property
    def key(self) -> int:
        """Give the key by which a form names the family: one of its pupils."""
        return self.family.pupils[0].pk

    @property
    def away(self) -> list[Pupil]:
        """Give the pupils still without a reason."""
        return [one for one in self.family.pupils if one.pk in self.marks and self.marks[one.pk].code == UNEXPLAINED]

    @property
    def rows(self) -> list[tuple[Pupil, Mark | None]]:
        """Give each pupil with the mark as it stands."""
        return [(one, self.marks.get(one.pk)) for one in self.family.pupils]

    @property
    def is_open(self) -> bool:
        """Tell whether a pupil of it is still without a reason."""
        return bool(self.away)

    @property
    def is_watched(self) -> bool:
        """Tell whether a pupil of it is highly vulnerable or known to social care."""
        return any(getattr(one, name) for one in self.family.pupils for name in _WATCHED)

    @property
    def alert(self) -> Message | None:
        """Give the family's alert."""
        return self.first_day.alert if self.first_day else None

    @property
    def is_counting(self) -> bool:
        """Tell whether its alert can still be stopped."""
        return self.alert is not None and self.alert.state == Message.State.WAITING and self.alert.attempts == 0

    @property
    def said(self) -> Said:
        """Give what became of its alert, or why it has none, in words."""
        if self.alert is not None:
            return alert_said(self.alert, is_counting=self.is_counting)
        return no_alert_said(self.first_day, sees_private=self.sees_private)

    @property
    def is_live(self) -> bool:
        """Tell whether an alert is waiting, on its way or gone."""
        return self.alert is not None and self.alert.state in LIVE

    @property
    def item(self) -> SafeguardingItem | None:
        """Give what went to safeguarding about it."""
        return getattr(self.first_day, "item", None) if self.first_day else None

    @property
    def is_to_ring(self) -> bool:
        """Tell whether a person has to ring: no alert is on its way, and nobody of the family was spoken with."""
        spoken = any(one.outcome in ANSWERED for one in self.attempts)
        return self.is_open and self.first_day is not None and not self.is_live and not spoken

    @property
    def oldest(self) -> datetime | None:
        """Give when the first of its pupils was marked."""
        return min((mark.recorded_at for mark in self.marks.values()), default=None)

    @property
    def can_be_alerted(self) -> bool:
        """Tell whether an alert can be prepared: it is open and has had none."""
        return self.is_open and self.alert is None and self.planned.goes


@dataclass(frozen=True)
class Board:
    """First-day contact of one session, as one person may see it."""

    session: Session
    at: datetime
    rule: AlertRule
    lines: list[Line]
    not_taken: int
    unmarked: list[tuple[str, int]]
    begun: Sequence[Session] = ()

    @property
    def open(self) -> list[Line]:
        """Give the families without a reason, the vulnerable first, then the oldest marks."""
        return [line for line in self.lines if line.is_open]

    @property
    def settled(self) -> list[Line]:
        """Give the families whose reasons came in since."""
        return [line for line in self.lines if not line.is_open]

    @property
    def pupils(self) -> int:
        """Give how many pupils are without a reason."""
        return sum(len(line.away) for line in self.open)

    @property
    def may_be_more(self) -> int:
        """Give how many pupils have no mark, in registers that are not complete."""
        return sum(many for _, many in self.unmarked)

    @property
    def alertable(self) -> list[Line]:
        """Give those to whom an alert would go now."""
        return [line for line in self.open if line.can_be_alerted]

    @property
    def not_alertable(self) -> list[Line]:
        """Give those who would get none and are not on the call sheet yet, each with why."""
        return [line for line in self.open if line.first_day is None and not line.planned.goes]

    @property
    def counting(self) -> list[Line]:
        """Give those whose alert can still be stopped."""
        return [line for line in self.lines if line.is_counting]

    @property
    def to_ring(self) -> list[Line]:
        """Give those whom a person has to ring."""
        return [line for line in self.open if line.is_to_ring]

    @property
    def others(self) -> list[Line]:
        """Give those on the sheet who are alerted, or were spoken with, and are still without a reason."""
        return [line for line in self.open if line.first_day is not None and not line.is_to_ring]

    @property
    def replies(self) -> int:
        """Give how many answers wait to be agreed to."""
        return sum(len(line.replies) for line in self.lines)


def session_now(begun: Sequence[Session], half: str = "") -> Session | None:
    """Give the session of today that has begun last, or the one asked for; None where none of today has begun."""
    return next((one for one in begun if one.half == half), begun[-1] if begun else None)


def begun_today(school: School, at: datetime) -> list[Session]:
    """Give today's sessions that have begun, in order."""
    today = clock.local(at).date()
    begun = sessions_begun(calendar_of(school.pk), session_times(school.pk, today), at)
    return [one for one in begun if one.on == today]


def unexplained_marks(school: School, session: Session) -> QuerySet[Mark]:
    """Give the Ns of a session."""
    rows = Mark.objects.filter(school=school, on=session.on, half=session.half, code=UNEXPLAINED)
    return rows.select_related("pupil__tutor_group").order_by("pupil__sort_name", "pupil_id")


def board_of(school: School, user: User, session: Session, at: datetime, *, only: FirstDay | None = None) -> Board:
    """Give the families of a session that a person may see: the same number of queries for any number of them."""
    rule, ring = rule_of(school), ring_of(school)
    days = _first_days(school, user, session, only)
    members: dict[int, FirstDay] = {row.pupil_id: day for day in days for row in day.pupils.all()}
    within = Pupil.objects.visible_to(user).filter(school=school)
    reach = set(within.filter(pk__in=members).values_list("pk", flat=True))
    away = unexplained_marks(school, session).filter(pupil__in=within)
    marks = {} if only else {mark.pupil_id: mark for mark in away}
    known = {row.pupil_id: row.pupil for day in days for row in day.pupils.all()}
    said = Mark.objects.filter(school=school, on=session.on, half=session.half, pupil__in=known)
    marks |= {mark.pupil_id: mark for mark in said}
    pupils = [known.get(pk) or mark.pupil for pk, mark in marks.items() if pk not in known or pk in reach]
    pupils += [one for pk, one in known.items() if pk in reach and pk not in marks]
    families = families_of(school, sorted(pupils, key=lambda one: (one.sort_name, one.pk)), session, rule)
    lines = [line for family in families for line in _lines(family, marks, members, rule, session, school, ring)]
    sees_private = user.standing.may(Can.SEE_SAFEGUARDING, school.pk)
    for line in lines:
        line.sees_private = sees_private
        if line.first_day is not None:
            line.hidden = sum(row.pupil_id not in reach for row in line.first_day.pupils.all())
    _add_attempts(lines)
    _add_numbers(school, lines)
    _add_replies(lines, school, user, at)
    lines.sort(key=lambda line: (not line.is_watched, line.oldest or at, line.key))
    not_taken, unmarked = (0, []) if only else _not_taken(school, user, session)
    return Board(session, at, rule, lines, not_taken, unmarked)


def line_of(school: School, user: User, day: FirstDay, at: datetime) -> Line | None:
    """Give one family."""
    session = Session(day.on, cast("Half", day.half))  # type: ignore[arg-type]
    return next(iter(board_of(school, user, session, at, only=day).lines), None)


def to_ring(school: School, user: User, at: datetime) -> QuerySet[FirstDay]:
    """Give today's families whom a person has to ring: still without a reason, no alert live, nobody spoken with."""
    days = _still_open(school, user, at).exclude(alert__state__in=LIVE)
    return days.exclude(Exists(Attempt.objects.filter(first_day=OuterRef("pk"), outcome__in=ANSWERED)))


def counting_down(school: School, user: User, at: datetime) -> QuerySet[FirstDay]:
    """Give today's families whose alert can still be stopped."""
    days = FirstDay.objects.visible_to(user).filter(school=school, on=clock.local(at).date())
    return days.filter(alert__state=Message.State.WAITING, alert__attempts=0).order_by("opened_at", "pk")


def open_items(school: School, user: User) -> QuerySet[SafeguardingItem]:
    """Give the safeguarding items that nobody has closed, the oldest first."""
    return SafeguardingItem.objects.visible_to(user).filter(school=school, closed_at=None).order_by("since_at", "pk")


def _still_open(school: School, user: User, at: datetime) -> QuerySet[FirstDay]:
    away = Mark.objects.filter(
        school=school, pupil=OuterRef("pupil"), on=OuterRef("on"), half=OuterRef("half"), code=UNEXPLAINED
    )
    on = clock.local(at).date()
    rows = FirstDayPupil.objects.filter(Exists(away), school=school, on=on)
    days = FirstDay.objects.visible_to(user).filter(school=school, on=on)
    return days.filter(pk__in=rows.values("first_day")).order_by("opened_at", "pk")


def _first_days(school: School, user: User, session: Session, only: FirstDay | None) -> list[FirstDay]:
    rows = FirstDay.objects.visible_to(user).filter(school=school, on=session.on, half=session.half)
    if only is not None:
        rows = rows.filter(pk=only.pk)
    return list(rows.select_related("alert", "item").prefetch_related("pupils__pupil__tutor_group").order_by("pk"))


def _lines(
    family: Family,
    marks: dict[int, Mark],
    members: dict[int, FirstDay],
    rule: AlertRule,
    session: Session,
    school: School,
    ring: str,
) -> list[Line]:
    """Give the lines of pupils who are of one family now: one, or one for each family that they were opened as."""
    days = {members[pk].pk: members[pk] for pk in family.ids if pk in members}
    found = []
    for day in days.values() or (None,):
        first = day is None or day is next(iter(days.values()))
        own = [one for one in family.pupils if members.get(one.pk) == day or (first and one.pk not in members)]
        part = Family(tuple(own), family.links, family.adults, family.stop, family.flagged, family.groups)
        planned = plan(part, rule, session, school=school, ring=ring)
        found.append(Line(part, planned, {one.pk: marks[one.pk] for one in own if one.pk in marks}, 0, day))
    return found


def _add_attempts(lines: Sequence[Line]) -> None:
    by_day = {line.first_day.pk: line for line in lines if line.first_day}
    rows = Attempt.objects.filter(first_day__in=by_day).select_related("contact", "by")
    for row in rows.order_by("-at", "-pk"):
        by_day[row.first_day_id].attempts.append(row)


def _add_numbers(school: School, lines: Sequence[Line]) -> None:
    """Add the numbers of each family in contact order, each contact's once."""
    contacts = {link.contact_id for line in lines for link in line.family.links}
    dead = set(
        ContactFault.objects.filter(school=school, contact__in=contacts, cleared_at=None).values_list("contact", "way")
    )
    for line in lines:
        barred = {link.contact_id: link.why_not for link in line.family.links if link.do_not_contact}
        seen: set[int] = set()
        for link in line.family.links:
            contact = link.contact
            if contact.pk in seen:
                continue
            seen.add(contact.pk)
            warning = f"Do not contact. {barred[contact.pk]}" if contact.pk in barred else _warning(link.may_be_told)
            for way in PHONES:
                if number := getattr(contact, way):
                    line.numbers.append(
                        Number(
                            contact.pk, str(contact), link.relationship, way, ContactFault.Way(way).label, number,
                            (contact.pk, way) in dead, warning, contact.pk not in barred,
                        )
                    )  # fmt: skip


def _warning(may_be_told: str) -> str:
    return {"nothing": "May be told nothing", "emergency": "Emergencies only"}.get(may_be_told, "")


def _add_replies(lines: Sequence[Line], school: School, user: User, at: datetime) -> None:
    """Add the messages of the day that wait and come from a contact of a family."""
    senders: dict[str, tuple[Line, int]] = {}
    for line in lines:
        for link in line.family.links:
            contact = link.contact
            for value in (contact.mobile, contact.home_phone, contact.work_phone, contact.email):
                if way := way_of(value):
                    senders.setdefault(way, (line, contact.pk))
    if not senders:
        return
    begins = datetime.combine(clock.local(at).date(), time(0), tzinfo=clock.LONDON)
    for message in waiting(school, user).filter(received_at__gte=begins):
        if (found := senders.get(way_of(message.sender))) and (line := found[0]).is_open:
            said = f"{message.subject} {message.body}"
            line.replies.append(Reply(message, found[1], _meant(line.away, said), proposed_code(said)))


def _meant(pupils: Collection[Pupil], text: str) -> frozenset[int]:
    """Give the pupils whom a text names by forename; all of them where it names none."""
    words = {word.strip(".,;:!?'\"") for word in folded(text).split()}
    named = frozenset(one.pk for one in pupils if folded(one.forename) in words)
    return named or frozenset(one.pk for one in pupils)


def _not_taken(school: School, user: User, session: Session) -> tuple[int, list[tuple[str, int]]]:
    """Give how many registers are not taken, and the groups that have pupils without a mark, with how many."""
    owed = [line for line in registers_of(school, session, visible_to=user) if line.is_owed]
    return len(owed), [(line.tutor_group.name, line.unmarked) for line in owed if line.unmarked]
