"""The demo's letters: a term of letters that went, and this morning's proposal as an officer finds it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import Role
from letters import pdf
from letters.models import Letter, LetterPolicy, Message, PrintRun, Reward, Stop
from letters.queries.earning import Asked, earning
from letters.queries.policies import policies_in_force
from letters.queries.standing import picture
from registers.actions.amendments import amend_mark
from registers.models import Amendment, Contact, Group, Mark, Membership, Parent, StoredFile
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year_starts
from registers.rules.codes import present_code
from registers.rules.dates import spoken_date

from .deciding import approve_letters
from .doubts import find_doubted
from .policies import supply_policies
from .proposing import propose_letters
from .rewards import give_rewards
from .stops import keep_stop

_MEDICAL: Final = "Severe medical needs"
_BEFORE: Final = "Printed by the system that the school had before; its words are not kept here."
_WHY_CORRECTED: Final = "In school: the supply teacher's paper list"
_FIRST_WEEKS: Final = 4
_PROPOSED_AT: Final = time(7, 30)
_CHANGED_AT: Final = time(9, 2)
_REWARDED_AT: Final = time(15, 45)
_TO_FRIDAY: Final = timedelta(days=4)
_REWARDED: Final = 4
_REWARDS: Final = ("Postcard home", "Breakfast pass")
_CORRECTED_AT: Final = time(8, 51)


def lay_out_letters(*, school: School, day: date, by: User | None, at: datetime) -> datetime:
    """Lay out what this morning's proposal finds, once; give the instant at which it is proposed.

    The first time the school gets its policy, a group it leaves out, parents who live elsewhere, and the letters of the
    term so far as sent. Each morning without a proposal yet, two of those due are stopped.
    """
    proposed_at = min(_instant(day, _PROPOSED_AT), at)
    sandra = _holder(school, Role.OFFICER)
    if not LetterPolicy.objects.filter(school=school).exists():
        _begin(school, day, by=by, at=at)
        _play_term(school, day, by=sandra)
    if not Reward.objects.filter(school=school).exists():
        _reward_some(school, day, by=sandra)
    if not Stop.objects.filter(school=school, from_on=day).exists():
        _stop_two(school, day, by=sandra, at=proposed_at)
    return proposed_at


def correct_after_proposal(*, school: School, day: date, by: User | None, at: datetime) -> None:
    """Correct two marks after this morning's proposal, once: of a letter that is proposed, and of one that was sent."""
    if Amendment.objects.filter(school_id=school.pk, reason=_WHY_CORRECTED, at__date=day).exists():
        return
    sandra = _holder(school, Role.OFFICER)
    _correct_one(school, _nearly(school, [Letter.State.SENT]), by=sandra, at=min(_instant(day, _CORRECTED_AT), at))
    _correct_one(school, _nearly(school, [Letter.State.PROPOSED]), by=sandra, at=min(_instant(day, _CHANGED_AT), at))
    find_doubted(school=school, by=by, at=at)


def _begin(school: School, day: date, *, by: User | None, at: datetime) -> None:
    """Give the school its policy, the group it leaves out, and parents who live elsewhere an address of their own."""
    starts_on = school_year_starts(day)
    with trail.signed(by=by, at=at, school_id=school.pk, reason="The demo's post room"):
        group = Group.objects.create(school=school, name=_MEDICAL, purpose="No attendance letters: the nurse writes.")
        supply_policies(school=school, leaves_out=[f"group:{group.pk}"], by=by, at=_instant(starts_on, _PROPOSED_AT))
        seen = picture(school.pk, day, policies_in_force(school.pk, day))
        Membership.objects.bulk_create(
            Membership(school=school, group=group, pupil=line.pupil, from_on=starts_on)
            for line in [one for one in seen.due if one.level == 2][::11]
        )
        elsewhere = Parent.objects.filter(school=school, lives_with=False, contact__address="").order_by("contact")
        contacts = list(Contact.objects.filter(pk__in=elsewhere.values("contact")).order_by("pk"))[::2]
        for number, contact in enumerate(contacts):
            contact.address = f"{number % 60 + 2} Station Road, Thornbridge"
            contact.postcode = f"TB4 {number % 9 + 1}QX"
        Contact.objects.bulk_update(contacts, ["address", "postcode"])


