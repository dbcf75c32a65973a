"""Absence alerts: the school's rule, families of absent pupils, who would be told and who not, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q

from attendance_office import clock
from attendance_office.staff.models import School
from letters.models import AlertRule, Letterhead, Stop
from letters.rules.alerts import Adult, Told, is_quiet, may_be_told, together, whom_to_tell
from letters.rules.households import home_key
from registers.models import ContactFault, Mark, Parent, Pupil
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session

from .asks import half_words
from .ground import Ground, WhyNot
from .policies import FLAGS, PRIVATE_FLAGS, group_choices, groups_named, memberships_on, standing_stops
from .words import Words

UNEXPLAINED: Final = "N"
PHONES: Final = ("mobile", "home_phone", "work_phone")


@dataclass(frozen=True)
class Family:
    """Absent pupils of one family, their parents' links in contact order, and what holds an alert back."""

    pupils: tuple[Pupil, ...]
    links: tuple[Parent, ...]
    adults: tuple[Adult, ...]
    stop: Stop | None = None
    flagged: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def ids(self) -> frozenset[int]:
        """Give the pupils' keys."""
        return frozenset(pupil.pk for pupil in self.pupils)

    @property
    def names(self) -> str:
        """Give forenames and surname as people say them, like "Amina and Yusuf Begum"."""
        surnames = {pupil.legal_surname for pupil in self.pupils}
        if len(surnames) == 1:
            return f"{listed([pupil.forename for pupil in self.pupils])} {surnames.pop()}"
        return listed([pupil.name for pupil in self.pupils])


@dataclass(frozen=True)
class Planned:
    """What an alert of a family comes to: to whom, how and in which words; or why there is none."""

    family: Family
    told: Told
    words: Words | None
    why_not: WhyNot | None

    @property
    def goes(self) -> bool:
        """Tell whether an alert goes."""
        return self.words is not None


def rule_of(school: School) -> AlertRule:
    """Give the school's rule; the usual one, not kept, where it has none: one query."""
    return AlertRule.objects.filter(school=school).first() or AlertRule(school=school)


def families_of(school: School, pupils: Sequence[Pupil], session: Session, rule: AlertRule) -> list[Family]:
    """Give pupils by family with what an alert has to know: four queries, whatever their number; a fifth for groups.

    Pupils are of one family who share an adult with parental responsibility or who lives with them, or a home.
    """
    ids = [pupil.pk for pupil in pupils]
    links = links_of(school, ids)
    faults: dict[int, set[str]] = {}
    broken = ContactFault.objects.filter(school=school, cleared_at=None, contact__in={one.contact_id for one in links})
    for contact, way in broken.values_list("contact_id", "way"):
        faults.setdefault(contact, set()).add(way)
    stops = standing_stops(school.pk, session.on, covers=("all", "messages"))
    by_key = {pupil.pk: pupil for pupil in pupils}
    children = _children_of(school, links, pupils, session.on)
    in_groups = memberships_on(
        school.pk, {one.pk for mine in children.values() for one in mine} | {*ids}, groups_named(rule.flags), session.on
    )
    found = []
    for family in together(ids, shared_by(pupils, links)):
        own = [link for link in links if link.pupil_id in family]
        mine = [by_key[pk] for pk in family]
        # A home is flagged by any child of it, one who is in school today too.
        home = {one.pk: one for link in own for one in children.get(link.contact_id, ())} | {
            one.pk: one for one in mine
        }
        flags = [
            FLAGS[name] for name in rule.flags if name in FLAGS and any(getattr(one, name) for one in home.values())
        ]
        groups = dict.fromkeys(name for pk in home for name in in_groups.get(pk, {}).values())
        found.append(_family(mine, own, faults, stops, flagged=tuple(flags), groups=tuple(groups)))
    return found


def _children_of(school: School, links: Sequence[Parent], pupils: Sequence[Pupil], on: date) -> dict[int, list[Pupil]]:
    """Give the other children on roll of the adults of these pupils' homes, by adult: one query."""
    adults = {link.contact_id for link in links if link.has_responsibility or link.lives_with}
    rows = (
        Parent.objects.filter(Q(has_responsibility=True) | Q(lives_with=True), school=school, contact__in=adults)
        .exclude(pupil__in=pupils)
        .filter(pupil__in=Pupil.objects.filter(school=school).on_roll(on))
        .select_related("pupil")
    )
    found: dict[int, list[Pupil]] = {}
    for row in rows:
        found.setdefault(row.contact_id, []).append(row.pupil)
    return found


def links_of(school: School, pupil_ids: Collection[int]) -> list[Parent]:
    """Give the contacts of pupils in the order in which they are rung: one query."""
    rows = Parent.objects.filter(school=school, pupil__in=pupil_ids).select_related("contact")
    return list(rows.order_by("priority", "pk"))


