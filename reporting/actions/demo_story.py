"""The demo's one pupil whose file tells a story: ill, not believed, put right, stopped, rung."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Count

from attendance_office import clock
from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import Role
from interventions.actions.calls import record_attempt
from interventions.models import FirstDay, FirstDayPupil
from letters.actions.stops import keep_stop, lift_stop
from registers.actions.absences import Report, log_absence
from registers.actions.amendments import amend_mark
from registers.actions.groups import add_to_group, make_group
from registers.actions.pupils import change_pupil
from registers.models import Channel, Contact, ContactFault, Group, Mark, Pupil
from registers.rules.absences import Span

GROUP: Final = "Attendance mentoring"


def tell_a_story(*, school: School, at: datetime) -> Pupil | None:
    """Write one pupil's story, once, and give the pupil: of those rung about this morning the one with most letters.

    None where it was written before, and where nobody has a parent to ring and an absence of each sort.
    """
    if Group.objects.filter(school=school, name=GROUP).exists():
        return None
    officer, dsl = _holder(school, Role.OFFICER), _holder(school, Role.DSL)
    dead = ContactFault.objects.filter(school=school, cleared_at=None).values("contact")
    for pupil in _rung_about(school, clock.local(at).date()):
        parents = pupil.parents.filter(do_not_contact=False).exclude(contact__in=dead).order_by("priority", "pk")
        parent = parents.select_related("contact").first()
        ill, away = _last(pupil, "I"), _last(pupil, "O")
        if parent is None or not parent.contact.mobile or ill is None or away is None:
            continue
        _watch(pupil, officer, dsl, at)
        _explain(pupil, parent.contact, ill, away, officer)
        _ring(pupil, parent.contact, officer, at)
        return pupil
    return None


def _rung_about(school: School, on: date) -> list[Pupil]:
    alerted = FirstDayPupil.objects.filter(school=school, on=on, first_day__alert__isnull=False)
    rows = Pupil.objects.filter(pk__in=alerted.values("pupil")).select_related("school")
    return list(rows.annotate(many=Count("letters")).order_by("-many", "sort_name", "pk"))


def _last(pupil: Pupil, code: str) -> Mark | None:
    """Give the pupil's last morning under a code, of a day that is over."""
    return pupil.marks.filter(code=code, half="AM").order_by("-on").first()


def _watch(pupil: Pupil, officer: User, dsl: User, at: datetime) -> None:
    """Put the pupil into a group, note what the family told the school, and stop letters for a fortnight."""
    today = clock.local(at).date()
    group = make_group(school=pupil.school, name=GROUP, purpose="A mentor sees them on Mondays", by=officer, at=at)
    began = today - timedelta(weeks=4)
    add_to_group(group=group, pupils=[pupil], from_on=began, by=officer, at=_instant(began, 15))
    if not pupil.is_young_carer:
        why = "Looks after a brother; the family told the social worker"
        change_pupil(pupil=pupil, changes={"is_young_carer": True}, reason=why, by=dsl, at=_instant(began, 16))
    stop = keep_stop(
        pupil=pupil, covers="letters", reason="A grandparent died; the head of year speaks with the family",
        is_private=False, owner=dsl, to_on=None, by=dsl, at=_instant(began, 16),
    )  # fmt: skip
    lift_stop(stop=stop, why="The family is back in its week", by=dsl, at=_instant(began + timedelta(days=11), 9))


def _explain(pupil: Pupil, contact: Contact, ill: Mark, away: Mark, officer: User) -> None:
    """Log a call that was believed and one that was not; put the second right when proof came."""
    for mark, school_code, why_refused, reason, words in (
        (ill, "", "", "Cold and cough", "He coughed all night" if pupil.sex == "M" else "She coughed all night"),
        (away, "O", "Nobody said what was wrong; proof was asked for", "Not well", "Not well enough for school"),
    ):
        log_absence(
            school=pupil.school, pupils=[pupil], span=Span(mark.on, "AM", mark.on, "AM"), told="I",
            school_code=school_code, why_refused=why_refused, reason=reason,
            symptom="cold" if mark is ill else "other",
            report=Report(channel=Channel.CALL, heard_at=_instant(mark.on, 8), contact=contact, words=words),
            by=officer, at=_instant(mark.on, 10),
        )  # fmt: skip
    amend_mark(
        mark=away, code="M", minutes_late=None, comment="Dentist", reason="The dentist's card was shown at the desk",
        by=officer, at=_instant(away.on, 16),
    )  # fmt: skip


def _ring(pupil: Pupil, contact: Contact, officer: User, at: datetime) -> None:
    """Ring the home about this morning and leave a voicemail."""
    day = FirstDay.objects.filter(pupils__pupil=pupil, on=clock.local(at).date()).order_by("pk")[0]
    record_attempt(
        day=day,
        contact=contact,
        way="mobile",
        outcome="voicemail",
        words="Asked to ring back by ten",
        by=officer,
        at=at,
    )


def _holder(school: School, role: Role) -> User:
    return Post.objects.filter(school=school, role=role, ended_on=None).select_related("user").order_by("pk")[0].user


def _instant(on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), tzinfo=clock.LONDON)