def _play_term(school: School, day: date, *, by: User) -> None:
    """Propose and approve the letters of each Monday since the fourth week as sent that day."""
    weeks = [on for on in calendar_of(school.pk).school_weeks(school_year_starts(day), day) if on < day]
    file = _file_of_before(school, _instant(weeks[0], _PROPOSED_AT)) if weeks else None
    for monday in weeks[_FIRST_WEEKS:]:
        at = _instant(monday, _PROPOSED_AT)
        propose_letters(school=school, by=None, at=at)
        waiting = Letter.objects.filter(school=school, state=Letter.State.PROPOSED)
        ids = list(waiting.values_list("pk", flat=True))
        if not ids:
            continue
        decided = approve_letters(school=school, letter_ids=ids, by=by, at=at + timedelta(hours=1))
        run = PrintRun.objects.create(
            school=school, title=f"Letters, {spoken_date(monday)}", state=PrintRun.State.POSTED, file=file,
            made_at=at + timedelta(hours=1), made_by=by, ready_at=at + timedelta(hours=1),
            posted_at=at + timedelta(hours=7), posted_by=by,
        )  # fmt: skip
        for place, letter in enumerate(decided.done, 1):
            letter.state, letter.file, letter.words = Letter.State.SENT, file, _BEFORE
            letter.print_run, letter.run_place = run, place
            letter.facts_sent, letter.made_at = letter.facts, at + timedelta(hours=1)
            letter.sent_at, letter.sent_by = at + timedelta(hours=7), by
        fields = ["state", "file", "words", "facts_sent", "made_at", "sent_at", "sent_by", "print_run", "run_place"]
        Letter.objects.bulk_update(decided.done, fields, batch_size=200)
    told = Message.objects.filter(school=school, kind=Message.Kind.LEVEL_TOLD, state=Message.State.WAITING)
    for message in told:
        message.state, message.sent_at = Message.State.SENT, message.written_at
    Message.objects.bulk_update(told, ["state", "sent_at"])


def _reward_some(school: School, day: date, *, by: User) -> None:
    """Give rewards on the Fridays of the last weeks to a few who were there for every session of the week."""
    weeks = [on for on in calendar_of(school.pk).school_weeks(school_year_starts(day), day) if on + _TO_FRIDAY < day]
    for number, monday in enumerate(weeks[-_REWARDED:]):
        friday = monday + _TO_FRIDAY
        asked = Asked("certificate_full", monday, friday, least_possible=1)
        whole = earning(school, asked, user=by, at=_instant(friday, _REWARDED_AT)).earned
        if some := [one.pupil for one in whole[number :: max(1, len(whole) // 7)]]:
            give_rewards(
                school=school, pupils=some, name=_REWARDS[number % len(_REWARDS)], given_on=friday,
                why="Here for every session of the week", token=uuid5(NAMESPACE_OID, f"{school.pk} {monday}"), by=by,
                at=_instant(friday, _REWARDED_AT),
            )  # fmt: skip


def _stop_two(school: School, day: date, *, by: User, at: datetime) -> None:
    """Stop what goes home about two of those who would be written to today."""
    dsl = _holder(school, Role.DSL)
    seen = picture(school.pk, day, policies_in_force(school.pk, day))
    due = list({line.pupil.pk: line.pupil for line in seen.due if line.level == 1}.values())
    stops = (("Bereavement in the family", False, by), ("The social worker is told first", True, dsl))
    for pupil, (reason, is_private, owner) in zip(due[1::4], stops, strict=False):
        keep_stop(
            pupil=pupil, covers="all", reason=reason, is_private=is_private, owner=owner,
            to_on=day + timedelta(days=21), by=owner, at=at,
        )  # fmt: skip


def _nearly(school: School, states: Sequence[str]) -> Letter | None:
    """Give the latest letter of level 1 that one session more would no longer support."""
    rows = Letter.objects.filter(school=school, state__in=states, kind="level_1", doubted_at=None)
    for letter in rows.select_related("pupil").order_by("-proposed_at", "pk"):
        facts = letter.facts
        if facts["absences"] and (facts["attended"] + 1) * 100 >= 95 * facts["possible"]:
            return letter
    return None


def _correct_one(school: School, letter: Letter | None, *, by: User, at: datetime) -> None:
    """Correct the last absence of a letter: the pupil was there after all."""
    if letter is None:
        return
    on, half, _ = letter.facts["absences"][-1]
    mark = Mark.objects.filter(school=school, pupil=letter.pupil_id, on=on, half=half).first()
    if mark is not None:
        amend_mark(
            mark=mark, code=present_code("AM" if half == "AM" else "PM"), minutes_late=None, comment="", by=by, at=at,
            reason=_WHY_CORRECTED,
        )  # fmt: skip


def _file_of_before(school: School, at: datetime) -> StoredFile:
    """Give the page that stands for letters printed by the system before."""
    page = pdf.cover_list(
        pdf.CoverList(title="Letter", house=school.name, made="", heads=(), rows=(), notes=(_BEFORE,))
    )
    return StoredFile.objects.create(
        school=school, purpose=StoredFile.Purpose.LETTER, name="letter.pdf", kind="application/pdf", size=len(page),
        sha256=hashlib.sha256(page).hexdigest(), content=page, added_at=at,
    )  # fmt: skip


def _holder(school: School, role: Role) -> User:
    post = Post.objects.filter(school=school, role=role, ended_on=None).select_related("user").order_by("pk").first()
    if post is None:
        raise LookupError(f"{school} has nobody as {role}.")
    return post.user


def _instant(on: date, hour: time) -> datetime:
    return datetime.combine(on, hour, tzinfo=clock.LONDON)