def shared_by(pupils: Sequence[Pupil], links: Sequence[Parent]) -> list[tuple[object, int]]:
    """Give what pupils may share with each other: a parent, as a pair with the pupil, or a home."""
    shared: list[tuple[object, int]] = [
        (link.contact_id, link.pupil_id) for link in links if link.has_responsibility or link.lives_with
    ]
    return shared + [(key, pupil.pk) for pupil in pupils if (key := home_key(pupil.address, pupil.postcode))]


def plan(family: Family, rule: AlertRule, session: Session, *, school: School, ring: str) -> Planned:
    """Say to whom the alert of a family goes, or why to nobody. Nothing is read."""
    if not rule.is_on:
        return _nobody(family, WhyNot(Ground.SET_ASIDE, "Alerts are switched off in the school's settings"))
    if family.flagged:
        private = f"{', '.join(family.flagged)}: a person rings, and the DSL is told"
        return _nobody(family, WhyNot(Ground.LEFT_OUT, "Not alerted by the school's rule: a person rings", private))
    if family.groups:
        named = f"In the group {listed(family.groups)}, whose homes are never alerted: a person rings"
        return _nobody(family, WhyNot(Ground.LEFT_OUT, named))
    if family.stop is not None:
        return _nobody(family, _stopped(family.stop))
    told = whom_to_tell(family.adults, family.ids)
    if told.adult is None:
        return _nobody(family, WhyNot(Ground.NO_ADDRESS, told.why_not))
    return Planned(family, told, alert(school, family.pupils, session, ring), None)


def ring_of(school: School) -> str:
    """Give the number to ring about attendance: the letterhead's, else the school's: one query."""
    head = Letterhead.objects.filter(school=school).values_list("ring_phone", flat=True).first()
    return head or school.phone


def quiet_words(rule: AlertRule, at: datetime) -> str:
    """Say that it is quiet at an instant; nothing where it is not."""
    if not is_quiet(clock.local(at).time(), from_at=rule.quiet_from, to_at=rule.quiet_to):
        return ""
    return f"Quiet hours, {rule.quiet_from:%H:%M} to {rule.quiet_to:%H:%M}: no alert goes."


def marks_now(school: School, pupil_ids: Collection[int], session: Session) -> Mapping[int, Mark]:
    """Give the marks of pupils in a session, by pupil: one query."""
    rows = Mark.objects.filter(school=school, pupil__in=pupil_ids, on=session.on, half=session.half)
    return {row.pupil_id: row for row in rows}


def alert(school: School, pupils: Sequence[Pupil], session: Session, ring: str) -> Words:
    """Write to a parent that children are marked absent. It names no reason, and its subject no child."""
    names = listed([pupil.forename for pupil in pupils])
    verb = "is" if len(pupils) == 1 else "are"
    reach = f"Please ring {ring} or answer this message." if ring else "Please ring the school or answer this message."
    body = f"{school.name}: {names} {verb} marked absent this {half_words(session)} and we do not know why. {reach}"
    return Words(f"Please contact {school.name} about attendance today", body)


def listed(names: Sequence[str]) -> str:
    """Give names as a sentence has them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _family(
    pupils: Sequence[Pupil],
    links: Sequence[Parent],
    faults: Mapping[int, set[str]],
    stops: Mapping[int, Stop],
    *,
    flagged: tuple[str, ...],
    groups: tuple[str, ...],
) -> Family:
    of: dict[int, set[int]] = {}
    barred = {link.contact_id for link in links if link.do_not_contact}
    for link in links:
        allowed = may_be_told(
            do_not_contact=link.do_not_contact,
            may_be_told=link.may_be_told,
            has_responsibility=link.has_responsibility,
            has_care=link.lives_with,
        )
        if allowed and link.contact_id not in barred:
            of.setdefault(link.contact_id, set()).add(link.pupil_id)
    contacts = {link.contact_id: link.contact for link in links}
    adults = [
        Adult(
            pk,
            str(contacts[pk]),
            contacts[pk].alerts_by,
            contacts[pk].mobile,
            contacts[pk].email,
            frozenset(mine),
            frozenset(faults.get(pk, ())),
        )
        for pk, mine in of.items()
    ]
    stop = next((stops[pupil.pk] for pupil in pupils if pupil.pk in stops), None)
    return Family(tuple(pupils), tuple(links), tuple(adults), stop, flagged, groups)


def _stopped(stop: Stop) -> WhyNot:
    until = f", until {spoken_date(stop.to_on)}" if stop.to_on else ""
    full = f"{stop.reason}{until}. Set by {stop.owner.signature}"
    return WhyNot(Ground.STOPPED, f"Do not send: ask {stop.owner.signature}" if stop.is_private else full, full)


def _nobody(family: Family, why: WhyNot) -> Planned:
    return Planned(family, Told(None, why_not=why.words), None, why)


def flag_choices(school: School) -> list[tuple[str, str]]:
    """Give by what a home may be left out of alerts: facts about a pupil, and the school's own groups."""
    return [*((name, FLAGS[name]) for name in FLAGS if name in PRIVATE_FLAGS), *group_choices(school.pk)]
